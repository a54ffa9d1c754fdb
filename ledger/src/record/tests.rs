//! One encoding only, one signature only.

use circuits::credential::DepartmentId;
use serde_json::json;

use super::*;
use crate::canonical::{self, CanonicalError};
use crate::key::{DepartmentKey, Signature};
use crate::samples::{
    commit, insecure_key, localized, origin, record, recovery, schema, sign, sign_approved, status, trustee,
};

fn entry() -> Entry {
    sign(schema("identity/1"), "police")
}

fn text(entry: &Entry) -> String {
    String::from_utf8(entry.bytes().to_vec()).unwrap()
}

/// How the entry is refused after `from` is replaced by `to` in its bytes.
fn refused(from: &str, to: &str) -> EntryError {
    let original = text(&entry());
    assert!(original.contains(from), "{original}");
    Entry::parse(original.replacen(from, to, 1).as_bytes()).unwrap_err()
}

#[test]
fn every_kind_reads_back() {
    let admit = json!({"kind": "department.admit", "id": "a", "approvals": [],
        "department": {"id": "tax", "title": localized("tax"), "key": insecure_key("tax").public(), "desk": "https://tax.example/"}});
    let model = json!({"kind": "model.publish", "id": "m", "model": {"model": "m/1", "schema": "s/1",
        "title": localized("m"), "base": 0, "scale": 1, "weights": {"score": -3}, "meaning": localized("m")}});
    let hex = "ab".repeat(32);
    let key = json!({"kind": "key.publish", "id": "k", "circuit": "show", "version": 1, "vk": {}, "vk_digest": hex,
        "proving_key_digest": hex, "transcript_digest": hex, "development": true, "approvals": []});
    let mut dated = key.clone();
    (dated["valid_from"], dated["retire_at"]) = (1_800_000_000.into(), 1_900_000_000.into());
    let mut counted = key.clone();
    (counted["development"], counted["secrets"]) = (false.into(), json!({"phase1": 54, "phase2": 10}));
    let retire = json!({"kind": "key.retire", "id": "r", "vk_digest": hex, "retire_at": 1_850_000_000, "reason": "leak",
        "approvals": []});
    let inline = json!({"kind": "disclosure.publish", "id": "d", "category": "budget", "title": localized("d"), "document": {"a": 1.5}});
    let linked = json!({"kind": "disclosure.publish", "id": "d", "category": "budget", "title": localized("d"),
        "url": "https://a.example/b", "digest": hex});
    let json = [admit, model, key, dated, counted, retire, inline, linked].map(record);
    let kept = [trustee("t", "police/1"), recovery("v", "bundle", "police")];
    let made = [schema("s/1"), commit("c", "s/1", [1, 2]), status("x", 3, "suspend")];
    for record in json.into_iter().chain(kept).chain(made) {
        let entry = sign(record.clone(), "police");
        assert!(text(&entry).contains(&format!(r#""kind":"{}""#, record.kind())));
        assert_eq!(Entry::parse(entry.bytes()).unwrap(), entry);
        assert_eq!(entry.record(), &record);
    }
}

#[test]
fn a_record_of_the_contract() {
    let entry = sign(status("x/1", 70_000, "restore"), "police");
    let expected = concat!(
        r#"{"record":{"changes":[{"position":70000,"reason":"test","status":"restore"}],"id":"x/1","#,
        r#""kind":"credential.status"},"sig":""#
    );
    assert!(text(&entry).starts_with(expected), "{}", text(&entry));
    assert!(text(&entry).ends_with(r#"","signer":"police"}"#));
}

#[test]
fn an_oversized_entry_is_refused() {
    let document = "x".repeat(MAX_ENTRY);
    let record = record(json!({"kind": "disclosure.publish", "id": "d", "category": "budget",
        "title": localized("d"), "document": document}));
    let signed = Entry::sign(
        &origin(),
        record,
        "police".parse::<DepartmentId>().unwrap().into(),
        &insecure_key("police"),
    );
    assert!(matches!(signed, Err(RecordSigningError::Record(EntryError::TooLarge(_)))));
    assert!(matches!(Entry::parse(&vec![b' '; MAX_ENTRY + 1]), Err(EntryError::TooLarge(65_536))));
}

#[test]
fn other_encodings_of_an_entry_are_refused() {
    for (from, to) in [
        (r#"{"record""#, r#"{ "record""#),
        ("identity", "identit\\u0079"),
        (r#""max":1000"#, r#""max":1000.0"#),
        (r#""max":1000"#, r#""max":1e3"#),
        (r#""name":"score""#, r#""name":"score","optional":false"#),
    ] {
        let error = refused(from, to);
        assert!(matches!(error, EntryError::Encoding(_)), "{to}: {error}");
    }
}

#[test]
fn a_duplicate_member_is_refused() {
    for (from, to) in [
        (r#"{"record""#, r#"{"signer":"police","record""#),
        (r#""id":"identity/1""#, r#""id":"identity/1","id":"identity/1""#),
        (r#""zh-CN":"#, r#""en":"","zh-CN":"#),
    ] {
        assert!(matches!(refused(from, to), EntryError::Encoding(_)), "{to}");
    }
}

#[test]
fn an_unknown_kind_or_field_is_refused() {
    for (from, to) in [
        ("schema.publish", "schema.destroy"),
        (r#","sig""#, r#","priority":1,"sig""#),
        (r#""kind":"#, r#""extra":1,"kind":"#),
        (r#"{"max":1000"#, r#"{"extra":1,"max":1000"#),
    ] {
        assert!(
            matches!(
                refused(from, to),
                EntryError::Encoding(CanonicalError::Malformed(_) | CanonicalError::NotCanonical)
            ),
            "{to}"
        );
    }
}

#[test]
fn an_id_is_a_short_word() {
    assert!("a".repeat(64).parse::<RecordId>().is_ok());
    for bad in [String::new(), "a".repeat(65), "a b".to_owned(), "邕".to_owned(), "a\n".to_owned()] {
        assert!(bad.parse::<RecordId>().is_err(), "{bad:?}");
    }
}

#[test]
fn an_inner_commitment_is_canonical() {
    let good = serde_json::to_value(Inner(7u64.into())).unwrap();
    assert_eq!(good, json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAc"));
    assert_eq!(serde_json::from_value::<Inner>(good).unwrap(), Inner(7u64.into()));
    let above_r = "_".repeat(42) + "8";
    for bad in ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAc=", "AAAA", above_r.as_str()] {
        assert!(serde_json::from_value::<Inner>(json!(bad)).is_err(), "{bad}");
    }
}

#[test]
fn a_position_is_inside_the_tree() {
    let change = |position: u64| json!({"position": position, "status": "revoke", "reason": "x"});
    assert!(serde_json::from_value::<StatusChange>(change((1 << 32) - 1)).is_ok());
    assert!(serde_json::from_value::<StatusChange>(change(1 << 32)).is_err());
}

#[test]
fn a_disclosure_is_inline_or_linked() {
    let base = json!({"id": "d", "category": "c", "title": localized("d")});
    let with = |members: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value::<DisclosurePublish>(all)
    };
    let url = "https://a.example/";
    let digest = "ab".repeat(32);
    assert!(with(json!({"document": {}})).is_ok());
    assert!(with(json!({"url": url, "digest": digest})).is_ok());
    for bad in [
        json!({}),
        json!({"url": url}),
        json!({"digest": digest}),
        json!({"document": {}, "url": url, "digest": digest}),
    ] {
        assert!(with(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn only_state_roots_are_signed_by_the_log() {
    assert!(matches!(refused(r#""signer":"police""#, r#""signer":"ledger.test/1""#), EntryError::Signer));
    let log = Signer::Log("police".parse().unwrap());
    assert!(matches!(
        Entry::sign(&origin(), schema("a/1"), log, &insecure_key("police")),
        Err(RecordSigningError::Record(EntryError::Signer))
    ));
}

#[test]
fn a_signature_is_of_its_key_and_record() {
    let entry = entry();
    let key = insecure_key("police");
    assert!(entry.verify(&origin(), &key.public()).is_ok());
    assert!(entry.verify(&origin(), &insecure_key("tax").public()).is_err());
    let other = sign(schema("identity/2"), "police");
    let sig = |e: &Entry| String::from(e.signature);
    let moved = text(&entry).replace(&sig(&entry), &sig(&other));
    assert!(Entry::parse(moved.as_bytes()).unwrap().verify(&origin(), &key.public()).is_err());
}

#[test]
fn a_signature_is_for_one_ledger() {
    let entry = entry();
    let key = insecure_key("police").public();
    assert!(entry.verify(&origin(), &key).is_ok());
    assert!(entry.verify(&"ledger.test/2".parse().unwrap(), &key).is_err());
}

#[test]
fn an_approval_is_for_one_ledger() {
    let police = insecure_key("police");
    let record = schema("a/1");
    let approval = Approval::sign(&origin(), &record, "police".parse().unwrap(), &police).unwrap();
    assert!(approval.verify(&"ledger.test/2".parse().unwrap(), &record, &police.public()).is_err());
}

#[test]
fn a_malleated_signature_is_refused() {
    let mut entry = entry();
    let key = insecure_key("police");
    let mut bytes = *entry.signature.as_bytes();
    // s + L, the same scalar in another encoding (RFC 8032 §8.4).
    let order: [u8; 32] = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        .unwrap()
        .try_into()
        .unwrap();
    let mut carry = 0;
    for (byte, l) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(l) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    entry.signature = Signature::from_bytes(bytes);
    assert!(entry.verify(&origin(), &key.public()).is_err());
}

#[test]
fn a_signature_is_no_approval_and_no_approval_a_signature() {
    let admit = || {
        record(json!({"kind": "department.admit", "id": "a", "approvals": [],
        "department": {"id": "tax", "title": localized("tax"), "key": insecure_key("tax").public()}}))
    };
    let police = insecure_key("police");
    let mut entry = sign(admit(), "police");
    let approval = Approval::sign(&origin(), &admit(), "police".parse().unwrap(), &police).unwrap();
    assert!(approval.verify(&origin(), &admit(), &police.public()).is_ok());
    let mistaken = Approval { sig: entry.signature, ..approval.clone() };
    assert!(mistaken.verify(&origin(), &admit(), &police.public()).is_err());
    entry.signature = approval.sig;
    assert!(entry.verify(&origin(), &police.public()).is_err());
}

#[test]
fn approvals_do_not_change_what_is_approved() {
    let entry = sign_approved(
        record(json!({"kind": "department.admit", "id": "a", "approvals": [],
            "department": {"id": "tax", "title": localized("tax"), "key": insecure_key("tax").public()}})),
        &["police", "credit"],
    );
    for approval in entry.record().approvals() {
        assert!(
            approval
                .verify(&origin(), entry.record(), &insecure_key(approval.signer.as_str()).public())
                .is_ok()
        );
    }
}

#[test]
fn a_batch_reads_back_and_names_the_bad_entry() {
    let entries = [entry(), sign(commit("c", "s/1", [1]), "police")];
    let bytes = encode_batch(&entries);
    assert_eq!(parse_batch(&bytes).unwrap(), entries);
    assert_eq!(parse_batch(b"[]").unwrap(), []);
    let spoiled = String::from_utf8(bytes).unwrap().replace("credential.commit", "credential.forget");
    assert!(matches!(parse_batch(spoiled.as_bytes()), Err((Some(1), _))));
    for bad in ["", "{}", "[", "[]]", "nonsense"] {
        assert!(matches!(parse_batch(bad.as_bytes()), Err((None, _))), "{bad}");
    }
}

#[test]
fn a_state_root_is_signed_by_the_log() {
    let root = StateRoot {
        id: "state.root/4".parse().unwrap(),
        entries: 4,
        leaves: 2,
        root: Element(9u64.into()),
        registry: Digest::of(b""),
        time: 1_700_000_000,
    };
    let key = DepartmentKey::from_seed(&[1; 32]);
    let signer = Signer::Log("ledger.test/1".parse().unwrap());
    let entry = Entry::sign(&origin(), Record::Root(root), signer.clone(), &key).unwrap();
    let read = Entry::parse(entry.bytes()).unwrap();
    assert_eq!(read.signer(), &signer);
    assert!(read.verify(&origin(), &key.public()).is_ok());
    assert!(
        canonical::to_vec(read.record())
            .unwrap()
            .starts_with(br#"{"entries":4,"id":"state.root/4","kind":"state.root","#)
    );
}

/// The page that describes every kind.
const PAGE: &str = include_str!("../../../docs/records.md");

#[test]
fn the_documentation_lists_exactly_the_kinds_that_there_are() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<[String; 4]> = rows
        .map(|row| {
            let mut cells = row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`').to_owned());
            std::array::from_fn(|_| cells.next().unwrap())
        })
        .collect();
    let here = RecordKind::ALL.map(|kind| {
        let signer = if kind.part() == Part::Root { "the log" } else { "a department" };
        let approval = match kind.approval_rule() {
            ApprovalRule::Never => "none",
            ApprovalRule::Threshold => "threshold",
            ApprovalRule::Second => "second",
            ApprovalRule::Bulk => "bulk",
        };
        [kind.as_str().to_owned(), format!("{kind:?}"), signer.to_owned(), approval.to_owned()]
    });
    assert_eq!(documented, here);
}

#[test]
fn every_documented_example_is_a_record_of_its_kind() {
    let examples = PAGE.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let records: Vec<Record> = examples.map(|json| serde_json::from_str(json).unwrap()).collect();
    let kinds: Vec<_> = records.iter().map(Record::record_kind).collect();
    assert_eq!(kinds, RecordKind::ALL);
    for (record, kind) in records.iter().zip(kinds) {
        let json = serde_json::to_value(record).unwrap();
        assert_eq!(json["kind"], kind.as_str());
        assert_eq!(RecordKind::from_name(kind.as_str()), Some(kind));
        // Only records whose approval is always needed have an empty list of them in their canonical form.
        assert_eq!(json.get("approvals").is_some(), kind.needs_approval(), "{json}");
    }
}
