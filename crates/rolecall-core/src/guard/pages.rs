//! The page about each guard, which is kept where people read it.

use super::Guard;

impl Guard {
    /// The page about the guard, in Markdown: what it refuses, why, and how to go on.
    pub fn page(self) -> &'static str {
        match self {
            Self::Rg01 => include_str!("../../../../docs/reference/guards/RG01.md"),
            Self::Rg02 => include_str!("../../../../docs/reference/guards/RG02.md"),
            Self::Rg03 => include_str!("../../../../docs/reference/guards/RG03.md"),
            Self::Rg04 => include_str!("../../../../docs/reference/guards/RG04.md"),
            Self::Rg05 => include_str!("../../../../docs/reference/guards/RG05.md"),
            Self::Rg06 => include_str!("../../../../docs/reference/guards/RG06.md"),
            Self::Rg07 => include_str!("../../../../docs/reference/guards/RG07.md"),
            Self::Rg08 => include_str!("../../../../docs/reference/guards/RG08.md"),
            Self::Rg09 => include_str!("../../../../docs/reference/guards/RG09.md"),
        }
    }

    /// What it refuses, in a few words: the title of the page.
    pub fn title(self) -> &'static str {
        let first = self.page().lines().next().unwrap_or_default();
        first.split_once(": ").map_or(first, |(_, title)| title)
    }
}
