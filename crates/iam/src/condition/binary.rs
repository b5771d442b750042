//! `BinaryEquals`: bytes, written as Base64 on both sides.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

#[derive(Clone, Debug)]
pub(super) struct Values {
    all: Box<[Vec<u8>]>,
}

impl Values {
    pub(super) fn new(texts: &[String]) -> Self {
        Self { all: texts.iter().filter_map(|text| STANDARD.decode(text).ok()).collect() }
    }

    pub(super) fn any(&self, value: &str) -> bool {
        STANDARD.decode(value).is_ok_and(|value| self.all.contains(&value))
    }
}
