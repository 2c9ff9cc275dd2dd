//! Chance that can be had again: the same for the same seed.

use super::Generator;

impl Generator {
    pub(in crate::differential) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(in crate::differential) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(in crate::differential) fn below(&mut self, n: usize) -> usize {
        // SplitMix64: small, and good enough to be surprised by.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let n = u64::try_from(n).expect("a length fits");
        usize::try_from((z ^ (z >> 31)) % n).expect("it is below a length")
    }
}
