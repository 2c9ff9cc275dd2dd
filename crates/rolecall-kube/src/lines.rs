//! From pieces of a watch's body, cut anywhere, to whole lines.

/// A line that was longer than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// What has come of a body and was not taken as a line yet.
pub(crate) struct Lines {
    bytes: Vec<u8>,
    /// So much at its start holds no line's end.
    searched: usize,
    longest: usize,
}

impl Lines {
    /// Lines of at most `longest` bytes.
    pub(crate) fn of_at_most(longest: usize) -> Self {
        Self { bytes: Vec::new(), searched: 0, longest }
    }

    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole line without its end, once it is there. The last one of a body counts only with its
    /// end: what was cut comes again with the next watch.
    pub(crate) fn take(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let end = self.bytes.iter().skip(self.searched).position(|byte| *byte == b'\n');
        let length = end.map_or(self.bytes.len(), |end| self.searched + end);
        if length > self.longest {
            return Err(TooLong);
        }
        if end.is_none() {
            self.searched = length;
            return Ok(None);
        }
        let rest = self.bytes.split_off(length + 1);
        let mut line = std::mem::replace(&mut self.bytes, rest);
        line.truncate(length);
        self.searched = 0;
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, TooLong};

    /// All lines of the pieces, read as far as can be after each.
    fn read(pieces: &[&str]) -> Result<Vec<String>, TooLong> {
        let mut lines = Lines::of_at_most(4);
        let mut all = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes());
            while let Some(line) = lines.take()? {
                all.push(String::from_utf8(line).unwrap());
            }
        }
        Ok(all)
    }

    #[test]
    fn cuts_pieces_into_lines() {
        let rows: [(&[&str], &[&str]); 8] = [
            (&[], &[]),
            (&["ab\n"], &["ab"]),
            (&["ab\ncd\n"], &["ab", "cd"]),
            (&["a", "b", "\n", "c"], &["ab"]),
            (&["ab\nc", "d\ne\n"], &["ab", "cd", "e"]),
            (&["", "\n\n", "a\n"], &["", "", "a"]),
            (&["abcd\n"], &["abcd"]),
            (&["ab"], &[]),
        ];
        for (pieces, expect) in rows {
            assert_eq!(read(pieces).unwrap(), expect, "{pieces:?}");
        }
    }

    #[test]
    fn a_line_has_a_longest_length() {
        for pieces in [&["abcde\n"][..], &["abc", "de"], &["a\nabcd", "e\n"]] {
            assert_eq!(read(pieces), Err(TooLong), "{pieces:?}");
        }
    }
}
