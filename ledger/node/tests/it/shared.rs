//! Two nodes on one PostgreSQL store: the real binary, killed under load, and both at once.

use std::fs;
use std::path::Path;

use ledger::record::Entry;
use ledger::samples;
use ledger_node::{GenesisParameters, LogKey, SequencerConfig, fsck_in, init_in};
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{FEWEST, Running, accepted, load};
use crate::support::{CREDIT, TAX, commit, get, schema};
use yong_tests::postgres::Server;

/// Two data directories of one ledger, whose order is in a database.
struct City {
    address: String,
    one: TempDir,
    two: TempDir,
    _server: Server,
}

impl City {
    /// `None` without PostgreSQL.
    fn found() -> Option<Self> {
        let server = Server::start()?;
        let address = server.schema("city");
        let one = tempfile::tempdir().unwrap();
        let two = tempfile::tempdir().unwrap();
        let genesis = samples::genesis(&[CREDIT, TAX], 2);
        let parameters = GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 2);
        let store: SequencerConfig = address.parse().unwrap();
        init_in(one.path(), &store, parameters, LogKey::File(&samples::insecure_key("ledger.test/1")))
            .unwrap();
        // A node that joins needs the genesis and the log's key, and nothing else.
        for file in ["genesis.json", "log.key"] {
            fs::copy(one.path().join(file), two.path().join(file)).unwrap();
        }
        Some(Self { address, one, two, _server: server })
    }

    fn start(&self, folder: &TempDir) -> Running {
        Running::node_with(folder.path(), &["--store", &self.address])
    }

    fn is_whole(&self, folder: &TempDir) {
        let report = fsck_in(folder.path(), &self.address.parse().unwrap(), &mut |_, _| {}).unwrap();
        assert_eq!(report.difference, None);
    }
}

#[test]
fn a_second_node_takes_over_when_the_first_is_killed() {
    let Some(city) = City::found() else { return };
    let mut acknowledged = Vec::new();
    for (round, folder) in [&city.one, &city.two, &city.one].into_iter().enumerate() {
        let mut node = city.start(folder);
        have(&node, &acknowledged);
        acknowledged.extend(load(&mut node, round));
    }
    assert!(acknowledged.len() >= 3 * FEWEST);
    for folder in [&city.one, &city.two] {
        have(&city.start(folder), &acknowledged);
        // Started again, so that the files of the killed one are durable.
        drop(city.start(folder));
        city.is_whole(folder);
    }
}

#[test]
fn two_nodes_order_side_by_side_and_show_one_log() {
    let Some(city) = City::found() else { return };
    let one = city.start(&city.one);
    let two = city.start(&city.two);
    assert!(accepted(&one.url, &schema("score/1")).is_some());
    let submit = |url: &str, from: u64| -> Vec<(Entry, Value)> {
        let entries = (0..40).map(|n| commit(&format!("c{from}-{n}"), from + 10 * n, 3));
        entries.map(|entry| (entry.clone(), accepted(url, &entry).unwrap())).collect()
    };
    let all = std::thread::scope(|scope| {
        let other = scope.spawn(|| submit(&two.url, 10_000));
        [submit(&one.url, 0), other.join().unwrap()].concat()
    });
    // Each node gives the answers of the other, and then shows the same log.
    have(&one, &all);
    have(&two, &all);
    for path in ["/checkpoint", "/credentials/cap", "/index", "/credentials/changes/0-81"] {
        let [here, there] = [&one, &two].map(|node| get(&node.url, path).unwrap());
        assert_eq!((here.status, here.body), (200, there.body), "{path}");
    }
    let mut positions: Vec<_> = all.iter().map(|(_, answer)| answer[0]["first_position"].as_u64()).collect();
    positions.sort_unstable();
    assert!(positions.iter().zip(0..).all(|(at, n)| *at == Some(3 * n)), "no gap and nothing twice");
    drop((one, two));
    for folder in [&city.one, &city.two] {
        drop(city.start(folder));
        city.is_whole(folder);
    }
}

#[test]
fn the_store_is_made_found_and_named() {
    let Some(server) = Server::start() else { return };
    let address = server.schema("named");
    let folder = tempfile::tempdir().unwrap();
    let data = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let ledger = |args: &[&str]| assert_cmd::Command::new(env!("CARGO_BIN_EXE_ledger")).args(args).assert();
    ledger(&["keygen", "--id", CREDIT, "--out", &data("key")]).code(0);
    let department = format!("{CREDIT}={}", data("key.pub"));
    let init = |name: &str| {
        let base = ["--json", "init", "--origin", "ledger.test/1", "--threshold", "1", "--department"];
        ledger(&[&base[..], &[&department, "--data", &data(name), "--store", &address]].concat())
    };
    init("one").code(0);
    says(&init("two").code(2), "store_not_made");
    let one = data("one");
    let serve = ["--json", "serve", "--listen", "127.0.0.1:0", "--data", &one];
    says(&ledger(&serve).code(2), "no_store");
    let fsck = ledger(&["--json", "fsck", &one]).code(1);
    let report: Value = serde_json::from_slice(&fsck.get_output().stdout).unwrap();
    assert_eq!(report["difference"]["what"], "ledger.sqlite");
    ledger(&["fsck", &one, "--store", &address]).code(0);
    drop(Running::node_with(Path::new(&one), &["--store", &address]));
    ledger(&["fsck", &one, "--store", &address]).code(0);
    let nobody = "postgres://nobody:a-secret@127.0.0.1:1/none";
    let refused = ledger(&[&serve[..], &["--store", nobody]].concat()).code(2);
    says(&refused, "no_store");
    assert!(!String::from_utf8_lossy(&refused.get_output().stderr).contains("a-secret"));
}

/// The node gives everybody the answer that they were given.
fn have(node: &Running, acknowledged: &[(Entry, Value)]) {
    for (entry, answer) in acknowledged {
        assert_eq!(accepted(&node.url, entry).as_ref(), Some(answer));
    }
}

fn says(assert: &assert_cmd::assert::Assert, code: &str) {
    let said: Value = serde_json::from_slice(&assert.get_output().stderr).unwrap();
    assert_eq!(said["error"], code, "{said}");
}
