//! The suite over a real server, commits that get lost, and a server that dies under load.

mod failover;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use deadpool_postgres::Transaction as Writes;
use tokio_postgres::NoTls;
use yong_tests::postgres::Server;

use super::*;
use crate::store::StoreAddress;
use crate::store::conformance::{Fault, NOW, Subject, answer, conformance, kept, named, transaction};
use crate::store::tests::survey;

/// How the next commits of a store go.
#[derive(Default)]
pub(super) struct Faults {
    next: Mutex<Option<Fault>>,
    refuses: AtomicBool,
}

impl Faults {
    /// Once: what is begun again after it shall succeed.
    pub(super) fn next(&self) -> Option<Fault> {
        self.next.lock().unwrap().take()
    }
    pub(super) fn refuse_writes(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }
    pub(super) fn refuses(&self) -> bool {
        self.refuses.load(Ordering::Relaxed)
    }
}

/// A commit whose connection is lost: before the server has heard of it, or before it could say that it was made.
pub(super) async fn commit_with(fault: Fault, writes: Writes<'_>) -> Result<(), StoreError> {
    match fault {
        Fault::Lost => {
            let ended = writes.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())").await;
            assert!(ended.is_err(), "the connection is gone");
            writes.commit().await.map_err(StoreError::Commit)
        }
        Fault::Landed => {
            writes.commit().await.unwrap();
            // Nobody listens there.
            let lost = tokio_postgres::connect("host=127.0.0.1 port=1 user=nobody", NoTls).await;
            Err(StoreError::Commit(lost.err().unwrap()))
        }
    }
}

/// Schemas of one server.
struct Schemas<'a> {
    server: &'a Server,
    made: AtomicUsize,
    newest: Option<PostgresAddress>,
}

impl<'a> Schemas<'a> {
    fn of(server: &'a Server) -> Self {
        Self { server, made: AtomicUsize::new(0), newest: None }
    }
    fn make(&self) -> PostgresAddress {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        address(&self.server.schema(&format!("register{number}")))
    }
}

fn address(text: &str) -> PostgresAddress {
    match text.parse().unwrap() {
        StoreAddress::Postgres(address) => address,
        StoreAddress::Sqlite(path) => panic!("{path:?} is a file"),
    }
}

impl Subject for Schemas<'_> {
    type Store = PostgresStore;
    fn open_two(&mut self) -> (PostgresStore, PostgresStore) {
        let address = self.make();
        let both = (PostgresStore::open(&address).unwrap(), PostgresStore::open(&address).unwrap());
        self.newest = Some(address);
        both
    }
    fn open_counting(&mut self, marker: &Path) -> Result<PostgresStore, StoreError> {
        PostgresStore::open_counting(self.newest.as_ref().unwrap(), marker)
    }
    fn inject(&mut self, store: &PostgresStore, fault: Option<Fault>) -> bool {
        *store.faults.next.lock().unwrap() = fault;
        true
    }
}

#[test]
fn conforms() {
    let Some(server) = Server::start() else { return };
    conformance(&mut Schemas::of(&server), &survey());
}

#[test]
fn two_processes_that_open_a_new_database_at_once_make_its_tables_once() {
    let Some(server) = Server::start() else { return };
    let address = Schemas::of(&server).make();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| PostgresStore::open(&address).unwrap());
        }
    });
    let store = PostgresStore::open(&address).unwrap();
    store.block_on(async {
        store.connection().await.unwrap().execute("UPDATE counter SET version = 99", &[]).await.unwrap();
    });
    assert!(matches!(PostgresStore::open(&address), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn another_counter_does_not_ask_while_a_request_of_the_first_is_open() {
    let Some(server) = Server::start() else { return };
    let address = Schemas::of(&server).make();
    let (one, other) = (PostgresStore::open(&address).unwrap(), PostgresStore::open(&address).unwrap());
    one.ask_as("x509_hash:a at https://a", NOW).unwrap();
    other.ask_as("x509_hash:a at https://a", NOW).unwrap();
    one.insert_batch(&[transaction("a")]).unwrap();
    let refused = other.ask_as("x509_hash:b at https://b", NOW + 300).unwrap_err();
    assert!(
        matches!(&refused, StoreError::OtherCounter { theirs, .. } if theirs.contains(":a")),
        "{refused}"
    );
    other.ask_as("x509_hash:b at https://b", NOW + 301).unwrap();
}

#[test]
fn a_server_that_is_not_there_is_said_without_the_password() {
    let nobody = address("postgres://nobody:a-secret@127.0.0.1:1/none");
    let error = PostgresStore::open(&nobody).err().unwrap().to_string();
    assert!(error.contains("database failed") && !error.contains("secret"), "{error}");
}

#[test]
fn a_server_whose_commits_are_not_on_its_disk_is_refused() {
    let Some(server) = Server::start() else { return };
    let mut client = server.client();
    client.batch_execute("ALTER SYSTEM SET fsync = off").unwrap();
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    while client.query_one("SHOW fsync", &[]).unwrap().get::<_, String>(0) != "off" {}
    let refused = PostgresStore::open(&address(&server.address())).err().unwrap();
    assert!(matches!(refused, StoreError::NotDurable), "{refused}");
}
