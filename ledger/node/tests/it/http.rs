//! What a node answers when all is well.

use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::merkle::{TileReader, inclusion_proof, root, verify_inclusion};
use ledger::resource::Resource;
use ledger::tile::TilePath;
use serde_json::json;

use crate::support::{Served, commit, data, get_with, schema, serve, status};

#[test]
fn entries_are_ordered_served_and_proved() {
    let folder = data();
    let node = serve(folder.path());
    assert_eq!(node.accept(&[schema("score/1")]), json!([{"index": 1, "first_position": null}]));
    let commits: Vec<_> = (0..300).map(|i| commit(&format!("c{i}"), 10 * i, 2)).collect();
    let answers = node.accept(&commits);
    assert_eq!(answers[299], json!({"index": 302, "first_position": 598}));
    let checkpoint = checkpoint(&node);
    assert_eq!(checkpoint.size, 304);
    assert_eq!(root(304, &node).unwrap(), checkpoint.root);
    for index in [0_u64, 1, 255, 256, 302, 303] {
        let entry = node.get(&format!("/entry/{index}"));
        assert_eq!(entry.header("content-type"), "application/json");
        let proof = inclusion_proof(index, 304, &node).unwrap();
        let leaf = ledger::merkle::leaf_hash(&entry.body);
        verify_inclusion(&leaf, index, 304, &proof, &checkpoint.root).unwrap();
    }
    assert_eq!(node.get("/entry/302").body, commits[299].bytes());
}

#[test]
fn narrower_tiles_are_cut_from_wider_ones() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1")]);
    node.accept(&(0..300).map(|i| commit(&format!("c{i}"), 10 * i, 2)).collect::<Vec<_>>());
    for (wide, narrow, bytes) in [
        ("/tile/0/000", "/tile/0/000.p/3", 96),
        ("/tile/0/001.p/48", "/tile/0/001.p/3", 96),
        ("/credentials/shard/0/001", "/credentials/shard/0/001.p/5", 160),
        ("/credentials/shard/0/002.p/88", "/credentials/shard/0/002.p/5", 160),
    ] {
        let wide = node.get(wide);
        let narrow = node.get(narrow);
        assert_eq!((wide.status, narrow.status, narrow.body.len()), (200, 200, bytes));
        assert!(wide.body.starts_with(&narrow.body));
    }
    let wide = node.get("/tile/entries/000");
    let narrow = node.get("/tile/entries/000.p/3");
    assert!(wide.body.starts_with(&narrow.body));
    for beyond in [
        "/tile/0/001.p/49",
        "/tile/0/001",
        "/tile/0/002.p/1",
        "/tile/1/000.p/2",
        "/tile/63/000.p/1",
        "/entry/304",
        "/tile/entries/001",
        "/credentials/shard/0/002.p/89",
        "/credentials/shard/0/256.p/1",
        "/credentials/shard/0",
        "/credentials/shard/1/000.p/1",
        "/credentials/shard/4294967295",
        "/credentials/changes/0-305",
        "/credentials/changes/3-2",
        "/tile/0/../../log.key",
        "/log.key",
    ] {
        let answer = node.get(beyond);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (404, Some("not_found")), "{beyond}");
    }
}

#[test]
fn a_change_of_status_is_in_the_leaves_the_list_and_the_root() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 3)]);
    let before = node.get("/credentials/shard/0/000.p/3").body;
    let root = node.get("/status").json();
    node.accept(&[status("s1", 1, "suspend")]);
    let during = node.get("/credentials/shard/0/000.p/3").body;
    assert_eq!(during, [&before[..32], &[0; 32], &before[64..]].concat());
    assert_eq!(node.get("/credentials/changes/3-5").body, [1 << 1]);
    assert_ne!(node.get("/status").json()["credential_root"], root["credential_root"]);
    node.accept(&[status("s2", 1, "restore")]);
    assert_eq!(node.get("/credentials/shard/0/000.p/3").body, before);
    let restored = [&[3][..], &before[32..64]].concat();
    assert_eq!(node.get("/credentials/changes/3-7").body, restored);
    assert!(node.get("/credentials/changes/0-3").body.is_empty());
    assert_eq!(node.get("/status").json()["credential_root"], root["credential_root"]);
}

#[test]
fn the_index_lists_registry_entries_and_state_roots() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("a/1"), schema("b/1")]);
    node.accept(&[schema("score/1"), commit("c1", 0, 1)]);
    let index = node.get("/index").json();
    assert_eq!(index, json!({"size": 7, "registry": [1, 2, 4], "roots": [0, 3, 6]}));
    assert_eq!(node.get("/credentials/cap").body.len(), 32);
    assert_eq!(node.get("/genesis").body, node.node.genesis().to_bytes());
}

#[test]
fn what_cannot_change_is_cached_for_ever() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1")]);
    node.accept(&(0..256).map(|i| commit(&format!("c{i}"), 10 * i, 1)).collect::<Vec<_>>());
    let digest = node.node.put_blob(b"a budget").unwrap();
    let blob = format!("/blob/{digest}");
    let caching = |path: &str| node.get(path).header("cache-control").to_owned();
    // Partial ones too: the width is in their path (C2SP `tlog-tiles`), whether it is the newest or a narrower one.
    let partial = [
        "/tile/0/001.p/4",
        "/tile/0/001.p/3",
        "/tile/0/000.p/5",
        "/tile/entries/001.p/4",
        "/tile/entries/001.p/1",
    ];
    let whole = ["/tile/0/000", "/tile/entries/000", "/entry/0", "/credentials/changes/0-3", &blob];
    for path in whole.into_iter().chain(partial) {
        assert_eq!(
            (node.get(path).status, &*caching(path)),
            (200, "public, max-age=31536000, immutable"),
            "{path}"
        );
    }
    assert_eq!(caching("/tile/0/001.p/5"), "no-store", "what is not there yet");
    for path in ["/checkpoint", "/index", "/status", "/credentials/cap"] {
        assert_eq!(caching(path), "public, max-age=1", "{path}");
    }
    assert_eq!(caching("/credentials/shard/0/000"), "no-cache");
    assert_eq!(caching("/tile/0/999"), "no-store");
    assert_eq!(node.submit(&[schema("score/1")]).header("cache-control"), "no-store");
    assert_eq!(node.get("/checkpoint").header("content-type"), "text/plain; charset=utf-8");
}

#[test]
fn what_a_reader_has_already_is_not_sent_again() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 3)]);
    let changing = ["/checkpoint", "/index", "/credentials/cap", "/credentials/shard/0/000.p/3"];
    for path in changing.into_iter().chain(["/entry/1", "/tile/0/000.p/3", "/tile/entries/000.p/3"]) {
        let first = node.get(path);
        let again = get_with(&node.url, path, "if-none-match", first.header("etag")).unwrap();
        assert_eq!((first.status, again.status, again.body.len()), (200, 304, 0), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"));
    }
    let before = changing.map(|path| node.get(path).header("etag").to_owned());
    node.accept(&[status("s1", 1, "revoke")]);
    for (path, before) in changing.into_iter().zip(before) {
        assert_eq!(get_with(&node.url, path, "if-none-match", &before).unwrap().status, 200, "{path}");
    }
}

#[test]
fn bundles_of_entries_are_compressed_for_whoever_can_read_that() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 300)]);
    let path = "/tile/entries/000.p/4";
    let plain = get_with(&node.url, path, "accept-encoding", "identity").unwrap();
    let packed = node.get(path);
    assert_eq!(plain.header("vary"), "accept-encoding");
    assert_ne!(plain.header("etag"), packed.header("etag"));
    assert_eq!(plain.body, packed.body, "the client unpacks it");
}

#[test]
fn a_large_document_is_served_by_its_digest() {
    let folder = data();
    let node = serve(folder.path());
    let bytes: Vec<u8> = (0..3_000_001_u32).map(|i| (i % 251) as u8).collect();
    let digest = node.node.put_blob(&bytes).unwrap();
    assert!(node.get(&format!("/blob/{digest}")).body == bytes);
    assert_eq!(node.get(&format!("/blob/{}", Digest::of(b"other"))).status, 404);
}

#[test]
fn health_metrics_and_fsck_while_serving() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1")]);
    assert_eq!((node.get("/healthz").status, node.get("/readyz").status), (200, 200));
    let metrics = String::from_utf8(node.get("/metrics").body).unwrap();
    for line in [
        "yong_ledger_entries 3",
        "yong_ledger_batches_total 1",
        "yong_ledger_requests_total{kind=\"entries\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    let report = node.node.fsck().unwrap();
    assert_eq!((report.difference, report.size), (None, 3));
}

/// Whoever has the lock on the database keeps the node from writing; reading goes on.
#[test]
fn a_node_whose_database_takes_no_write_is_not_ready() {
    let folder = data();
    let node = serve(folder.path());
    let other = rusqlite::Connection::open(folder.path().join("ledger.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = node.get("/readyz");
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("unavailable")));
    assert_eq!(node.get("/status").status, 200);
    other.execute_batch("ROLLBACK").unwrap();
    // What was found is repeated for two seconds.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(node.get("/readyz").status, 200);
}

fn checkpoint(node: &Served) -> Checkpoint {
    let genesis = node.node.genesis();
    Checkpoint::open(&node.get("/checkpoint").body, genesis.origin(), genesis.log_key()).unwrap()
}

impl TileReader for Served {
    type Error = u16;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, u16> {
        let answer = self.get(&Resource::Tile(path).to_string());
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.status) }
    }
}

/// What is described is served as described.
#[test]
fn the_description_is_of_this_node() {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c", 0, 2)]);
    let described: serde_json::Value = serde_json::from_slice(&node.get("/openapi.json").body).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let here = [
        ("{L}", "0"),
        ("{N}", "000.p/1"),
        ("{index}", "1"),
        ("{S}", "0"),
        ("{range}", "1-3"),
        ("{digest}", "00"),
        ("{hour}", "1"),
    ];
    for (path, operations) in paths.iter().filter(|(_, operations)| operations.get("get").is_some()) {
        let asked = here.iter().fold(path.clone(), |path, (name, value)| path.replace(name, value));
        let answer = node.get(&asked);
        let status = answer.status.to_string();
        assert!(operations["get"]["responses"].get(&status).is_some(), "{asked} answers {status}");
        // A shard that is not full, a file that is not there, an hour in which nothing was stated.
        let missing = ["/credentials/shard/{S}", "/blob/{digest}", "/credentials/hour/{hour}"];
        let missing = missing.contains(&path.as_str());
        assert_eq!(answer.status == 404, missing, "{asked} answers {status}");
    }
}
