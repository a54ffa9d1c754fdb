//! Two departments, a ledger that can fail, a clock that stands still, and a citizen's wallet.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use circuits::credential::{Credential, HolderSecrets, Scope};
use circuits::policy::Catalogue as _;
use circuits::schema::SchemaId;
use circuits::tree::Position;
use circuits::{Fr, enroll, show};
use ledger::client::{Accepted, SubmitError};
use ledger::genesis::Genesis;
use ledger::record::{BundleId, Entry, encode_batch};
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog, insecure_key};
use ledger::source::{FetchError, Source};
use openid4vc::handover;
use openid4vc::vci::{
    CredentialRequest, EnrollProof, IDENTITY_QUERY, IdentityProof, IssuedCredential, PERSON_ATTRIBUTE,
    Proofs, Secret, TokenRequest, identity_policy,
};
use rand::SeedableRng as _;
use rand::rngs::{OsRng, StdRng};
use serde_json::json;
use service::clock::ManualClock;
use trustee::wire::BundleNotice;

use crate::admin::{Enrolment, Row, RowOutcome};
use crate::config::{Binding, Config, Grantable};
use crate::issuer::{CredentialError, Issuer, Ledger};
use crate::person::{IdNumbers, PersonId};

pub(super) const NOW: u64 = 1_790_000_000;
pub(super) const GONGAN: &str = "gongan.nanning";
pub(super) const CREDIT: &str = "credit.nanning";
/// Has no desk here.
pub(super) const TAX: &str = "tax.nanning";
pub(super) const PERSON: &str = "450199199609118925";
pub(super) const OTHER: &str = "450199196808080997";

/// What happens to the next submission.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum InjectedFault {
    None,
    /// It is lost, and so is the answer.
    Lost,
    /// It lands, and only the answer is lost.
    LandedButLost,
    /// The node refuses it.
    Refused,
}

/// A node in memory: idempotent like a real one, and it fails when told to.
pub(super) struct TestLedger {
    log: Mutex<MemoryLog>,
    answered: Mutex<Vec<(Vec<u8>, Vec<Accepted>)>>,
    fault: Mutex<InjectedFault>,
    pub(super) submitted: Mutex<Vec<Vec<u8>>>,
    clock: ManualClock,
}

impl TestLedger {
    pub(super) fn fail_next(&self, fault: InjectedFault) {
        *self.fault.lock().unwrap() = fault;
    }
    /// Leaves in the tree, removed ones included, and how many of them are removed.
    pub(super) fn leaves(&self) -> (u64, usize) {
        let log = self.log.lock().unwrap();
        let tree = log.state().credentials();
        let empty = |p: &u64| tree.leaf(Position::new(*p).unwrap()) == Some(&Fr::from(0u64));
        (tree.len(), (0..tree.len()).filter(empty).count())
    }
    pub(super) fn leaf(&self, position: Position) -> Fr {
        *self.log.lock().unwrap().state().credentials().leaf(position).unwrap()
    }
    pub(super) fn with_log<T>(&self, read: impl FnOnce(&MemoryLog) -> T) -> T {
        read(&self.log.lock().unwrap())
    }
    pub(super) fn append(&self, entry: Entry) {
        let time = self.clock.clock().now();
        self.log.lock().unwrap().submit(&[entry], time).map_err(|(_, e)| e.to_string()).unwrap();
    }
    /// States a root though nothing has happened, as a node does every few minutes.
    pub(super) fn heartbeat(&self) {
        self.log.lock().unwrap().heartbeat(self.clock.clock().now());
    }
    fn land(&self, entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError> {
        let bytes = encode_batch(entries);
        let mut answered = self.answered.lock().unwrap();
        if let Some((_, first)) = answered.iter().find(|(known, _)| *known == bytes) {
            return Ok(first.clone());
        }
        let time = self.clock.clock().now();
        let accepted = self.log.lock().unwrap().submit(entries, time);
        let accepted = accepted.map_err(|(at, error)| SubmitError::Refused {
            status: 422,
            code: error.code().to_owned(),
            message: samples::localized(&error.to_string()),
            entry: Some(at),
        })?;
        answered.push((bytes, accepted.clone()));
        Ok(accepted)
    }
}

impl Source for TestLedger {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        self.log.lock().unwrap().get(resource, limit)
    }
}

impl Ledger for Arc<TestLedger> {
    fn submit(&self, entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError> {
        self.submitted.lock().unwrap().push(encode_batch(entries));
        let lost = || Err(FetchError::Unreachable("test".to_owned()).into());
        match std::mem::replace(&mut *self.fault.lock().unwrap(), InjectedFault::None) {
            InjectedFault::None => self.land(entries),
            InjectedFault::Lost => lost(),
            InjectedFault::LandedButLost => {
                self.land(entries).unwrap();
                lost()
            }
            InjectedFault::Refused => Err(SubmitError::Refused {
                status: 422,
                code: "test_rule".to_owned(),
                message: samples::localized("a rule"),
                entry: None,
            }),
        }
    }
}

/// The whole world of a test.
pub(super) struct World {
    pub(super) ledger: Arc<TestLedger>,
    pub(super) clock: ManualClock,
    pub(super) gongan: Arc<Issuer>,
    pub(super) credit: Arc<Issuer>,
    folder: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(NOW);
        let ledger = Arc::new(founded(clock.clone()));
        let open = |config: Config| {
            let issuer = Issuer::with(config, Box::new(ledger.clone()), clock.clock()).unwrap();
            issuer.sync().unwrap();
            Arc::new(issuer)
        };
        let gongan = open(config(folder.path(), GONGAN, "identity/1", Binding::Enroll, 7_002));
        let binding = Binding::Identity { schema: id("identity/1"), issuers: vec![GONGAN.parse().unwrap()] };
        let credit = open(config(folder.path(), CREDIT, "credit-report/1", binding, 7_012));
        Self { clock: clock.clone(), gongan, credit, ledger: ledger.clone(), folder }
    }

    /// Where the desks' files are.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A second issuer over the same folder, as after a crash.
    pub(super) fn reopened(&self, issuer: &Issuer) -> Issuer {
        self.opened(issuer.config().clone())
    }

    /// An issuer with this configuration.
    pub(super) fn opened(&self, config: Config) -> Issuer {
        let issuer = Issuer::with(config, Box::new(self.ledger.clone()), self.clock.clock()).unwrap();
        issuer.sync().unwrap();
        issuer
    }

    /// Gives a person an identity credential through the protocol.
    pub(super) fn identify(&self, number: &str, wallet: &Wallet) -> IssuedCredential {
        import(&self.gongan, "identity/1", &identity_row(number));
        let token = token(&self.gongan, "identity/1", number);
        let request = wallet.enroll(&self.gongan, "identity/1", &self.gongan.nonce());
        receive(&self.gongan, &token, &request).unwrap()
    }
}

/// The police alone enrol persons.
fn genesis() -> Genesis {
    let genesis = samples::genesis(&[GONGAN, CREDIT, TAX], 2);
    genesis.with_person_authority(GONGAN.parse().unwrap()).unwrap()
}

fn founded(clock: ManualClock) -> TestLedger {
    let ledger = TestLedger {
        log: Mutex::new(MemoryLog::new(genesis())),
        answered: Mutex::default(),
        fault: Mutex::new(InjectedFault::None),
        submitted: Mutex::default(),
        clock,
    };
    for (department, schema) in [
        (GONGAN, include_str!("vectors/identity-1.json")),
        (CREDIT, include_str!("vectors/credit-report-1.json")),
    ] {
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let record = json!({"kind": "schema.publish", "id": schema["schema"], "schema": schema});
        ledger.append(samples::sign(samples::record(record), department));
    }
    let prover = prover::testing::prover();
    for (circuit, key) in [("show", prover.show.verifying_key()), ("enroll", prover.enroll.verifying_key())] {
        let record = json!({"kind": "key.publish", "id": circuit, "circuit": circuit, "version": 2,
            "vk": key.to_json(), "vk_digest": hex::encode(key.digest()), "proving_key_digest": hex::encode([0; 32]),
            "development": true, "approvals": []});
        ledger.append(samples::sign_approved(samples::record(record), &[GONGAN, CREDIT]));
    }
    ledger
}

fn config(folder: &std::path::Path, department: &str, schema: &str, binding: Binding, port: u16) -> Config {
    let key = folder.join(format!("{department}.key"));
    insecure_key(department).save(&key).unwrap();
    let genesis = folder.join("genesis.json");
    std::fs::write(&genesis, self::genesis().to_bytes()).unwrap();
    let grantable = Grantable {
        schema: id(schema),
        validity_days: 365,
        binding,
        id_numbers: IdNumbers::Any,
        records: None,
    };
    Config {
        department: department.parse().unwrap(),
        key: key.into(),
        next_key: None,
        read_from: None,
        ledger: "http://127.0.0.1:1".parse().unwrap(),
        genesis,
        listen: ([127, 0, 0, 1], port).into(),
        public_url: format!("http://127.0.0.1:{port}").try_into().unwrap(),
        trusted_proxies: service::http::TrustedProxies::default(),
        ca: None,
        tls: None,
        data: folder.join(department),
        development: ledger::registry::Development::Accepted,
        admin_token: None,
        offer_seconds: 600,
        sync_seconds: 3_600,
        staff: crate::config::StaffRules::default(),
        schemas: vec![grantable],
    }
}

/// A citizen's wallet, as far as an issuer sees it.
pub(super) struct Wallet {
    secrets: HolderSecrets,
}

impl Wallet {
    pub(super) fn new(seed: u64) -> Self {
        Self { secrets: circuits::samples::secrets(&mut StdRng::seed_from_u64(seed)) }
    }

    pub(super) fn holder(&self, issuer: &Issuer, schema: &str) -> Fr {
        self.secrets.holder(&issuer.config().department, &id(schema))
    }

    /// What the issuer knows the person by.
    pub(super) fn person(&self, issuer: &Issuer) -> Fr {
        self.secrets.person.person(&issuer.config().department)
    }

    /// The one use of a named scope that the person secret gives.
    pub(super) fn use_of(&self, scope: &Scope) -> Fr {
        self.secrets.nullifier(scope, 0)
    }

    /// A further device of the same person.
    pub(super) fn another_device(&self, seed: u64) -> Self {
        let device = circuits::samples::secrets(&mut StdRng::seed_from_u64(seed)).device.clone();
        Self { secrets: HolderSecrets { device, person: self.secrets.person.clone() } }
    }

    /// An `enroll` proof for this issuer.
    pub(super) fn enroll(&self, issuer: &Issuer, schema: &str, nonce: &str) -> CredentialRequest {
        let context = handover::openid4vci(issuer.config().public_url.as_str(), nonce, schema);
        let proof = self.proof(issuer, schema, nonce, context);
        CredentialRequest { credential_configuration_id: id(schema), proofs: Proofs::Enroll([proof]) }
    }

    /// What it tells this issuer of its newest bundle.
    pub(super) fn notice(&self, issuer: &Issuer, bundle: BundleId) -> BundleNotice {
        let nonce = issuer.nonce();
        let url = issuer.config().public_url.as_str();
        let context = handover::bundle_notice(url, &nonce, "identity/1", bundle.as_bytes());
        let proof = self.proof(issuer, "identity/1", &nonce, context);
        BundleNotice { bundle, credential_configuration_id: id("identity/1"), proof }
    }

    pub(super) fn proof(&self, issuer: &Issuer, schema: &str, nonce: &str, context: Fr) -> EnrollProof {
        let public = enroll::Public {
            context,
            issuer: issuer.config().department.clone(),
            schema: id(schema),
            holder: self.holder(issuer, schema),
            person: self.person(issuer),
        };
        let proof = prover::testing::prover().enroll.prove(&public, &self.secrets, &mut OsRng).unwrap();
        EnrollProof {
            nonce: nonce.to_owned(),
            holder: public.holder.into(),
            person: public.person.into(),
            proof: proof.to_json(),
        }
    }

    /// A shown identity for this issuer; `number` is what the proof says the identity number is.
    pub(super) fn show(
        &self,
        world: &World,
        identity: &IssuedCredential,
        schema: &str,
        nonce: &str,
        now: u64,
    ) -> CredentialRequest {
        let issuer = &world.credit;
        let private = self.identity_witness(world, identity);
        let number = identity.attributes[PERSON_ATTRIBUTE].clone();
        let policy = identity_policy(&identity.schema, std::slice::from_ref(&identity.issuer));
        let revealed = [(PERSON_ATTRIBUTE.to_owned(), number)].into_iter().collect();
        let rows = policy.check(&issuer.registry()).unwrap().rows(IDENTITY_QUERY, now, &revealed).unwrap();
        let scope = Scope::enrolment(&issuer.config().department, &id(schema));
        let public = show::Public {
            root: private.path.root(&private.credential.leaf()),
            now: now.into(),
            context: handover::openid4vci(issuer.config().public_url.as_str(), nonce, schema),
            scope,
            linked: 0.into(),
            nullifier: self.secrets.nullifier(&scope, 0),
            link: 0.into(),
            rows,
        };
        let proof = prover::testing::prover().show.prove(&public, &private, &mut OsRng).unwrap();
        let proof = IdentityProof {
            nonce: nonce.to_owned(),
            holder: public.nullifier.into(),
            root: public.root.into(),
            now,
            proof: proof.to_json(),
        };
        CredentialRequest { credential_configuration_id: id(schema), proofs: Proofs::Identity([proof]) }
    }

    fn identity_witness(&self, world: &World, identity: &IssuedCredential) -> show::Private {
        let credential = self.open(&world.gongan, identity);
        let path = world.ledger.with_log(|log| log.state().credentials().path(identity.position)).unwrap();
        show::Private { secrets: self.secrets.clone(), index: 0, blind: 0.into(), credential, path }
    }

    /// What the wallet makes of an issued credential.
    pub(super) fn open(&self, issuer: &Issuer, issued: &IssuedCredential) -> Credential {
        let holder = self.holder(issuer, issued.schema.as_str());
        let registry = issuer.registry();
        issued.credential(registry.schema(&issued.schema).unwrap(), holder).unwrap()
    }
}

pub(super) fn id(schema: &str) -> SchemaId {
    schema.parse().unwrap()
}

pub(super) fn person(number: &str) -> PersonId {
    number.parse().unwrap()
}

pub(super) fn row(cells: &[(&str, &str)]) -> Row {
    cells.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())).collect()
}

pub(super) fn identity_row(number: &str) -> Row {
    row(&[
        ("id_number", number),
        ("name", "侯斌"),
        ("sex", "F"),
        ("birth_date", "1996-09-11"),
        ("residence_district", "450125"),
    ])
}

pub(super) fn credit_row(number: &str, score: &str) -> Row {
    row(&[
        ("id_number", number),
        ("score", score),
        ("level", "A"),
        ("bad_records", "no"),
        ("seniority_years", "9"),
    ])
}

pub(super) fn import(issuer: &Issuer, schema: &str, row: &Row) {
    let outcome = issuer.import_records(&id(schema), std::slice::from_ref(row)).unwrap();
    assert!(matches!(outcome.as_slice(), [RowOutcome::Written | RowOutcome::Unchanged]), "{outcome:?}");
}

/// Assisted enrolment of a person.
pub(super) fn enrol(issuer: &Issuer, schema: &str, number: &str, holder: &Fr) -> RowOutcome {
    // Whoever enrols so here is a person of their own.
    let [holder, person] =
        [*holder, *holder + Fr::from(1_u64)].map(|x| circuits::field::Element(x).to_string());
    let rows = [row(&[("id_number", number), ("holder", &holder), ("person", &person)])];
    issuer.import_enrolments(&id(schema), &rows).unwrap().remove(0)
}

/// Through offer and token endpoint, as a wallet goes.
pub(super) fn token(issuer: &Issuer, schema: &str, number: &str) -> Secret {
    let offered = issuer.offer(&id(schema), &person(number)).unwrap();
    let request = token_request(issuer, &offered.offer, offered.tx_code.expose());
    issuer.token(&request).unwrap().access_token
}

/// The same, saying what becomes of the person's other devices.
pub(super) fn token_to(issuer: &Issuer, schema: &str, number: &str, enrolment: Enrolment) -> Secret {
    let offered = issuer.offer_to(&id(schema), &person(number), enrolment).unwrap();
    let request = token_request(issuer, &offered.offer, offered.tx_code.expose());
    issuer.token(&request).unwrap().access_token
}

pub(super) fn token_request(issuer: &Issuer, link: &str, tx_code: &str) -> TokenRequest {
    let link: openid4vc::vci::OfferLink = link.parse().unwrap();
    let offer_id = link.offer_uri().path().trim_start_matches("/offer/").to_owned();
    let offer = issuer.offer_document(&offer_id).unwrap().unwrap();
    TokenRequest::new(offer.grants.pre_authorized_code.code, Some(tx_code.to_owned().into()))
}

pub(super) fn receive(
    issuer: &Issuer,
    token: &Secret,
    request: &CredentialRequest,
) -> Result<IssuedCredential, CredentialError> {
    let [wrapper] = issuer.credential(token, request)?.credentials;
    Ok(wrapper.credential)
}
