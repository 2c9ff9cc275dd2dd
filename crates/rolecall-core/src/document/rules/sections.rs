//! The data keys of the map: sections in another spelling, and how large all of it is.

use alloc::format;

use rolecall_yaml::{NodeKind, Span, Splice};

use super::super::MAX_DATA_BYTES;
use super::LazyClaims;
use super::Report;
use crate::finding::{Code, Edit, Fix, Level, nearest};
use crate::identity_mapping::Section;

pub(super) fn check(report: &mut Report<'_>, claims: &LazyClaims<'_>) {
    misspelt(report, claims);
    nobody(report);
    nearly_full(report);
}

/// RC009. The authenticator reads `mapRoles` and not `maproles`, without a word.
fn misspelt(report: &mut Report<'_>, claims: &LazyClaims<'_>) {
    let document = report.document;
    let known = Section::ALL.map(Section::key);
    for key in document.data().keys().filter(|key| Section::from_key(key).is_none()) {
        let Some(meant) = nearest(key, &known) else { continue };
        let is_certain = key.eq_ignore_ascii_case(meant);
        let span = key_span(report, key);
        let message = format!("the authenticator does not read `{key}`");
        let is_plain = document.text().get(span.start..span.end) == Some(key.as_str());
        let is_sure = is_certain && is_plain && keys_like(report, meant) == 1;
        let objection = is_sure.then(|| claims.against_renaming(report, key)).flatten();
        let finding = report.add_in_file((Code::MisspeltSection, Level::Error), span, message);
        finding.help = Some(match objection {
            Some(objection) => format!("did you mean `{meant}`? check what it says first: {objection}"),
            None => format!("did you mean `{meant}`?"),
        });
        finding.fix = (is_sure && objection.is_none()).then(|| {
            let splice = Splice { span, text: meant.into() };
            Fix::new(format!("write `{meant}`"), Edit::File([splice].into()))
        });
    }
}

/// How many keys are this one in some spelling, also before what is no text.
fn keys_like(report: &Report<'_>, meant: &str) -> usize {
    let outer = report.document.outer();
    let data = report.document.data_node().map(|data| &outer.node(data).kind);
    let Some(NodeKind::Mapping { entries, .. }) = data else { return 0 };
    let keys = entries.iter().filter_map(|(node, _)| outer.node(*node).scalar());
    keys.filter(|key| key.eq_ignore_ascii_case(meant)).count()
}

/// Where a data key stands in the file.
fn key_span(report: &Report<'_>, key: &str) -> Span {
    let outer = report.document.outer();
    let data = report.document.data_node().map(|data| &outer.node(data).kind);
    let Some(NodeKind::Mapping { entries, .. }) = data else { return Span::at(0) };
    let found = entries.iter().find(|(node, _)| outer.node(*node).scalar() == Some(key));
    found.map_or(Span::at(0), |(node, _)| outer.node(*node).span)
}

/// RC040. What is there and cannot be read was told before.
fn nobody(report: &mut Report<'_>) {
    let document = report.document;
    let is_blank =
        |section: Section| document.data().get(section.key()).is_none_or(|text| text.trim().is_empty());
    let is_told = report.findings.iter().any(|finding| finding.level == Level::Error);
    if is_told || !Section::ALL.into_iter().all(is_blank) {
        return;
    }
    let node = document.data_node().unwrap_or(document.object());
    let span = Span::at(document.outer().node(node).span.start);
    let message = "the map says nothing: nobody gets in by it".into();
    let finding = report.add_in_file((Code::NobodyMapped, Level::Warning), span, message);
    finding.help = Some("write `mapRoles: |` below `data:`, and the entries below that".into());
}

/// RC033, from nine tenths on.
fn nearly_full(report: &mut Report<'_>) {
    let data = report.document.data();
    let bytes: usize = data.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes < MAX_DATA_BYTES / 10 * 9 {
        return;
    }
    let largest = data.iter().max_by_key(|(_, value)| value.len());
    let span = largest.map_or(Span::at(0), |(key, _)| key_span(report, key));
    let percent = bytes * 100 / MAX_DATA_BYTES;
    let message = format!("the map has {bytes} bytes, {percent} % of what Kubernetes stores in a ConfigMap");
    let finding = report.add_in_file((Code::NearlyFull, Level::Warning), span, message);
    finding.help = Some("map roles that people assume instead of single people".into());
}
