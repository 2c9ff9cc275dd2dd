//! How texts are laid into ConfigMaps: readable while that is possible, compressed where they are long, in
//! parts where even that does not fit.
//!
//! A ConfigMap holds at most 1 MiB of values, binary ones counted as they are and not as their base64.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::wire::ConfigMap;

#[cfg(test)]
mod tests;

/// What one ConfigMap is filled with at most, in bytes: 1 MiB less what names and the server's own notes take.
pub(crate) const CAPACITY: usize = 1_000_000;

/// A text longer than this is compressed: nobody reads it in `kubectl get -o yaml`.
const READABLE: usize = 256 * 1024;

/// No text of ours is longer than this; a compressed one that claims to be is not ours.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The values of one ConfigMap.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    data: BTreeMap<String, String>,
    binary: BTreeMap<String, Vec<u8>>,
    unset: Vec<(&'static str, String)>,
}

impl Packed {
    /// Puts a text under `key`, or compressed under `key.gz` where it is long.
    pub(crate) fn put(&mut self, key: &str, text: String) {
        let compressed = format!("{key}.gz");
        if text.len() > READABLE {
            self.binary.insert(compressed, gzip(text.as_bytes()));
            self.unset.push(("data", key.to_owned()));
        } else {
            self.data.insert(key.to_owned(), text);
            self.unset.push(("binaryData", compressed));
        }
    }

    pub(crate) fn put_bytes(&mut self, key: &str, bytes: &[u8]) {
        self.binary.insert(key.to_owned(), bytes.to_vec());
    }

    /// How many bytes are in it.
    pub(crate) fn len(&self) -> usize {
        self.data.values().map(String::len).sum::<usize>() + self.binary.values().map(Vec::len).sum::<usize>()
    }

    /// The ConfigMap with these values and this metadata.
    pub(crate) fn object(&self, metadata: &Value) -> Value {
        let mut object =
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": self.data });
        object["binaryData"] = json!(self.encoded());
        object
    }

    /// The merge patch that brings these values, and takes away the other form of the same texts.
    pub(crate) fn patch(&self, metadata: &Value) -> Value {
        let mut patch = json!({ "metadata": metadata, "data": self.data, "binaryData": self.encoded() });
        for (field, key) in &self.unset {
            patch[field][key] = Value::Null;
        }
        patch
    }

    /// Reads back what [`Packed::put`] put under `key`.
    pub(crate) fn read<T: DeserializeOwned>(item: &ConfigMap, key: &str) -> Result<T, String> {
        Self::find(item, key)?.ok_or_else(|| format!("there is no `{key}` in it"))
    }

    /// The same where it may not be there.
    pub(crate) fn find<T: DeserializeOwned>(item: &ConfigMap, key: &str) -> Result<Option<T>, String> {
        let text = match (item.data.get(key), item.binary_data.get(&format!("{key}.gz"))) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(encoded)) => gunzip(&decode(encoded)?)?,
            (None, None) => return Ok(None),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| format!("`{key}`: {error}"))
    }

    fn encoded(&self) -> BTreeMap<&str, String> {
        self.binary.iter().map(|(key, bytes)| (key.as_str(), STANDARD.encode(bytes))).collect()
    }
}

/// The bytes that a ConfigMap has under `key` in `binaryData`.
pub(crate) fn bytes(item: &ConfigMap, key: &str) -> Result<Vec<u8>, String> {
    item.binary_data.get(key).map_or_else(|| Ok(Vec::new()), |encoded| decode(encoded))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to a Vec does not fail")
}

pub(crate) fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(LONGEST + 1).read_to_end(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > LONGEST { Err("it is longer than 64 MiB".to_owned()) } else { Ok(text) }
}

fn decode(encoded: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(encoded).map_err(|error| error.to_string())
}
