//! Verdicts on what was read.

use openid4vc::json::JsonError;
use openid4vc::vp::VpToken;
use rayon::prelude::*;

use super::read::{Answered, Opened};
use crate::following::Snapshot;
use crate::relying_party::readiness::{Unready, followed};
use crate::relying_party::{RelyingParty, RelyingPartyError};
use crate::store::Uses;
use verifier::receipt::Session;
use verifier::{Answer, Checked, Verified, VerifyError, check, verify_batch};

/// Answers that are read together: as many points as are checked side by side.
const TOGETHER: usize = 8;

/// How a transaction is to end.
pub(super) enum Ending {
    Declined,
    Refused(VerifyError),
    /// Boxed: it is much larger than a refusal.
    Believed(Box<Believed>),
}

/// A believed answer with everything that writing it down takes.
pub(super) struct Believed {
    pub(super) answer: Verified<Answer>,
    pub(super) uses: Uses,
    pub(super) shown_in: Session,
}

/// An ending, or why the counter cannot judge now and the transaction stays open.
pub(super) type Verdict = Result<Ending, RelyingPartyError>;

/// A verdict, or what is left to find one.
enum Step<'a> {
    Done(Verdict),
    /// Boxed: it is much larger than most verdicts.
    Checked(Box<Checked<'a>>, &'a Answered),
}

impl RelyingParty {
    /// One verdict for each, in their order.
    pub(super) fn judge(&self, opened: &[Opened], snapshot: &Snapshot) -> Vec<Verdict> {
        let now = self.now();
        let size = opened.len().div_ceil(rayon::current_num_threads()).clamp(1, TOGETHER);
        let chunks = opened.par_chunks(size);
        let steps: Vec<Step<'_>> = chunks.flat_map_iter(|chunk| steps(chunk, snapshot, now)).collect();
        let (mut checked, mut of, mut verdicts) = (Vec::new(), Vec::new(), Vec::with_capacity(steps.len()));
        for (index, step) in steps.into_iter().enumerate() {
            verdicts.push(match step {
                Step::Done(verdict) => verdict,
                Step::Checked(one, answered) => {
                    checked.push(*one);
                    of.push((index, answered));
                    // Stands until the proofs are checked, and if they never are.
                    Err(RelyingPartyError::NotReady(Unready::NeverFollowed))
                }
            });
        }
        for ((index, answered), proved) in of.into_iter().zip(verify_batch(checked)) {
            if let Some(verdict) = verdicts.get_mut(index) {
                *verdict = Ok(proved.map_or_else(Ending::Refused, |answer| answered.believed(answer)));
            }
        }
        verdicts
    }
}

impl Answered {
    fn believed(&self, answer: Verified<Answer>) -> Ending {
        let (uses, shown_in) = (self.uses.clone(), self.shown_in.clone());
        Ending::Believed(Box::new(Believed { answer, uses, shown_in }))
    }
}

fn steps<'a>(opened: &'a [Opened], snapshot: &Snapshot, now: u64) -> Vec<Step<'a>> {
    let said = || opened.iter().map(|one| one.said.answered());
    let mut tokens = VpToken::each(said().flatten().map(|answered| &answered.token)).into_iter();
    let mut token = || tokens.next().unwrap_or(Err(JsonError::Shape));
    let step = |said: Option<&'a Answered>| match said {
        None => Step::Done(Ok(Ending::Declined)),
        Some(answered) => step(answered, token(), snapshot, now),
    };
    said().map(step).collect()
}

fn step<'a>(
    answered: &'a Answered,
    token: Result<VpToken, JsonError>,
    snapshot: &Snapshot,
    now: u64,
) -> Step<'a> {
    let session = &answered.session;
    match check(session, || Ok(token?), snapshot, snapshot.keys(), now) {
        Ok(checked) => Step::Checked(Box::new(checked), answered),
        Err(VerifyError::NotFollowing { .. }) => {
            let limit = session.policy.policy().max_root_age_s;
            let unready = followed(snapshot, now, limit).err().unwrap_or(Unready::NeverFollowed);
            Step::Done(Err(RelyingPartyError::NotReady(unready)))
        }
        Err(refusal) => Step::Done(Ok(Ending::Refused(refusal))),
    }
}
