//! A share is taken when it is the trustee's own; it is given once, to the key of the ledger, whatever fails on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger::samples::bundle_id;
use proptest::prelude::*;
use service::clock::ManualClock;
use tempfile::TempDir;
use trustee::{Dealt, Recovery, SealedShare};

use super::*;
use crate::samples::{dealt, department, deposit, registry, rng, secret, trustee_key, wallet_key};
use crate::store::FaultInjection;

const NOW: u64 = 1_700_000_000;

/// A keeper, its clock, and the folder that outlives it.
struct Trustee {
    keeper: Keeper,
    clock: ManualClock,
    folder: TempDir,
}

impl Trustee {
    /// The first trustee, which answers so often for one department within a day.
    fn new(per_day: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(NOW);
        let keeper = open(folder.path(), per_day, &clock);
        Self { keeper, clock, folder }
    }
    /// With the share of this dealing.
    fn with(dealt: &Dealt) -> Self {
        let trustee = Self::new(9);
        trustee.keeper.take(&deposit(dealt, 0)).unwrap();
        trustee
    }
    /// As after a stop of the machine.
    fn restarted(self) -> Self {
        let Self { keeper, clock, folder } = self;
        drop(keeper);
        let keeper = open(folder.path(), 9, &clock);
        Self { keeper, clock, folder }
    }
    fn answer(
        &self,
        registry: &Registry,
        dealt: &Dealt,
        wallet: u8,
        seed: u8,
    ) -> Result<SealedShare, NotAnswered> {
        let key = wallet_key(wallet).public();
        self.keeper.answer(registry, &dealt.bundle.id(), &key, &mut rng(seed)).map(|given| given.answer)
    }
}

fn open(folder: &Path, per_day: u64, clock: &ManualClock) -> Keeper {
    let store = Store::open(&folder.join("trustee.sqlite")).unwrap();
    Keeper::new(department("tax"), vec![trustee_key(0)], per_day, store, clock.clock())
}

/// The ledger has a request for this dealing and wallet 21, of police and archive.
fn requested(dealt: &Dealt) -> Registry {
    registry(&[(dealt.bundle.id(), wallet_key(21).public(), "police", "archive")])
}

#[test]
fn what_was_taken_is_given_to_the_wallet_that_the_ledger_names() {
    let dealt = dealt(1);
    let trustee = Trustee::with(&dealt);
    let answer = trustee.answer(&requested(&dealt), &dealt, 21, 1).unwrap();
    let wallet = wallet_key(21);
    let mut recovery = Recovery::new(&dealt.bundle, &wallet);
    recovery.take(&department("tax"), &answer).unwrap();
    assert_eq!(recovery.missing(), 1);
}

#[test]
fn two_of_three_trustees_give_a_secret_back() {
    for number in 1..=20 {
        let dealt = dealt(number);
        let wallet = wallet_key(21);
        let registry = requested(&dealt);
        let mut recovery = Recovery::new(&dealt.bundle, &wallet);
        for (place, name) in [(0, "tax"), (2, "archive")] {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("trustee.sqlite")).unwrap();
            let clock = ManualClock::new(NOW).clock();
            let keeper = Keeper::new(department(name), vec![trustee_key(place)], 9, store, clock);
            keeper.take(&deposit(&dealt, usize::from(place))).unwrap();
            let id = dealt.bundle.id();
            let answer = keeper.answer(&registry, &id, &wallet.public(), &mut rng(5)).unwrap();
            recovery.take(&department(name), &answer.answer).unwrap();
        }
        assert_eq!(recovery.rebuild().ok().unwrap().expose(), secret(number.into()).expose());
    }
}

#[test]
fn a_share_of_another_trustee_or_key_is_not_taken() {
    let dealt = dealt(1);
    let trustee = Trustee::new(9);
    let taken = trustee.keeper.take(&deposit(&dealt, 1));
    assert!(matches!(taken, Err(NotTaken::Deposit(DepositError::Unopened))));
    let folder = tempfile::tempdir().unwrap();
    let keeper = |name: &str, file: &str| {
        let store = Store::open(&folder.path().join(file)).unwrap();
        Keeper::new(department(name), vec![trustee_key(9)], 9, store, ManualClock::new(NOW).clock())
    };
    let taken = keeper("tax", "a").take(&deposit(&dealt, 0));
    assert!(matches!(taken, Err(NotTaken::Deposit(DepositError::OtherKey))));
    let taken = keeper("police", "b").take(&deposit(&dealt, 0));
    assert!(matches!(taken, Err(NotTaken::NotATrustee)));
}

#[test]
fn an_older_key_still_opens_what_was_sealed_to_it() {
    let dealt = dealt(1);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("trustee.sqlite")).unwrap();
    let keys = vec![trustee_key(9), trustee_key(0)];
    let keeper = Keeper::new(department("tax"), keys, 9, store, ManualClock::new(NOW).clock());
    keeper.take(&deposit(&dealt, 0)).unwrap();
    let key = wallet_key(21).public();
    assert!(keeper.answer(&requested(&dealt), &dealt.bundle.id(), &key, &mut rng(1)).is_ok());
}

#[test]
fn an_unknown_bundle_has_no_answer() {
    let [kept, unknown] = [1, 2].map(dealt);
    let trustee = Trustee::with(&kept);
    let answer = trustee.answer(&requested(&unknown), &unknown, 21, 1);
    assert!(matches!(answer, Err(NotAnswered::UnknownBundle)));
}

#[test]
fn without_a_request_on_the_ledger_there_is_no_answer() {
    let dealt = dealt(1);
    let trustee = Trustee::with(&dealt);
    let other = registry(&[(bundle_id("another"), wallet_key(21).public(), "police", "archive")]);
    assert!(matches!(trustee.answer(&other, &dealt, 21, 1), Err(NotAnswered::NotRequested)));
    assert!(trustee.answer(&requested(&dealt), &dealt, 21, 1).is_ok(), "and nothing was spent");
}

#[test]
fn another_key_than_the_ledgers_gets_no_answer() {
    let dealt = dealt(1);
    let trustee = Trustee::with(&dealt);
    assert!(matches!(trustee.answer(&requested(&dealt), &dealt, 22, 1), Err(NotAnswered::OtherKey)));
    assert!(trustee.answer(&requested(&dealt), &dealt, 21, 1).is_ok());
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let dealt = dealt(1);
    let registry = requested(&dealt);
    let trustee = Trustee::with(&dealt);
    let first = trustee.answer(&registry, &dealt, 21, 1).unwrap();
    assert_eq!(trustee.answer(&registry, &dealt, 21, 2).unwrap(), first);
    let trustee = trustee.restarted();
    assert_eq!(trustee.answer(&registry, &dealt, 21, 3).unwrap(), first);
}

#[test]
fn a_bundle_is_answered_to_one_key_whatever_a_ledger_says_later() {
    let dealt = dealt(1);
    let trustee = Trustee::with(&dealt);
    trustee.answer(&requested(&dealt), &dealt, 21, 1).unwrap();
    let forked = registry(&[(dealt.bundle.id(), wallet_key(22).public(), "police", "archive")]);
    assert!(matches!(trustee.answer(&forked, &dealt, 22, 1), Err(NotAnswered::OtherKey)));
    let trustee = trustee.restarted();
    assert!(matches!(trustee.answer(&forked, &dealt, 22, 1), Err(NotAnswered::OtherKey)));
}

#[test]
fn an_answer_that_failed_and_was_lost_is_made_again() {
    let dealt = dealt(1);
    let registry = requested(&dealt);
    for restart in [false, true] {
        let mut trustee = Trustee::with(&dealt);
        trustee.keeper.fail_next(FaultInjection::Lost);
        assert!(matches!(trustee.answer(&registry, &dealt, 21, 1), Err(NotAnswered::Store(_))));
        if restart {
            trustee = trustee.restarted();
        }
        let second = trustee.answer(&registry, &dealt, 21, 2).unwrap();
        assert_ne!(second, alone(&dealt, 1), "nobody has seen the first one");
        assert_eq!(trustee.answer(&registry, &dealt, 21, 3).unwrap(), second);
    }
}

#[test]
fn an_answer_that_failed_but_landed_is_the_answer() {
    let dealt = dealt(1);
    let registry = requested(&dealt);
    for restart in [false, true] {
        let mut trustee = Trustee::with(&dealt);
        trustee.keeper.fail_next(FaultInjection::Landed);
        assert!(matches!(trustee.answer(&registry, &dealt, 21, 1), Err(NotAnswered::Store(_))));
        if restart {
            trustee = trustee.restarted();
        }
        assert_eq!(trustee.answer(&registry, &dealt, 21, 2).unwrap(), alone(&dealt, 1));
        assert!(matches!(trustee.answer(&registry, &dealt, 22, 2), Err(NotAnswered::OtherKey)));
    }
}

/// What a trustee whose writes do not fail answers with this entropy.
fn alone(dealt: &Dealt, seed: u8) -> SealedShare {
    Trustee::with(dealt).answer(&requested(dealt), dealt, 21, seed).unwrap()
}

/// What may happen to a trustee, in any order. Dealings and wallets are named by numbers.
#[derive(Clone, Debug)]
enum Event {
    Bring(u8),
    Ask(u8, u8),
    Restart,
    /// The next commit fails so.
    Fail(FaultInjection),
}

/// Of three dealings, with the wallet that the ledger names (21) and another one.
fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (1..=3u8).prop_map(Event::Bring),
        4 => (1..=3u8, 21..=22u8).prop_map(|(dealing, wallet)| Event::Ask(dealing, wallet)),
        1 => Just(Event::Restart),
        1 => Just(Event::Fail(FaultInjection::Lost)),
        1 => Just(Event::Fail(FaultInjection::Landed)),
    ]
}

/// What was said to wallets, which must stay true.
#[derive(Default)]
struct Said {
    taken: BTreeSet<u8>,
    answers: BTreeMap<u8, SealedShare>,
}

impl Said {
    fn check(&mut self, dealing: u8, wallet: u8, answer: Result<SealedShare, NotAnswered>) {
        match answer {
            Ok(answer) => {
                assert_eq!(wallet, 21, "another wallet than the ledger's was answered");
                let first = self.answers.entry(dealing).or_insert_with(|| answer.clone());
                assert_eq!(*first, answer, "two answers for one bundle");
            }
            Err(NotAnswered::UnknownBundle) => assert!(!self.taken.contains(&dealing), "a share was lost"),
            Err(NotAnswered::OtherKey) => assert_eq!(wallet, 22),
            Err(NotAnswered::Store(_)) => {}
            Err(
                error @ (NotAnswered::NotRequested | NotAnswered::TooMany { .. } | NotAnswered::Deposit(_)),
            ) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_fails_nothing_is_given_twice_and_nothing_is_lost(
        events in prop::collection::vec(event(), 1..20),
    ) {
        let dealings = [1, 2, 3].map(dealt);
        let requests = dealings
            .each_ref()
            .map(|dealt| (dealt.bundle.id(), wallet_key(21).public(), "police", "archive"));
        let registry = registry(&requests);
        let dealing = |number: u8| &dealings[usize::from(number) - 1];
        let mut trustee = Trustee::new(9);
        let mut said = Said::default();
        for (seed, event) in (0..).zip(events) {
            match event {
                Event::Bring(number) => {
                    let dealt = dealing(number);
                    if trustee.keeper.take(&deposit(dealt, 0)).is_ok() {
                        said.taken.insert(number);
                    }
                }
                Event::Ask(number, wallet) => {
                    said.check(number, wallet, trustee.answer(&registry, dealing(number), wallet, seed));
                }
                Event::Restart => trustee = trustee.restarted(),
                Event::Fail(faults) => trustee.keeper.fail_next(faults),
            }
        }
        trustee = trustee.restarted();
        for number in said.taken.clone() {
            let answer = trustee.answer(&registry, dealing(number), 21, 99);
            prop_assert!(answer.is_ok(), "what was taken is given");
            said.check(number, 21, answer);
        }
    }
}

#[test]
fn a_share_whose_keeping_failed_is_sent_again() {
    let dealt = dealt(1);
    let registry = requested(&dealt);
    for fault in [FaultInjection::Lost, FaultInjection::Landed] {
        let trustee = Trustee::new(9);
        trustee.keeper.fail_next(fault);
        let taken = trustee.keeper.take(&deposit(&dealt, 0));
        assert!(matches!(taken, Err(NotTaken::Store(_))), "{fault:?}");
        let trustee = trustee.restarted();
        let known = trustee.answer(&registry, &dealt, 21, 1).is_ok();
        assert_eq!(known, fault == FaultInjection::Landed);
        trustee.keeper.take(&deposit(&dealt, 0)).unwrap();
        assert!(trustee.answer(&registry, &dealt, 21, 1).is_ok(), "{fault:?}");
    }
}

#[test]
fn the_first_share_of_a_bundle_stays() {
    let dealt = dealt(1);
    let trustee = Trustee::with(&dealt);
    trustee.keeper.take(&deposit(&dealt, 0)).unwrap();
    let kept = trustee.keeper.store().begin().unwrap().deposit(&dealt.bundle.id()).unwrap().unwrap();
    assert_eq!(kept, deposit(&dealt, 0));
}

#[test]
fn a_department_asks_for_so_many_shares_a_day() {
    let all = [1, 2, 3, 4].map(dealt);
    let key = wallet_key(21).public();
    let registry = registry(&[
        (all[0].bundle.id(), key, "police", "archive"),
        (all[1].bundle.id(), key, "police", "court"),
        (all[2].bundle.id(), key, "court", "archive"),
        (all[3].bundle.id(), key, "court", "tax"),
    ]);
    let trustee = Trustee::new(1);
    for dealt in &all {
        trustee.keeper.take(&deposit(dealt, 0)).unwrap();
    }
    let refused = |dealt: &Dealt, name: &str, wait: u64| {
        let answer = trustee.answer(&registry, dealt, 21, 1);
        let Err(NotAnswered::TooMany { department, retry_after_s }) = answer else { panic!("{answer:?}") };
        assert_eq!((department.as_str(), retry_after_s), (name, wait));
    };
    let first = trustee.answer(&registry, &all[0], 21, 1).unwrap();
    trustee.clock.set(NOW + 100);
    refused(&all[1], "police", DAY_S - 100);
    refused(&all[2], "archive", DAY_S - 100);
    assert!(trustee.answer(&registry, &all[3], 21, 1).is_ok(), "two that were not involved");
    assert_eq!(trustee.answer(&registry, &all[0], 21, 1).unwrap(), first, "what was given is given again");
    trustee.clock.set(NOW + DAY_S - 1);
    refused(&all[1], "police", 1);
    trustee.clock.set(NOW + DAY_S);
    refused(&all[1], "court", 100);
    trustee.clock.set(NOW + DAY_S + 100);
    assert!(trustee.answer(&registry, &all[1], 21, 1).is_ok());
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let trustee = Trustee::new(9);
    let path = trustee.folder.path().join("trustee.sqlite");
    drop(trustee.keeper);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Newer { found: 2 })));
}
