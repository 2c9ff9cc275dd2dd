//! Which texts `!!timestamp` accepts. Without the tag, a timestamp stays text, so nothing else asks.

/// Whether yaml.v2 takes the text for a time: a date, or a date and a time of day, in its four layouts.
pub(crate) fn is_timestamp(text: &str) -> bool {
    date(text).is_some_and(|rest| match rest.as_bytes().first() {
        None => true,
        Some(b' ') => clock(rest.trim_start_matches(' ')).is_some_and(str::is_empty),
        Some(b'T' | b't') => clock(&rest[1..]).is_some_and(is_zone),
        Some(_) => false,
    })
}

/// Takes a date: four digits of the year, then month and day of one or two digits.
fn date(text: &str) -> Option<&str> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?);
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let (month, rest) = number(rest.strip_prefix('-')?, 1..=12)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    Some(number(rest.strip_prefix('-')?, 1..=days)?.1)
}

/// Takes hours, minutes, seconds and, if there is one, a fraction.
fn clock(text: &str) -> Option<&str> {
    let (_, rest) = number(text, 0..=23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 0..=59)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 0..=59)?;
    let fraction =
        rest.strip_prefix(['.', ',']).map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    match fraction {
        Some(after) if after.len() + 1 < rest.len() => Some(after),
        _ => Some(rest),
    }
}

/// `Z`, or hours and minutes with a sign.
fn is_zone(text: &str) -> bool {
    let Some(zone) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let Some((hours, minutes)) = zone.split_once(':') else { return false };
    let two = |part: &str, most: u32| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|part| part <= most)
    };
    two(hours, 24) && two(minutes, 60)
}

/// Takes one or two digits whose number lies in the range.
fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let number: u32 = text[..digits].parse().ok()?;
    range.contains(&number).then_some((number, &text[digits..]))
}
