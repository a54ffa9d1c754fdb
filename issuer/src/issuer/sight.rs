//! What somebody looked at when they asked for an act, so that nothing else is acted on.
//!
//! A page, a proposal and whoever approves it see one record and one credential. When the act is done, perhaps days later,
//! both are looked at again in the transaction that plans it, and an act whose subject has changed is refused.

use circuits::schema::SchemaId;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ActError, IssuerError};
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialId, CredentialState, HeldCredential};
use crate::store::lists::{self, ListId};
use crate::store::people;
use crate::store::plans::{self, PlanId};
use crate::store::proposals::{self, ProposalId};
use crate::store::{StoreError, proposals::Proposal};

/// A person's record and credentials under one schema, as somebody saw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sight {
    credential: Option<SeenCredential>,
    /// Those in force of the person's other devices, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<SeenCredential>,
    /// SHA-256 of the record, hex; `None` without one.
    record: Option<String>,
}

/// A credential that somebody saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenCredential {
    id: i64,
    /// Index of its commitment in the log.
    entry: u64,
    /// Of its leaf.
    position: u64,
    state: String,
}

/// What an act was decided on.
#[derive(Clone)]
pub(crate) enum Basis {
    /// Whatever is there: whoever asks names the person alone.
    Present,
    /// A page that showed this [`Sight::version`].
    Page(String),
    /// This credential, whatever the record says by now.
    Credential {
        /// Which.
        id: CredentialId,
        /// The approved proposal that is being carried out, if there is one.
        of: Option<ProposalId>,
    },
    /// A proposal that a second person approved.
    Proposal(Box<Approved>),
    /// A line of a list, which may change so many credentials.
    List(Allowance),
}

/// An approved proposal about one person.
#[derive(Clone)]
pub(crate) struct Approved {
    id: ProposalId,
    /// When it was made, Unix seconds.
    at: u64,
    /// What was looked at; proposals of older versions do not say.
    sight: Option<Sight>,
    /// What has carried it out in part, if anything.
    plan: Option<PlanId>,
}

/// How many credentials that exist a list changes at most; those of one person's devices count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// What its row says is left.
    Of(ListId),
    /// So many at once, of a list that is kept nowhere.
    AtMost(u64),
    /// Whoever asks has no limit.
    Unlimited,
}

/// Whether an act rests on the record as well as on the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestsOn {
    /// A status is changed whatever the record says.
    Credential,
    /// What is issued says what the record says.
    CredentialAndRecord,
}

impl Sight {
    /// What there is to see now.
    pub(crate) fn now(db: &Connection, person: &PersonId, schema: &SchemaId) -> Result<Self, StoreError> {
        let held = credentials::newest(db, person, schema)?;
        let in_force = credentials::in_force(db, person, schema)?;
        let record = people::record(db, person, schema)?;
        Ok(Self::of(held.as_ref(), &in_force, record.as_deref()))
    }

    /// The newest credential, those in force, and a record (JSON) that were just read.
    pub(super) fn of(
        held: Option<&HeldCredential>,
        in_force: &[HeldCredential],
        record: Option<&str>,
    ) -> Self {
        let is_other = |other: &&HeldCredential| held.is_none_or(|held| held.id != other.id);
        Self {
            credential: held.map(SeenCredential::from),
            others: in_force.iter().filter(is_other).map(SeenCredential::from).collect(),
            record: record.map(|json| hex::encode(Sha256::digest(json))),
        }
    }

    /// A short name of all of it, for the forms of a page.
    pub(crate) fn version(&self, person: &PersonId, schema: &SchemaId) -> String {
        let json = serde_json::to_string(self).expect("texts and numbers are JSON");
        let seen = Sha256::digest(format!("{}\n{}\n{json}", person.as_str(), schema.as_str()));
        hex::encode(seen.get(..VERSION_BYTES).unwrap_or_default())
    }

    /// Index of the credential's commitment in the log, and position of its leaf.
    pub(crate) fn place(&self) -> Option<(u64, u64)> {
        self.credential.as_ref().map(|seen| (seen.entry, seen.position))
    }

    fn shows(&self, now: &Self, rests_on: RestsOn) -> bool {
        let same_record = rests_on == RestsOn::Credential || self.record == now.record;
        self.credential == now.credential && self.others == now.others && same_record
    }
}

impl From<&HeldCredential> for SeenCredential {
    fn from(held: &HeldCredential) -> Self {
        Self {
            id: held.id.0,
            entry: held.entry,
            position: held.position.get(),
            state: held.state.as_str().to_owned(),
        }
    }
}

impl Basis {
    /// Refuses with [`IssuerError::ChangedSince`] what was decided on something else than there is now.
    pub(super) fn check(
        &self,
        db: &Connection,
        person: &PersonId,
        schema: &SchemaId,
        rests_on: RestsOn,
    ) -> Result<(), ActError> {
        let same = self.still_holds(db, person, schema, rests_on)?;
        if same { Ok(()) } else { Err(IssuerError::ChangedSince.into()) }
    }

    /// Whether there is now what it was decided on.
    pub(super) fn still_holds(
        &self,
        db: &Connection,
        person: &PersonId,
        schema: &SchemaId,
        rests_on: RestsOn,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Present | Self::List(_) => Ok(true),
            Self::Page(version) => Ok(Sight::now(db, person, schema)?.version(person, schema) == *version),
            Self::Credential { id, .. } => {
                Ok(credentials::newest(db, person, schema)?.is_some_and(|held| held.id == *id))
            }
            Self::Proposal(approved) => approved.still_holds(db, person, schema, rests_on),
        }
    }

    /// Whether a second person has agreed.
    pub(super) const fn is_approved(&self) -> bool {
        matches!(self, Self::Proposal(_))
    }

    /// Remembers what carries the act out, in the transaction that writes it.
    pub(super) fn is_planned(&self, db: &Connection, plan: PlanId) -> Result<(), StoreError> {
        match self {
            Self::Proposal(approved) => proposals::set_plan(db, approved.id, plan),
            Self::Credential { of: Some(proposal), .. } => proposals::set_plan(db, *proposal, plan),
            Self::Present | Self::Page(_) | Self::Credential { of: None, .. } | Self::List(_) => Ok(()),
        }
    }

    /// From now on this credential alone, whose record the act itself changes.
    pub(super) fn narrowed(&self, id: CredentialId) -> Self {
        let of = if let Self::Proposal(approved) = self { Some(approved.id) } else { None };
        Self::Credential { id, of }
    }
}

impl Approved {
    pub(crate) fn new(proposal: &Proposal) -> Result<Self, StoreError> {
        Ok(Self { id: proposal.id, at: proposal.at, sight: proposal.sight()?, plan: proposal.plan })
    }

    /// What an earlier try of this proposal itself has made is no change.
    fn still_holds(
        &self,
        db: &Connection,
        person: &PersonId,
        schema: &SchemaId,
        rests_on: RestsOn,
    ) -> Result<bool, StoreError> {
        let held = credentials::newest(db, person, schema)?;
        if let Some(held) = &held
            && self.plan == Some(held.plan)
        {
            return Ok(held.state == CredentialState::Active);
        }
        if let Some(sight) = &self.sight {
            return Ok(sight.shows(&Sight::now(db, person, schema)?, rests_on));
        }
        let Some(held) = held else { return Ok(false) };
        Ok(plans::made_at(db, held.plan)? <= self.at)
    }
}

impl Allowance {
    /// Counts credentials that are about to be changed, in the transaction that plans it.
    pub(super) fn take(self, db: &Connection, count: u64) -> Result<(), ActError> {
        let allowed = match self {
            Self::Of(list) => count == 0 || lists::touch(db, list, count)?,
            Self::AtMost(most) => count <= most,
            Self::Unlimited => true,
        };
        if allowed { Ok(()) } else { Err(IssuerError::NeedsApproval.into()) }
    }
}

/// Of the digest, as forms carry it.
const VERSION_BYTES: usize = 16;
