//! JSON without dependencies: enough to read requests.

use std::iter::Peekable;
use std::str::Chars;

#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    /// In the order of the text.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value that a line spells; None if it spells none.
    pub fn read(line: &str) -> Option<Json> {
        let mut chars = line.chars().peekable();
        let found = value(&mut chars)?;
        skip_space(&mut chars);
        chars.next().is_none().then_some(found)
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number, also one that JSON spells as a string: "NaN", "Infinity", "-Infinity".
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(x) => Some(*x),
            Json::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn bool(&self) -> Option<bool> {
        match self {
            Json::Bool(x) => Some(*x),
            _ => None,
        }
    }

    pub fn items(&self) -> &[Json] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }
}

/// A string literal.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

fn value(chars: &mut Peekable<Chars>) -> Option<Json> {
    skip_space(chars);
    match *chars.peek()? {
        '{' => {
            let mut members = Vec::new();
            list(chars, '}', |chars| {
                skip_space(chars);
                let key = string(chars)?;
                skip_space(chars);
                (chars.next()? == ':').then_some(())?;
                members.push((key, value(chars)?));
                Some(())
            })?;
            Some(Json::Object(members))
        }
        '[' => {
            let mut items = Vec::new();
            list(chars, ']', |chars| {
                items.push(value(chars)?);
                Some(())
            })?;
            Some(Json::Array(items))
        }
        '"' => string(chars).map(Json::Text),
        _ => {
            let mut word = String::new();
            while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
                word.push(c);
            }
            match word.as_str() {
                "null" => Some(Json::Null),
                "true" => Some(Json::Bool(true)),
                "false" => Some(Json::Bool(false)),
                _ => word.parse().ok().map(Json::Number),
            }
        }
    }
}

/// Items between commas, up to the closing bracket.
fn list(chars: &mut Peekable<Chars>, end: char, mut item: impl FnMut(&mut Peekable<Chars>) -> Option<()>) -> Option<()> {
    chars.next();
    skip_space(chars);
    if chars.next_if_eq(&end).is_some() {
        return Some(());
    }
    loop {
        item(chars)?;
        skip_space(chars);
        match chars.next()? {
            ',' => {}
            c => return (c == end).then_some(()),
        }
    }
}

fn string(chars: &mut Peekable<Chars>) -> Option<String> {
    (chars.next()? == '"').then_some(())?;
    let mut out = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => {
                    let mut unit = hex4(chars)?;
                    if (0xd800..0xdc00).contains(&unit) {
                        (chars.next()? == '\\' && chars.next()? == 'u').then_some(())?;
                        unit = 0x10000 + ((unit - 0xd800) << 10) + hex4(chars)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    }
                    out.push(char::from_u32(unit)?);
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
}

fn hex4(chars: &mut Peekable<Chars>) -> Option<u32> {
    let digits: String = chars.by_ref().take(4).collect();
    u32::from_str_radix(&digits, 16).ok()
}

fn skip_space(chars: &mut Peekable<Chars>) {
    while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
}
