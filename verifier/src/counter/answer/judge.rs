//! Verdicts on what was read.

use circuits::wire::presenting::VpToken;
use rayon::prelude::*;

use super::read::{Answered, Opened, Said};
use crate::believe::{Answer, Examined, Refusal, Verified, examine, prove};
use crate::counter::readiness::{Unready, followed, usable};
use crate::counter::{Counter, Trouble};
use crate::following::Snapshot;
use crate::store::Uses;

/// How a transaction is to end.
pub(super) enum Ending {
    Declined,
    Refused(Refusal),
    Believed(Verified<Answer>, Uses),
}

/// An ending, or why the counter cannot judge now and the transaction stays open.
pub(super) type Verdict = Result<Ending, Trouble>;

/// A verdict, or what is left to find one.
enum Step<'a> {
    Done(Verdict),
    /// Boxed: it is much larger than most verdicts.
    Examined(Box<Examined<'a>>, &'a Uses),
}

impl Counter {
    /// One verdict for each, in their order.
    pub(super) fn judge(&self, opened: &[Opened], snapshot: &Snapshot) -> Vec<Verdict> {
        let now = self.now();
        let steps: Vec<Step<'_>> = opened.par_iter().map(|one| step(one, snapshot, now)).collect();
        let (mut examined, mut of, mut verdicts) = (Vec::new(), Vec::new(), Vec::with_capacity(steps.len()));
        for (index, step) in steps.into_iter().enumerate() {
            verdicts.push(match step {
                Step::Done(verdict) => verdict,
                Step::Examined(one, uses) => {
                    examined.push(*one);
                    of.push((index, uses));
                    // Stands until the proofs are checked, and if they never are.
                    Err(Trouble::NotReady(Unready::NeverFollowed))
                }
            });
        }
        let proved = usable(snapshot).map(|key| prove(examined, key)).unwrap_or_default();
        for ((index, uses), proved) in of.into_iter().zip(proved) {
            if let Some(verdict) = verdicts.get_mut(index) {
                let believed = |answer| Ending::Believed(answer, uses.clone());
                *verdict = Ok(proved.map_or_else(Ending::Refused, believed));
            }
        }
        verdicts
    }
}

fn step<'a>(opened: &'a Opened, snapshot: &Snapshot, now: u64) -> Step<'a> {
    let Said::Answered(answered) = &opened.said else { return Step::Done(Ok(Ending::Declined)) };
    let Answered { session, token, uses } = &**answered;
    let key = match usable(snapshot) {
        Ok(key) => key,
        Err(unready) => return Step::Done(Err(Trouble::NotReady(unready))),
    };
    match examine(session, || Ok(VpToken::from_json(token)?), snapshot, key, now) {
        Ok(examined) => Step::Examined(Box::new(examined), uses),
        Err(Refusal::NotFollowing { .. }) => {
            let limit = session.policy.policy().max_root_age_s;
            let unready = followed(snapshot, now, limit).err().unwrap_or(Unready::NeverFollowed);
            Step::Done(Err(Trouble::NotReady(unready)))
        }
        Err(refusal) => Step::Done(Ok(Ending::Refused(refusal))),
    }
}
