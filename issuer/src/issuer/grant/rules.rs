//! What is granted to whom, and what ends for it: the rules, for one person.

use circuits::Fr;
use circuits::schema::{SchemaId, Values};
use ledger::record::{ReasonCode, StatusAct};
use rusqlite::Connection;

use super::{Authority, Candidate, GrantDecision};
use crate::issuer::IssuerError;
use crate::issuer::approval::Approval;
use crate::issuer::enrolled::is_not_ended;
use crate::issuer::plan::BatchChange;
use crate::store::credentials::{self, CredentialState, HeldCredential};
use crate::store::people::{self, EnrolledDevice, Enrolment, EnrolmentSource};
use crate::store::{StoreError, offers, persons};

/// Decides on one person, on what the store has now.
pub(super) fn decide(
    db: &Connection,
    schema: &SchemaId,
    candidate: &Candidate,
    values: Values,
    now: u64,
    replacing: Approval,
) -> Result<Result<GrantDecision, IssuerError>, StoreError> {
    for holder in &candidate.devices.holders {
        if people::is_holder_of_another(db, &candidate.person, schema, holder)? {
            return Ok(Err(IssuerError::DoubleHolder));
        }
    }
    if let Authority::Offer(token) = &candidate.authority
        && offers::open_token(db, token, now)?.is_none()
    {
        return Ok(Err(IssuerError::Withdrawn));
    }
    if matches!(candidate.authority, Authority::List)
        && people::holders(db, &candidate.person, schema)? != candidate.devices.holders
    {
        return Ok(Err(IssuerError::ChangedSince));
    }
    let in_force = credentials::in_force(db, &candidate.person, schema)?;
    if in_force.is_empty() && candidate.authority.enrols().is_none() {
        let last = credentials::newest(db, &candidate.person, schema)?;
        if last.is_some_and(|last| last.withdrawn) {
            return Ok(Err(IssuerError::Withdrawn));
        }
    }
    if is_not_ended(db, &candidate.person, candidate.proved_person.as_ref())? {
        return Ok(Err(IssuerError::NotEnded));
    }
    if in_force.iter().any(|held| held.state == CredentialState::Suspended) {
        return Ok(Err(IssuerError::Suspended));
    }
    let others = in_force.iter().any(|held| !candidate.devices.has(held));
    match candidate.devices.others {
        Enrolment::ReplaceAll if others && needs_approval(candidate, replacing) => {
            return Ok(Err(IssuerError::NeedsApproval));
        }
        Enrolment::ReplaceAll => {}
        Enrolment::Add => {
            if let Err(refusal) = may_join(db, schema, candidate, &in_force)? {
                return Ok(Err(refusal));
            }
        }
    }
    bring_up_to_date(db, schema, candidate, in_force, values, now)
}

/// Whether a device may stand beside the others of its record: there is room for it, and all of them are one person's.
/// Where the desk issues on `enroll` the person that was proved says so, elsewhere the identity credential that was
/// shown. Of a device that an assistant wrote down or a clerk printed nobody has proved it, nor of any in a record from
/// before persons were known; and what is in force without being enrolled was to end. Such devices can only be replaced.
fn may_join(
    db: &Connection,
    schema: &SchemaId,
    candidate: &Candidate,
    in_force: &[HeldCredential],
) -> Result<Result<(), IssuerError>, StoreError> {
    let enrolled = people::devices(db, &candidate.person, schema)?;
    let is_own = |holder: &Fr| candidate.devices.holders.contains(holder);
    let others: Vec<&EnrolledDevice> = enrolled.iter().filter(|device| !is_own(&device.holder)).collect();
    let was_to_end = |held: &HeldCredential| {
        !is_own(&held.holder) && others.iter().all(|device| device.holder != held.holder)
    };
    let is_unproved = |device: &&EnrolledDevice| match device.source {
        EnrolmentSource::Assisted => true,
        EnrolmentSource::Protocol => false,
    };
    let unknown = candidate.proved_person.is_some() && persons::current(db, &candidate.person)?.is_none();
    if in_force.iter().any(was_to_end) || others.iter().any(is_unproved) || (unknown && !others.is_empty()) {
        return Ok(Err(IssuerError::UnknownDevices));
    }
    let room = others.len() + candidate.devices.holders.len() <= MAX_DEVICES;
    Ok(if room { Ok(()) } else { Err(IssuerError::TooManyDevices) })
}

/// Whether one holder would take the place of another without the second person that this needs. It holds for every
/// way to grant: whoever can replace a credential has revoked it, and becomes its holder besides. A further device
/// takes nobody's place, and a clerk cannot make one up: it proves the secret of the person who is there already.
fn needs_approval(candidate: &Candidate, replacing: Approval) -> bool {
    replacing == Approval::SecondPerson && !candidate.basis.is_approved()
}

/// Ends what says something else than the record or belongs to a device that goes, and issues anew to the devices that
/// stay: two devices of a person never say different things.
fn bring_up_to_date(
    db: &Connection,
    schema: &SchemaId,
    candidate: &Candidate,
    in_force: Vec<HeldCredential>,
    values: Values,
    now: u64,
) -> Result<Result<GrantDecision, IssuerError>, StoreError> {
    let mut ends = Vec::new();
    let mut holders = Vec::new();
    let mut kept = Vec::new();
    for held in in_force {
        let stays = candidate.devices.has(&held) || candidate.devices.others == Enrolment::Add;
        let reason =
            if stays { outdated(&held, candidate, &values, now) } else { Some(code("replaced.holder")) };
        let Some(reason) = reason else {
            kept.push(held);
            continue;
        };
        if stays {
            holders.push(held.holder);
        }
        ends.push(BatchChange { held, act: StatusAct::Revoke, reason, withdrawn: false });
    }
    let is_served = |holder: &Fr| kept.iter().any(|held| held.holder == *holder) || holders.contains(holder);
    let mut first = Vec::new();
    let mut withdrawn = 0;
    for holder in candidate.devices.holders.iter().filter(|holder| !is_served(holder)) {
        let before = credentials::newest_of(db, &candidate.person, schema, holder)?;
        if before.is_some_and(|held| held.withdrawn) && candidate.authority.enrols().is_none() {
            withdrawn += 1;
        } else {
            first.push(*holder);
        }
    }
    holders.extend(first);
    if withdrawn == candidate.devices.holders.len() {
        return Ok(Err(IssuerError::Withdrawn));
    }
    if !ends.is_empty() || !holders.is_empty() {
        return Ok(Ok(GrantDecision::Commit { ends, holders, values }));
    }
    let own = kept.into_iter().find(|held| candidate.devices.has(held));
    Ok(own.map(GrantDecision::Keep).ok_or(IssuerError::Withdrawn))
}

/// Why a credential of a device that stays does not do any more; nothing if it does. What has only expired is issued
/// anew to whoever comes for it.
fn outdated(held: &HeldCredential, candidate: &Candidate, values: &Values, now: u64) -> Option<ReasonCode> {
    let other_values = !held.has(values);
    let expired = held.validity.until < now && candidate.devices.has(held);
    match &candidate.authority {
        Authority::Correction(reason) if other_values => Some(reason.clone()),
        _ if other_values => Some(code("replaced.values")),
        _ if expired => Some(code("replaced.expired")),
        _ => None,
    }
}

fn code(text: &str) -> ReasonCode {
    text.parse().expect("the desk's own codes are codes")
}

/// Devices that a desk keeps beside one record.
const MAX_DEVICES: usize = 3;
