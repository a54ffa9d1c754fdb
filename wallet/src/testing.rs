//! Test doubles: a ledger in memory with two departments, and a server that says what a test tells it to.

mod server;

use std::sync::{Arc, Mutex};

use circuits::credential::{Credential, DepartmentId, Validity};
use circuits::show;
use circuits::tree::Position;
use ledger::genesis::Genesis;
use ledger::record::{
    Approval, BundleId, CredentialCommit, Entry, HpkePublicKey, Inner, Record, key_document,
};
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog, insecure_key};
use ledger::source::{FetchError, Source};
use prover::key::file_digest;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use url::Url;

pub(crate) use server::{Heard, Server};

use crate::followed::Ledger;
use crate::held::Held;
use crate::phrase::Phrase;
use crate::wallet::Wallet;

/// The time of all tests, unix seconds.
pub(crate) const NOW: u64 = 1_800_000_000;
/// Grants identities.
pub(crate) const POLICE: &str = "gongan.nanning";
/// Grants credit reports and publishes policies.
pub(crate) const CREDIT: &str = "credit.nanning";

/// A ledger in memory that test and wallet share.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<MemoryLog>>, u64);

impl World {
    /// Two departments, two schemas, a policy over each, three with named scopes, and the keys.
    pub(crate) fn new() -> Self {
        Self::with_desk(None)
    }

    /// The same, whose last statement is of `time` (unix seconds).
    pub(crate) fn stated_at(time: u64) -> Self {
        Self::founded(None, None, time)
    }

    /// The police's desk is at this address.
    pub(crate) fn with_desk(desk: Option<Url>) -> Self {
        Self::founded(desk, None, NOW)
    }

    /// Where the desks of the police and of the credit bureau are.
    pub(crate) fn with_desks(police_desk: Option<Url>, credit_desk: Option<Url>) -> Self {
        Self::founded(police_desk, credit_desk, NOW)
    }

    /// States a root at `time` (unix seconds) though nothing has happened.
    pub(crate) fn heartbeat(&self, time: u64) {
        self.log(|log| log.heartbeat(time));
    }

    fn founded(police_desk: Option<Url>, credit_desk: Option<Url>, time: u64) -> Self {
        let mut police = samples::department(POLICE);
        police.desk = police_desk;
        let mut bureau = samples::department(CREDIT);
        bureau.desk = credit_desk;
        let departments = vec![police, bureau];
        let origin = "ledger.test/1".parse().unwrap();
        let genesis = Genesis::new(origin, insecure_key("ledger.test/1").public(), departments, 1).unwrap();
        let world = Self(Arc::new(Mutex::new(MemoryLog::new(genesis))), time);
        world.publish(
            POLICE,
            schema(
                "identity/1",
                &json!([
            {"name": "id_number", "type": "text", "title": samples::localized("number")},
            {"name": "birth_date", "type": "date", "title": samples::localized("birth date")}]),
            ),
        );
        world.publish(CREDIT, given_for_identity("credit-report/1", &json!([
            {"name": "score", "type": "uint", "max": 1000, "title": samples::localized("score"), "optional": true},
            {"name": "level", "type": "enum", "codes": {"A": 1, "B": 2}, "title": samples::localized("level")}])));
        world.publish(
            CREDIT,
            policy("fast-lane/1", &json!("session"), &json!([credit(&json!([])), identity()])),
        );
        world.publish(CREDIT, policy("level/1", &json!("session"), &json!([credit(&json!(["level"]))])));
        world.publish(
            CREDIT,
            policy("survey/1", &json!({"scope": "survey", "uses": 1}), &json!([identity()])),
        );
        world.publish(
            CREDIT,
            policy("permit/1", &json!({"scope": "permit", "uses": 10}), &json!([identity()])),
        );
        let visits = json!({"scope": "visits", "uses": 3, "linkable": true});
        world.publish(CREDIT, policy("visits/1", &visits, &json!([identity()])));
        let show = prover::testing::prover().show.verifying_key().to_json();
        world.publish_key(show::NAME, show::VERSION, &show);
        let enroll = prover::testing::prover().enroll.verifying_key().to_json();
        world.publish_key(circuits::enroll::NAME, circuits::enroll::VERSION, &enroll);
        world
    }

    /// A ledger whose genesis names the police as the person authority. The scope of `later/1` begins on the day after [`NOW`],
    /// that of `begun/1` on the day itself; `identity/1` says only since when the person has their secret.
    pub(crate) fn with_person_authority() -> Self {
        let departments = vec![samples::department(POLICE), samples::department(CREDIT)];
        let origin = "ledger.test/1".parse().unwrap();
        let genesis = Genesis::new(origin, insecure_key("ledger.test/1").public(), departments, 1).unwrap();
        let genesis = genesis.with_person_authority(POLICE.parse().unwrap()).unwrap();
        let world = Self(Arc::new(Mutex::new(MemoryLog::new(genesis))), NOW);
        let since = json!([{"name": "person_since", "type": "date", "title": samples::localized("since")}]);
        world.publish(POLICE, schema("identity/1", &since));
        for (id, start) in [("later", "2027-01-16"), ("begun", "2027-01-15")] {
            let scope = json!({"scope": id, "uses": 1, "start": start});
            let asked = json!([{"id": "identity", "schema": "identity/1", "issuers": [POLICE]}]);
            world.publish(CREDIT, policy(&format!("{id}/1"), &scope, &asked));
        }
        let show = prover::testing::prover().show.verifying_key().to_json();
        world.publish_key(show::NAME, show::VERSION, &show);
        world
    }

    /// A ledger whose person authority is the police, with a desk at this address, beside the credit bureau and these others;
    /// `identity/1` is the police's, and the key of `enroll` is published.
    pub(crate) fn with_authority_at(desk: &Url, others: &[&str]) -> Self {
        let mut police = samples::department(POLICE);
        police.desk = Some(desk.clone());
        let mut departments = vec![police, samples::department(CREDIT)];
        departments.extend(others.iter().map(|id| samples::department(id)));
        let genesis =
            Genesis::new(samples::origin(), insecure_key("ledger.test/1").public(), departments, 1).unwrap();
        let genesis = genesis.with_person_authority(POLICE.parse().unwrap()).unwrap();
        let world = Self(Arc::new(Mutex::new(MemoryLog::new(genesis))), NOW);
        let number = json!([
            {"name": "id_number", "type": "text", "title": samples::localized("number")},
            {"name": "birth_date", "type": "date", "title": samples::localized("birth date")}]);
        world.publish(POLICE, schema("identity/1", &number));
        let enroll = prover::testing::prover().enroll.verifying_key().to_json();
        world.publish_key(circuits::enroll::NAME, circuits::enroll::VERSION, &enroll);
        world
    }

    /// A department keeps shares under this key, at this address.
    pub(crate) fn publish_trustee(&self, department: &str, key: &HpkePublicKey, url: &Url) {
        let id = format!("trustee/{}", self.size());
        let record = json!({"kind": "trustee.publish", "id": id, "key": key, "url": url});
        self.publish(department, samples::record(record));
    }

    /// The police and the credit bureau ask that the shares of this bundle be given to this key.
    pub(crate) fn request_recovery(&self, bundle: &BundleId, key: &HpkePublicKey) {
        let size = self.size();
        let mut record = samples::record(json!({
            "kind": "recovery.request", "id": format!("recovery/{size}"), "bundle": bundle,
            "key_digest": key.digest(), "desk": POLICE, "time": self.1, "approvals": []}));
        record.bind(samples::terms(size));
        let second = CREDIT.parse().unwrap();
        let approval = Approval::sign(&samples::origin(), &record, second, &insecure_key(CREDIT)).unwrap();
        record.approve(approval);
        self.publish_at(samples::sign(record, POLICE), self.1);
    }

    /// `counted/1`, whose uses the credit bureau's register counts.
    pub(crate) fn publish_counted(&self) {
        let scope = json!({"scope": "counted", "uses": 1, "register": CREDIT});
        self.publish(CREDIT, policy("counted/1", &scope, &json!([identity()])));
    }

    /// The verifier is the credit bureau's register until a minute after [`NOW`].
    pub(crate) fn publish_register(&self, client_id: &str) {
        let record = samples::verifier("register", client_id, "Register", NOW + 60);
        let mut json = serde_json::to_value(record).unwrap();
        json["register"] = json!(CREDIT);
        self.publish(CREDIT, samples::record(json));
    }

    /// An income credential, a published model over credit reports, and `loan/1`: income, credit report and identity, whose
    /// conditions are about the three together and about the score. The keys of the two circuits are not published.
    pub(crate) fn publish_loan_without_keys(&self) {
        let income = json!([
            {"name": "monthly", "type": "uint", "max": 100_000, "title": samples::localized("monthly income")},
            {"name": "owner", "type": "text", "title": samples::localized("number of the earner")}]);
        self.publish(CREDIT, given_for_identity("income/1", &income));
        self.publish(
            CREDIT,
            samples::record(json!({"kind": "model.publish", "id": "points/1", "model": {
                "model": "points/1", "kind": "additive", "schema": "credit-report/1",
                "title": samples::localized("Points of 2026"), "meaning": samples::localized("fitted by hand"),
                "base": 5000, "scale": 10, "curves": {
                    "score": {"edges": [0, 500, 700], "points": [-400, 400, 1000], "absent": -500},
                    "level": {"edges": [0, 2], "points": [305, 0]}}}})),
        );
        self.publish(CREDIT, loan());
    }

    /// The same with the keys.
    pub(crate) fn publish_loan(&self) {
        self.publish_loan_without_keys();
        let prover = prover::testing::prover();
        let join = prover.join.verifying_key().to_json();
        self.publish_key(circuits::join::NAME, circuits::join::VERSION, &join);
        let score = prover.score.verifying_key().to_json();
        self.publish_key(circuits::score::NAME, circuits::score::VERSION, &score);
    }

    /// A handle of the wallet's, already synced.
    pub(crate) fn ledger(&self) -> Ledger {
        let ledger = Ledger::new(Box::new(self.clone()), self.genesis(), None);
        ledger.accept_development_keys();
        ledger.reach_local_services();
        ledger.sync([], NOW).unwrap();
        ledger
    }

    /// What a wallet of this ledger trusts.
    pub(crate) fn genesis(&self) -> Genesis {
        self.log(|log| log.state().registry().genesis().clone())
    }

    /// Appends a department's record.
    pub(crate) fn publish(&self, department: &str, record: Record) -> u64 {
        let entry = if record.is_governance() {
            approved(record, department, self.size())
        } else {
            samples::sign(record, department)
        };
        self.publish_at(entry, self.1)
    }

    /// Entries of the log.
    pub(crate) fn size(&self) -> u64 {
        self.log(|log| log.state().size())
    }

    /// Appends an entry at `time` (unix seconds).
    pub(crate) fn publish_at(&self, entry: Entry, time: u64) -> u64 {
        self.log(|log| log.submit(&[entry], time).unwrap()[0].index)
    }

    /// Commits a credential of this holder, without giving it.
    pub(crate) fn commit(&self, wallet: &Wallet, issuer: &str, schema: &str, values: &Value) -> Held {
        let (issuer, schema): (DepartmentId, circuits::schema::SchemaId) =
            (issuer.parse().unwrap(), schema.parse().unwrap());
        let published =
            self.log(|log| log.state().registry().published_schema(&schema).unwrap().item.clone());
        let credential = Credential {
            holder: wallet.secrets().holder(&issuer, &schema),
            issuer: issuer.clone(),
            schema: schema.clone(),
            validity: Validity { from: NOW - 1000, until: NOW + 1000 },
            salt: 7u64.into(),
            document: None,
            values: published.values(values.as_object().unwrap()).unwrap(),
        };
        let id = format!("commit/{}", self.log(|log| log.state().size())).parse().unwrap();
        let record = Record::Commit(CredentialCommit { id, schema, inner: vec![Inner(credential.inner())] });
        let entry = samples::sign(record, issuer.as_str());
        let accepted = self.log(|log| log.submit(&[entry], self.1).unwrap()[0]);
        let position = accepted.first_position.unwrap();
        Held { credential, schema: published, position, entry: accepted.index, received: NOW }
    }

    /// Commits a credential and puts it in the wallet.
    pub(crate) fn grant(&self, wallet: &mut Wallet, issuer: &str, schema: &str, values: &Value) -> Position {
        let held = self.commit(wallet, issuer, schema, values);
        let position = held.position;
        wallet.keep(held);
        position
    }

    /// Requests of the wallet since the last call.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        self.log(|log| log.take_requests())
    }

    fn log<T>(&self, f: impl FnOnce(&mut MemoryLog) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// A newer key of `show` from a ceremony, whose file nobody has, valid from `NOW`.
    pub(crate) fn publish_key_without_file(&self) {
        let mut vk = prover::testing::prover().show.verifying_key().to_json();
        // Any sound point in another's place makes another key.
        vk["IC"][0] = vk["IC"][1].clone();
        self.log(|log| {
            let record = key_record("newer", show::NAME, show::VERSION, &vk, &[0; 32]);
            let dated = json!({"valid_from": NOW, "development": false});
            let mut record = serde_json::to_value(record).unwrap();
            record.as_object_mut().unwrap().extend(dated.as_object().unwrap().clone());
            let size = log.state().size();
            log.submit(&[approved(samples::record(record), POLICE, size)], NOW).unwrap();
        });
    }

    /// The end of the key of `show`.
    pub(crate) fn retire_key(&self, at: u64) {
        let digest = prover::testing::prover().show.verifying_key().digest();
        let record = json!({"kind": "key.retire", "id": "retire", "vk_digest": hex::encode(digest), "retire_at": at,
            "reason": "planned", "approvals": []});
        self.publish(POLICE, samples::record(record));
    }

    fn publish_key(&self, circuit: &str, version: u32, vk: &Value) {
        let file = format!("{circuit}-{version}.key");
        let bytes = std::fs::read(prover::testing::keys_dir().join(file)).unwrap();
        let record = key_record(&format!("key/{circuit}"), circuit, version, vk, &file_digest(&bytes));
        self.log(|log| log.add_blob(bytes));
        self.publish(POLICE, record);
    }
}

impl Source for World {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        self.log(|log| log.get(resource, limit))
    }
}

/// A wallet of its own for every number.
pub(crate) fn wallet(number: u8) -> Wallet {
    Wallet::new(Phrase::from_entropy(&[number; 32]))
}

/// A wallet that satisfies `fast-lane/1`, and its synced ledger.
pub(crate) fn citizen(world: &World) -> (Wallet, Ledger) {
    let mut wallet = wallet(1);
    world.grant(
        &mut wallet,
        POLICE,
        "identity/1",
        &json!({"id_number": "450199", "birth_date": "1990-01-01"}),
    );
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 700, "level": "A"}));
    let ledger = world.ledger();
    ledger.sync(wallet.positions(), NOW).unwrap();
    (wallet, ledger)
}

/// A wallet that satisfies `loan/1`, and its synced ledger.
pub(crate) fn borrower(world: &World) -> (Wallet, Ledger) {
    let (mut wallet, ledger) = citizen(world);
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 9000, "owner": "450199"}));
    ledger.sync(wallet.positions(), NOW).unwrap();
    (wallet, ledger)
}

/// Randomness of a test.
pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn schema(id: &str, attributes: &Value) -> Record {
    samples::record(json!({"kind": "schema.publish", "id": id,
        "schema": {"schema": id, "title": samples::localized(id), "attributes": attributes}}))
}

/// A schema whose credentials are given to whoever shows the police's identity credential.
fn given_for_identity(id: &str, attributes: &Value) -> Record {
    samples::record(json!({"kind": "schema.publish", "id": id, "schema": {
        "schema": id, "title": samples::localized(id), "attributes": attributes,
        "identity": {"schema": "identity/1", "issuers": [POLICE]}}}))
}

fn policy(id: &str, pseudonym: &Value, credentials: &Value) -> Record {
    samples::record(policy_json(id, pseudonym, credentials))
}

fn policy_json(id: &str, pseudonym: &Value, credentials: &Value) -> Value {
    json!({"kind": "policy.publish", "id": id, "policy": {
        "policy": id, "title": samples::localized("matter"), "purpose": samples::localized("housing"),
        "legal_basis": samples::localized("article 7"), "retention_days": 30, "pseudonym": pseudonym,
        "max_root_age_s": 600, "credentials": credentials}})
}

/// Ten times the credit score is at most the income, income and identity are of one person, and the score is 600.
fn loan() -> Record {
    let income = json!({"id": "income", "schema": "income/1", "issuers": [CREDIT]});
    let credentials = json!([income, credit(&json!([])), identity()]);
    let mut json = policy_json("loan/1", &json!("session"), &credentials);
    json["policy"]["across"] = json!({"all": [
        {"sum": {"income.monthly": 1, "credit.score": -10}, "op": "ge", "value": 0},
        {"sum": {"income.owner": 1, "identity.id_number": -1}, "op": "eq", "value": 0}]});
    json["policy"]["models"] =
        json!([{"model": "points/1", "credential": "credit", "op": "ge", "value": 600}]);
    samples::record(json)
}

fn credit(reveal: &Value) -> Value {
    json!({"id": "credit", "schema": "credit-report/1", "issuers": [CREDIT], "reveal": reveal,
        "require": {"attr": "score", "op": "ge", "value": 500}})
}

fn identity() -> Value {
    json!({"id": "identity", "schema": "identity/1", "issuers": [POLICE],
        "require": {"attr": "birth_date", "op": "le", "value": {"today": "-18y"}}})
}

fn key_record(id: &str, circuit: &str, version: u32, vk: &Value, file: &[u8; 32]) -> Record {
    let vk = groth16::VerifyingKey::from_json(vk).unwrap();
    samples::record(json!({"kind": "key.publish", "id": id, "circuit": circuit, "version": version,
        "vk": key_document(&vk), "vk_digest": hex::encode(vk.digest()), "proving_key_digest": hex::encode(file), "development": true,
        "approvals": []}))
}

/// Approved by the department alone, for the log as it is.
fn approved(mut record: Record, department: &str, size: u64) -> Entry {
    record.bind(samples::terms(size));
    samples::sign_approved(record, &[department])
}
