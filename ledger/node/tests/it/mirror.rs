//! Mirrors and exports over real HTTP, in this process and as the real binary.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assert_cmd::Command;
use ledger::client::Client;
use ledger::digest::Digest;
use ledger::follow::Follower;
use ledger::samples;
use ledger_node::{MirrorConfig, Node, fsck};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::running::Running;
use crate::support::{CREDIT, Served, commit, data, schema, serve, serve_this, status};

/// A node with every kind of thing that can be read.
fn ledger() -> (TempDir, Served) {
    let folder = data();
    let node = serve(folder.path());
    node.accept(&[schema("score/1"), commit("c1", 0, 300)]);
    let document = node.node.put_blob(b"a budget").unwrap();
    let disclosure = samples::record(json!({
        "kind": "disclosure.publish", "id": "budget", "category": "budget",
        "title": {"zh-CN": "预算", "en": "Budget"},
        "url": "https://example.org/budget.pdf", "digest": document,
    }));
    node.accept(&[samples::sign(disclosure, CREDIT)]);
    for i in 0..260 {
        node.accept(&[commit(&format!("m{i}"), 1000 + i, 1)]);
    }
    node.accept(&[status("s1", 7, "revoke"), status("s2", 9, "suspend")]);
    (folder, node)
}

fn mirror_of(url: &str, folder: &Path) -> Result<Served, ledger_node::MirrorError> {
    let config =
        MirrorConfig { every: Duration::from_millis(20), ..MirrorConfig::new(url.parse().unwrap(), folder) };
    Ok(serve_this(Arc::new(Node::open_mirror(&config)?)))
}

/// Waits until the mirror has what the node has, and compares everything that can be read.
fn same(node: &Served, mirror: &Served) {
    let checkpoint = node.get("/checkpoint").body;
    while mirror.get("/checkpoint").body != checkpoint {
        std::thread::yield_now();
    }
    let size = node.get("/status").json()["size"].as_u64().unwrap();
    let full = size / 256;
    let rest = size % 256;
    let document = format!("/blob/{}", Digest::of(b"a budget"));
    let changes = format!("/credentials/changes/0-{size}");
    let paths = [
        "/checkpoint".into(),
        "/checkpoint-cosigned".into(),
        "/genesis".into(),
        "/index".into(),
        "/status".into(),
        "/credentials/cap".into(),
        "/credentials/shard/0/000".into(),
        "/credentials/shard/0/001.p/40".into(),
        "/tile/0/000".into(),
        "/tile/entries/000".into(),
        "/tile/entries/000.p/3".into(),
        "/entry/5".into(),
        format!("/tile/0/{full:03}.p/{rest}"),
        format!("/tile/entries/{full:03}.p/{rest}"),
        changes,
        document,
    ];
    for path in paths {
        let there = node.get(&path);
        let here = mirror.get(&path);
        assert_eq!((there.status, there.body), (200, here.body), "{path}");
    }
}

#[test]
fn a_mirror_serves_what_the_node_serves_follows_it_and_refuses_writes() {
    let (_data, node) = ledger();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mirror");
    let mirror = mirror_of(&node.url, &place).unwrap();
    same(&node, &mirror);
    let refused = mirror.submit(&[commit("x", 9000, 1)]);
    assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("read_only")));
    assert_eq!(refused.json()["ledger"], format!("{}/", node.url));
    node.accept(&[commit("later", 9000, 400), status("s3", 9, "restore")]);
    same(&node, &mirror);
    let client = Client::new(mirror.url.parse().unwrap());
    let mut wallet = Follower::light(client.genesis().unwrap());
    wallet.sync(&client, now()).unwrap();
    drop(mirror);
    assert_eq!(fsck(&place, &mut |_, _| {}).unwrap().difference, None);

    node.accept(&[commit("while-it-was-away", 20_000, 3)]);
    let mirror = mirror_of(&node.url, &place).unwrap();
    same(&node, &mirror);
    wallet.sync(&Client::new(mirror.url.parse().unwrap()), now()).unwrap();
    let second = mirror_of(&mirror.url, &folder.path().join("second")).unwrap();
    same(&node, &second);
    drop((mirror, node));
    // Nobody to follow: what is here is served.
    let alone = mirror_of("http://127.0.0.1:1", &place).unwrap();
    assert_eq!(alone.get("/readyz").status, 200);
    assert_eq!(alone.get("/checkpoint").body, second.get("/checkpoint").body);
}

#[test]
fn a_mirror_has_the_public_page_too_and_says_what_it_is() {
    let (_data, node) = ledger();
    let folder = tempfile::tempdir().unwrap();
    let mirror = mirror_of(&node.url, &folder.path().join("mirror")).unwrap();
    same(&node, &mirror);
    for path in ["/schemas/score/1", "/disclosures", "/numbers", "/records/3", "/checkpoints"] {
        let there = node.get(path);
        let here = mirror.get(path);
        assert_eq!((there.status, there.body), (200, here.body), "{path}");
    }
    let home = |served: &Served| String::from_utf8(served.get("/").body).unwrap();
    assert!(home(&mirror).contains("id=\"mirror\"") && home(&mirror).contains(&node.url));
    assert!(!home(&node).contains("id=\"mirror\""));
}

#[test]
fn a_killed_mirror_continues() {
    let (_data, node) = ledger();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mirror");
    let place = place.to_str().unwrap();
    let args = ["--json", "mirror", &node.url, "--data", place, "--serve", "127.0.0.1:0", "--every-ms", "10"];
    for round in 0..3_u64 {
        let mirror = Running::start(&args).unwrap();
        for i in 0..20 {
            node.accept(&[commit(&format!("k{round}-{i}"), 50_000 + 1000 * round + i, 1)]);
        }
        // Killed while it follows.
        drop(mirror);
    }
    let genesis = Digest::of(&node.get("/genesis").body).to_string();
    let once = ["--json", "mirror", &node.url, "--data", place, "--genesis", &genesis, "--once"];
    let status = answer(&ledger_command(&once), 0);
    assert_eq!(status, node.get("/status").json());
    assert_eq!(answer(&ledger_command(&["--json", "fsck", place]), 0)["ok"], true);
}

#[test]
fn a_second_history_ends_the_mirror_and_is_kept() {
    let one = data();
    let two = data();
    let honest = serve(one.path());
    honest.accept(&[schema("honest/1")]);
    let other = serve(two.path());
    other.accept(&[schema("second/1")]);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mirror");
    let place = place.to_str().unwrap();
    let mirror = |url: &str| ledger_command(&["--json", "mirror", url, "--data", place, "--once"]);
    answer(&mirror(&honest.url), 0);
    // The same number of entries, and more.
    for _ in 0..2 {
        let said = mirror(&other.url).code(1);
        let said: Value = serde_json::from_slice(last_line(&said.get_output().stderr)).unwrap();
        assert_eq!(said["error"], "split_view", "{said}");
        other.accept(&[schema("third/1")]);
    }
    let evidence = fs::read_dir(place).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(evidence.filter(|name| name.starts_with("split-view-")).count(), 2);
    honest.accept(&[schema("more/1")]);
    assert_eq!(answer(&mirror(&honest.url), 0), honest.get("/status").json(), "the true one goes on");
    answer(&ledger_command(&["--json", "fsck", place]), 0);
}

#[test]
fn a_mirror_of_another_ledger_and_a_used_folder_are_refused() {
    let (folder, node) = ledger();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = |data: &Path, more: &[&str], exit: i32, code: &str| {
        let args = ["--json", "mirror", &node.url, "--once", "--data", data.to_str().unwrap()];
        let assert = ledger_command(&[&args, more].concat()).code(exit);
        let said: Value = serde_json::from_slice(last_line(&assert.get_output().stderr)).unwrap();
        assert_eq!(said["error"], code, "{said}");
    };
    let other = Digest::of(b"another").to_string();
    refused(&elsewhere.path().join("m"), &["--genesis", &other], 1, "other_genesis");
    assert!(!elsewhere.path().join("m").exists());
    refused(folder.path(), &[], 2, "not_a_mirror");
    fs::write(elsewhere.path().join("thesis.pdf"), "ten years of work").unwrap();
    refused(elsewhere.path(), &[], 2, "not_a_mirror");
}

#[test]
fn an_export_over_http_and_one_from_files_are_the_same_and_have_no_secrets() {
    let (folder, node) = ledger();
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let export = |args: &[&str]| ledger_command(&[&["--json", "export"], args].concat());
    let manifest = answer(&export(&["--url", &node.url, "--out", &at("http")]), 0);
    assert_eq!(manifest["size"], node.get("/status").json()["size"]);
    let data = folder.path().to_str().unwrap();
    // A node that runs is copied over HTTP; its files are copied when it is stopped.
    export(&["--data", data, "--out", &at("files")]).code(2);
    assert!(!place.path().join("files").exists());
    drop(node);
    assert_eq!(answer(&export(&["--data", data, "--out", &at("files")]), 0), manifest);
    export(&["--data", data, "--out", &at("files")]).code(2);
    let http = tree(&place.path().join("http"));
    let files = tree(&place.path().join("files"));
    assert_eq!(http, files);
    let names: Vec<&str> = http.iter().map(|(name, _)| name.as_str()).collect();
    for secret in ["log.key", "ledger.sqlite", "lock"] {
        assert!(!names.contains(&secret), "{names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("blobs/")));
    for copy in ["http", "files"] {
        let report = answer(&ledger_command(&["--json", "fsck", &at(copy)]), 0);
        assert_eq!((&report["ok"], &report["size"]), (&json!(true), &manifest["size"]));
    }
    // A copy of a copy.
    assert_eq!(answer(&export(&["--data", &at("http"), "--out", &at("again")]), 0), manifest);
}

/// Every file with its bytes, by name.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        };
        if path.is_dir() {
            found.extend(tree(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn ledger_command(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::new(env!("CARGO_BIN_EXE_ledger")).args(args).env("YONG_LOG", "off").assert()
}

/// What the command says on stdout when it ends with this code.
fn answer(assert: &assert_cmd::assert::Assert, code: i32) -> Value {
    let output = assert.get_output();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn last_line(said: &[u8]) -> &[u8] {
    said.trim_ascii().rsplit(|byte| *byte == b'\n').next().unwrap()
}

/// Unix seconds.
fn now() -> u64 {
    service::clock::Clock::system().now()
}
