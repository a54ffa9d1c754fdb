//! From the text of a QR code that was made without a network to a [`Verified`] answer.
//!
//! There is no request: counter, policy and minute are in the context, and the minute's first second is the `now` row.

use circuits::policy::Policy;
use ledger::registry::{PublishedPolicy, Registry};
use openid4vc::handover;
use openid4vc::offline::{Minute, OfflineAnswer, VerifierId};
use openid4vc::vp::KeyDigest;

use crate::{Answer, Keys, LedgerView, SessionRequest, Verified, VerifyError, check, verify_batch};

/// A text that was believed.
pub struct VerifiedOffline<'a> {
    /// What it says.
    pub answer: Verified<Answer>,
    /// Under which policy.
    pub policy: &'a PublishedPolicy,
    /// When it was made.
    pub minute: Minute,
}

/// Judges a text that was shown at `counter` at `now` (unix seconds). Whether it was shown before is not known here.
///
/// The first rule that is broken is the reason: readable, of this minute or two beside it, of a policy that is published
/// and can be answered so at this counter, then what holds for every answer. A text that was made for another counter does
/// not prove anything at this one.
pub fn verify_offline<'a>(
    text: &str,
    counter: &VerifierId,
    registry: &'a Registry,
    view: &impl LedgerView,
    keys: &Keys,
    now: u64,
) -> Result<VerifiedOffline<'a>, VerifyError> {
    let shown = OfflineAnswer::parse(text)?;
    if !shown.minute.near(Minute::of(now)) {
        return Err(VerifyError::OtherMinute { made_at: shown.minute.start() });
    }
    let policy = policy_of(&shown, registry)?;
    if needs_network(policy.checked.policy()) {
        return Err(VerifyError::NotOffline);
    }
    // Another store could not see these uses, and this counter alone is known to be the one that does.
    registry.may_ask(counter.client_id(), &policy.checked, now)?;
    let session = session(&shown, counter, policy, now);
    let response = || {
        let key = keys.show.beginning_with(shown.key).ok_or(VerifyError::UnknownKey)?;
        let token = shown.token(policy.checked.policy(), KeyDigest(*key.as_bytes()));
        Ok(token.ok_or(VerifyError::OtherAttributes)?.into())
    };
    let checked = check(&session, response, view, keys, now)?;
    let proved = verify_batch(vec![checked]).pop().unwrap_or(Err(VerifyError::MissingCredential));
    Ok(VerifiedOffline { answer: proved?, policy, minute: shown.minute })
}

/// Whether an answer has proofs beside those of credentials, which a text has no room for.
fn needs_network(policy: &Policy) -> bool {
    policy.across.is_some() || !policy.models.is_empty()
}

fn policy_of<'a>(shown: &OfflineAnswer, registry: &'a Registry) -> Result<&'a PublishedPolicy, VerifyError> {
    let same = |policy: &&PublishedPolicy| *policy.digest.as_bytes() == shown.policy_digest.0;
    registry.policies().find(same).ok_or(VerifyError::UnknownPolicy)
}

/// What was asked, as far as a counter can be said to ask without a network.
fn session(
    shown: &OfflineAnswer,
    counter: &VerifierId,
    policy: &PublishedPolicy,
    now: u64,
) -> SessionRequest {
    SessionRequest {
        policy: policy.checked.clone(),
        publisher: policy.publisher.clone(),
        context: handover::offline(counter, &shown.policy_digest, shown.minute),
        now: shown.minute.start(),
        // Its time was judged by the minute.
        expires_at: now,
    }
}
