//! An adapter for dl4j-conformance that does SGD. Replace `update` by calls of your port.
//!
//! One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.

mod base64;
mod json;

use json::{quoted, Json};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};

const HELLO: &str = r#""reply":"ok","protocol":1,
"implementation":{"name":"my-port","version":"0.1","language":"Rust","homepage":""},
"capabilities":{"updaters":["SGD"],"types":["float32","float64"],"unchained":true,"arrays":"base64"}"#;

/// What this port does not do: the case is reported as not run.
struct Unsupported(String);

/// An open network.
struct Network {
    conf: Json,
    layers: Vec<Json>,
    is_float32: bool,
}

impl Network {
    fn open(described: &Json) -> Result<Network, Unsupported> {
        let conf = described.get("conf").expect("conf").clone();
        let layers = described.get("layers").expect("layers").items().to_vec();
        refuse_what_is_not_sgd(&conf, &layers)?;
        let is_float32 = described.get("dtype").and_then(Json::text) == Some("float32");
        Ok(Network { conf, layers, is_float32 })
    }

    /// The update of one parameter, in place on its gradient; both are little-endian bytes.
    fn update(&self, array: &mut [u8], rate: f64, batch_size: f64) {
        let divide = self.conf.get("mini_batch").and_then(Json::bool).unwrap_or(true);
        if self.is_float32 {
            for bytes in array.chunks_exact_mut(4) {
                let mut g = f32::from_le_bytes((&*bytes).try_into().expect("4 bytes")) * scalar(rate) as f32;
                if divide {
                    g /= batch_size as f32;
                }
                bytes.copy_from_slice(&g.to_le_bytes());
            }
        } else {
            for bytes in array.chunks_exact_mut(8) {
                let mut g = f64::from_le_bytes((&*bytes).try_into().expect("8 bytes")) * scalar(rate);
                if divide {
                    g /= batch_size;
                }
                bytes.copy_from_slice(&g.to_le_bytes());
            }
        }
    }

    /// Of the layer, else of the network, else 0.1; a bias may have its own.
    fn learning_rate(&self, key: &str) -> Result<f64, Unsupported> {
        let (number, name) = key.split_once('_').unwrap_or((key, ""));
        let layer = self.layers.iter().enumerate().find(|(i, _)| i.to_string() == number);
        let (Some((_, layer)), "W" | "b") = (layer, name) else {
            return Err(Unsupported("this gradient key".into()));
        };
        let rate = set(layer, "learning_rate");
        let bias_rate = if name == "b" { set(layer, "bias_learning_rate") } else { None };
        let global = || self.conf.get("learning_rate").and_then(Json::number).unwrap_or(0.1);
        Ok(bias_rate.or(rate).unwrap_or_else(global))
    }
}

/// A setting; absent and NaN mean unset.
fn set(settings: &Json, name: &str) -> Option<f64> {
    settings.get(name).and_then(Json::number).filter(|x| !x.is_nan())
}

/// A Java double that meets an array: NaN becomes 1e-5; rounding to the array's type follows.
fn scalar(x: f64) -> f64 {
    if x.is_nan() { 1e-5 } else { x }
}

/// An error for settings that need more than this file has.
fn refuse_what_is_not_sgd(conf: &Json, layers: &[Json]) -> Result<(), Unsupported> {
    let is_true = |settings: &Json, name| settings.get(name).and_then(Json::bool) == Some(true);
    let refuse = |reason: &str| Err(Unsupported(reason.into()));
    if is_true(conf, "use_regularization") {
        return refuse("penalties");
    }
    if let Json::Object(members) = conf {
        if members.iter().any(|(name, _)| name.starts_with("lr_policy") || name == "learning_rate_schedule") {
            return refuse("learning-rate policies");
        }
    }
    for layer in layers {
        let inherited = |name| layer.get(name).or(conf.get(name)).and_then(Json::text);
        if inherited("updater").unwrap_or("SGD") != "SGD" {
            return refuse("updaters other than SGD");
        }
        let kind = layer.get("type").and_then(Json::text).unwrap_or("dense");
        if kind != "dense" || is_true(layer, "frozen") || is_true(layer, "pretrain") {
            return refuse("layers other than dense ones");
        }
        if inherited("gradient_normalization").unwrap_or("None") != "None" {
            return refuse("gradient normalisation");
        }
    }
    Ok(())
}

/// The reply's fields, without seq.
fn answer(request: &Json, sessions: &mut HashMap<u64, Network>) -> Result<String, Unsupported> {
    let session = request.get("session").and_then(Json::number).unwrap_or(0.0) as u64;
    match request.get("op").and_then(Json::text).expect("op") {
        "hello" => Ok(HELLO.replace('\n', "")),
        "open" => {
            sessions.insert(session, Network::open(request.get("network").expect("network"))?);
            Ok(r#""reply":"ok""#.into())
        }
        "update" => {
            let network = &sessions[&session];
            let batch_size = request.get("batch_size").and_then(Json::number).expect("batch_size");
            let mut updates = Vec::new();
            for entry in request.get("gradients").expect("gradients").items() {
                let key = entry.get("key").and_then(Json::text).expect("key");
                let rate = network.learning_rate(key)?;
                let text = entry.get("values").and_then(|values| values.get("base64")).and_then(Json::text);
                let mut array = text.and_then(base64::decode).expect("an array in base64");
                network.update(&mut array, rate, batch_size);
                updates.push(format!(r#"{}:{{"base64":"{}"}}"#, quoted(key), base64::encode(&array)));
            }
            Ok(format!(r#""reply":"ok","updates":{{{}}}"#, updates.join(",")))
        }
        "close" => {
            sessions.remove(&session);
            Ok(r#""reply":"ok""#.into())
        }
        op => Err(Unsupported(op.into())),
    }
}

fn main() -> io::Result<()> {
    let mut sessions = HashMap::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request = Json::read(&line?).expect("a request is JSON");
        let reply = answer(&request, &mut sessions)
            .unwrap_or_else(|Unsupported(reason)| format!(r#""reply":"unsupported","reason":{}"#, quoted(&reason)));
        let seq = request.get("seq").and_then(Json::number).expect("seq");
        writeln!(out, r#"{{"seq":{seq},{reply}}}"#)?;
        out.flush()?;
    }
    Ok(())
}
