//! Makes a document as small as it goes on showing what it shows.

use anyhow::Result;

use super::Data;

/// Drops whole sections, then ever smaller pieces of the texts that are left, as long as `shows` holds.
pub(super) fn shrink(data: &Data, mut shows: impl FnMut(&Data) -> Result<bool>) -> Result<Data> {
    let mut smallest = data.clone();
    for key in data.keys() {
        let mut candidate = smallest.clone();
        candidate.remove(key);
        if shows(&candidate)? {
            smallest = candidate;
        }
    }
    for key in smallest.clone().into_keys() {
        let mut size = smallest[&key].chars().count().div_ceil(2);
        while size > 0 {
            let is_smaller = drop_pieces(&mut smallest, &key, size, &mut shows)?;
            if !is_smaller {
                size /= 2;
            }
        }
    }
    Ok(smallest)
}

/// Tries to leave out each piece of `size` characters; says whether one could go.
fn drop_pieces(
    smallest: &mut Data,
    key: &str,
    size: usize,
    shows: &mut impl FnMut(&Data) -> Result<bool>,
) -> Result<bool> {
    let mut is_smaller = false;
    let mut start = 0;
    loop {
        let text: Vec<char> = smallest[key].chars().collect();
        if start >= text.len() {
            return Ok(is_smaller);
        }
        let end = (start + size).min(text.len());
        let shorter: String = text[..start].iter().chain(&text[end..]).collect();
        let mut candidate = smallest.clone();
        candidate.insert(key.to_owned(), shorter);
        if shows(&candidate)? {
            *smallest = candidate;
            is_smaller = true;
        } else {
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_it_is_left() {
        let data: Data =
            [("a".to_owned(), "some long text".to_owned()), ("b".to_owned(), "xx[n:]yy".to_owned())].into();
        let smallest =
            shrink(&data, |data| Ok(data.get("b").is_some_and(|text| text.contains("[n:]")))).unwrap();
        assert_eq!(smallest, [("b".to_owned(), "[n:]".to_owned())].into());
    }
}
