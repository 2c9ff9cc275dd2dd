//! The hold: an annotation on the map that stops healing for a break-glass edit, and ends by itself.

use alloc::borrow::ToOwned;
use alloc::string::String;

use jiff::{SignedDuration, Timestamp};

use crate::observed::ObservedAccess;

/// `rolecall.dev/hold: 2026-11-24T18:00:00Z because the on-call role is locked out`
pub const HOLD_ANNOTATION: &str = "rolecall.dev/hold";

/// Nobody handles one incident for longer; whoever may write the map could otherwise end healing for good.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Nothing is healed until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// When it ends.
    pub until: Timestamp,
    /// What it is for, as it was written; may be empty.
    pub reason: String,
}

impl Hold {
    /// The hold that is in force.
    pub fn of(observed: &ObservedAccess, now: Timestamp) -> Option<Self> {
        let written = observed.map.as_ref()?.annotations.get(HOLD_ANNOTATION)?;
        Self::parse(written)
            .filter(|hold| now < hold.until && hold.until <= now.checked_add(LONGEST).unwrap_or(now))
    }

    /// Why the hold that is written there is none; `None` where there is none, or one in force or over.
    pub fn mistake(observed: &ObservedAccess, now: Timestamp) -> Option<&'static str> {
        let written = observed.map.as_ref()?.annotations.get(HOLD_ANNOTATION)?;
        match Self::parse(written) {
            None => Some("the hold is not understood: write `2026-01-31T18:00:00Z because …`"),
            Some(hold) if hold.until > now.checked_add(LONGEST).unwrap_or(now) => {
                Some("the hold is longer than a day, and counts for nothing")
            }
            Some(_) => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (until, reason) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let reason = reason.trim();
        let reason = reason.strip_prefix("because").map_or(reason, str::trim);
        Some(Self { until: until.parse().ok()?, reason: reason.to_owned() })
    }
}
