//! The document, and what the authenticator would make of it.

use proptest::prelude::*;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::{EffectiveMap, Lookup, TemplateValues, Verdict, explain, lookup};
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PrincipalArn;

use crate::{cases, manifest, yamlish};

/// Reads `text` as a file, and checks that every finding lies within it.
fn read(text: &str) {
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", text);
    // YAML's own line breaks, of which a carriage return alone is one.
    let lines = text.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
    for finding in &findings {
        let place = &finding.place;
        assert!(place.line >= 1 && place.line <= lines + 1, "{finding:?}");
        assert!((place.line, place.column) <= (place.end_line, place.end_column), "{finding:?}");
    }
    let Some(document) = document else { return };
    assert_eq!(document.text(), text);
    for section in Section::ALL {
        for entry in document.effective().section(section).entries() {
            document.place(section, entry.span);
        }
    }
}

/// Reads `text` as each section, and asks about some people.
fn explained(text: &str) {
    let data = Section::ALL.map(|section| (section.key().to_owned(), text.to_owned())).into();
    let map = EffectiveMap::read(&data);
    for reading in map.sections() {
        let spans = reading.entries().iter().map(|entry| entry.span);
        for span in spans.chain(reading.losses().iter().map(|loss| loss.span)) {
            assert!(span.start <= span.end && span.end <= text.len(), "{span:?} in {text:?}");
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
        }
        assert!(reading.unreadable().is_none_or(|unreadable| unreadable.at <= text.len()));
        assert!(reading.entries_by_chance().is_empty() || reading.unreadable().is_some());
    }
    for arn in ["arn:aws:sts::111122223333:assumed-role/a/me", "arn:aws:iam::111122223333:user/b"] {
        let principal = PrincipalArn::parse(arn).unwrap();
        counted_alike(&map, &principal);
        let found = explain(&map, &principal, &TemplateValues::default());
        if let Verdict::Ambiguous(candidates) = found.verdict {
            assert!(candidates.len() > 1, "{candidates:?}");
        }
    }
}

/// What guards count is what a lookup finds.
fn counted_alike(map: &EffectiveMap, principal: &PrincipalArn) {
    let found = match lookup(map, principal, false) {
        Lookup::Entry(entry) => vec![entry],
        Lookup::Ambiguous(entries) => entries,
        Lookup::Account(_) | Lookup::Nothing => Vec::new(),
    };
    assert_eq!(map.answers().of(principal.canonical()), found);
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_manifest_or_its_ruins(text in manifest()) {
        read(&text);
    }

    #[test]
    fn a_section_or_its_ruins(text in yamlish()) {
        explained(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        read(&text);
        explained(&text);
    }
}
