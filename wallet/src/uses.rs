//! Uses of a named scope that nobody can link: which of them this wallet has shown.
//!
//! In a scope of n uses a person has n pseudonyms, one for each index below n. A wallet takes a random index among those
//! that it never showed. Where none is left, it takes one whose end it does not know, so that an answer that never
//! arrived costs no use. What a verifier accepted is not shown again.
//!
//! Another device of the same person, and a wallet that was restored from its phrase, know nothing of these indices. They
//! may show one that is used; the verifier refuses it, and the next answer has another index.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use circuits::credential::DepartmentId;
use circuits::policy::Pseudonym;
use ledger::registry::PublishedPolicy;
use rand::seq::IteratorRandom;
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use crate::history::Outcome;

/// A named scope in which every use has a pseudonym of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    scope: String,
    department: DepartmentId,
    uses: NonZeroU16,
}

impl Permit {
    /// The one that a policy asks for; `None` where all answers of a person have one pseudonym, or none has one twice.
    pub fn new(policy: &PublishedPolicy) -> Option<Self> {
        let pseudonym = &policy.checked.policy().pseudonym;
        match pseudonym {
            Pseudonym::Session(_) | Pseudonym::Named { linkable: true, .. } => None,
            Pseudonym::Named { scope, linkable: false, .. } => Some(Self {
                scope: scope.clone(),
                department: policy.publisher.clone(),
                uses: pseudonym.pseudonyms(),
            }),
        }
    }

    /// How many uses a person has.
    pub fn uses(&self) -> u16 {
        self.uses.get()
    }

    /// The scope's name.
    pub fn scope(&self) -> &str {
        &self.scope
    }
}

/// One use of a permit, chosen for one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    permit: Permit,
    index: u16,
    showing: Showing,
}

/// Whether a use was shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Showing {
    First,
    Again,
}

impl Use {
    /// Which pseudonym of the scope it is.
    pub fn index(&self) -> u16 {
        self.index
    }
}

/// How many uses of a permit a wallet can still show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Never shown by this wallet.
    pub fresh: u16,
    /// Shown, and not known to be accepted.
    pub shown: u16,
}

impl Left {
    /// Whether there is none.
    pub fn is_none(self) -> bool {
        self.fresh == 0 && self.shown == 0
    }
}

/// Which uses a wallet has shown, scope by scope. Stays when the history is forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uses(Vec<ShownUses>);

/// What was shown in one scope, by index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownUses {
    scope: String,
    department: DepartmentId,
    /// The verifier may have it.
    shown: BTreeSet<u16>,
    /// The verifier took it.
    accepted: BTreeSet<u16>,
}

/// The use was shown by another answer since it was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another answer took this use meanwhile")]
pub struct TakenMeanwhile;

impl Uses {
    /// How many are left.
    pub fn left(&self, permit: &Permit) -> Left {
        let count = |among: fn(&ShownUses) -> &BTreeSet<u16>| {
            let indices = self.find(permit).map(|known| among(known).range(..permit.uses()).count());
            u16::try_from(indices.unwrap_or(0)).unwrap_or(u16::MAX)
        };
        let shown = count(|known| &known.shown);
        let accepted = count(|known| &known.accepted);
        Left { fresh: permit.uses().saturating_sub(shown).saturating_sub(accepted), shown }
    }

    /// A random use of those that are left; `None` where all were accepted.
    pub fn choose<R: RngCore + CryptoRng>(&self, permit: &Permit, rng: &mut R) -> Option<Use> {
        let known = self.find(permit);
        let was_shown = |index: &u16| known.is_some_and(|known| known.shown.contains(index));
        let was_accepted = |index: &u16| known.is_some_and(|known| known.accepted.contains(index));
        let all = || (0..permit.uses()).filter(|index| !was_accepted(index));
        let first = all().filter(|index| !was_shown(index)).choose(rng);
        let (index, showing) = match first {
            Some(index) => (index, Showing::First),
            None => (all().choose(rng)?, Showing::Again),
        };
        Some(Use { permit: permit.clone(), index, showing })
    }

    /// Notes that a use is about to be shown.
    pub(crate) fn reserve(&mut self, chosen: &Use) -> Result<(), TakenMeanwhile> {
        let known = self.find_or_add(&chosen.permit);
        let was_accepted = known.accepted.contains(&chosen.index);
        let was_shown = known.shown.contains(&chosen.index);
        match chosen.showing {
            Showing::First if was_shown || was_accepted => Err(TakenMeanwhile),
            Showing::Again if was_accepted => Err(TakenMeanwhile),
            Showing::First | Showing::Again => {
                known.shown.insert(chosen.index);
                Ok(())
            }
        }
    }

    /// Notes how the answer ended that a use was reserved for. A verifier's refusal alone ends no use.
    pub(crate) fn settle(&mut self, reserved: &Use, outcome: &Outcome) {
        match outcome {
            Outcome::Presented => {
                let known = self.find_or_add(&reserved.permit);
                known.shown.remove(&reserved.index);
                known.accepted.insert(reserved.index);
            }
            Outcome::NotSent => self.release(reserved),
            Outcome::Refused { .. }
            | Outcome::Kept
            | Outcome::Shown
            | Outcome::Declined
            | Outcome::NotSatisfiable
            | Outcome::Failed
            | Outcome::Unfinished => {}
        }
    }

    /// Takes back a reservation of which nothing was shown.
    pub(crate) fn release(&mut self, reserved: &Use) {
        if reserved.showing == Showing::First {
            self.find_or_add(&reserved.permit).shown.remove(&reserved.index);
        }
    }

    fn find(&self, permit: &Permit) -> Option<&ShownUses> {
        self.0.iter().find(|known| known.is_of(permit))
    }

    fn find_or_add(&mut self, permit: &Permit) -> &mut ShownUses {
        let at = self.0.iter().position(|known| known.is_of(permit)).unwrap_or_else(|| {
            self.0.push(ShownUses {
                scope: permit.scope.clone(),
                department: permit.department.clone(),
                shown: BTreeSet::new(),
                accepted: BTreeSet::new(),
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

impl ShownUses {
    fn is_of(&self, permit: &Permit) -> bool {
        self.scope == permit.scope && self.department == permit.department
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    fn permit(uses: u16) -> Permit {
        Permit {
            scope: "permit".to_owned(),
            department: "credit.nanning".parse().unwrap(),
            uses: NonZeroU16::new(uses).unwrap(),
        }
    }

    /// Chooses, reserves and ends one use.
    fn take(uses: &mut Uses, permit: &Permit, outcome: &Outcome, seed: u64) -> u16 {
        let chosen = uses.choose(permit, &mut rng(seed)).unwrap();
        uses.reserve(&chosen).unwrap();
        uses.settle(&chosen, outcome);
        chosen.index()
    }

    #[test]
    fn every_use_is_accepted_once() {
        let permit = permit(10);
        let mut uses = Uses::default();
        let taken: BTreeSet<u16> =
            (0..10).map(|seed| take(&mut uses, &permit, &Outcome::Presented, seed)).collect();
        assert_eq!(taken, (0..10).collect());
        assert!(uses.left(&permit).is_none());
        assert_eq!(uses.choose(&permit, &mut rng(11)), None);
    }

    #[test]
    fn the_first_is_not_always_the_same() {
        let chosen = |seed| Uses::default().choose(&permit(10), &mut rng(seed)).unwrap().index();
        let first: BTreeSet<u16> = (0..100).map(chosen).collect();
        assert_eq!(first, (0..10).collect());
    }

    #[test]
    fn what_was_shown_is_taken_last_and_what_was_not_sent_is_as_before() {
        let permit = permit(3);
        let mut uses = Uses::default();
        let refused = Outcome::Refused { reason: "already_used".to_owned() };
        let shown = take(&mut uses, &permit, &refused, 1);
        take(&mut uses, &permit, &Outcome::NotSent, 2);
        assert_eq!(uses.left(&permit), Left { fresh: 2, shown: 1 });
        for seed in 3..5 {
            assert_ne!(take(&mut uses, &permit, &Outcome::Presented, seed), shown);
        }
        assert_eq!(uses.left(&permit), Left { fresh: 0, shown: 1 });
        assert_eq!(take(&mut uses, &permit, &Outcome::NotSent, 5), shown);
        assert_eq!(uses.left(&permit), Left { fresh: 0, shown: 1 }, "it was shown before");
        assert_eq!(take(&mut uses, &permit, &Outcome::Presented, 6), shown);
        assert!(uses.left(&permit).is_none());
    }

    #[test]
    fn one_use_is_not_reserved_for_two_answers() {
        let permit = permit(1);
        let mut uses = Uses::default();
        let [one, other] = [1, 2].map(|seed| uses.choose(&permit, &mut rng(seed)).unwrap());
        uses.reserve(&one).unwrap();
        assert_eq!(uses.reserve(&other), Err(TakenMeanwhile));
        let again = uses.choose(&permit, &mut rng(3)).unwrap();
        uses.settle(&one, &Outcome::Presented);
        assert_eq!(uses.reserve(&again), Err(TakenMeanwhile));
    }

    #[test]
    fn scopes_are_those_of_a_department() {
        let mine = permit(1);
        let theirs = Permit { department: "gongan.nanning".parse().unwrap(), ..permit(1) };
        let mut uses = Uses::default();
        take(&mut uses, &mine, &Outcome::Presented, 1);
        assert!(uses.left(&mine).is_none());
        assert_eq!(uses.left(&theirs), Left { fresh: 1, shown: 0 });
        let json = serde_json::to_string(&uses).unwrap();
        assert_eq!(serde_json::from_str::<Uses>(&json).unwrap(), uses);
    }
}
