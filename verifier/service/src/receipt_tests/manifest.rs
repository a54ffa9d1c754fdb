//! Every member of a bundle has an entry that says how a file is refused in which only it was changed.

use std::collections::BTreeSet;

use super::*;

/// How a member is changed.
enum Change {
    /// To this.
    To(Value),
    /// By one.
    Increase,
    /// Its first character becomes another digit of the same alphabet.
    Spoil,
}

/// Member, change, and the word of the refusal; `malformed` where it is not even read.
fn manifest() -> Vec<(&'static str, Change, &'static str)> {
    use Change::{Increase, Spoil, To};
    let other_proof = as_json(&fast_lane())["shown"][1]["proof"].clone();
    let digest = || To(json!("ab".repeat(32)));
    vec![
        ("bundle", To(json!("yong/receipt/v0")), "malformed"),
        ("receipt.id", To(json!("another")), "seal"),
        ("receipt.policy", To(json!("score/1")), "other_policy"),
        ("receipt.policy_digest", digest(), "other_policy"),
        ("receipt.time", Increase, "seal"),
        ("receipt.verdict", To(json!("refused")), "verdict"),
        ("receipt.root", To(json!("12345")), "other_root"),
        ("receipt.nullifier", To(json!("12345")), "nullifier"),
        ("receipt.key", digest(), "other_key"),
        ("receipt.development", To(json!(false)), "key_use"),
        ("session.client_id", To(json!("x509_hash:another")), "inputs"),
        ("session.nonce", To(json!("another")), "inputs"),
        ("session.thumbprint", digest(), "inputs"),
        ("session.response_uri", To(json!("http://127.0.0.1:7004/response")), "inputs"),
        ("session.asked_at", To(json!(NOW - 1)), "inputs"),
        ("session.expires_at", Increase, "seal"),
        ("nullifier", To(json!("12345")), "nullifier"),
        ("shown[].id", To(json!("another")), "shown"),
        ("shown[].proof", To(other_proof), "not_proved"),
        ("shown[].inputs[]", To(json!("12345")), "inputs"),
        ("policy.index", Increase, "not_in_log"),
        ("policy.entry", Spoil, "not_in_log"),
        ("policy.proof[]", digest(), "not_in_log"),
        ("vocabulary[].index", Increase, "not_in_log"),
        ("vocabulary[].entry", Spoil, "not_in_log"),
        ("vocabulary[].proof[]", digest(), "not_in_log"),
        ("key.index", Increase, "not_in_log"),
        ("key.entry", Spoil, "not_in_log"),
        ("key.proof[]", digest(), "not_in_log"),
        ("retirement.index", Increase, "not_in_log"),
        ("retirement.entry", Spoil, "not_in_log"),
        ("retirement.proof[]", digest(), "not_in_log"),
        ("root.index", Increase, "not_in_log"),
        ("root.entry", Spoil, "not_in_log"),
        ("root.proof[]", digest(), "not_in_log"),
        ("checkpoint", Spoil, "checkpoint"),
        ("genesis", To(json!(genesis(&["credit.nanning"], 1))), "genesis_digest"),
        ("genesis_digest", digest(), "genesis_digest"),
        ("seal", Spoil, "seal"),
    ]
}

/// A receipt that has every member, the optional ones too.
fn whole() -> Value {
    static WHOLE: OnceLock<Bundle> = OnceLock::new();
    let bundle = WHOLE.get_or_init(|| {
        let passed = Passed::new("survey/1");
        retire(&passed.scene.ledger, NOW + 1000);
        passed.export(Disclose::Nothing).unwrap()
    });
    as_json(bundle)
}

/// The members that are changed as a whole: what they are made of is another room's manifest.
const WHOLE: [&str; 2] = ["shown[].proof", "genesis"];

/// Paths of all members, each array as one.
fn members(json: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match json {
        _ if WHOLE.contains(&path) => drop(found.insert(path.to_owned())),
        Value::Object(object) => {
            object.iter().for_each(|(name, member)| members(member, &below(name), found));
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, &format!("{path}[]"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}

/// The first member of this path.
fn member<'a>(json: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(json, |json, step| match step.strip_suffix("[]") {
        Some(name) => &mut json[name][0],
        None => &mut json[step],
    })
}

fn changed(value: &Value, change: &Change) -> Value {
    match change {
        Change::To(other) => other.clone(),
        Change::Increase => json!(value.as_u64().unwrap() + 1),
        Change::Spoil => {
            let text = value.as_str().unwrap();
            // In the middle, where every one of these texts has a letter that counts.
            let at = text.len() / 2;
            let other = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
            json!(format!("{}{other}{}", &text[..at], &text[at + 1..]))
        }
    }
}

fn judged(json: &Value) -> &'static str {
    let Ok(bundle) = Bundle::parse(json.to_string().as_bytes()) else { return "malformed" };
    verify(&bundle, Some(&Ledger::genesis().digest()), &nothing())
        .map_or_else(|refusal| refusal.code(), |_| "believed")
}

#[test]
fn every_member_is_in_the_manifest() {
    let mut found = BTreeSet::new();
    members(&whole(), "", &mut found);
    let entries: BTreeSet<String> = manifest().into_iter().map(|(path, ..)| path.to_owned()).collect();
    assert_eq!(found, entries);
}

#[test]
fn no_member_can_be_changed() {
    assert_eq!(judged(&whole()), "believed");
    for (path, change, refusal) in manifest() {
        let mut json = whole();
        let member = member(&mut json, path);
        let other = changed(member, &change);
        assert_ne!(*member, other, "{path} must be changed");
        *member = other;
        assert_eq!(judged(&json), refusal, "{path}");
    }
}

#[test]
fn no_member_can_be_left_out() {
    for (path, ..) in manifest().into_iter().filter(|(path, ..)| !path.ends_with("[]")) {
        let mut json = whole();
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parent = if parent.is_empty() { &mut json } else { member(&mut json, parent) };
        parent.as_object_mut().unwrap().remove(name);
        assert_ne!(judged(&json), "believed", "{path}");
    }
}
