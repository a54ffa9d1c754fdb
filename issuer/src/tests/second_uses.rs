//! Nobody uses a scope twice: whatever people do with their secrets and the desk with its records, before the first day of
//! the scope and after it.
//!
//! The desk, its records and the ledger are real. What a wallet proves is looked at in the plain: a credential that was in
//! force no longer ago than the policy accepts a root, values that the policy's evaluator accepts, and a pseudonym that the
//! register has not seen. `ATTEMPTS=10000` makes as many attempts; without it there are some hundred.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use circuits::Fr;
use circuits::credential::Scope;
use circuits::policy::{CLOCKS_DIFFER_S, CheckedPolicy, Policy, Verdict};
use circuits::schema::Values;
use openid4vc::vci::IssuedCredential;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::world::{
    GONGAN, NOW, OTHER, PERSON, Wallet, World, id, identity_row, import, person, receive, token_to,
};
use crate::admin::Enrolment;
use crate::store::credentials;

const SCHEMA: &str = "identity/1";
const DAY_S: u64 = 86_400;
/// Seconds for which a root is accepted, in each of the scopes.
const ROOT_AGES: [u64; 4] = [3_600, DAY_S, 5 * DAY_S, 31 * DAY_S];

/// A named scope with its register.
struct Counted {
    policy: CheckedPolicy,
    scope: Scope,
    root_age: u64,
    register: BTreeSet<Fr>,
    uses: BTreeMap<&'static str, usize>,
}

/// A credential with the secrets that it is bound to.
struct Held {
    of: &'static str,
    wallet: Wallet,
    values: Values,
    /// Unix seconds; `None` while it is in force.
    ended: Option<u64>,
}

struct Walk {
    world: World,
    rng: StdRng,
    scopes: Vec<Counted>,
    /// Everything that was ever issued.
    held: Vec<Held>,
    /// The number of the person secret that each has now.
    secrets: BTreeMap<&'static str, u64>,
    /// Seeds of secrets and devices that nobody has had yet.
    fresh: u64,
    attempts: usize,
    accepted: usize,
}

/// How the register's side looks at an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// As a policy does.
    WhoseSecretIsOld,
    /// Without the condition on `person_since`, to see that something else would go wrong.
    Anybody,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let world = World::new();
        let scopes = (0..).zip(ROOT_AGES).map(|(i, root_age)| scope(&world, i, root_age)).collect();
        let mut walk = Self {
            world,
            rng: StdRng::seed_from_u64(seed),
            scopes,
            held: Vec::new(),
            secrets: BTreeMap::new(),
            fresh: seed << 32,
            attempts: 0,
            accepted: 0,
        };
        for number in [PERSON, OTHER] {
            import(&walk.world.gongan, SCHEMA, &identity_row(number));
            walk.secrets.insert(number, walk.fresh);
            walk.fresh += 1;
            walk.enrol(number);
        }
        walk
    }

    fn step(&mut self, asks: Asks) {
        let number = if self.rng.gen_bool(0.8) { PERSON } else { OTHER };
        match self.rng.gen_range(0..12) {
            0 | 1 => self.enrol(number),
            2 | 3 => self.reset(number),
            4 => self.correct(number),
            5 => self.try_the_others(number),
            6..=8 => self.pass(),
            _ => {}
        }
        self.look();
        self.attempt(asks);
    }

    /// The phrase restored, a recovery, a second device: the same person secret with another device secret.
    fn enrol(&mut self, number: &'static str) {
        let wallet = Wallet::new(self.secrets[number]).another_device(self.fresh);
        self.fresh += 1;
        let enrolment = if self.rng.gen_bool(0.5) { Enrolment::Add } else { Enrolment::ReplaceAll };
        if let Some(issued) = self.ask(number, &wallet, enrolment) {
            let values = wallet.open(&self.world.gongan, &issued).values;
            self.held.push(Held { of: number, wallet, values, ended: None });
        }
    }

    /// What was issued ends, and a new secret comes with the next enrolment, in this step or a later one.
    fn reset(&mut self, number: &'static str) {
        self.world.gongan.reset(&id(SCHEMA), &person(number), "lost.phrase").unwrap();
        self.secrets.insert(number, self.fresh);
        self.fresh += 1;
        self.look();
        if self.rng.gen_bool(0.7) {
            self.enrol(number);
        }
    }

    /// Every device of the person gets another credential, of the same person since the same day.
    fn correct(&mut self, number: &'static str) {
        let set = [("name".to_owned(), format!("侯{}", self.rng.gen_range(0..9)))].into();
        let _ = self.world.gongan.correct(&id(SCHEMA), &person(number), &set, "data.error");
    }

    /// Somebody else's secret is refused.
    fn try_the_others(&mut self, number: &'static str) {
        let other = if number == PERSON { OTHER } else { PERSON };
        // A secret that nobody has enrolled with yet is whoever's comes first.
        if self.held.iter().all(|held| held.of != other || held.ended.is_some()) {
            return;
        }
        let shared = Wallet::new(self.secrets[other]).another_device(self.fresh);
        self.fresh += 1;
        assert!(self.ask(number, &shared, Enrolment::ReplaceAll).is_none(), "one secret of two people");
    }

    fn pass(&mut self) {
        self.world.pass(self.rng.gen_range(0..3 * DAY_S / 2));
        self.world.ledger.heartbeat();
        self.world.gongan.sync().unwrap();
    }

    /// Some credential that anybody ever held, shown for a scope.
    fn attempt(&mut self, asks: Asks) {
        let now = self.world.clock.clock().now();
        let which = self.rng.gen_range(0..self.held.len());
        let held = &self.held[which];
        for counted in &mut self.scopes {
            self.attempts += 1;
            let by = now.saturating_sub(counted.root_age + CLOCKS_DIFFER_S);
            let is_provable = held.ended.is_none_or(|ended| ended >= by);
            let says = counted.policy.evaluate("identity", now, &held.values).unwrap();
            let is_satisfied = asks == Asks::Anybody || says == Verdict::Holds;
            let has_begun = counted.policy.check_start(now).is_ok();
            let is_accepted = is_provable && is_satisfied && has_begun;
            if is_accepted && counted.register.insert(held.wallet.use_of(&counted.scope)) {
                *counted.uses.entry(held.of).or_default() += 1;
                self.accepted += 1;
            }
        }
    }

    /// Comes with an offer and an `enroll` proof; `None` if the desk refuses.
    fn ask(&self, number: &str, wallet: &Wallet, enrolment: Enrolment) -> Option<IssuedCredential> {
        let issuer = &self.world.gongan;
        let token = token_to(issuer, SCHEMA, number, enrolment);
        receive(issuer, &token, &wallet.enroll(issuer, SCHEMA, &issuer.nonce())).ok()
    }

    /// Notes which devices have ended. What a device held before its newest credential counts until then, which is longer
    /// than the ledger has it.
    fn look(&mut self) {
        let now = self.world.clock.clock().now();
        let issuer = &self.world.gongan;
        let store = issuer.store_for_tests();
        for held in self.held.iter_mut().filter(|held| held.ended.is_none()) {
            let in_force = credentials::in_force(store.read(), &person(held.of), &id(SCHEMA)).unwrap();
            let holder = held.wallet.holder(issuer, SCHEMA);
            if in_force.iter().all(|known| known.holder != holder) {
                held.ended = Some(now);
            }
        }
    }

    fn most_uses(&self) -> usize {
        self.scopes.iter().flat_map(|counted| counted.uses.values()).copied().max().unwrap_or(0)
    }
}

/// A scope that begins some days after the walk does.
fn scope(world: &World, number: u64, root_age: u64) -> Counted {
    let first = service::civil_time::day(NOW + (8 + number) * DAY_S);
    let text = json!({"zh-CN": "问卷", "en": "Survey"});
    let name = format!("survey-{number}");
    let policy = json!({
        "policy": format!("{name}/1"), "title": text, "purpose": text, "legal_basis": text, "retention_days": 1,
        "pseudonym": {"scope": name, "uses": 1, "start": first}, "max_root_age_s": root_age,
        "credentials": [{"id": "identity", "schema": SCHEMA, "issuers": [GONGAN]}],
    });
    let policy: Policy = serde_json::from_value(policy).unwrap();
    let policy = policy.check(&world.gongan.registry()).unwrap();
    let scope = Scope::named(&name, &GONGAN.parse().unwrap(), NonZeroU16::MIN);
    Counted { policy, scope, root_age, register: BTreeSet::new(), uses: BTreeMap::new() }
}

fn attempts() -> usize {
    std::env::var("ATTEMPTS").map_or(600, |number| number.parse().expect("a number of attempts"))
}

#[test]
fn nobody_uses_a_scope_twice() {
    let (mut attempts, mut accepted) = (0, 0);
    for seed in 0.. {
        let mut walk = Walk::new(seed);
        for _ in 0..50 {
            walk.step(Asks::WhoseSecretIsOld);
            assert!(walk.most_uses() <= 1, "a second use, in walk {seed}");
        }
        attempts += walk.attempts;
        accepted += walk.accepted;
        if attempts >= self::attempts() {
            break;
        }
    }
    assert!(accepted > 0, "nobody used any scope at all");
    eprintln!("{attempts} attempts, {accepted} uses, no second one");
}

/// The walks do find second uses where a policy does not ask since when the secret is used.
#[test]
fn without_the_condition_there_are_second_uses() {
    let has_second_use = |seed| {
        let mut walk = Walk::new(seed);
        (0..50).for_each(|_| walk.step(Asks::Anybody));
        walk.most_uses() > 1
    };
    assert!((0..20).any(has_second_use));
}
