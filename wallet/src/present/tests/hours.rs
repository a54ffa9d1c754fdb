//! Which root a wallet shows: the newest would tell at which moment it synced, that of the hour is the same for all.

use std::collections::BTreeSet;

use circuits::Fr;
use circuits::policy::Policy;
use circuits::schema::SchemaId;
use ledger::registry::PublishedPolicy;
use ledger::resource::HOUR_S;
use openid4vc::vp::Matter;
use serde_json::json;

use crate::followed::{Ledger, View};
use crate::present::{Missing, Question, RelyingParty, Selection, Way};
use crate::testing::{CREDIT, NOW, World, wallet};
use crate::wallet::Wallet;

/// A full hour after [`NOW`].
const FULL: u64 = NOW - NOW % HOUR_S + HOUR_S;

/// A question that asks as `level/1` does, but accepts roots for so long.
struct Asked(PublishedPolicy);

impl Asked {
    fn new(view: &View, max_root_age_s: u64) -> Self {
        let id: SchemaId = "level/1".parse().unwrap();
        let published = view.registry().policy(&id).unwrap();
        let policy = Policy { max_root_age_s, ..published.checked.policy().clone() };
        let checked = policy.check(view.registry()).unwrap_or_else(|error| panic!("{error}"));
        Self(PublishedPolicy { checked, ..published.clone() })
    }
}

impl Question for Asked {
    fn way(&self) -> Way {
        Way::Offline
    }
    fn policy(&self) -> &PublishedPolicy {
        &self.0
    }
    fn relying_party(&self) -> &RelyingParty {
        unreachable!("nobody is shown")
    }
    fn matter(&self) -> Option<Matter> {
        None
    }
    /// The credentials of these tests are valid then.
    fn now(&self) -> u64 {
        NOW
    }
    fn context(&self) -> &Fr {
        unreachable!("nothing is proved")
    }
    fn system(&self, _credential: &str) -> Option<&str> {
        None
    }
}

/// The root that a wallet would show at `now` under a policy that accepts roots for so long.
fn shown(wallet: &Wallet, ledger: &Ledger, max_root_age_s: u64, now: u64) -> Fr {
    let view = ledger.view();
    let asked = Asked::new(&view, max_root_age_s);
    match Selection::choose(wallet, &asked, &view, now).unwrap_or_else(|error| panic!("{error}")) {
        Selection::Complete(choice) => choice.root,
        Selection::Incomplete(missing) => {
            panic!("{:?}", missing.iter().map(Missing::lack).collect::<Vec<_>>())
        }
    }
}

/// Somebody else's credential comes to the tree, so that the root changes.
fn grow(world: &World, number: u64, time: u64) {
    let entry = ledger::samples::sign(
        ledger::samples::commit(&format!("other/{number}"), "credit-report/1", [number]),
        CREDIT,
    );
    world.publish_at(entry, time);
}

/// A citizen with a good score, not yet synced.
fn held(world: &World, number: u8) -> (Wallet, Ledger) {
    let mut wallet = wallet(number);
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 700, "level": "A"}));
    let ledger = Ledger::new(Box::new(world.clone()), world.genesis(), None);
    ledger.accept_development_keys();
    (wallet, ledger)
}

#[test]
fn wallets_that_synced_at_different_moments_of_an_hour_show_one_root() {
    let world = World::new();
    let wallets = [held(&world, 1), held(&world, 2)];
    world.heartbeat(FULL - 60);
    for (wallet, ledger) in &wallets {
        ledger.sync(wallet.positions(), FULL - 30).unwrap();
    }
    let mut roots = Vec::new();
    for (number, (wallet, ledger)) in (1..).zip(&wallets) {
        let now = FULL + 600 * number;
        grow(&world, number, now);
        ledger.sync(wallet.positions(), now).unwrap();
        roots.push([86_400, 7200, 7199].map(|age| shown(wallet, ledger, age, now)));
    }
    let [[day, two_hours, newest], [day2, two_hours2, newest2]] = roots[..] else { panic!() };
    assert_eq!((day, two_hours), (day2, two_hours2));
    assert_eq!(day, two_hours);
    assert_ne!(newest, newest2, "a policy that asks for newer roots gets the newest");
    assert_ne!(day, newest);
    // A program that runs for one command each time keeps it.
    let [(wallet, ledger), _] = &wallets;
    let again = Ledger::resume(Box::new(world.clone()), &world.genesis(), &ledger.state(), None).unwrap();
    assert_eq!(shown(wallet, &again, 7200, FULL + 700), day);
}

#[test]
fn the_newest_root_is_shown_where_the_hours_does_not_hold_the_credential_or_is_too_old() {
    let world = World::new();
    let (mut wallet, ledger) = held(&world, 1);
    world.heartbeat(FULL - 60);
    ledger.sync(wallet.positions(), FULL - 30).unwrap();
    grow(&world, 1, FULL + 10);
    ledger.sync(wallet.positions(), FULL + 20).unwrap();
    let newest = |ledger: &Ledger| ledger.view().root().unwrap();
    assert_ne!(shown(&wallet, &ledger, 7200, FULL + 30), newest(&ledger));
    // It was stated a minute before the hour, and twenty minutes are left for the counter.
    assert_ne!(shown(&wallet, &ledger, 7200, FULL + 4800 + 1140), newest(&ledger));
    assert_eq!(shown(&wallet, &ledger, 7200, FULL + 4800 + 1141), newest(&ledger));
    assert_eq!(shown(&wallet, &ledger, 7200, FULL + 7200), newest(&ledger), "two hours later it is too old");
    // Its credential is replaced: the new one was not there before the hour.
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 701, "level": "A"}));
    world.heartbeat(FULL + 100);
    ledger.sync(wallet.positions(), FULL + 110).unwrap();
    assert_eq!(shown(&wallet, &ledger, 86_400, FULL + 120), newest(&ledger));
    // From the next hour on it is.
    world.heartbeat(FULL + HOUR_S - 10);
    grow(&world, 2, FULL + HOUR_S + 1);
    ledger.sync(wallet.positions(), FULL + HOUR_S + 5).unwrap();
    assert_ne!(shown(&wallet, &ledger, 86_400, FULL + HOUR_S + 5), newest(&ledger));
}

#[test]
fn both_roots_are_prepared() {
    let world = World::new();
    let (wallet, ledger) = held(&world, 1);
    world.heartbeat(FULL - 60);
    ledger.sync(wallet.positions(), FULL - 30).unwrap();
    assert_eq!(wallet.witnesses(&ledger.view()).len(), 1);
    grow(&world, 1, FULL + 10);
    ledger.sync(wallet.positions(), FULL + 20).unwrap();
    assert_eq!(wallet.witnesses(&ledger.view()).len(), 2);
}

/// A busy hour at a ledger whose root changes every minute: sixteen wallets that sync every four to six minutes, as the
/// app does, each at moments of its own. How many roots they show at one counter visit each, today's way and this.
#[test]
fn how_many_wallets_share_a_root() {
    const WALLETS: u64 = 16;
    let world = World::new();
    let wallets: Vec<_> = (0..WALLETS).map(|number| held(&world, 20 + number as u8)).collect();
    world.heartbeat(FULL - 120);
    let sync = |(wallet, ledger): &(Wallet, Ledger), now| ledger.sync(wallet.positions(), now).unwrap();
    for wallet in &wallets {
        sync(wallet, FULL - 100);
    }
    let (mut newest, mut hourly) = (BTreeSet::new(), BTreeSet::new());
    let mut next: Vec<u64> = (0..WALLETS).map(|number| FULL + 5 + 37 * number % 300).collect();
    for second in (FULL..FULL + 3300).step_by(5) {
        if second % 60 == 0 {
            grow(&world, second, second);
        }
        for (number, (due, held)) in next.iter_mut().zip(&wallets).enumerate() {
            if *due <= second {
                sync(held, second);
                *due = second + 240 + (number as u64 * 53) % 120;
            }
            // Each goes to a counter once, at a time of its own.
            if second == FULL + 1500 + 100 * number as u64 {
                newest.insert(shown(&held.0, &held.1, 7199, second));
                hourly.insert(shown(&held.0, &held.1, 7200, second));
            }
        }
    }
    assert!(newest.len() as u64 >= WALLETS / 2, "{}: two wallets share a root, or none do", newest.len());
    assert_eq!(hourly.len(), 1, "all share one");
}
