//! Granting: decide per person, then commit in batches. A record has a credential for each device of its person, and all
//! of them say the same.

mod rules;

use circuits::Fr;
use circuits::credential::{Credential, Validity};
use circuits::schema::{Schema, Values};
use ledger::record::ReasonCode;
use rand::Rng as _;
use rand::distributions::Standard;
use rusqlite::Connection;
use service::civil_time::{DAY_S, day_start};

use super::plan::{Batch, BatchChange, landed_or_refused};
use super::sight::{Basis, RestsOn};
use super::{ActError, Issuer, IssuerError, SubmissionError};
use crate::admin::MAX_ROWS;
use crate::config::Grantable;
use crate::person::PersonId;
use crate::store::credentials::{self, HeldCredential};
use crate::store::people::{self, EnrolledDevice, Enrolment, EnrolmentSource};
use crate::store::plans::{self, PlanId, PlanOutcome};
use crate::store::{StoreError, audit};
use crate::tokens::Digest;

/// Who is to get which values, and whose word it is.
pub(super) struct Candidate {
    pub(super) person: PersonId,
    pub(super) devices: Devices,
    /// The person that was proved beside, where the desk issues on `enroll` and somebody enrols.
    pub(super) proved_person: Option<Fr>,
    pub(super) values: Values,
    pub(super) authority: Authority,
    /// What it was decided on.
    pub(super) basis: Basis,
}

/// Whose devices are granted to, and what becomes of the record's others.
#[derive(Clone)]
pub(super) struct Devices {
    /// Each gets a credential: the one that enrols, or all that the record has.
    pub(super) holders: Vec<Fr>,
    /// Whether credentials of other devices stay.
    pub(super) others: Enrolment,
}

impl Devices {
    /// The device that enrols.
    pub(super) fn enrolling(holder: Fr, others: Enrolment) -> Self {
        Self { holders: vec![holder], others }
    }
    /// All that a record has: whatever another holds is nobody's any more.
    pub(super) const fn all(holders: Vec<Fr>) -> Self {
        Self { holders, others: Enrolment::ReplaceAll }
    }
    fn has(&self, held: &HeldCredential) -> bool {
        self.holders.contains(&held.holder)
    }
}

/// On whose word a credential is granted.
#[derive(Clone)]
pub(super) enum Authority {
    /// A list: it renews and corrects, but does not undo what staff took away.
    List,
    /// The person, with the access token (its digest) of an offer that a clerk made; taking a credential away ends all
    /// offers and tokens before it.
    Offer(Digest),
    /// The person, whose wallet showed itself with an offer's access token and waited for a second clerk.
    Wallet,
    /// A clerk prints a sealed paper for the person who stands there. It replaces what the person held before, as an
    /// offer does.
    Paper,
    /// A clerk corrects values, for this reason.
    Correction(ReasonCode),
}

/// What granting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrantOutcome {
    /// A new credential, or the end of those of other devices.
    Issued,
    /// The person has just this already.
    Unchanged,
}

/// A credential that the person has now: that of the device which enrolled, if one did.
pub(super) struct Granted {
    pub(super) outcome: GrantOutcome,
    pub(super) held: HeldCredential,
}

/// What is decided for one candidate.
pub(super) enum GrantDecision {
    Keep(HeldCredential),
    Commit {
        /// What ends in the same batch.
        ends: Vec<BatchChange>,
        /// Which devices get a new credential.
        holders: Vec<Fr>,
        /// With the day in them since when the person has been it.
        values: Values,
    },
}

impl Issuer {
    /// Grants to at most [`crate::admin::MAX_ROWS`] different people. What one of them gets and what ends for it is one atomic
    /// batch. One answer per candidate, in order.
    pub(super) fn grant(
        &self,
        schema: &Schema,
        grantable: &Grantable,
        candidates: &[Candidate],
    ) -> Result<Vec<Result<Granted, IssuerError>>, ActError> {
        self.agrees()?;
        let (decided, plans) = self.decide_all(schema, grantable, candidates)?;
        let ended = plans.into_iter().map(|plan| self.resolve(plan)).collect::<Result<Vec<_>, _>>()?;
        let store = self.store();
        let answer = |(decided, candidate)| answer(store.read(), decided, candidate, schema, &ended);
        decided.into_iter().zip(candidates).map(answer).collect()
    }

    /// Grants to one person.
    pub(super) fn grant_one(
        &self,
        schema: &Schema,
        grantable: &Grantable,
        candidate: Candidate,
    ) -> Result<Granted, ActError> {
        let granted = self.grant(schema, grantable, &[candidate])?;
        Ok(granted.into_iter().next().expect("one candidate has one answer")?)
    }

    /// Decides in one transaction, after whatever was pending about these people is settled.
    fn decide_all(
        &self,
        schema: &Schema,
        grantable: &Grantable,
        candidates: &[Candidate],
    ) -> Result<Decisions, ActError> {
        for _ in 0..RESOLVE_TRIES {
            self.resolve_for(candidates.iter().map(|c| &c.person), &schema.schema)?;
            let done = self.store().write(|db| self.decide_in(db, schema, grantable, candidates))?;
            if let Some(done) = done {
                return Ok(done);
            }
        }
        Err(SubmissionError::Contended.into())
    }

    /// `None` if another thread has planned something about one of them in the meantime.
    fn decide_in(
        &self,
        db: &Connection,
        schema: &Schema,
        grantable: &Grantable,
        candidates: &[Candidate],
    ) -> Result<Option<Decisions>, ActError> {
        let mut decided = Vec::with_capacity(candidates.len());
        let mut batches = Batches::default();
        for candidate in candidates {
            if plans::pending_for(db, &candidate.person, &schema.schema)?.is_some() {
                return Ok(None);
            }
            let decision = self.decide(db, schema, candidate)?;
            decided.push(self.collect(decision, schema, grantable, candidate, &mut batches));
        }
        if let Some(first) = candidates.first()
            && let Basis::List(allowance) = &first.basis
        {
            allowance.take(db, batches.touched)?;
        }
        self.note_all(db, schema, candidates, &decided)?;
        let mut plans = Vec::with_capacity(batches.parts.len());
        for batch in &batches.parts {
            plans.push(self.write_plan(db, &schema.schema, batch)?);
        }
        for (candidate, decided) in candidates.iter().zip(&decided) {
            if let Decided::Committed { part, .. } = decided
                && let Some(plan) = plans.get(*part)
            {
                candidate.basis.is_planned(db, *plan)?;
            }
        }
        Ok(Some((decided, plans)))
    }

    /// The rules, for one person.
    pub(super) fn decide(
        &self,
        db: &Connection,
        schema: &Schema,
        candidate: &Candidate,
    ) -> Result<Result<GrantDecision, IssuerError>, StoreError> {
        let person = &candidate.person;
        if !candidate.basis.still_holds(db, person, &schema.schema, RestsOn::CredentialAndRecord)? {
            return Ok(Err(IssuerError::ChangedSince));
        }
        let since = match self.person_since(db, person, candidate.proved_person.as_ref())? {
            Ok(since) => since,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let values = match candidate.proved_person {
            Some(_) => since.stated(schema, &candidate.values),
            None => Ok(candidate.values.clone()),
        };
        match values {
            Ok(values) => {
                let replacing = self.config.staff.replacing();
                rules::decide(db, &schema.schema, candidate, values, self.now(), replacing)
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn collect<'a>(
        &self,
        decision: Result<GrantDecision, IssuerError>,
        schema: &Schema,
        grantable: &Grantable,
        candidate: &'a Candidate,
        batches: &mut Batches<'a>,
    ) -> Decided {
        match decision {
            Err(refusal) => Decided::Refused(refusal),
            Ok(GrantDecision::Keep(held)) => Decided::Kept(held),
            Ok(GrantDecision::Commit { ends, holders, values }) => {
                let credential = |holder| self.credential_for(schema, grantable, holder, &values);
                let commits = holders.into_iter().map(credential).collect();
                let part = batches.add(&candidate.person, ends, commits);
                Decided::Committed { values, part }
            }
        }
    }

    fn credential_for(
        &self,
        schema: &Schema,
        grantable: &Grantable,
        holder: Fr,
        values: &Values,
    ) -> Credential {
        Credential {
            issuer: self.config.department.clone(),
            schema: schema.schema.clone(),
            holder,
            validity: validity(self.now(), grantable.validity_days),
            salt: rand::rngs::OsRng.sample(Standard),
            document: None,
            values: values.clone(),
        }
    }

    /// Writes enrolments and persons that wallets proved, and the audit.
    fn note_all(
        &self,
        db: &Connection,
        schema: &Schema,
        candidates: &[Candidate],
        decided: &[Decided],
    ) -> Result<(), ActError> {
        let now = self.now();
        let id = &schema.schema;
        for (candidate, decided) in candidates.iter().zip(decided) {
            if matches!(decided, Decided::Refused(_)) {
                continue;
            }
            if let Some(source) = candidate.authority.enrols() {
                for holder in &candidate.devices.holders {
                    let device = EnrolledDevice { holder: *holder, source, at: now };
                    people::enrol(db, &candidate.person, id, &device, candidate.devices.others)?;
                }
            }
            if let Some(value) = candidate.proved_person.as_ref().filter(|_| candidate.authority.proves()) {
                self.keep_person(db, &candidate.person, value)?;
            }
            if let Decided::Committed { values, .. } = decided {
                if candidate.proved_person.is_some() {
                    people::put_record(db, &candidate.person, id, &credentials::attributes_json(values))?;
                }
                let word = candidate.authority.as_str();
                let reason = candidate.authority.reason();
                audit::note_act(db, now, word, &candidate.person, id, reason)?;
            }
        }
        Ok(())
    }
}

/// One decision per candidate, and the plans that carry them out.
type Decisions = (Vec<Decided>, Vec<PlanId>);

/// A decision that was taken up.
enum Decided {
    Refused(IssuerError),
    Kept(HeldCredential),
    Committed {
        values: Values,
        /// Which of the plans has it.
        part: usize,
    },
}

/// What is decided, in batches whose records fit entries of the ledger: a person with three devices has three
/// credentials that end and three that begin. All of one person's is in one batch.
#[derive(Default)]
struct Batches<'a> {
    parts: Vec<Batch<'a>>,
    /// People who have credentials that end.
    touched: u64,
}

impl<'a> Batches<'a> {
    /// Adds one person's; which batch has it is the answer.
    fn add(&mut self, person: &'a PersonId, ends: Vec<BatchChange>, commits: Vec<Credential>) -> usize {
        self.touched += u64::from(!ends.is_empty());
        let has_room = |batch: &Batch<'_>| {
            batch.changes.len() + ends.len() <= MAX_ROWS && batch.commits.len() + commits.len() <= MAX_ROWS
        };
        if !self.parts.last().is_some_and(has_room) {
            self.parts.push(Batch::default());
        }
        let batch = self.parts.last_mut().expect("one was pushed where there was none");
        batch.changes.extend(ends);
        batch.commits.extend(commits.into_iter().map(|credential| (person, credential)));
        self.parts.len() - 1
    }
}

fn answer(
    db: &Connection,
    decided: Decided,
    candidate: &Candidate,
    schema: &Schema,
    ended: &[PlanOutcome],
) -> Result<Result<Granted, IssuerError>, ActError> {
    match decided {
        Decided::Refused(refusal) => Ok(Err(refusal)),
        Decided::Kept(held) => Ok(Ok(Granted { outcome: GrantOutcome::Unchanged, held })),
        Decided::Committed { part, .. } => {
            let outcome = ended.get(part).ok_or(StoreError::Damaged("a decision without its plan"))?;
            if let Err(refusal) = landed_or_refused(outcome.clone()) {
                return Ok(Err(refusal));
            }
            // Whoever enrols gets its own, whatever was issued to the other devices in the same batch.
            let held = match candidate.devices.holders.as_slice() {
                [holder] => credentials::newest_of(db, &candidate.person, &schema.schema, holder)?,
                _ => credentials::newest(db, &candidate.person, &schema.schema)?,
            };
            let held = held.ok_or(StoreError::Damaged("a landed plan without its credential"))?;
            Ok(Ok(Granted { outcome: GrantOutcome::Issued, held }))
        }
    }
}

/// Whole civil days in UTC+8, so that the period says nothing about the hour of issue.
fn validity(now: u64, days: u32) -> Validity {
    let from = day_start(now);
    Validity { from, until: from + u64::from(days) * DAY_S - 1 }
}

impl Authority {
    /// How the department learned the holder value, where it is a new one: the person is there.
    const fn enrols(&self) -> Option<EnrolmentSource> {
        match self {
            Self::Offer(_) | Self::Wallet => Some(EnrolmentSource::Protocol),
            Self::Paper => Some(EnrolmentSource::Assisted),
            Self::List | Self::Correction(_) => None,
        }
    }
    /// Whether somebody has the secrets of a person that is granted to, whatever becomes of the grant. Those of a paper are
    /// gone unless it is printed.
    const fn proves(&self) -> bool {
        match self {
            Self::Offer(_) | Self::Wallet => true,
            Self::Paper | Self::List | Self::Correction(_) => false,
        }
    }
    fn reason(&self) -> Option<&str> {
        if let Self::Correction(reason) = self { Some(reason.as_str()) } else { None }
    }
    const fn as_str(&self) -> &'static str {
        match self {
            Self::List => "issue.list",
            Self::Offer(_) | Self::Wallet => "issue.offer",
            Self::Paper => "issue.paper",
            Self::Correction(_) => "correct",
        }
    }
}

/// How often pending work of others is settled before giving up.
const RESOLVE_TRIES: usize = 8;
