//! Makes a document as small as it goes on showing what it shows.

use anyhow::Result;

use super::Data;

/// Where a text is cut into pieces: after this character.
type Cut = fn(char) -> bool;

/// Drops whole sections, then lines, then characters, ever fewer at once, as long as `shows` holds.
pub(super) fn shrink(data: &Data, mut shows: impl FnMut(&Data) -> Result<bool>) -> Result<Data> {
    let mut smallest = data.clone();
    for key in data.keys() {
        let mut candidate = smallest.clone();
        candidate.remove(key);
        if shows(&candidate)? {
            smallest = candidate;
        }
    }
    let cuts: [Cut; 2] = [|c| c == '\n', |_| true];
    let keys: Vec<String> = smallest.keys().cloned().collect();
    for (cut, key) in cuts.iter().flat_map(|cut| keys.iter().map(move |key| (*cut, key))) {
        let mut size = smallest[key].split_inclusive(cut).count().div_ceil(2);
        while size > 0 {
            let is_smaller = drop_pieces(&mut smallest, key, (cut, size), &mut shows)?;
            if !is_smaller {
                size /= 2;
            }
        }
    }
    Ok(smallest)
}

/// Tries to leave out every so many pieces; says whether any could go.
fn drop_pieces(
    smallest: &mut Data,
    key: &str,
    (cut, size): (Cut, usize),
    shows: &mut impl FnMut(&Data) -> Result<bool>,
) -> Result<bool> {
    let mut is_smaller = false;
    let mut start = 0;
    loop {
        let pieces: Vec<&str> = smallest[key].split_inclusive(cut).collect();
        if start >= pieces.len() {
            return Ok(is_smaller);
        }
        let end = (start + size).min(pieces.len());
        let shorter = [&pieces[..start], &pieces[end..]].concat().concat();
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
