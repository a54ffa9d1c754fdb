//! What a node refuses, with which status, and that nothing of it is left.

use ledger::record::{Entry, encode_batch};
use ledger::samples;
use serde_json::json;

use crate::support::{Answer, CREDIT, Served, TAX, commit, data, schema, serve, status};

#[test]
fn a_retry_gets_the_first_answer() {
    let folder = data();
    let node = serve(folder.path());
    let entries = [schema("score/1"), commit("c1", 0, 2)];
    let first = node.accept(&entries);
    let checkpoint = node.get("/checkpoint").body;
    assert_eq!(node.accept(&entries), first);
    assert_eq!(node.get("/checkpoint").body, checkpoint);
}

#[test]
fn one_bad_entry_leaves_nothing() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1")]);
    let before = node.get("/checkpoint").body;
    let answer = node.submit(&[schema("other/1"), commit("c1", 0, 2), status("s1", 99, "revoke")]);
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["entry"], 2);
    assert_eq!(node.get("/checkpoint").body, before);
    let again = node.accept(&[commit("c1", 0, 2), schema("other/1")]);
    assert_eq!(again[0]["first_position"], 0);
}

#[test]
fn malformed_is_400() {
    let folder = data();
    let node = serve(folder.path());
    let good = String::from_utf8(encode_batch(&[schema("score/1")])).unwrap();
    for (body, code) in [
        (String::new(), "malformed"),
        ("[]".into(), "malformed"),
        ("{}".into(), "malformed"),
        ("[1]".into(), "malformed"),
        (good.replace("\"kind\"", "\"king\""), "malformed"),
        (good.replace("\"sig\":", "\"sig\": "), "not_canonical"),
        (good.replace("{\"record\":", "{\"extra\":1,\"record\":"), "malformed"),
    ] {
        refused(&node.post("/entries", body.as_bytes()), 400, code);
    }
    assert_eq!(size(&node), 1);
}

#[test]
fn a_wrong_signer_is_403() {
    let folder = data();
    let node = serve(folder.path());
    let unknown = samples::sign(samples::schema("score/1"), "nobody.nanning");
    refused(&node.submit(&[unknown]), 403, "unknown_signer");
    let forged = samples::sign(samples::schema("score/1"), TAX).bytes().to_vec();
    let forged = String::from_utf8(forged).unwrap().replace(TAX, CREDIT);
    refused(&node.submit(&[Entry::parse(forged.as_bytes()).unwrap()]), 403, "bad_signature");
    let root = node.get("/entry/0").body;
    refused(&node.submit(&[Entry::parse(&root).unwrap()]), 403, "root_submitted");
    assert_eq!(size(&node), 1);
}

#[test]
fn who_comes_second_is_409() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 2)]);
    refused(&node.submit(&[commit("c1", 5, 2)]), 409, "id_reused");
    let foreign = samples::sign(samples::schema("score/2"), TAX);
    refused(&node.submit(&[foreign]), 409, "foreign_name");
    assert_eq!(node.submit(&[commit("c2", 1, 1)]).status, 409, "a leaf is committed once");
    node.accept(&[status("s1", 0, "revoke")]);
    assert_eq!(node.submit(&[commit("c3", 0, 1)]).status, 409, "a revoked leaf does not come back");
}

#[test]
fn a_broken_rule_is_422() {
    let folder = data();
    let node = serve(folder.path());
    refused(&node.submit(&[commit("c1", 0, 1)]), 422, "unknown_schema");
    node.accept(&[schema("score/1"), commit("c1", 0, 1)]);
    let admit = samples::record(serde_json::json!({
        "kind": "department.admit", "id": "admit", "approvals": [], "department": samples::department("new.nanning")
    }));
    let alone = samples::sign_approved(admit.clone(), &[CREDIT]);
    refused(&node.submit(&[alone]), 422, "too_few_approvals");
    let both = samples::sign_approved(admit, &[CREDIT, TAX]);
    node.accept(&[both]);
}

#[test]
fn too_much_is_413() {
    let folder = data();
    let node = serve(folder.path());
    refused(&node.post("/entries", &vec![b' '; (8 << 20) + 1]), 413, "too_large");
    let many: Vec<_> = (0..513).map(|i| schema(&format!("s{i}/1"))).collect();
    refused(&node.submit(&many), 413, "too_many_entries");
    let long = format!("[{{\"record\":\"{}\"}}]", "x".repeat(70_000));
    refused(&node.post("/entries", long.as_bytes()), 413, "entry_too_large");
    assert_eq!(size(&node), 1);
}

#[test]
fn another_departments_leaf_is_403() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 2)]);
    let before = unchanged(&node);
    let foreign = samples::sign(samples::status("s1", 0, "revoke"), TAX);
    refused(&node.submit(&[foreign]), 403, "foreign_leaf");
    assert_eq!(unchanged(&node), before);
}

#[test]
fn a_position_out_of_range_is_refused() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 2)]);
    let before = unchanged(&node);
    refused(&node.submit(&[status("s1", 2, "revoke")]), 422, "no_such_leaf");
    let last = String::from_utf8(encode_batch(&[status("s2", 4_294_967_295, "revoke")])).unwrap();
    refused(&node.post("/entries", last.as_bytes()), 422, "no_such_leaf");
    let beyond = last.replace("4294967295", "4294967296");
    refused(&node.post("/entries", beyond.as_bytes()), 400, "malformed");
    assert_eq!(unchanged(&node), before);
}

#[test]
fn what_comes_out_of_order_is_refused() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/2"), commit_to("c1", "score/2", 0)]);
    let before = unchanged(&node);
    refused(&node.submit(&[schema("score/1")]), 409, "old_version");
    refused(&node.submit(&[commit_to("c2", "later/1", 5), schema("later/1")]), 422, "unknown_schema");
    refused(&node.submit(&[status("s1", 1, "revoke"), commit_to("c3", "score/2", 5)]), 422, "no_such_leaf");
    refused(&node.submit(&[status("s2", 0, "restore")]), 409, "not_suspended");
    assert_eq!(unchanged(&node), before);
}

#[test]
fn an_unknown_kind_is_400() {
    let folder = data();
    let node = serve(folder.path());
    let before = unchanged(&node);
    let unknown = String::from_utf8(encode_batch(&[schema("score/1")])).unwrap();
    let unknown = unknown.replace("schema.publish", "schema.forget");
    refused(&node.post("/entries", unknown.as_bytes()), 400, "malformed");
    assert_eq!(unchanged(&node), before);
}

#[test]
fn a_record_of_another_ledger_is_403() {
    let folder = data();
    let node = serve(folder.path());
    let origin = "ledger.test/2".parse().unwrap();
    let key = samples::insecure_key(CREDIT);
    let signer = ledger::record::Signer::Department(CREDIT.parse().unwrap());
    let entry = Entry::sign(&origin, samples::schema("score/1"), signer, &key).unwrap();
    refused(&node.submit(&[entry]), 403, "bad_signature");
    assert_eq!(size(&node), 1);
}

fn commit_to(id: &str, schema: &str, number: u64) -> Entry {
    samples::sign(samples::commit(id, schema, [number]), CREDIT)
}

/// Everything that a refused submission must leave as it is.
fn unchanged(node: &Served) -> [Vec<u8>; 4] {
    ["/checkpoint", "/index", "/credentials/cap", "/status"].map(|path| node.get(path).body)
}

#[test]
fn other_methods_are_405_and_other_paths_404() {
    let folder = data();
    let node = serve(folder.path());
    refused(&node.get("/entries"), 405, "method_not_allowed");
    refused(&node.post("/checkpoint", b""), 405, "method_not_allowed");
    refused(&node.post("/nothing", b""), 404, "not_found");
}

fn refused(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["error"].as_str()), (status, Some(code)), "{body}");
    for language in ["zh-CN", "en"] {
        assert!(body["message"][language].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert_eq!(body["type"], format!("urn:yong:problem:{code}"));
    assert_eq!(
        (&body["status"], answer.header("content-type")),
        (&status.into(), "application/problem+json")
    );
    assert!(body.get("detail").is_none_or(serde_json::Value::is_string), "{body}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn size(node: &Served) -> u64 {
    node.get("/status").json()["size"].as_u64().unwrap()
}

/// The file that the node has, and whether the record counts parties at all, are looked at before the log takes it for good.
#[test]
fn a_record_that_contradicts_a_key_file_is_refused() {
    let folder = data();
    let node = serve(folder.path());
    let header =
        json!({"circuit": "show", "version": 1, "development": true, "transcript_digest": "cd".repeat(32),
        "secrets": {"phase1": 1, "phase2": 10}, "vk_digest": "ab".repeat(32)})
        .to_string();
    let length = u32::try_from(header.len()).unwrap().to_le_bytes();
    let file = [b"yong/proving-key/v2\n", &length[..], header.as_bytes()].concat();
    let digest = node.node.put_blob(&file).unwrap();
    let publish = |secrets: Option<u32>| {
        let mut record = json!({"kind": "key.publish", "id": "k", "circuit": "show", "version": 1, "vk": {},
            "vk_digest": "ab".repeat(32), "proving_key_digest": digest, "transcript_digest": "cd".repeat(32),
            "development": false, "approvals": []});
        if let Some(phase1) = secrets {
            record["secrets"] = json!({"phase1": phase1, "phase2": 10});
        }
        samples::sign(samples::record(record), TAX)
    };
    for secrets in [Some(54), Some(1), None] {
        let refused = node.submit(&[schema("score/1"), publish(secrets)]);
        assert_eq!((refused.status, &refused.json()["error"]), (422, &json!("key_file_mismatch")));
        assert_eq!(refused.json()["entry"], 1);
    }
}
