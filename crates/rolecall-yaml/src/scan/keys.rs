//! What may turn out to be a key once a colon follows: in the block context, and in each open bracket.

use std::collections::VecDeque;

use crate::error::SyntaxError;

use super::cursor::Mark;

/// How far behind its start a key's `:` may stand, in characters.
const LONGEST_KEY: usize = 1024;

#[derive(Clone, Copy, Default)]
pub(super) struct PossibleKey {
    pub(super) possible: bool,
    /// Whether the text is wrong if it is not a key.
    pub(super) required: bool,
    /// The number of its first token.
    pub(super) token: usize,
    pub(super) mark: Mark,
}

pub(super) struct Keys {
    /// One for the block context and one for each open bracket.
    levels: Vec<PossibleKey>,
    /// The possible keys that are worth waiting for: the number of the first token, and the level.
    awaited: VecDeque<(usize, usize)>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self { levels: vec![PossibleKey::default()], awaited: VecDeque::new() }
    }

    /// Whether a bracket is open.
    pub(super) fn in_flow(&self) -> bool {
        self.levels.len() > 1
    }

    /// A bracket opens; it is the token with this number.
    pub(super) fn open(&mut self, token: usize) {
        self.levels.push(PossibleKey { token, ..PossibleKey::default() });
    }

    /// A bracket closes.
    pub(super) fn close(&mut self) {
        if self.in_flow() {
            // A quirk of yaml.v2: empty brackets make it forget that the brackets may be a key.
            let token = self.last().token;
            self.forget(token);
            self.levels.pop();
        }
    }

    /// What begins here may be a key, and what may have been one before is none.
    pub(super) fn note(&mut self, key: PossibleKey) -> Result<(), SyntaxError> {
        self.drop(key.mark)?;
        *self.last() = key;
        self.awaited.push_back((key.token, self.levels.len() - 1));
        Ok(())
    }

    /// What may have been a key is none.
    pub(super) fn drop(&mut self, here: Mark) -> Result<(), SyntaxError> {
        let key = *self.last();
        if key.possible && key.required {
            return Err(missing_colon(key, here));
        }
        if key.possible {
            self.last().possible = false;
            self.forget(key.token);
        }
        Ok(())
    }

    /// Whether the token that is handed out next, of this number, may yet turn out to be a key.
    pub(super) fn awaits(&mut self, token: usize, here: Mark) -> Result<bool, SyntaxError> {
        while self.awaited.front().is_some_and(|(awaited, _)| *awaited < token) {
            self.awaited.pop_front();
        }
        match self.awaited.front() {
            Some((awaited, level)) if *awaited == token => self.is_valid(*level, here),
            _ => Ok(false),
        }
    }

    /// The key that the colon here makes one, if any.
    pub(super) fn take(&mut self, here: Mark) -> Result<Option<PossibleKey>, SyntaxError> {
        if !self.is_valid(self.levels.len() - 1, here)? {
            return Ok(None);
        }
        let key = *self.last();
        self.last().possible = false;
        self.forget(key.token);
        Ok(Some(key))
    }

    /// Whether the possible key of a level is neither too long nor spans lines.
    fn is_valid(&mut self, level: usize, here: Mark) -> Result<bool, SyntaxError> {
        let Some(key) = self.levels.get_mut(level).filter(|key| key.possible) else { return Ok(false) };
        if key.mark.line == here.line && key.mark.index + LONGEST_KEY >= here.index {
            return Ok(true);
        }
        key.possible = false;
        if key.required { Err(missing_colon(*key, here)) } else { Ok(false) }
    }

    fn forget(&mut self, token: usize) {
        if let Some(index) = self.awaited.iter().rposition(|(awaited, _)| *awaited == token) {
            self.awaited.remove(index);
        }
    }

    fn last(&mut self) -> &mut PossibleKey {
        self.levels.last_mut().expect("the block context's entry is never removed")
    }
}

fn missing_colon(key: PossibleKey, here: Mark) -> SyntaxError {
    SyntaxError::within("could not find expected ':'", here.pos, key.mark.pos)
}
