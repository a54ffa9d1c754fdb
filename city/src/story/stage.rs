//! Everybody and everything that the story needs.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::bail;
use circuits::credential::DepartmentId;
use circuits::policy::Catalogue as _;
use circuits::schema::{Schema, SchemaId};
use issuer::client::{IssuerClient, IssuerClientError};
use ledger::client::Client;

use verifier_service::client::VerifierClient;

use super::citizens::{Citizen, citizens};
use super::totals::Tally;
use crate::departments::{DEPARTMENTS, Department, schema_id};
use crate::founding::Founded;
use crate::people::{self, Person};
use crate::place::{Place, Service};
use crate::services::Services;

/// The story's props.
pub(crate) struct Stage<'a> {
    pub(super) place: &'a Place,
    pub(super) founded: &'a Founded,
    pub(super) services: &'a Services,
    pub(super) client: Client,
    pub(super) desks: Vec<IssuerClient>,
    pub(super) clerk: VerifierClient,
    /// A clerk whose requests live as shortly as they may.
    pub(super) hasty: VerifierClient,
    /// Everybody of the data files.
    pub(super) people: Vec<Person>,
    /// Their wallets, in the same order.
    pub(super) citizens: Vec<Citizen>,
    /// What all wallets share: one follower, one shard.
    pub(super) ledger: wallet::Ledger,
    /// What the counter answered, by policy.
    pub(super) tally: Tally,
}

impl<'a> Stage<'a> {
    pub(super) fn set(
        place: &'a Place,
        founded: &'a Founded,
        services: &'a Services,
    ) -> anyhow::Result<Self> {
        let people = people::everyone()?;
        let seed = place.people_seed()?;
        let citizens = citizens(&people, &seed);
        let client = Client::new(place.url(Service::Ledger));
        let ledger = wallet::Ledger::new(
            Box::new(client.clone()),
            founded.genesis.clone(),
            Some(place.at("wallet-keys")),
        );
        ledger.accept_development_keys();
        Ok(Self {
            desks: DEPARTMENTS.iter().map(|d| IssuerClient::new(place.url(d.desk()), None)).collect(),
            clerk: VerifierClient::new(place.url(Service::Counter), None),
            hasty: VerifierClient::new(place.url(Service::HastyCounter), None),
            place,
            founded,
            services,
            client,
            people,
            citizens,
            ledger,
            tally: Tally::default(),
        })
    }

    /// The desk that grants a schema.
    pub(super) fn desk(&self, schema: &str) -> &IssuerClient {
        &self.desks[usize::from(Department::granting(schema).number)]
    }

    /// Waits until counters and desks know what was published.
    pub(super) fn everybody_follows(&self) -> anyhow::Result<String> {
        self.wallets_follow()?;
        wait_until("the counters know the policies", || {
            [&self.clerk, &self.hasty].iter().all(|clerk| clerk.ask(&schema_id("adult-today/1")).is_ok())
        })?;
        let person = self.people[0].id_number().parse()?;
        wait_until("the desks know the schemas", || {
            DEPARTMENTS.iter().all(|d| {
                let schema = schema_id(d.schemas[0]);
                !matches!(self.desk(d.schemas[0]).offer(&schema, &person), Err(e) if is_early(&e))
            })
        })?;
        Ok(format!("{} desks, 2 counters, {} wallets", self.desks.len(), self.citizens.len()))
    }

    /// Brings what all wallets share to the newest root.
    pub(super) fn wallets_follow(&self) -> anyhow::Result<String> {
        let positions = self.citizens.iter().flat_map(|c| c.wallet.positions());
        self.ledger.sync(positions, now())?;
        let view = self.ledger.view();
        Ok(format!("{} log entries", view.size()))
    }

    /// A published schema.
    pub(super) fn schema(&self, id: &str) -> anyhow::Result<Schema> {
        let registry = self.ledger.view();
        let Some(schema) = registry.registry().schema(&schema_id(id)) else {
            bail!("{id} is not on the ledger")
        };
        Ok(schema.clone())
    }
}

/// Before it has followed the ledger, a desk cannot work, or does not know the schema that it grants.
fn is_early(error: &IssuerClientError) -> bool {
    match error {
        IssuerClientError::Refused { code, .. } => code == "not_granted",
        _ => true,
    }
}

/// Unix seconds.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Asks again and again, for a minute at most.
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

/// The department that publishes, by its identifier.
pub(super) fn number_of(id: &str) -> usize {
    DEPARTMENTS.iter().position(|d| d.id == id).expect("the tables name departments of the city")
}

/// An identifier of the tables.
pub(super) fn department_id(id: &str) -> DepartmentId {
    DEPARTMENTS[number_of(id)].department_id()
}

/// Identifiers of schemas, for the desks.
pub(super) fn schema(id: &str) -> SchemaId {
    schema_id(id)
}
