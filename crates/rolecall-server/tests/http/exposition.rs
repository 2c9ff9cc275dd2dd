//! A strict reader of the OpenMetrics text format, as `promtool` would be one.
//!
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>: each family has one TYPE and one HELP before its
//! samples, stands in one piece, and has the suffixes of its type; no series is there twice; labels are escaped;
//! buckets grow, up to `+Inf`, which is the count; the last line is `# EOF`.

use std::collections::{BTreeMap, BTreeSet};

/// A family: its type, and its samples in their order.
#[derive(Debug, Default)]
pub(crate) struct FamilyRead {
    pub(crate) kind: String,
    help: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// All families by their names, or what is wrong and where.
pub(crate) fn read(text: &str) -> Result<BTreeMap<String, FamilyRead>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("does not end in `# EOF`")?;
    let mut families: BTreeMap<String, FamilyRead> = BTreeMap::new();
    let mut current = String::new();
    for line in body.split_terminator('\n') {
        let fail = |what: &str| format!("{what}: `{line}`");
        if let Some(comment) = line.strip_prefix("# ") {
            let name = describe(comment, &current, &mut families).map_err(|what| fail(&what))?;
            name.clone_into(&mut current);
        } else {
            let sample = sample(line).ok_or_else(|| fail("no sample"))?;
            let family = families.get_mut(&current).ok_or_else(|| fail("a sample of no family"))?;
            belongs(&sample, &current, family).map_err(|what| fail(&what))?;
            family.samples.push(sample);
        }
    }
    for (name, family) in &families {
        complete(family).map_err(|what| format!("{what}: `{name}`"))?;
    }
    Ok(families)
}

/// `HELP name text` or `TYPE name kind`; the name, which is the family from here on.
fn describe<'a>(
    comment: &'a str,
    current: &str,
    families: &mut BTreeMap<String, FamilyRead>,
) -> Result<&'a str, String> {
    let mut parts = comment.splitn(3, ' ');
    let (Some(what), Some(name), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("neither HELP nor TYPE".into());
    };
    if !is_name(name) {
        return Err("no metric name".into());
    }
    if name != current && families.contains_key(name) {
        return Err("a family in two pieces".into());
    }
    let family = families.entry(name.to_owned()).or_default();
    if !family.samples.is_empty() {
        return Err("described after its samples".into());
    }
    match what {
        "HELP" if family.help.is_none() && !text.trim().is_empty() => family.help = Some(text.to_owned()),
        "TYPE" if family.kind.is_empty() && ["counter", "gauge", "histogram"].contains(&text) => {
            text.clone_into(&mut family.kind);
        }
        _ => return Err("described twice, or wrongly".into()),
    }
    Ok(name)
}

/// The sample's suffix is one of its family's type, and its series is new.
fn belongs(sample: &Sample, family_name: &str, family: &FamilyRead) -> Result<(), String> {
    let suffix = sample.name.strip_prefix(family_name).ok_or("a sample of another family")?;
    let allowed: &[&str] = match family.kind.as_str() {
        "counter" => &["_total"],
        "gauge" => &[""],
        "histogram" => &["_bucket", "_count", "_sum"],
        _ => return Err("a sample before its TYPE".into()),
    };
    if !allowed.contains(&suffix) {
        return Err("a suffix of another type".into());
    }
    if sample.labels.contains_key("le") != (suffix == "_bucket") {
        return Err("`le` belongs to buckets".into());
    }
    let is_same = |other: &&Sample| other.name == sample.name && other.labels == sample.labels;
    if family.samples.iter().any(|other| is_same(&other)) {
        return Err("a series twice".into());
    }
    let counts = family.kind != "gauge";
    if sample.value.is_nan() || counts && sample.value < 0.0 {
        return Err("a value that nothing counts".into());
    }
    Ok(())
}

/// A family has a type and a help, and its histograms add up.
fn complete(family: &FamilyRead) -> Result<(), String> {
    if family.help.is_none() || family.kind.is_empty() {
        return Err("no HELP or no TYPE".into());
    }
    let mut buckets: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
    for sample in family.samples.iter().filter(|sample| sample.labels.contains_key("le")) {
        let mut labels = sample.labels.clone();
        let le = labels.remove("le").and_then(|le| number(&le)).ok_or("`le` is no number")?;
        buckets.entry(labels).or_default().push((le, sample.value));
    }
    for (labels, buckets) in buckets {
        let grows = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let last = buckets.last().filter(|(le, _)| le.is_infinite()).ok_or("no bucket `+Inf`")?;
        let is_count = |sample: &&Sample| sample.name.ends_with("_count") && sample.labels == labels;
        let count = family.samples.iter().find(is_count).ok_or("no count")?;
        if !grows || count.value.to_bits() != last.1.to_bits() {
            return Err("buckets that do not add up".into());
        }
    }
    Ok(())
}

/// `name{label="value",…} number`, with nothing after it.
fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let name = &line[..end];
    let (labels, rest) = match line[end..].strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), &line[end..]),
    };
    let value = number(rest.strip_prefix(' ')?)?;
    is_name(name).then(|| Sample { name: name.to_owned(), labels, value })
}

/// Labels up to the closing brace, and what follows.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = value(after)?;
        let is_new = is_name(name) && !name.contains(':') && labels.insert(name.to_owned(), value).is_none();
        if !is_new {
            return None;
        }
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Some((labels, after.strip_prefix('}')?)),
        }
    }
}

/// A value up to its closing quote; `\\`, `\"` and `\n` are all that may be escaped.
fn value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

fn number(text: &str) -> Option<f64> {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    match text {
        "+Inf" => Some(f64::INFINITY),
        _ if is_plain => text.parse().ok(),
        _ => None,
    }
}

/// What no reader may let pass; else the tests with it would say nothing.
#[test]
fn the_reader_is_strict() {
    let good = "# HELP a A.\n# TYPE a counter\na_total{b=\"c\\\"\\\\\\n\"} 1\n# EOF\n";
    let families = read(good).expect("good text");
    assert_eq!(families["a"].samples[0].labels["b"], "c\"\\\n");
    let histogram = "# HELP h H.\n# TYPE h histogram\nh_sum 1.0\nh_count 2\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\n# EOF\n";
    read(histogram).expect("a good histogram");
    let bad: BTreeSet<String> = [
        good.replace("# EOF\n", ""),
        good.replace("# HELP a A.\n", ""),
        good.replace("# TYPE a counter\n", ""),
        good.replace("# HELP a A.\n", "# HELP a A.\n# HELP a A.\n"),
        good.replace("counter", "count"),
        good.replace("a_total", "a"),
        good.replace("a_total", "b_total"),
        good.replace(" 1\n", " 1\na_total{b=\"c\\\"\\\\\\n\"} 1\n"),
        good.replace(" 1\n", " one\n"),
        good.replace(" 1\n", " -1\n"),
        good.replace(" 1\n", " 1 \n"),
        good.replace("\\n", "\n"),
        good.replace("\\n", "\\t"),
        good.replace("\\\"", "\""),
        good.replace("{b=", "{1b="),
        good.replace("{b=", "{b=\"\",b="),
        good.replace("a_total{", "a_total {"),
        format!("{}{good}", good.replace("# EOF\n", "")),
        histogram.replace("h_count 2", "h_count 3"),
        histogram.replace("h_bucket{le=\"+Inf\"} 2\n", ""),
        histogram.replace("\"1.0\"} 1", "\"1.0\"} 3"),
        histogram.replace("h_count 2\n", ""),
    ]
    .into();
    assert_eq!(bad.len(), 22);
    for text in bad {
        assert!(read(&text).is_err(), "{text}");
    }
}
