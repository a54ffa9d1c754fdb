mod offline;
mod restored;

pub(super) use offline::survey;

use circuits::Fr;
use circuits::field::{Element, to_bytes};
use ledger::digest::Digest;
use openid4vc::vp::{Reason, Receipt, Status};

use std::collections::BTreeSet;

use yong_tests::small_city;

use super::conformance::{
    Fault, NOW, Subject, answer, answer_with, conformance, kept, named, transaction, word,
};
use super::open::FaultInjection;
use super::*;
use verifier::receipt::Evidence;
use verifier::{Answer, Verified};

/// Ending one transaction, as most tests do.
impl Database {
    fn insert(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.insert_batch(std::slice::from_ref(transaction))
    }
    fn finalize(&mut self, end: TransactionEnd<'_>) -> Result<Finalized, StoreError> {
        self.finalize_batch(&[end])?.pop().unwrap()
    }
    fn accept(
        &mut self,
        transaction: &Transaction,
        answer: &Verified<Answer>,
        uses: &Uses,
        receipt_id: String,
        now: u64,
        evidence: impl FnOnce(&Receipt) -> Evidence,
    ) -> Result<Finalized, StoreError> {
        self.finalize(TransactionEnd::accepted(transaction, answer, uses, receipt_id, now, evidence))
    }
    fn refuse(
        &mut self,
        transaction: &Transaction,
        reason: Reason,
        receipt_id: String,
        now: u64,
    ) -> Result<Finalized, StoreError> {
        self.finalize(TransactionEnd::refused(transaction, reason, receipt_id, now))
    }
    fn decline(&mut self, transaction: &Transaction) -> Result<Finalized, StoreError> {
        self.finalize(TransactionEnd::declined(transaction))
    }
}

fn store_with(names: &[&str]) -> Database {
    let mut store = Database::in_memory().unwrap();
    for name in names {
        store.insert(&transaction(name)).unwrap();
    }
    store
}

fn stored(store: &Database, name: &str) -> Transaction {
    store.transaction(&transaction(name).id).unwrap().unwrap()
}

fn used(store: &Database, nullifier: u64) -> u32 {
    let key = to_bytes(&Fr::from(nullifier));
    let query = "SELECT COALESCE(SUM(used), 0) FROM uses WHERE nullifier = ?1";
    store.connection.query_row(query, [key], |row| row.get(0)).unwrap()
}

fn receipts(store: &Database) -> u32 {
    store.connection.query_row("SELECT COUNT(*) FROM receipts", [], |row| row.get(0)).unwrap()
}

/// Files in a folder.
struct Files {
    folder: tempfile::TempDir,
    made: usize,
}

impl Files {
    fn newest(&self) -> PathBuf {
        self.folder.path().join(format!("{}.sqlite", self.made))
    }
}

impl Subject for Files {
    type Store = SqliteStore;
    fn open_two(&mut self) -> (SqliteStore, SqliteStore) {
        self.made += 1;
        let path = self.newest();
        (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap())
    }
    fn open_counting(&mut self, marker: &Path) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_counting(&self.newest(), marker)
    }
    fn inject(&mut self, store: &SqliteStore, fault: Option<Fault>) -> bool {
        store.database().faults = match fault {
            Some(Fault::Lost) => FaultInjection::Lost,
            Some(Fault::Landed) => FaultInjection::Landed,
            None => FaultInjection::Off,
        };
        true
    }
}

#[test]
fn conforms() {
    conformance(&mut Files { folder: tempfile::tempdir().unwrap(), made: 0 }, &survey());
}

#[test]
fn what_was_inserted_is_found_by_each_of_its_names() {
    let store = store_with(&["a", "b"]);
    let a = transaction("a");
    assert!(store.transaction(&a.id).unwrap() == Some(a.clone()));
    assert!(store.by_state(&a.state).unwrap() == Some(a.clone()));
    assert!(store.by_request(&a.request).unwrap() == Some(a));
    let kid = transaction("b").response_key.unwrap().public().kid.unwrap();
    assert!(store.by_kid(&kid).unwrap() == Some(transaction("b")));
    assert!(store.by_state(&word("nobody")).unwrap().is_none());
}

#[test]
fn a_nonce_is_never_given_out_twice() {
    let mut store = store_with(&["a"]);
    let mut again = transaction("b");
    again.nonce = transaction("a").nonce;
    assert!(store.insert(&again).is_err());
}

#[test]
fn an_accepted_answer_is_kept_with_its_receipt() {
    let mut store = store_with(&["a"]);
    let judged = store.accept(&transaction("a"), &answer(1), &named(1), "r".into(), NOW + 5, kept).unwrap();
    assert_eq!(judged, Finalized::Recorded);
    let status = stored(&store, "a").status_at(NOW + 6);
    assert_eq!(status.status, Status::Passed);
    assert_eq!(status.revealed["credit"]["level"], "A");
    let receipt = status.receipt.unwrap();
    assert_eq!((receipt.verdict, receipt.time, receipt.reason), (Status::Passed, NOW + 5, None));
    assert_eq!(receipt.nullifier, Some(Fr::from(1u64).into()));
}

#[test]
fn a_session_pseudonym_is_not_kept() {
    let mut store = store_with(&["a"]);
    store.accept(&transaction("a"), &answer(1), &Uses::Session, "r".into(), NOW, kept).unwrap();
    assert_eq!(stored(&store, "a").status_at(NOW).receipt.unwrap().nullifier, None);
    assert_eq!(used(&store, 1), 0);
}

#[test]
fn a_nonce_is_spent_once() {
    let mut store = store_with(&["a"]);
    store.accept(&transaction("a"), &answer(1), &named(5), "r1".into(), NOW, kept).unwrap();
    let again = store.accept(&transaction("a"), &answer(1), &named(5), "r2".into(), NOW, kept).unwrap();
    assert_eq!(again, Finalized::AlreadyAnswered);
    assert_eq!((used(&store, 1), receipts(&store)), (1, 1));
    assert_eq!(store.decline(&transaction("a")).unwrap(), Finalized::AlreadyAnswered);
    assert_eq!(
        store.refuse(&transaction("a"), Reason::NotProved, "r3".into(), NOW).unwrap(),
        Finalized::AlreadyAnswered
    );
}

#[test]
fn a_pseudonym_is_used_as_often_as_the_policy_says() {
    let mut store = store_with(&["a", "b", "c", "d"]);
    let mut accept = |name: &str, nullifier| {
        store
            .accept(&transaction(name), &answer(nullifier), &named(2), format!("r-{name}"), NOW, kept)
            .unwrap()
    };
    assert_eq!(accept("a", 1), Finalized::Recorded);
    assert_eq!(accept("b", 1), Finalized::Recorded);
    assert_eq!(accept("c", 1), Finalized::NoUsesLeft);
    assert_eq!(accept("d", 2), Finalized::Recorded);
    let status = stored(&store, "c").status_at(NOW);
    assert_eq!((status.status, status.reason), (Status::Refused, Some(Reason::AlreadyUsed)));
    assert!(status.revealed.is_empty());
    assert_eq!(used(&store, 1), 2);
}

#[test]
fn a_pseudonym_that_cannot_be_linked_is_one_use_and_one_that_can_has_all() {
    let limit = |policy| match Uses::new(&small_city::checked(policy), &small_city::publisher()) {
        Uses::Session => None,
        Uses::Named { limit, .. } => Some(limit),
    };
    let limits = ["score/1", "survey/1", "permit/1", "visits/1"].map(limit);
    assert_eq!(limits, [None, Some(1), Some(1), Some(10)]);
}

/// All that is stored, but for the pseudonyms themselves, and they are all different in both.
#[test]
fn ten_uses_of_one_person_are_stored_as_those_of_ten_people() {
    let policy = small_city::checked("permit/1");
    let publisher = small_city::publisher();
    let scope = policy.scope(&publisher, &Fr::from(1_u64));
    let people: Vec<_> = (1..=10).map(|seed| small_city::Citizen::new(seed, 700).secrets).collect();
    let one: Vec<Fr> = (0..10).map(|index| people[0].nullifier(&scope, index)).collect();
    let ten: Vec<Fr> =
        people.iter().zip([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]).map(|(p, i)| p.nullifier(&scope, i)).collect();
    let stored = |nullifiers: &[Fr]| {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let mut store = store_with(&names);
        let uses = Uses::new(&policy, &publisher);
        for (name, nullifier) in names.iter().zip(nullifiers) {
            let answer = answer_with(*nullifier);
            let ended = store.accept(&transaction(name), &answer, &uses, format!("r-{name}"), NOW, kept);
            assert_eq!(ended.unwrap(), Finalized::Recorded);
        }
        let pseudonyms: BTreeSet<String> = nullifiers.iter().map(|n| Element(*n).to_string()).collect();
        assert_eq!(pseudonyms.len(), 10);
        everything(&store, nullifiers)
    };
    let of_one = stored(&one);
    assert!(of_one.iter().any(|row| row.contains("uses") && row.contains("pseudonym")), "{of_one:?}");
    assert_eq!(of_one, stored(&ten));
}

/// Each row of each table as text, with one word for each of these pseudonyms, sorted.
fn everything(store: &Database, pseudonyms: &[Fr]) -> Vec<String> {
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut tables = store.connection.prepare(names).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let table = table.unwrap();
        let mut all = store.connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values = (0..columns).map(|i| row.get::<_, rusqlite::types::Value>(i).unwrap());
            let text = format!("{table} {:?}", values.collect::<Vec<_>>());
            rows.push(pseudonyms.iter().fold(text, |text, pseudonym| {
                let blob = format!("{:?}", to_bytes(pseudonym));
                text.replace(&Element(*pseudonym).to_string(), "pseudonym").replace(&blob, "pseudonym")
            }));
        }
    }
    rows.sort();
    rows
}

#[test]
fn pseudonyms_of_other_scopes_and_departments_are_counted_apart() {
    let mut store = store_with(&["a", "b", "c"]);
    let scopes = [("credit.nanning", "x"), ("credit.nanning", "y"), ("tax.nanning", "x")];
    for (name, (publisher, scope)) in ["a", "b", "c"].into_iter().zip(scopes) {
        let uses = Uses::Named { publisher: publisher.parse().unwrap(), scope: scope.into(), limit: 1 };
        let judged =
            store.accept(&transaction(name), &answer(1), &uses, format!("r-{name}"), NOW, kept).unwrap();
        assert_eq!(judged, Finalized::Recorded);
    }
}

#[test]
fn a_commit_that_failed_and_was_lost_leaves_nothing() {
    let mut store = store_with(&["a"]);
    store.faults = FaultInjection::Lost;
    assert!(store.accept(&transaction("a"), &answer(1), &named(1), "r1".into(), NOW, kept).is_err());
    assert!(stored(&store, "a").outcome == Outcome::Pending);
    assert_eq!((used(&store, 1), receipts(&store)), (0, 0));
    store.faults = FaultInjection::Off;
    let again = store.accept(&transaction("a"), &answer(1), &named(1), "r2".into(), NOW, kept).unwrap();
    assert_eq!(again, Finalized::Recorded);
}

#[test]
fn a_commit_that_failed_but_landed_is_not_done_twice() {
    let mut store = store_with(&["a"]);
    store.faults = FaultInjection::Landed;
    assert!(store.accept(&transaction("a"), &answer(1), &named(1), "r1".into(), NOW, kept).is_err());
    store.faults = FaultInjection::Off;
    assert_eq!(stored(&store, "a").status_at(NOW).status, Status::Passed);
    let again = store.accept(&transaction("a"), &answer(1), &named(1), "r2".into(), NOW, kept).unwrap();
    assert_eq!(again, Finalized::AlreadyAnswered);
    assert_eq!((used(&store, 1), receipts(&store)), (1, 1));
}

#[test]
fn a_refusal_that_was_lost_may_be_repeated_and_one_that_landed_stands() {
    for (faults, then) in
        [(FaultInjection::Lost, Finalized::Recorded), (FaultInjection::Landed, Finalized::AlreadyAnswered)]
    {
        let mut store = store_with(&["a"]);
        store.faults = faults;
        assert!(store.refuse(&transaction("a"), Reason::StaleRoot, "r1".into(), NOW).is_err());
        store.faults = FaultInjection::Off;
        assert_eq!(store.refuse(&transaction("a"), Reason::StaleRoot, "r2".into(), NOW).unwrap(), then);
        assert_eq!(receipts(&store), 1);
    }
}

/// Three ends, of which the second cannot be written: its receipt has the name of the first.
fn settle_three(store: &mut Database) -> Result<Vec<Result<Finalized, StoreError>>, StoreError> {
    let (transactions, answers) = (["a", "b", "c"].map(transaction), [1, 2, 3].map(answer));
    let uses = named(1);
    let ends: Vec<_> = (transactions.iter().zip(&answers).zip(["r1", "r1", "r3"]))
        .map(|((transaction, answer), receipt)| {
            TransactionEnd::accepted(transaction, answer, &uses, receipt.into(), NOW, kept)
        })
        .collect();
    store.finalize_batch(&ends)
}

#[test]
fn an_end_that_cannot_be_written_does_not_undo_the_others() {
    let mut store = store_with(&["a", "b", "c"]);
    let judged = settle_three(&mut store).unwrap();
    assert!(matches!(judged[..], [Ok(Finalized::Recorded), Err(_), Ok(Finalized::Recorded)]));
    assert!(stored(&store, "b").outcome == Outcome::Pending);
    assert_eq!([1, 2, 3].map(|nullifier| used(&store, nullifier)), [1, 0, 1]);
    assert_eq!(receipts(&store), 2);
    assert!(
        ["r1", "r3"].map(|id| matches!(store.receipt(id), Ok(Some(StoredReceipt::Evidence(_))))) == [true; 2]
    );
}

#[test]
fn a_transaction_that_was_taken_back_takes_no_use_with_it() {
    let mut store = store_with(&["b"]);
    let (a, b, one, two, uses) = (transaction("a"), transaction("b"), answer(1), answer(2), named(1));
    let ends = [
        TransactionEnd::accepted(&a, &one, &uses, "r1".into(), NOW, kept),
        TransactionEnd::accepted(&b, &two, &uses, "r2".into(), NOW, kept),
    ];
    let judged = store.finalize_batch(&ends).unwrap();
    assert!(matches!(judged[..], [Ok(Finalized::AlreadyAnswered), Ok(Finalized::Recorded)]));
    assert_eq!(([1, 2].map(|nullifier| used(&store, nullifier)), receipts(&store)), ([0, 1], 1));
}

#[test]
fn ends_of_one_batch_see_each_other() {
    let mut store = store_with(&["a", "b"]);
    let (a, b, one, uses) = (transaction("a"), transaction("b"), answer(1), named(1));
    let end = |transaction, receipt: &str| {
        TransactionEnd::accepted(transaction, &one, &uses, receipt.into(), NOW, kept)
    };
    let judged = store.finalize_batch(&[end(&a, "r1"), end(&a, "r2"), end(&b, "r3")]).unwrap();
    assert!(matches!(
        judged[..],
        [Ok(Finalized::Recorded), Ok(Finalized::AlreadyAnswered), Ok(Finalized::NoUsesLeft)]
    ));
    assert_eq!((used(&store, 1), receipts(&store)), (1, 2));
}

#[test]
fn a_batch_that_was_lost_may_be_repeated_and_one_that_landed_stands() {
    for (faults, outcome) in
        [(FaultInjection::Lost, Outcome::Pending), (FaultInjection::Landed, stored_end("a"))]
    {
        let mut store = store_with(&["a", "b", "c"]);
        store.faults = faults;
        assert!(settle_three(&mut store).is_err());
        assert!(stored(&store, "a").outcome == outcome);
        store.faults = FaultInjection::Off;
        let again = settle_three(&mut store).unwrap();
        let first =
            if faults == FaultInjection::Lost { Finalized::Recorded } else { Finalized::AlreadyAnswered };
        assert!(matches!(&again[0], Ok(judged) if *judged == first));
        assert_eq!([1, 3].map(|nullifier| used(&store, nullifier)), [1, 1]);
    }
}

/// How `a` ends in [`settle_three`].
fn stored_end(name: &str) -> Outcome {
    let mut store = store_with(&["a", "b", "c"]);
    settle_three(&mut store).unwrap();
    stored(&store, name).outcome
}

#[test]
fn what_is_not_answered_in_time_has_expired() {
    let store = store_with(&["a"]);
    let a = stored(&store, "a");
    assert_eq!(a.status_at(NOW + 300).status, Status::Pending);
    assert_eq!(a.status_at(NOW + 301).status, Status::Expired);
}

#[test]
fn a_request_is_given_out_to_the_wallet_whoever_else_asks_and_not_after_it_ended() {
    let mut store = store_with(&["a", "b"]);
    let (a, nonce) = (transaction("a").request, word("wallet"));
    assert!(store.fetch(&a, Some(&nonce)).unwrap());
    let strangers = (0..300).filter(|n| store.fetch(&a, Some(&word(&format!("n{n}")))).unwrap()).count();
    assert_eq!(strangers, 256);
    assert!(!store.fetch(&a, None).unwrap());
    let own = (0..300).filter(|_| store.fetch(&a, Some(&nonce)).unwrap()).count();
    assert_eq!(own, 255, "nobody else used up what the wallet's own nonce has");
    assert_eq!(store.decline(&transaction("b")).unwrap(), Finalized::Recorded);
    assert!(!store.fetch(&transaction("b").request, Some(&nonce)).unwrap());
    assert_eq!(stored(&store, "b").status_at(NOW).status, Status::Declined);
}

#[test]
fn revealed_values_go_first_then_everything_but_the_use() {
    let mut store = store_with(&["a"]);
    store.accept(&transaction("a"), &answer(1), &named(1), "r".into(), NOW, kept).unwrap();
    assert_eq!(store.forget(NOW + 300 + 3601).unwrap(), 0);
    let status = stored(&store, "a").status_at(NOW);
    assert!(status.revealed.is_empty() && status.receipt.is_some());
    assert_eq!(store.forget(NOW + 86_401).unwrap(), 1);
    assert_eq!((receipts(&store), used(&store, 1)), (0, 1));
}

#[test]
fn a_file_of_a_newer_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("verifier.sqlite");
    Database::open(&path).unwrap().connection.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Database::open(&path), Err(StoreError::Newer { found: 99, .. })));
}

/// Of a request that was made before answers were encrypted, nobody can answer; what was judged stays.
#[test]
fn a_file_of_the_first_format_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("verifier.sqlite");
    Database::make_first_format(&path);
    let insert = |id: &str, status: &str| {
        format!(
            "INSERT INTO transactions (id, request, state, nonce, policy, policy_digest, key_digest, development, made_at, \
             expires_at, keep_until, match_code, status) VALUES \
             ('{id}', '{id}-r', '{id}-s', '{id}-n', 'p/1', '{digest}', '{digest}', 1, 1, 2, 3, '0001', '{status}')",
            digest = Digest::of(b"x")
        )
    };
    let old = Connection::open(&path).unwrap();
    old.execute_batch(&format!("{};{};", insert("a", "pending"), insert("b", "declined"))).unwrap();
    drop(old);
    let store = Database::open(&path).unwrap();
    assert!(store.transaction(&word("a").into()).unwrap().is_none());
    assert!(store.transaction(&word("b").into()).unwrap().unwrap().outcome == Outcome::Declined);
}

#[test]
fn keys_go_when_their_request_has_expired() {
    let mut store = store_with(&["a"]);
    store.forget(NOW + 300).unwrap();
    assert!(stored(&store, "a").response_key.is_some());
    store.forget(NOW + 301).unwrap();
    assert!(stored(&store, "a").response_key.is_none());
}

#[test]
fn what_was_kept_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("verifier.sqlite");
    Database::open(&path).unwrap().insert(&transaction("a")).unwrap();
    assert!(stored(&Database::open(&path).unwrap(), "a") == transaction("a"));
}

#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("verifier.sqlite");
    let _store = Database::open(&path).unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{entry:?}");
    }
}

#[test]
fn evidence_is_kept_as_long_as_its_receipt_and_only_of_what_passed() {
    let mut store = store_with(&["a", "b"]);
    store.accept(&transaction("a"), &answer(1), &named(1), "passed".into(), NOW, kept).unwrap();
    store.accept(&transaction("b"), &answer(1), &named(1), "no-uses-left".into(), NOW, kept).unwrap();
    let Some(StoredReceipt::Evidence(found)) = store.receipt("passed").unwrap() else {
        panic!("nothing was kept")
    };
    assert!(found.evidence == kept(&found.receipt));
    assert_eq!(
        (found.receipt.id.as_str(), found.revealed["credit"]["level"].as_str()),
        ("passed", Some("A"))
    );
    assert!(matches!(store.receipt("no-uses-left").unwrap(), Some(StoredReceipt::Receipt(_))));
    assert!(store.receipt("never").unwrap().is_none());
    store.forget(NOW + 300 + 3601).unwrap();
    let Some(StoredReceipt::Evidence(found)) = store.receipt("passed").unwrap() else {
        panic!("forgotten too early")
    };
    assert!(found.revealed.is_empty(), "what was revealed is wiped");
    store.forget(NOW + 86_401).unwrap();
    assert!(store.receipt("passed").unwrap().is_none());
    let left: u32 =
        store.connection.query_row("SELECT COUNT(*) FROM evidence", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
