//! Prints how many cases each file of fixtures has, read by serde_json, which is strict, and why a file is refused.
//! Keys that stand twice are refused too.
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;

/// JSON of which only the sizes of arrays and the members of objects are kept.
enum Json {
    Object(HashMap<String, Json>),
    Array(usize),
    Scalar,
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = HashMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            if members.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key {key} stands twice")));
            }
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut length = 0;
        while access.next_element::<Json>()?.is_some() {
            length += 1;
        }
        Ok(Json::Array(length))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar)
    }
}

fn size(json: &Json) -> usize {
    match json {
        Json::Object(members) => members.len(),
        Json::Array(length) => *length,
        Json::Scalar => 0,
    }
}

fn count(text: &str) -> Result<usize, serde_json::Error> {
    let Json::Object(members) = serde_json::from_str(text)? else {
        return Err(serde_json::Error::custom("no object"));
    };
    if let Some(Json::Object(files)) = members.get("files") {
        let cases = files.values().map(|file| match file {
            Json::Object(entry) => entry.get("cases").map_or(0, size),
            _ => 0,
        });
        return Ok(cases.sum());
    }
    Ok(members.get("cases").or(members.get("recordings")).map_or(1, size))
}

fn main() {
    for path in std::env::args().skip(1) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let raw = std::fs::read(&path).expect("a file");
        let found = String::from_utf8(raw).map_err(|error| error.to_string()).and_then(|text| {
            let documents: Vec<&str> = if path.ends_with(".jsonl") {
                text.strip_suffix('\n').unwrap_or(&text).split('\n').collect()
            } else {
                vec![&text]
            };
            documents.into_iter().map(count).sum::<Result<usize, _>>().map_err(|error| error.to_string())
        });
        match found {
            Ok(total) => println!("{name} {total}"),
            Err(error) => println!("{name} refused: {error}"),
        }
    }
}
