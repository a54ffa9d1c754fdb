//! The people of the sandbox: each holds every credential, and their wallets agree to whatever a test asks of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ledger::follow::FollowError;
use openid4vc::vci::Secret;
use openid4vc::vp::Status;
use rand::rngs::OsRng;
use serde::Serialize;
use serde_json::Value;
use wallet::Ledger;
use wallet::present::Ended;
use wallet::receive::{Offer, OfferDecision};

use super::context::{Citizen, Context, now};
use super::presenting::{agree, expected};
use super::{issuing, publishing};
use crate::data_dir::DataDir;
use crate::departments::{PUBLICATIONS, Publication};
use crate::fixtures::{self, Person, Sources, values};
use crate::genesis::Setup;
use crate::services::Services;

/// Everybody in the sandbox.
pub(crate) struct Residents {
    people: Vec<Resident>,
    ledger: Ledger,
}

/// One of them, as programs and the page see them.
#[derive(Clone, Serialize)]
pub(crate) struct Description {
    /// By which the other paths name the person.
    pub(crate) id: &'static str,
    /// As the identity credential says it.
    pub(crate) name: String,
    /// By which desks know the person. It has a district that does not exist, so it is nobody's.
    pub(crate) id_number: String,
    /// What each credential says, by schema and attribute.
    pub(crate) credentials: BTreeMap<&'static str, Value>,
    /// What a plain evaluation of the records gives today, by policy: `passed` or `declined`.
    pub(crate) expected: BTreeMap<String, Status>,
}

/// Somebody of the sandbox.
pub(crate) struct Resident {
    description: Description,
    /// One request at a time, as on a phone.
    citizen: Mutex<Citizen>,
}

/// How a wallet came through what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The verifier accepted the proofs.
    Accepted,
    /// The verifier refused the proofs, with this word.
    Refused {
        /// Its word.
        reason: String,
    },
    /// Nothing in the wallet satisfies the policy, which the verifier was told without a reason.
    NotSatisfiable,
    /// The credential is in the wallet.
    Received,
}

/// What a wallet was asked for came to no end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskedError {
    /// It could not answer a request.
    #[error(transparent)]
    Present(#[from] wallet::present::PresentError),
    /// It could not follow an offer.
    #[error(transparent)]
    Receive(#[from] wallet::receive::ReceiveError),
    /// It could not follow the ledger.
    #[error("the wallet cannot follow the ledger: {0}")]
    Ledger(#[from] FollowError),
}

impl Residents {
    /// Publishes what the departments publish and issues every credential to everybody. What was done before is left.
    pub(crate) fn move_in(data_dir: &DataDir, setup: &Setup, services: &Services) -> anyhow::Result<Self> {
        let mut context = Context::with_people(data_dir, setup, services, fixtures::sandbox_people()?)?;
        publishing::publish(&context)?;
        context.wait_for_followers()?;
        issuing::everything(&mut context)?;
        context.sync_wallets()?;
        let sources = issuing::sources(&context)?;
        let descriptions = IDS
            .into_iter()
            .zip(&context.people)
            .map(|(id, person)| describe(&context, id, person, &sources))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let people = descriptions.into_iter().zip(context.citizens);
        let people = people
            .map(|(description, citizen)| Resident { description, citizen: Mutex::new(citizen) })
            .collect();
        Ok(Self { people, ledger: context.ledger })
    }

    /// All of them, as they are described.
    pub(crate) fn descriptions(&self) -> impl Iterator<Item = &Description> {
        self.people.iter().map(|resident| &resident.description)
    }

    /// The one with this identifier.
    pub(crate) fn find(&self, id: &str) -> Option<&Resident> {
        self.people.iter().find(|resident| resident.description.id == id)
    }

    /// The person agrees to the request behind a link.
    pub(crate) fn present(&self, resident: &Resident, link: &str) -> Result<Outcome, AskedError> {
        let mut citizen = resident.citizen.lock().unwrap_or_else(PoisonError::into_inner);
        // A test may have had a credential revoked or corrected since.
        self.sync(&citizen)?;
        Ok(match citizen.wallet.present(&self.ledger, link, &mut agree, now(), &mut OsRng)? {
            Ended::Accepted(_) | Ended::Kept(_) => Outcome::Accepted,
            Ended::Refused { reason, .. } => Outcome::Refused { reason },
            Ended::NotSatisfiable(_) | Ended::Declined => Outcome::NotSatisfiable,
        })
    }

    /// The person takes an offer of a desk, with the code that the clerk told.
    pub(crate) fn receive(
        &self,
        resident: &Resident,
        offer: &str,
        tx_code: Option<&Secret>,
    ) -> Result<Outcome, AskedError> {
        let mut citizen = resident.citizen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut accept = |_: &Offer| OfferDecision::Accept { tx_code: tx_code.cloned() };
        citizen.wallet.receive(&self.ledger, offer, &mut accept, now(), &mut OsRng)?;
        Ok(Outcome::Received)
    }

    fn sync(&self, citizen: &Citizen) -> Result<(), AskedError> {
        let positions = citizen.wallet.positions();
        Ok(self.ledger.sync(positions, now())?)
    }
}

fn describe(
    context: &Context<'_>,
    id: &'static str,
    person: &Person,
    sources: &Sources,
) -> anyhow::Result<Description> {
    let mut credentials = BTreeMap::new();
    for schema in issuing::all_schemas() {
        let values = values(person, &context.schema(schema)?, sources)?;
        credentials.insert(schema, Value::Object(values.to_json()));
    }
    let mut verdicts = BTreeMap::new();
    for (_, kind, text) in PUBLICATIONS {
        if kind == Publication::Policy {
            let policy: NamedPolicy = serde_json::from_str(text)?;
            let verdict = expected(&context.ledger, person, &policy.policy, sources)?;
            verdicts.insert(policy.policy, verdict);
        }
    }
    Ok(Description {
        id,
        name: person.name().to_owned(),
        id_number: person.id_number().to_owned(),
        credentials,
        expected: verdicts,
    })
}

#[derive(serde::Deserialize)]
struct NamedPolicy {
    policy: String,
}

/// In the order of the data file.
const IDS: [&str; 6] = ["jia", "yi", "bing", "ding", "wu", "ji"];
