//! A small city for tests: two departments, three citizens, policies, real keys and real proofs.

#![expect(clippy::unwrap_used, reason = "fixtures of tests: a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use circuits::Fr;
use circuits::credential::{Credential, DepartmentId, HolderSecrets, Validity};
use circuits::model::Model;
use circuits::opening::Opening;
use circuits::policy::{Catalogue, CheckedPolicy, CredentialQuery, Policy};
use circuits::samples;
use circuits::schema::{Schema, SchemaId};
use circuits::show::{Private, Public};
use circuits::tree::{Path, Position};
use circuits::{join, score};
use ledger::record::{Approval, Record};
use ledger::resource::Resource;
use ledger::samples::{MemoryLog, genesis, insecure_key, sign};
use ledger::source::{FetchError, Source};
use openid4vc::vp::{Format, KeyDigest, LinkedProof, Presentation, SYSTEM_ID, VpResponse, VpToken};
use rand::SeedableRng;
use rand::rngs::{OsRng, StdRng};
use serde_json::{Map, Value, json};

/// The tests' present, unix seconds.
pub const NOW: u64 = 1_760_000_000;
/// Who publishes the policies.
pub const PUBLISHER: &str = "credit.nanning";
const POLICE: &str = "gongan.nanning";
/// When the scopes have begun that the tests are not about.
const START: &str = "2025-01-01";

/// The two departments' schemas, and an additive model. The police says since when people have their secrets.
pub struct Schemas {
    by_id: BTreeMap<SchemaId, Schema>,
    points: Model,
    police: DepartmentId,
}

impl Schemas {
    /// All of them.
    pub fn all() -> Self {
        let schemas = [credit_schema(), identity_schema()];
        let by_id = schemas.into_iter().map(|schema| (schema.schema.clone(), schema)).collect();
        Self { by_id, points: points(), police: POLICE.parse().unwrap() }
    }
}

impl Catalogue for Schemas {
    fn person_authority(&self) -> Option<&DepartmentId> {
        Some(&self.police)
    }
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.by_id.get(id)
    }
    fn model(&self, id: &SchemaId) -> Option<&Model> {
        Some(&self.points).filter(|model| model.id() == id)
    }
}

fn text(text: &str) -> Value {
    json!({ "zh-CN": text, "en": text })
}

fn credit_schema() -> Schema {
    serde_json::from_value(json!({
        "schema": "credit-report/1", "title": text("Credit report"), "attributes": [
            { "name": "score", "type": "uint", "max": 2000, "title": text("Score") },
            { "name": "level", "type": "enum", "codes": { "A": 1, "B": 2, "C": 3 }, "title": text("Level") },
        ],
    }))
    .unwrap()
}

fn identity_schema() -> Schema {
    serde_json::from_value(json!({
        "schema": "identity/1", "title": text("Identity"), "attributes": [
            { "name": "birth_date", "type": "date", "title": text("Born") },
            { "name": "person_since", "type": "date", "title": text("Secret since") },
        ],
    }))
    .unwrap()
}

/// 100 points, 50 fewer below a score of 600, 80 more from 700 on; 10 more for level A, 5 fewer for level C.
fn points() -> Model {
    serde_json::from_value(json!({
        "model": "points/1", "kind": "additive", "schema": "credit-report/1", "title": text("Points"),
        "meaning": text("Test"), "base": 100, "scale": 1, "curves": {
            "score": { "edges": [0, 600, 700], "points": [-50, 0, 80] },
            "level": { "edges": [0, 2, 3], "points": [10, 0, -5] },
        },
    }))
    .unwrap()
}

/// Names of the policies that are on the [`Ledger`].
pub const POLICIES: [&str; 8] =
    ["fast-lane/1", "score/1", "easy/1", "survey/1", "permit/1", "visits/1", "later/1", "counted/1"];

/// The first second of the first day of `later/1`, which is the day after [`NOW`]; unix seconds.
pub const LATER: u64 = 1_760_025_600;

/// `fast-lane/1` asks for two credentials and reveals the level; `score/1` asks for a score of 650, `easy/1` for one of
/// 100; `survey/1` may be answered once, `permit/1` ten times without a link, `visits/1` ten times under one pseudonym.
/// `later/1` begins at [`LATER`], and [`PUBLISHER`]'s register counts `counted/1`. Nobody publishes `wide-permit/1`: it has
/// the scope of `permit/1` and eleven uses. `together/1` has a condition across both credentials, `turned/1` the same with the
/// credentials in the other order, `points/1` and `few-points/1` one on points, and `loan/1` all of it.
pub fn policy(id: &str) -> Policy {
    let adult = json!({ "id": "identity", "schema": "identity/1", "issuers": [POLICE],
        "require": { "attr": "birth_date", "op": "le", "value": { "today": "-18y" } } });
    let (pseudonym, credentials) = match id {
        "fast-lane/1" => (json!("session"), json!([score_of(650, &["level"]), adult])),
        "score/1" => (json!("session"), json!([score_of(650, &[])])),
        "easy/1" => (json!("session"), json!([score_of(100, &[])])),
        "survey/1" => (json!({ "scope": "survey-2026", "uses": 1, "start": START }), json!([adult])),
        "permit/1" => (json!({ "scope": "permit-2026", "uses": 10, "start": START }), json!([adult])),
        "wide-permit/1" => (json!({ "scope": "permit-2026", "uses": 11, "start": START }), json!([adult])),
        "visits/1" => {
            let visits = json!({ "scope": "visits-2026", "uses": 10, "start": START, "linkable": true });
            (visits, json!([adult]))
        }
        "later/1" => (json!({ "scope": "later-2026", "uses": 1, "start": "2025-10-10" }), json!([adult])),
        "counted/1" => {
            let counted =
                json!({ "scope": "counted-2026", "uses": 1, "start": START, "register": PUBLISHER });
            (counted, json!([adult]))
        }
        "together/1" | "points/1" | "few-points/1" | "loan/1" => {
            (json!("session"), json!([score_of(100, &[]), adult]))
        }
        "turned/1" => (json!("session"), json!([adult, score_of(100, &[])])),
        _ => panic!("no such policy"),
    };
    let mut policy = json!({
        "policy": id, "title": text(id), "purpose": text("Test"), "legal_basis": text("None"),
        "retention_days": 30, "pseudonym": pseudonym, "max_root_age_s": 3600, "credentials": credentials,
    });
    if ["together/1", "turned/1", "loan/1"].contains(&id) {
        let sum = json!({ "credit.score": 100, "identity.birth_date": -1 });
        policy["across"] = json!({ "sum": sum, "op": "ge", "value": 20_000 });
    }
    let points =
        |least: u64| json!({ "model": "points/1", "credential": "credit", "op": "ge", "value": least });
    match id {
        "points/1" => policy["models"] = json!([points(180)]),
        "few-points/1" => policy["models"] = json!([points(50)]),
        "loan/1" => policy["models"] = json!([points(180), points(100)]),
        _ => {}
    }
    serde_json::from_value(policy).unwrap()
}

fn score_of(least: u64, reveal: &[&str]) -> Value {
    json!({ "id": "credit", "schema": "credit-report/1", "issuers": [PUBLISHER], "reveal": reveal,
        "require": { "attr": "score", "op": "ge", "value": least } })
}

/// [`policy`], checked.
pub fn checked(id: &str) -> CheckedPolicy {
    policy(id).check(&Schemas::all()).map_err(|e| e.to_string()).unwrap_or_else(|e| panic!("{e}"))
}

/// [`PUBLISHER`].
pub fn publisher() -> DepartmentId {
    PUBLISHER.parse().unwrap()
}

/// A person with both credentials.
pub struct Citizen {
    /// The secrets of both credentials.
    pub secrets: HolderSecrets,
    /// The credit report.
    pub credit: Credential,
    /// The identity.
    pub identity: Credential,
}

impl Citizen {
    /// Born in 1990, with this score and level B, and never reset.
    pub fn new(seed: u64, score: u64) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed);
        let secrets = samples::secrets(rng);
        let credit = json!({ "score": score, "level": "B" });
        let identity = json!({ "birth_date": "1990-05-06", "person_since": "1970-01-01" });
        Self {
            credit: grant(&credit_schema(), PUBLISHER, &credit, &secrets, rng),
            identity: grant(&identity_schema(), POLICE, &identity, &secrets, rng),
            secrets,
        }
    }
    /// Somebody else, who was reset on this day.
    pub fn reset_on(seed: u64, day: &str) -> Self {
        let citizen = Self::new(seed, 700);
        let mut values = citizen.identity.values.to_json();
        values["person_since"] = json!(day);
        let values = identity_schema().values(&values).unwrap_or_else(|e| panic!("{e}"));
        Self { identity: Credential { values, ..citizen.identity.clone() }, ..citizen }
    }
    /// The same person with the secret of another device, and credentials of its own.
    #[must_use]
    pub fn on_another_device(&self, seed: u64) -> Self {
        let device = samples::secrets(&mut StdRng::seed_from_u64(seed)).device.clone();
        let secrets = HolderSecrets { device, person: self.secrets.person.clone() };
        let granted = |credential: &Credential| Credential {
            holder: secrets.holder(&credential.issuer, &credential.schema),
            ..credential.clone()
        };
        Self { credit: granted(&self.credit), identity: granted(&self.identity), secrets }
    }
    fn credential(&self, query: &CredentialQuery) -> &Credential {
        if query.schema == self.credit.schema { &self.credit } else { &self.identity }
    }
}

fn grant(
    schema: &Schema,
    issuer: &str,
    values: &Value,
    secrets: &HolderSecrets,
    rng: &mut StdRng,
) -> Credential {
    let issuer: DepartmentId = issuer.parse().unwrap();
    Credential {
        holder: secrets.holder(&issuer, &schema.schema),
        issuer,
        schema: schema.schema.clone(),
        validity: Validity { from: NOW - 86_400, until: NOW + 86_400 },
        salt: *samples::secrets(rng).device.expose(),
        document: None,
        values: schema.values(values.as_object().unwrap()).unwrap_or_else(|e| panic!("{e}")),
    }
}

/// The credential tree.
#[derive(Clone, Default)]
pub struct Tree(BTreeMap<Position, Fr>);

impl Tree {
    /// Both credentials of each citizen, in order.
    pub fn of(citizens: &[&Citizen]) -> Self {
        let leaves = citizens.iter().flat_map(|citizen| [citizen.credit.leaf(), citizen.identity.leaf()]);
        Self(leaves.enumerate().map(|(i, leaf)| (Position::new(i as u64).unwrap(), leaf)).collect())
    }
    /// The root.
    pub fn root(&self) -> Fr {
        let (position, leaf) = self.0.first_key_value().unwrap();
        samples::path(&self.0, *position).root(leaf)
    }
    fn path(&self, leaf: &Fr) -> Path {
        let (position, _) = self.0.iter().find(|(_, other)| *other == leaf).unwrap();
        samples::path(&self.0, *position)
    }
}

/// What a wallet takes from a request; tests change it to prove something else than was asked.
#[derive(Clone)]
pub struct Asking {
    /// The policy.
    pub policy: CheckedPolicy,
    /// Whose policy.
    pub publisher: DepartmentId,
    /// Of the session.
    pub context: Fr,
    /// Unix seconds.
    pub now: u64,
    /// Which of the citizen's pseudonyms.
    pub index: u16,
}

impl Asking {
    /// A true presentation of every credential; the policy's formula must hold.
    pub fn present(&self, citizen: &Citizen, tree: &Tree) -> VpToken {
        self.answer(citizen, tree).vp_token
    }

    /// All proofs of a true answer; all conditions of the policy must hold.
    pub fn answer(&self, citizen: &Citizen, tree: &Tree) -> VpResponse {
        self.answer_with(&self.openings(citizen), citizen, tree)
    }

    /// The same with these blinds.
    pub fn answer_with(
        &self,
        openings: &BTreeMap<&str, Opening>,
        citizen: &Citizen,
        tree: &Tree,
    ) -> VpResponse {
        let queries = &self.policy.policy().credentials;
        let show = |query: &CredentialQuery| {
            let opening = &openings[query.id.as_str()];
            (query.id.clone(), [self.show_opening(query, opening, citizen, tree)])
        };
        VpResponse {
            vp_token: VpToken(queries.iter().map(show).collect()),
            across: self.join(openings),
            models: self.scores(openings),
        }
    }

    /// A true presentation of one credential.
    pub fn show(&self, query: &CredentialQuery, citizen: &Citizen, tree: &Tree) -> Presentation {
        self.show_opening(query, &self.openings(citizen)[query.id.as_str()], citizen, tree)
    }

    /// Each credential with a new blind.
    pub fn openings(&self, citizen: &Citizen) -> BTreeMap<&str, Opening> {
        let queries = self.policy.policy().credentials.iter();
        let opening = |query| Opening {
            blind: *samples::secrets(&mut OsRng).device.expose(),
            credential: citizen.credential(query).clone(),
        };
        queries.map(|query| (query.id.as_str(), opening(query))).collect()
    }

    /// A true presentation of one credential under the link of its opening, where it has one.
    pub fn show_opening(
        &self,
        query: &CredentialQuery,
        opening: &Opening,
        citizen: &Citizen,
        tree: &Tree,
    ) -> Presentation {
        let credential = opening.credential.clone();
        let values = credential.values.to_json();
        let revealed: Map<String, Value> =
            query.reveal.iter().map(|name| (name.clone(), values[name].clone())).collect();
        let scope = self.policy.scope(&self.publisher, &self.context);
        let path = tree.path(&credential.leaf());
        let link = self.policy.is_linked(&query.id).then(|| opening.link());
        let public = Public {
            root: path.root(&credential.leaf()),
            now: self.now.into(),
            context: self.context,
            scope,
            linked: u64::from(link.is_some()).into(),
            nullifier: citizen.secrets.nullifier(&scope, self.index),
            link: link.unwrap_or_default(),
            rows: self.policy.rows(&query.id, self.now, &revealed).unwrap(),
        };
        let secrets = citizen.secrets.clone();
        let private = Private { secrets, index: self.index, blind: opening.blind, credential, path };
        let proof = prover::testing::prover().show.prove(&public, &private, &mut OsRng).unwrap();
        Presentation {
            format: Format::YongZkp,
            vct: query.schema.clone(),
            zk_system_id: SYSTEM_ID.to_owned(),
            key: KeyDigest(prover::testing::prover().show.verifying_key().digest()),
            root: public.root.into(),
            nullifier: public.nullifier.into(),
            link: link.map(Into::into),
            revealed,
            proof,
        }
    }

    /// The condition across credentials, about these.
    pub fn join(&self, openings: &BTreeMap<&str, Opening>) -> Option<LinkedProof> {
        let rows = self.policy.join_rows(self.now).unwrap()?;
        let joined: Vec<Opening> = self.policy.joined().iter().map(|id| openings[id].clone()).collect();
        let private = join::Private::padded(&joined).unwrap();
        let links = private.openings.each_ref().map(Opening::link);
        let public = join::Public { context: self.context, links, rows };
        let prover = &prover::testing::prover().join;
        let proof = prover.prove(&public, &private, &mut OsRng).unwrap();
        Some(LinkedProof { key: KeyDigest(prover.verifying_key().digest()), proof })
    }

    fn scores(&self, openings: &BTreeMap<&str, Opening>) -> Vec<LinkedProof> {
        let prover = &prover::testing::prover().score;
        let key = KeyDigest(prover.verifying_key().digest());
        let scores = self.policy.score_rows();
        scores
            .map(|(condition, rows)| {
                let opening = openings[condition.credential.as_str()].clone();
                let link = opening.link();
                let public = score::Public { context: self.context, link, rows: rows.clone() };
                let proof = prover.prove(&public, &score::Private { opening }, &mut OsRng).unwrap();
                LinkedProof { key, proof }
            })
            .collect()
    }
}

/// A ledger in memory that several threads read, and that can be cut off.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<(MemoryLog, Link)>>);

/// Whether the ledger can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It can.
    Up,
    /// It cannot.
    Cut,
}

impl Ledger {
    /// With schemas, policies and the test key, but no credentials.
    pub fn new() -> Self {
        let ledger = Self(Arc::new(Mutex::new((MemoryLog::new(Self::genesis()), Link::Up))));
        let schema = |schema: Schema, by: &str| {
            (json!({ "kind": "schema.publish", "id": schema.schema, "schema": schema }), by.to_owned())
        };
        let mut records = vec![schema(credit_schema(), PUBLISHER), schema(identity_schema(), POLICE)];
        for id in POLICIES {
            let record =
                json!({ "kind": "policy.publish", "id": format!("policy/{id}"), "policy": policy(id) });
            records.push((record, PUBLISHER.to_owned()));
        }
        records.push((key_record(), PUBLISHER.to_owned()));
        ledger.publish(&records, NOW - 600);
        ledger
    }
    /// Its genesis.
    pub fn genesis() -> ledger::genesis::Genesis {
        genesis(&[PUBLISHER, POLICE], 1).with_person_authority(POLICE.parse().unwrap()).unwrap()
    }
    /// Commits both credentials of each citizen, in order.
    pub fn commit(&self, citizens: &[&Citizen], time: u64) {
        let records: Vec<(Value, String)> = citizens
            .iter()
            .flat_map(|citizen| [&citizen.credit, &citizen.identity])
            .map(|credential| {
                let inner = ledger::record::Inner(credential.inner());
                let record = json!({ "kind": "credential.commit", "id": String::from(inner), "schema": credential.schema,
                    "inner": [inner] });
                (record, credential.issuer.to_string())
            })
            .collect();
        self.publish(&records, time);
    }
    /// Adds signed records: each with the department that signs.
    pub fn publish(&self, records: &[(Value, String)], time: u64) {
        let size = self.0.lock().unwrap().0.state().size();
        let entries: Vec<_> = records.iter().map(|(json, by)| sign(record(json, size), by)).collect();
        self.0.lock().unwrap().0.submit(&entries, time).map_err(|e| format!("{e:?}")).unwrap();
    }
    /// States a root though nothing has happened, as a node does every few minutes.
    pub fn heartbeat(&self, time: u64) {
        self.publish(&[], time);
    }
    /// Cuts the ledger off, or mends it.
    pub fn set(&self, link: Link) {
        self.0.lock().unwrap().1 = link;
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for Ledger {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        match &*self.0.lock().unwrap() {
            (log, Link::Up) => log.get(resource, limit),
            (_, Link::Cut) => Err(FetchError::Unreachable("cut off".into())),
        }
    }
}

fn key_record() -> Value {
    let key = &prover::testing::prover().show;
    json!({
        "kind": "key.publish", "id": "key/show-2", "circuit": "show", "version": 2,
        "vk": key.verifying_key().to_json(),
        "vk_digest": ledger::digest::Digest::from_bytes(key.verifying_key().digest()),
        "proving_key_digest": ledger::digest::Digest::of(b"not fetched here"),
        "development": true, "approvals": [],
    })
}

/// A record from its JSON, approved by the publisher where that is needed, for a log of this size.
fn record(json: &Value, size: u64) -> Record {
    let mut record: Record = serde_json::from_value(json.clone()).unwrap();
    if json.get("approvals").is_some() {
        record.bind(ledger::samples::terms(size));
        let approval =
            Approval::sign(&ledger::samples::origin(), &record, publisher(), &insecure_key(PUBLISHER))
                .unwrap();
        record.approve(approval);
    }
    record
}
