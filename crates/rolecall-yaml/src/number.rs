//! Numbers: which plain scalars are numbers to yaml.v2, and how Go prints them.

/// A number as yaml.v2 holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    /// Only above the range of `Int`.
    Uint(u64),
    Float(f64),
}

/// Reads a scalar that begins with a digit or a sign. Underscores are dropped wherever they stand.
pub(crate) fn parse(text: &str) -> Option<Number> {
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| decimal(&plain).map(Number::Float)).or_else(|| odd_binary(&plain))
}

/// An integer with Go's prefixes: `0x`, `0o`, `0b`, or `0` for octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(two) if two.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    let signless = !text.starts_with(['+', '-']) && digits.starts_with(|c: char| c.is_digit(radix));
    let large = || u64::from_str_radix(digits, radix).ok().filter(|_| signless).map(Number::Uint);
    signed(negative, digits, radix).or_else(large)
}

fn signed(negative: bool, digits: &str, radix: u32) -> Option<Number> {
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    i64::try_from(value).ok().map(Number::Int)
}

/// A float in decimal notation; one that is out of range is none.
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_is_good = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            all_digits(whole) && all_digits(fraction) && (!whole.is_empty() || !fraction.is_empty())
        }
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !mantissa_is_good || !exponent_is_good {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// yaml.v2 tries binary by itself once more, and then a sign may stand behind the prefix.
fn odd_binary(text: &str) -> Option<Number> {
    let digits = text.strip_prefix("0b")?;
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.strip_prefix('+')?),
    };
    signed(negative, digits, 2)
}

/// Reads a scalar that begins with a dot. Here an underscore may stand only between digits.
pub(crate) fn parse_after_dot(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split('_').collect();
    let between_digits = parts.windows(2).all(|pair| {
        pair[0].ends_with(|c: char| c.is_ascii_digit()) && pair[1].starts_with(|c: char| c.is_ascii_digit())
    });
    if between_digits { decimal(&parts.concat()) } else { None }
}

/// A float as Go's `encoding/json` prints it; infinities and NaN have no such form.
pub(crate) fn json_float(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let scientific = format!("{value:e}");
        return Some(scientific.replace('e', if size < 1.0 { "e" } else { "e+" }));
    }
    Some(format!("{value}"))
}

/// A float as sigs.k8s.io/yaml makes it a key: with the precision of 32 bits, in Go's format `g`.
pub(crate) fn key_float(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the loss is Go's")]
    let short = value as f32;
    if short.is_nan() {
        return ".nan".to_owned();
    }
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{short:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{short}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
