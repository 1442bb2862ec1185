//! Bytes that look random and are the same in every run, for row 76.

use crate::raw::sha256_hex;

/// Deterministic bytes: SHA-256 of seed and counter, over and over.
pub(super) struct Noise {
    seed: &'static str,
    counter: u64,
    left: Vec<u8>,
}

impl Noise {
    pub(super) fn new(seed: &'static str) -> Self {
        Self {
            seed,
            counter: 0,
            left: Vec::new(),
        }
    }

    pub(super) fn byte(&mut self) -> u8 {
        if self.left.is_empty() {
            self.counter += 1;
            let text = format!("{} {}", self.seed, self.counter);
            self.left = hex::decode(sha256_hex(text.as_bytes())).expect("hex");
        }
        self.left.pop().expect("a byte")
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let number = u32::from_be_bytes([0, self.byte(), self.byte(), self.byte()]);
        usize::try_from(number).expect("a small number") % end
    }

    pub(super) fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max + 1);
        (0..len).map(|_| self.byte()).collect()
    }

    pub(super) fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items.get(self.below(items.len())).expect("an item")
    }

    /// Percent-encoded bytes, so that they reach what is behind the HTTP layer.
    pub(super) fn escaped(&mut self, len_max: usize) -> String {
        let encode = |b: u8| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        };
        self.bytes(len_max).into_iter().map(encode).collect()
    }

    /// Visible characters, for header values.
    pub(super) fn visible(&mut self, len_max: usize) -> String {
        let bytes = self.bytes(len_max);
        bytes
            .into_iter()
            .map(|b| char::from(b' ' + b % 95))
            .collect()
    }
}
