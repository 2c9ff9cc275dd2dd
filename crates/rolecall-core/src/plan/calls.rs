//! From the map as it must be to the one request that makes it so.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Call;
use crate::observed::ObservedAccess;

/// The calls that bring the observed map to `data`: none, or one.
pub(super) fn calls(observed: &ObservedAccess, data: &BTreeMap<String, String>) -> Vec<Call> {
    let Some(map) = &observed.map else {
        return if data.is_empty() {
            Vec::new()
        } else {
            alloc::vec![Call::CreateMap { data: data.clone() }]
        };
    };
    let changed = data.iter().filter(|(key, text)| map.data().get(*key) != Some(text));
    let set: BTreeMap<String, String> = changed.map(|(key, text)| (key.clone(), text.clone())).collect();
    if set.is_empty() {
        return Vec::new();
    }
    alloc::vec![Call::PatchMap { resource_version: map.resource_version.clone().unwrap_or_default(), set }]
}
