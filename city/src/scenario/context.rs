//! What every step of the scenario uses: the running services, their clients, the people and their wallets.

use std::time::{Duration, Instant};

use anyhow::bail;
use circuits::credential::DepartmentId;
use circuits::policy::Catalogue as _;
use circuits::schema::Schema;
use issuer::client::{IssuerClient, IssuerClientError};
use ledger::client::Client;
use service::clock::Clock;
use sha2::{Digest as _, Sha256};
use verifier_service::client::VerifierClient;
use wallet::Wallet;
use wallet::phrase::Phrase;
use zeroize::Zeroizing;

use super::verdict_counts::VerdictCounts;
use crate::data_dir::{DataDir, Service};
use crate::departments::{DEPARTMENTS, Department, schema_id};
use crate::fixtures::{self, Person};
use crate::genesis::Setup;
use crate::services::Services;

/// How many enrol for their identity in person, with the full protocol.
pub(super) const ENROLLED_IN_PERSON: usize = 240;
/// How many of those show it for every other credential too.
pub(super) const HOLD_EVERYTHING: usize = 60;

/// The running city and everybody in it.
pub(crate) struct Context<'a> {
    pub(super) data_dir: &'a DataDir,
    pub(super) setup: &'a Setup,
    pub(super) services: &'a Services,
    pub(super) ledger_client: Client,
    /// In the order of [`DEPARTMENTS`], of which the last has none.
    pub(super) issuers: Vec<IssuerClient>,
    pub(super) verifier: VerifierClient,
    /// A verifier whose requests live as shortly as they may.
    pub(super) short_lived_verifier: VerifierClient,
    /// Everybody of the data files.
    pub(super) people: Vec<Person>,
    /// Their wallets, in the same order.
    pub(super) citizens: Vec<Citizen>,
    /// The light client that all wallets share.
    pub(super) ledger: wallet::Ledger,
    /// What the verifier answered, by policy.
    pub(super) verdict_counts: VerdictCounts,
}

/// A citizen with a wallet in memory, derived from the city's seed.
pub(crate) struct Citizen {
    pub(super) wallet: Wallet,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        data_dir: &'a DataDir,
        setup: &'a Setup,
        services: &'a Services,
    ) -> anyhow::Result<Self> {
        Self::with_people(data_dir, setup, services, fixtures::people()?)
    }

    /// A city of these people.
    pub(super) fn with_people(
        data_dir: &'a DataDir,
        setup: &'a Setup,
        services: &'a Services,
        people: Vec<Person>,
    ) -> anyhow::Result<Self> {
        let seed = data_dir.wallet_seed()?;
        let citizens = people.iter().map(|person| Citizen::new(person, &seed)).collect();
        let ledger_client = Client::new(data_dir.url(Service::Ledger));
        let ledger = wallet::Ledger::new(
            Box::new(ledger_client.clone()),
            setup.genesis.clone(),
            Some(data_dir.path("wallet-keys")),
        );
        ledger.accept_development_keys();
        ledger.reach_local_services();
        Ok(Self {
            issuers: DEPARTMENTS
                .iter()
                .filter_map(Department::issuer)
                .map(|desk| IssuerClient::new(data_dir.url(desk), None))
                .collect(),
            verifier: VerifierClient::new(data_dir.url(Service::Verifier), None),
            short_lived_verifier: VerifierClient::new(data_dir.url(Service::ShortLivedVerifier), None),
            data_dir,
            setup,
            services,
            ledger_client,
            people,
            citizens,
            ledger,
            verdict_counts: VerdictCounts::default(),
        })
    }

    /// The issuer that grants a schema.
    pub(super) fn issuer(&self, schema: &str) -> &IssuerClient {
        &self.issuers[usize::from(Department::granting(schema).number)]
    }

    /// Waits until verifiers and issuers know what was published.
    pub(super) fn wait_for_followers(&self) -> anyhow::Result<String> {
        self.sync_wallets()?;
        wait_until("the counters know the policies", || {
            [&self.verifier, &self.short_lived_verifier]
                .iter()
                .all(|verifier| verifier.ask(&schema_id("adult-today/1")).is_ok())
        })?;
        let person = self.people[0].id_number().parse()?;
        wait_until("the desks know the schemas", || {
            DEPARTMENTS
                .iter()
                .filter_map(|d| d.schemas.first())
                .all(|id| !matches!(self.issuer(id).offer(&schema_id(id), &person), Err(e) if is_early(&e)))
        })?;
        Ok(format!("{} desks, 2 counters, {} wallets", self.issuers.len(), self.citizens.len()))
    }

    /// Brings the light client that all wallets share to the newest root.
    pub(super) fn sync_wallets(&self) -> anyhow::Result<String> {
        let positions = self.citizens.iter().flat_map(|c| c.wallet.positions());
        self.ledger.sync(positions, now())?;
        let view = self.ledger.view();
        Ok(format!("{} log entries", view.size()))
    }

    /// A published schema.
    pub(super) fn schema(&self, id: &str) -> anyhow::Result<Schema> {
        let view = self.ledger.view();
        let Some(schema) = view.registry().schema(&schema_id(id)) else { bail!("{id} is not on the ledger") };
        Ok(schema.clone())
    }
}

impl Citizen {
    /// The wallet that a seed gives a person: the same each time, as one that is restored from its phrase.
    pub(super) fn new(person: &Person, seed: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"yong/demonstration/v1\0");
        hash.update(seed);
        hash.update(person.id_number());
        let entropy: Zeroizing<[u8; 32]> = Zeroizing::new(hash.finalize().into());
        Self { wallet: Wallet::new(Phrase::from_entropy(&entropy)) }
    }
}

/// Before it has followed the ledger, an issuer is not ready or does not know the schema that it grants.
fn is_early(error: &IssuerClientError) -> bool {
    match error {
        IssuerClientError::Refused { code, .. } => code == "not_granted",
        _ => true,
    }
}

/// Unix seconds.
pub(super) fn now() -> u64 {
    Clock::system().now()
}

/// Repeats a question until the answer is yes, for a minute at most.
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > Duration::from_secs(60) {
            bail!("waited a minute in vain until {what}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The position in [`DEPARTMENTS`] of the department with this identifier.
pub(super) fn number_of(id: &str) -> usize {
    DEPARTMENTS.iter().position(|d| d.id == id).expect("the tables name departments of the city")
}

/// An identifier of the tables.
pub(super) fn department_id(id: &str) -> DepartmentId {
    DEPARTMENTS[number_of(id)].department_id()
}
