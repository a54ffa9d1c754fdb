//! Texts that look like what they are, addresses that lead to web pages; in whatever is published anew.

use circuits::schema::Disguise;

use super::*;
use crate::samples::{client_id, verifier};

/// A record of each kind that has texts, with this one in every place for one.
fn with_text(text: &str) -> Vec<Record> {
    let title = json!({"zh-CN": "邕", "en": text});
    let mut named = serde_json::to_value(verifier("v", &client_id(1), "x", 9)).unwrap();
    named["name"] = title.clone();
    let mut addressed = serde_json::to_value(verifier("v", &client_id(1), "x", 9)).unwrap();
    addressed["address"] = title.clone();
    let mut schema = serde_json::to_value(schema("a/1")).unwrap();
    schema["schema"]["attributes"][0]["title"] = title.clone();
    let mut purpose = serde_json::to_value(policy("lane/1", "identity/1", "police")).unwrap();
    purpose["policy"]["purpose"] = title.clone();
    let mut basis = serde_json::to_value(policy("lane/1", "identity/1", "police")).unwrap();
    basis["policy"]["legal_basis"] = title.clone();
    let disclosure =
        json!({"kind": "disclosure.publish", "id": "d", "category": "c", "title": title, "document": {}});
    let mut joining = serde_json::to_value(admit(&department("court"))).unwrap();
    joining["department"]["title"] = title;
    [named, addressed, schema, purpose, basis, disclosure, joining].map(record).to_vec()
}

fn signed(record: Record) -> Entry {
    if record.is_governance() { sign_approved(record, &["police", "tax"]) } else { sign(record, "police") }
}

/// Whether a log from before the rules about texts may have it.
fn is_of_first_edition(entry: &Entry) -> bool {
    entry.record().terms().is_none() && !matches!(entry.record(), Record::Verifier(_))
}

#[test]
fn a_character_that_is_not_seen_is_refused_by_its_name() {
    for (hidden, name) in [
        ('\u{61c}', "ARABIC LETTER MARK"),
        ('\u{ad}', "SOFT HYPHEN"),
        ('\u{115f}', "HANGUL CHOSEONG FILLER"),
        ('\u{1160}', "HANGUL JUNGSEONG FILLER"),
        ('\u{3164}', "HANGUL FILLER"),
        ('\u{ffa0}', "HALFWIDTH HANGUL FILLER"),
        ('\u{200b}', "ZERO WIDTH SPACE"),
        ('\u{200f}', "RIGHT-TO-LEFT MARK"),
        ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
        ('\u{34f}', "COMBINING GRAPHEME JOINER"),
        ('\u{e0061}', "TAG CHARACTER"),
    ] {
        for record in with_text(&format!("City{hidden} hall")) {
            let kind = record.kind();
            let entry = signed(record);
            let refusal = refused(&entry);
            assert!(
                matches!(&refusal, RegistryError::Disguised { why: Disguise::Hidden(c), .. } if *c == hidden)
            );
            let said = refusal.to_string();
            assert!(said.contains(name) && said.contains(".en"), "{kind}: {said}");
            if is_of_first_edition(&entry) {
                assert_eq!(registry().check(Moment::in_log(1), &entry), Ok(()), "{kind}: an old log is read");
            }
        }
    }
}

#[test]
fn letters_from_right_to_left_and_other_spellings_are_refused() {
    for text in ["Bank \u{5d0}\u{5d1}", "Cafe\u{301}", "\u{f900}"] {
        for record in with_text(text) {
            assert!(matches!(refused(&signed(record)), RegistryError::Disguised { .. }), "{text}");
        }
    }
    let mut named = serde_json::to_value(verifier("v", &client_id(1), "x", 9)).unwrap();
    named["name"]["ug"] = json!("ئۇيغۇرچە");
    assert_eq!(
        registry().check(anew(SIZE), &sign(record(named), "police")),
        Ok(()),
        "a language that has them"
    );
}

#[test]
fn what_people_write_is_published() {
    for text in ["市民中心一号窗口", "Citizens\u{2019} centre", "Gvangjsih, 1"] {
        for record in with_text(text) {
            assert_eq!(registry().check(anew(SIZE), &signed(record)), Ok(()), "{text}");
        }
    }
}

#[test]
fn a_document_may_say_anything() {
    let disclosure = json!({"kind": "disclosure.publish", "id": "d", "category": "c", "title": localized("d"),
        "document": {"soft\u{ad}hyphen": ["zero\u{200b}width"]}});
    assert_eq!(registry().check(anew(SIZE), &sign(record(disclosure), "tax")), Ok(()));
}

#[test]
fn a_text_is_checked_whatever_its_language_is_called() {
    let title = json!({"zh-CN": "邕", "en": "d", "document": "zero\u{200b}width"});
    let disclosure =
        json!({"kind": "disclosure.publish", "id": "d", "category": "c", "title": title, "document": {}});
    let refusal = refused(&sign(record(disclosure), "tax"));
    assert!(
        matches!(refusal, RegistryError::Disguised { why: Disguise::Hidden('\u{200b}'), .. }),
        "{refusal}"
    );
}

/// A link and a desk at this address, as entries.
fn at(url: &str) -> [Entry; 2] {
    let linked = json!({"kind": "disclosure.publish", "id": "d", "category": "c", "title": localized("d"), "url": url,
        "digest": "ab".repeat(32)});
    let joining = Department { desk: Some(url.parse().unwrap()), ..department("court") };
    [sign(record(linked), "tax"), sign_approved(admit(&joining), &["police", "tax"])]
}

#[test]
fn an_address_that_runs_or_travels_in_the_clear_is_refused() {
    for url in [
        "javascript:alert(document.domain)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://a.example/",
        "https://gov.example@evil.example/",
    ] {
        for entry in at(url) {
            assert!(matches!(refused(&entry), RegistryError::Address { .. }), "{url}");
            if is_of_first_edition(&entry) {
                assert_eq!(registry().check(Moment::in_log(1), &entry), Ok(()), "{url}: an old log is read");
            }
        }
        let mut complaints = serde_json::to_value(verifier("v", &client_id(1), "x", 9)).unwrap();
        complaints["complaints"] = json!(url);
        assert!(serde_json::from_value::<Record>(complaints).is_err(), "{url}");
    }
    for url in ["https://a.example/b.pdf", "http://127.0.0.1:8311/"] {
        for entry in at(url) {
            assert_eq!(registry().check(anew(SIZE), &entry), Ok(()), "{url}");
        }
    }
}
