//! MD5 and base64, because the wire shows them: hashes of styles and scripts, cloaked addresses.
//!
//! Nothing here protects anything.

/// MD5 of `data` (RFC 1321).
pub(super) fn md5(data: &[u8]) -> [u8; 16] {
    let mut message = data.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((data.len() as u64).wrapping_mul(8).to_le_bytes());
    let state = message
        .chunks_exact(64)
        .fold([0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476], block);
    let mut digest = [0; 16];
    for (byte, from) in digest
        .iter_mut()
        .zip(state.iter().flat_map(|w: &u32| w.to_le_bytes()))
    {
        *byte = from;
    }
    digest
}

/// One round over 64 bytes.
fn block([a0, b0, c0, d0]: [u32; 4], chunk: &[u8]) -> [u32; 4] {
    const SHIFTS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let words: Vec<u32> = chunk
        .chunks_exact(4)
        .map(|bytes| {
            bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u32::from(*byte))
        })
        .collect();
    let (mut a, mut b, mut c, mut d) = (a0, b0, c0, d0);
    for i in 0..64_u32 {
        let (mix, word) = match i / 16 {
            0 => ((b & c) | (!b & d), i),
            1 => ((d & b) | (!d & c), 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        let sine = (f64::from(i + 1).sin().abs() * 4_294_967_296.0) as u32;
        let word = words.get(word as usize % 16).copied().unwrap_or(0);
        let shift = SHIFTS
            .get(i as usize / 16)
            .and_then(|row| row.get(i as usize % 4))
            .copied()
            .unwrap_or(0);
        let turned = a
            .wrapping_add(mix)
            .wrapping_add(sine)
            .wrapping_add(word)
            .rotate_left(shift);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    [
        a0.wrapping_add(a),
        b0.wrapping_add(b),
        c0.wrapping_add(c),
        d0.wrapping_add(d),
    ]
}

/// Base64 with padding (RFC 4648).
pub(super) fn base64(data: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in data.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) as usize & 63;
            let letter = ALPHABET.get(sextet).map_or('=', |byte| char::from(*byte));
            out.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

/// The hash CyTube sends beside styles and scripts.
pub(super) fn hash(text: &str) -> String {
    base64(&md5(text.as_bytes()))
}

/// An address as moderators see it: each part hashed together with those before it
/// (`src/utilities.js`, `cloakIP`).
pub(super) fn cloak(ip: &str) -> String {
    let mut seen = String::new();
    let parts: Vec<String> = ip
        .split('.')
        .map(|part| {
            seen.push_str(part);
            hash(&seen).chars().take(3).collect()
        })
        .collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_server_does() {
        assert_eq!(hash(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(hash("body { color: red; }"), "8rgE0+O9YddpIqZn+Q5m2A==");
        assert_eq!(hash("console.log(\"hi\");"), "+hBE3uVqL85mqMyp1H8TSg==");
    }

    #[test]
    fn neighbours_share_the_front_of_a_cloak() {
        let (a, b) = (cloak("10.20.0.1"), cloak("10.20.0.2"));
        assert_eq!(a.rsplit_once('.').unwrap().0, b.rsplit_once('.').unwrap().0);
        assert_ne!(a, b);
    }
}
