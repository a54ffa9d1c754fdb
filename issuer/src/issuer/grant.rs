//! Granting: decide per person, then commit everything in one batch.

use circuits::Fr;
use circuits::credential::{Credential, Validity};
use circuits::schema::{Schema, SchemaId, Values};
use ledger::record::{ReasonCode, StatusAct};
use rand::Rng as _;
use rand::distributions::Standard;
use rusqlite::Connection;
use service::civil_time::{DAY_S, day_start};

use super::approval::Approval;
use super::enrolled::is_not_ended;
use super::plan::{Batch, BatchChange, landed_or_refused};
use super::sight::{Basis, RestsOn};
use super::{ActError, Issuer, IssuerError, SubmissionError};
use crate::config::Grantable;
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialState, HeldCredential};
use crate::store::people::{self, EnrolmentSource};
use crate::store::plans::{self, PlanId, PlanOutcome};
use crate::store::{StoreError, audit, offers};
use crate::tokens::Digest;

/// Who is to get which values, and whose word it is.
pub(super) struct Candidate {
    pub(super) person: PersonId,
    pub(super) holder: Fr,
    /// The person that was proved beside, where the desk issues on `enroll` and somebody enrols.
    pub(super) proved_person: Option<Fr>,
    pub(super) values: Values,
    pub(super) authority: Authority,
    /// What it was decided on.
    pub(super) basis: Basis,
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
    /// A new credential.
    Issued,
    /// The person has just this one already.
    Unchanged,
}

/// A credential that the person has now.
pub(super) struct Granted {
    pub(super) outcome: GrantOutcome,
    pub(super) held: HeldCredential,
}

/// What is decided for one candidate.
pub(super) enum GrantDecision {
    Keep(HeldCredential),
    Commit {
        replaces: Option<BatchChange>,
        /// With the day in them since when the person has been it.
        values: Values,
    },
}

impl Issuer {
    /// Grants to at most [`crate::admin::MAX_ROWS`] different people, in one atomic batch. One answer per candidate, in order.
    pub(super) fn grant(
        &self,
        schema: &Schema,
        grantable: &Grantable,
        candidates: &[Candidate],
    ) -> Result<Vec<Result<Granted, IssuerError>>, ActError> {
        self.agrees()?;
        let (decided, plan) = self.decide_all(schema, grantable, candidates)?;
        let plan_outcome = plan.map_or(Ok(PlanOutcome::Landed), |plan| self.resolve(plan))?;
        let store = self.store();
        let answer = |(decided, candidate)| answer(store.read(), decided, candidate, schema, &plan_outcome);
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
        let mut batch = Batch::default();
        for candidate in candidates {
            if plans::pending_for(db, &candidate.person, &schema.schema)?.is_some() {
                return Ok(None);
            }
            let decision = self.decide(db, schema, candidate)?;
            decided.push(self.collect(decision, schema, grantable, candidate, &mut batch));
        }
        if let Some(first) = candidates.first()
            && let Basis::List(allowance) = &first.basis
        {
            allowance.take(db, batch.changes.len() as u64)?;
        }
        self.note_all(db, schema, candidates, &decided)?;
        if batch.is_empty() {
            return Ok(Some((decided, None)));
        }
        let plan = self.write_plan(db, &schema.schema, &batch)?;
        for candidate in candidates {
            candidate.basis.is_planned(db, plan)?;
        }
        Ok(Some((decided, Some(plan))))
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
                decide(db, &schema.schema, candidate, values, self.now(), self.config.staff.replacing())
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
        batch: &mut Batch<'a>,
    ) -> Decided {
        match decision {
            Err(refusal) => Decided::Refused(refusal),
            Ok(GrantDecision::Keep(held)) => Decided::Kept(held),
            Ok(GrantDecision::Commit { replaces, values }) => {
                batch.changes.extend(replaces);
                let credential = self.credential_for(schema, grantable, candidate.holder, &values);
                batch.commits.push((&candidate.person, credential));
                Decided::Committed(values)
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
                people::set_holder(db, &candidate.person, id, &candidate.holder, source, now)?;
            }
            if let Some(value) = candidate.proved_person.as_ref().filter(|_| candidate.authority.proves()) {
                self.keep_person(db, &candidate.person, value)?;
            }
            if let Decided::Committed(values) = decided {
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

/// One decision per candidate, and the plan that carries them out, if there is anything to do.
type Decisions = (Vec<Decided>, Option<PlanId>);

/// A decision that was taken up.
enum Decided {
    Refused(IssuerError),
    Kept(HeldCredential),
    Committed(Values),
}

fn answer(
    db: &Connection,
    decided: Decided,
    candidate: &Candidate,
    schema: &Schema,
    plan_outcome: &PlanOutcome,
) -> Result<Result<Granted, IssuerError>, ActError> {
    match decided {
        Decided::Refused(refusal) => Ok(Err(refusal)),
        Decided::Kept(held) => Ok(Ok(Granted { outcome: GrantOutcome::Unchanged, held })),
        Decided::Committed(_) => {
            if let Err(refusal) = landed_or_refused(plan_outcome.clone()) {
                return Ok(Err(refusal));
            }
            let held = credentials::newest(db, &candidate.person, &schema.schema)?;
            let held = held.ok_or(StoreError::Damaged("a landed plan without its credential"))?;
            Ok(Ok(Granted { outcome: GrantOutcome::Issued, held }))
        }
    }
}

fn decide(
    db: &Connection,
    schema: &SchemaId,
    candidate: &Candidate,
    values: Values,
    now: u64,
    replacing: Approval,
) -> Result<Result<GrantDecision, IssuerError>, StoreError> {
    if people::is_holder_of_another(db, &candidate.person, schema, &candidate.holder)? {
        return Ok(Err(IssuerError::DoubleHolder));
    }
    if let Authority::Offer(token) = &candidate.authority
        && offers::open_token(db, token, now)?.is_none()
    {
        return Ok(Err(IssuerError::Withdrawn));
    }
    if matches!(candidate.authority, Authority::List)
        && people::holder(db, &candidate.person, schema)? != Some(candidate.holder)
    {
        return Ok(Err(IssuerError::ChangedSince));
    }
    if is_not_ended(db, &candidate.person, candidate.proved_person.as_ref())? {
        return Ok(Err(IssuerError::NotEnded));
    }
    let Some(held) = credentials::newest(db, &candidate.person, schema)? else {
        return Ok(Ok(GrantDecision::Commit { replaces: None, values }));
    };
    Ok(match held.state {
        CredentialState::Suspended => Err(IssuerError::Suspended),
        CredentialState::Revoked if held.withdrawn && candidate.authority.enrols().is_none() => {
            Err(IssuerError::Withdrawn)
        }
        CredentialState::Revoked => Ok(GrantDecision::Commit { replaces: None, values }),
        CredentialState::Active if takes_anothers_place(&held, candidate, replacing) => {
            Err(IssuerError::NeedsApproval)
        }
        CredentialState::Active => Ok(replace_or_keep(held, candidate, values, now)),
    })
}

/// Whether one holder would take the place of another without the second person that this needs. It holds for every
/// way to grant: whoever can replace a credential has revoked it, and becomes its holder besides.
fn takes_anothers_place(held: &HeldCredential, candidate: &Candidate, replacing: Approval) -> bool {
    held.holder != candidate.holder && replacing == Approval::SecondPerson && !candidate.basis.is_approved()
}

fn replace_or_keep(held: HeldCredential, candidate: &Candidate, values: Values, now: u64) -> GrantDecision {
    let other_holder = held.holder != candidate.holder;
    let other_values = !held.has(&values);
    let expired = held.validity.until < now;
    let reason = match &candidate.authority {
        Authority::Correction(reason) if other_values => reason.clone(),
        _ if other_holder => code("replaced.holder"),
        _ if other_values => code("replaced.values"),
        _ if expired => code("replaced.expired"),
        _ => return GrantDecision::Keep(held),
    };
    let change = BatchChange { held, act: StatusAct::Revoke, reason, withdrawn: false };
    GrantDecision::Commit { replaces: Some(change), values }
}

fn code(text: &str) -> ReasonCode {
    text.parse().expect("the desk's own codes are codes")
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
