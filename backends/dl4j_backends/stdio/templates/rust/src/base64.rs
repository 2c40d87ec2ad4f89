//! Base64 without dependencies: RFC 4648 with padding.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes that a text spells; None if it spells none.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if text.len() % 4 != 0 {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|&&c| c == b'=').count();
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for (i, four) in text.chunks_exact(4).enumerate() {
        let padded = if 4 * (i + 1) == text.len() { padding } else { 0 };
        let mut bits = 0;
        for &c in &four[..4 - padded] {
            bits = bits << 6 | digit(c)?;
        }
        bits <<= 6 * padded;
        out.extend_from_slice(&bits.to_be_bytes()[1..4 - padded]);
    }
    Some(out)
}

fn digit(c: u8) -> Option<u32> {
    let value = match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let six = (bits >> (18 - 6 * i) & 63) as usize;
            out.push(if i > three.len() { '=' } else { DIGITS[six] as char });
        }
    }
    out
}
