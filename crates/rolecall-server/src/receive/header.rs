//! Headers that decide something must be there once: of two, a proxy and we might read different ones.

use http::HeaderMap;

/// The value of a header that is there exactly once, and is text.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
