//! The light client against a real node over HTTP: what it learns, and that a log that grows meanwhile confuses nobody.

// A failed unwrap is a failed test; clippy knows that of test functions only, not of what they call.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use circuits::tree::Position;
use ledger::client::{Client, SubmitError};
use ledger::follow::{FollowError, Follower, ShardFollower};
use ledger::record::Entry;
use ledger::samples::{commit, department, insecure_key, schema, sign, status};
use ledger_node::{Config, GenesisParameters, Node, init, serve_node};
use tokio::runtime::Runtime;

/// A node on loopback until it is dropped.
struct Running {
    client: Client,
    _runtime: Runtime,
    _folder: tempfile::TempDir,
}

fn start() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let origin = "ledger.test/1".parse().unwrap();
    let departments = vec![department("police")];
    let parameters = GenesisParameters::new(origin, departments, 1);
    init(&data, parameters, &insecure_key("ledger.test/1")).unwrap();
    let runtime = Runtime::new().unwrap();
    let node = Arc::new(Node::open(&Config::new(data)).unwrap());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    runtime.spawn(serve_node(node, listener, std::future::pending()));
    Running { client: Client::new(base), _runtime: runtime, _folder: folder }
}

fn police(record: ledger::record::Record) -> Entry {
    sign(record, "police")
}

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

fn proves(shard: &ShardFollower, position: u64) {
    let path = shard.path(at(position)).unwrap();
    assert_eq!(&path.root(shard.leaf(at(position)).unwrap()), shard.root().unwrap());
}

#[test]
fn a_wallet_follows_a_node() {
    let Running { client, .. } = &start();
    let mut follower = Follower::light(client.genesis().unwrap());
    client.submit(&[police(schema("identity/1"))]).unwrap();
    let accepted = client.submit(&[police(commit("c/1", "identity/1", 0..300))]).unwrap();
    assert_eq!(accepted[0].first_position, Some(at(0)));
    let mut shard = ShardFollower::of(at(7));
    shard.sync(client, &mut follower, now()).unwrap();
    proves(&shard, 299);
    assert_eq!(follower.newest().unwrap().root, client.status().unwrap().credential_root);

    client
        .submit(&[police(status("s/1", 7, "suspend")), police(commit("c/2", "identity/1", 300..310))])
        .unwrap();
    shard.sync(client, &mut follower, now()).unwrap();
    assert_eq!(shard.leaf(at(7)), Some(&circuits::Fr::default()));
    client.submit(&[police(status("s/2", 7, "restore"))]).unwrap();
    shard.sync(client, &mut follower, now()).unwrap();
    proves(&shard, 7);
    proves(&shard, 309);
}

#[test]
fn the_same_entries_get_the_same_answer_and_others_are_refused() {
    let Running { client, .. } = &start();
    let entries = [police(schema("identity/1")), police(commit("c/1", "identity/1", [1, 2]))];
    let first = client.submit(&entries).unwrap();
    assert_eq!(client.submit(&entries).unwrap(), first);
    let again = client.submit(&[police(commit("c/2", "identity/1", [2]))]).unwrap_err();
    let SubmitError::Refused { status: 409, code, entry, .. } = again else { panic!("{again}") };
    assert_eq!((code.as_str(), entry), ("duplicate_leaf", Some(0)));
    let reused = client.submit(&[police(commit("c/1", "identity/1", [3]))]).unwrap_err();
    assert!(matches!(reused, SubmitError::Refused { status: 409, ref code, .. } if code == "id_reused"));
}

#[test]
fn a_log_that_grows_while_it_is_followed_is_never_called_a_liar() {
    let Running { client, .. } = &start();
    client.submit(&[police(schema("identity/1")), police(commit("c", "identity/1", 0..600))]).unwrap();
    let mut follower = Follower::new(client.genesis().unwrap());
    let mut shard = ShardFollower::of(at(0));
    let writer = client.clone();
    let writing = thread::spawn(move || {
        for i in 0..60_u64 {
            let more = commit(&format!("c/{i}"), "identity/1", [10_000 + i]);
            writer.submit(&[police(status(&format!("s/{i}"), i, "revoke")), police(more)]).unwrap();
        }
    });
    while !writing.is_finished() {
        match shard.sync(client, &mut follower, now()) {
            Ok(()) => proves(&shard, 599),
            Err(FollowError::MovedOn) => {}
            Err(other) => panic!("{other}"),
        }
    }
    writing.join().unwrap();
    shard.sync(client, &mut follower, now()).unwrap();
    assert_eq!(shard.leaf(at(59)), Some(&circuits::Fr::default()));
    proves(&shard, 659);
}

/// Stands between clients and a node, and keeps every byte that clients send.
struct Recorder {
    url: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    fn before(node: &Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let to = node.base().socket_addrs(|| None).unwrap()[0];
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = sent.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let node = TcpStream::connect(to).unwrap();
                let mut answers = node.try_clone().unwrap();
                let mut back = client.try_clone().unwrap();
                let kept = kept.clone();
                thread::spawn(move || forward(client, node, &kept));
                thread::spawn(move || std::io::copy(&mut answers, &mut back));
            }
        });
        Self { url, sent }
    }
    /// What was sent since the last call.
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

fn forward(mut client: TcpStream, mut node: TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        kept.lock().unwrap().extend_from_slice(&buffer[..length]);
        if node.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

/// A wallet of this position, as it syncs through a recorder, each time over a connection of its own.
struct Wallet {
    follower: Follower,
    shard: ShardFollower,
}

impl Wallet {
    fn of(position: u64, client: &Client) -> Self {
        let follower = Follower::light(client.genesis().unwrap());
        Self { follower, shard: ShardFollower::of(at(position)) }
    }
    /// Every byte that the sync sends.
    fn sync(&mut self, recorder: &Recorder) -> Vec<u8> {
        recorder.take();
        let client = Client::new(recorder.url.parse().unwrap());
        self.shard.sync(&client, &mut self.follower, now()).unwrap();
        recorder.take()
    }
}

#[test]
fn two_wallets_in_one_shard_send_the_same_bytes() {
    let Running { client, .. } = &start();
    client.submit(&[police(schema("identity/1")), police(commit("c/1", "identity/1", 0..300))]).unwrap();
    let mut one = Wallet::of(3, client);
    let mut two = Wallet::of(299, client);
    let recorder = Recorder::before(client);
    let first = one.sync(&recorder);
    assert_eq!(first, two.sync(&recorder));
    assert!(String::from_utf8(first).unwrap().contains("GET /credentials/shard/0/001.p/44 HTTP/1.1"));
    client
        .submit(&[police(status("s/1", 3, "revoke")), police(commit("c/2", "identity/1", 500..530))])
        .unwrap();
    let first = one.sync(&recorder);
    assert_eq!(first, two.sync(&recorder));
    assert!(String::from_utf8(first).unwrap().contains("GET /credentials/changes/3-6 HTTP/1.1"));
    proves(&one.shard, 3);
    proves(&two.shard, 299);
}

/// Unix seconds.
fn now() -> u64 {
    service::clock::Clock::system().now()
}
