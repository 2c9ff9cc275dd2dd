//! What people, editors and templates do to a text.

use super::Generator;
use super::words::MARKS;

impl Generator {
    pub(super) fn mangled(&mut self, text: &str) -> String {
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            if text.is_empty() {
                break;
            }
            let (at, mark) = (self.below(text.len()), *self.pick(MARKS));
            match self.below(5) {
                0 => text.insert(at, mark),
                1 => {
                    text.remove(at);
                }
                2 => text[at] = mark,
                3 => text.truncate(at),
                _ => {
                    let end = at + self.below(text.len() - at);
                    let piece: Vec<char> = text[at..end].to_vec();
                    text.splice(end..end, piece);
                }
            }
        }
        text.into_iter().collect()
    }
}
