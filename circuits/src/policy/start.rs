//! The first day of a scope, and what it asks of the identity credential.
//!
//! A person who is reset gets a new secret, hence new pseudonyms. Whoever was reset when a scope had begun, or so shortly
//! before that a root with the earlier credential may still have been accepted then, would have two uses. So the credential
//! that says since when the person has their secret must name an earlier day.

use jiff::Span;
use jiff::civil::Date;

use super::dates::{DAY_S, NotStarted, civil_date};
use super::{
    Catalogue, Condition, Formula, Literal, Policy, PolicyError, PolicyErrorKind, Pseudonym, Subject, Test,
};
use crate::schema::PERSON_SINCE;

/// Seconds by which two clocks may differ; a ledger is not followed by one that is further away.
pub const CLOCKS_DIFFER_S: u64 = 300;

/// Where the first day stands in a policy.
pub(super) const PATH: &str = "$.pseudonym.start";

/// The first day of a checked policy's scope.
#[derive(Clone)]
pub(super) struct Start {
    day: Date,
    /// Which of the policy's credentials is the person authority's.
    place: usize,
    /// The secret must be of before this day.
    limit: Date,
}

/// The first day of the policy's scope, if it has one, with whose credential it looks at.
pub(super) fn checked(policy: &Policy, catalogue: &dyn Catalogue) -> Result<Option<Start>, PolicyError> {
    let Pseudonym::Named { start: Some(day), .. } = &policy.pseudonym else { return Ok(None) };
    let day = day.parse().map_err(|_| PolicyError::new(PATH, PolicyErrorKind::StartDay))?;
    let limit = limit(day, policy.max_root_age_s);
    let limit = limit.ok_or_else(|| PolicyError::new(PATH, PolicyErrorKind::DateOutOfRange))?;
    Ok(Some(Start { day, place: place(policy, catalogue)?, limit }))
}

impl Start {
    /// Whether the day has begun at `now` (unix seconds). A time beyond the calendar has no day, and no rows either.
    pub(super) fn check(&self, now: u64) -> Result<(), NotStarted> {
        match civil_date(now) {
            Some(today) if today < self.day => Err(NotStarted { start: self.day }),
            Some(_) | None => Ok(()),
        }
    }

    /// What must hold beside its own formula of credential number `place`.
    pub(super) fn condition_of(&self, place: usize) -> Option<Formula> {
        let subject = Subject::Attribute(PERSON_SINCE.to_owned());
        let test = Test::Less(Literal::Text(self.limit.to_string()));
        (place == self.place).then_some(Formula::Condition(Condition { subject, test }))
    }
}

/// As many whole days before the first one as a root is accepted for, and at least one: a reset of the day before may be of
/// its last second. The desk's clock says the day, and the verifier's how old a root is.
fn limit(day: Date, max_root_age_s: u64) -> Option<Date> {
    let days = i64::try_from(max_root_age_s.saturating_add(CLOCKS_DIFFER_S).div_ceil(DAY_S)).ok()?;
    let span = Span::new().try_days(days).ok()?;
    day.checked_sub(span).ok().filter(|date| date.year() > 0)
}

/// The one credential that says `person_since`, of which only the person authority is believed.
fn place(policy: &Policy, catalogue: &dyn Catalogue) -> Result<usize, PolicyError> {
    let Some(authority) = catalogue.person_authority() else {
        return Err(PolicyError::new(PATH, PolicyErrorKind::NoPersonAuthority));
    };
    let says_since = |id| catalogue.schema(id).is_some_and(|schema| schema.attribute(PERSON_SINCE).is_some());
    let queries = policy.credentials.iter().enumerate();
    let identities: Vec<_> = queries.filter(|(_, query)| says_since(&query.schema)).collect();
    match identities[..] {
        [(i, query)] if query.issuers.iter().eq([authority]) => Ok(i),
        [(i, _)] => {
            let path = format!("$.credentials[{i}].issuers");
            Err(PolicyError::new(path, PolicyErrorKind::PersonIssuer(authority.clone())))
        }
        _ => Err(PolicyError::new("$.credentials", PolicyErrorKind::PersonCredential(identities.len()))),
    }
}
