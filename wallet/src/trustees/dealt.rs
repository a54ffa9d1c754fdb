//! What a wallet remembers of its dealings: who was given shares of which bundle, and when. No share is kept.

use circuits::credential::DepartmentId;
use ledger::record::{BundleId, HpkePublicKey};
use serde::{Deserialize, Serialize};
use trustee::Candidate;

/// The dealings of a wallet, oldest first: at most [`MAX_DEALINGS`], the newest that was finished among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dealings(Vec<Kept>);

/// One dealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Names it, at the trustees, at the desk, and on the ledger if its shares are asked for.
    pub bundle: BundleId,
    /// When, unix seconds.
    pub time: u64,
    /// How many of them give the secret back.
    pub needed: usize,
    /// Who was to keep a share.
    pub keepers: Vec<Keeper>,
    /// How far it came.
    pub stage: Stage,
}

/// A trustee of a dealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keeper {
    /// Which department.
    pub department: DepartmentId,
    /// The key that its share was sealed to.
    pub key: HpkePublicKey,
}

/// How far a dealing came, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Written down before the first share left: some trustees may have theirs, and the desk may know of it.
    Begun,
    /// Every trustee keeps its share, and the desk knows the bundle.
    Done,
}

/// Why a wallet should deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyDeal {
    /// It never did.
    Never,
    /// The newest dealing did not come to its end.
    Unfinished,
    /// A trustee keeps new shares under another key.
    OtherKey(DepartmentId),
    /// A trustee keeps no new shares any more.
    Gone(DepartmentId),
    /// A department has become a trustee.
    New(DepartmentId),
}

impl From<&Candidate> for Keeper {
    fn from(candidate: &Candidate) -> Self {
        Self { department: candidate.department.clone(), key: candidate.key }
    }
}

impl Dealings {
    /// Whether nothing was ever dealt.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that are remembered, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.0.iter()
    }

    /// The newest that came to its end: the one that trustees and desk would bring the secret back from.
    pub fn newest_done(&self) -> Option<&Kept> {
        self.0.iter().rev().find(|kept| kept.stage == Stage::Done)
    }

    /// Remembers a dealing that is about to begin. Where there are too many, the oldest is forgotten, but never the newest
    /// that came to its end: it is the one whose shares would be asked for.
    pub(super) fn begin(&mut self, kept: Kept) {
        let spared = self.newest_done().map(|kept| kept.bundle);
        while self.0.len() >= MAX_DEALINGS {
            let oldest = self.0.iter().position(|kept| Some(kept.bundle) != spared);
            let Some(oldest) = oldest else { break };
            self.0.remove(oldest);
        }
        self.0.push(kept);
    }

    /// Writes down that a dealing came to its end. One that was forgotten meanwhile stays forgotten.
    pub(super) fn done(&mut self, bundle: &BundleId) {
        if let Some(kept) = self.0.iter_mut().find(|kept| kept.bundle == *bundle) {
            kept.stage = Stage::Done;
        }
    }

    /// Why to deal to these candidates, if there is a reason.
    pub(super) fn why_deal(&self, candidates: &[Candidate]) -> Option<WhyDeal> {
        let Some(newest) = self.0.last() else { return Some(WhyDeal::Never) };
        match newest.stage {
            Stage::Begun => Some(WhyDeal::Unfinished),
            Stage::Done => newest.differs_from(candidates),
        }
    }
}

impl Kept {
    fn differs_from(&self, candidates: &[Candidate]) -> Option<WhyDeal> {
        let named = |department: &DepartmentId| candidates.iter().find(|c| c.department == *department);
        let changed = self.keepers.iter().find_map(|keeper| match named(&keeper.department) {
            None => Some(WhyDeal::Gone(keeper.department.clone())),
            Some(now) if now.key != keeper.key => Some(WhyDeal::OtherKey(keeper.department.clone())),
            Some(_) => None,
        });
        let known = |candidate: &&Candidate| {
            self.keepers.iter().all(|keeper| keeper.department != candidate.department)
        };
        changed.or_else(|| candidates.iter().find(known).map(|new| WhyDeal::New(new.department.clone())))
    }
}

/// Dealings that are remembered at most.
const MAX_DEALINGS: usize = 16;

#[cfg(test)]
mod tests {
    use ledger::digest::Digest;
    use ledger::samples::hpke_key;

    use super::*;

    fn candidate(department: &str, key: &str) -> Candidate {
        Candidate { department: department.parse().unwrap(), key: hpke_key(key) }
    }

    fn kept(number: u8, stage: Stage, candidates: &[Candidate]) -> Kept {
        let keepers = candidates.iter().map(Keeper::from).collect();
        let bundle = BundleId::new(Digest::of(&[number]));
        Kept { bundle, time: number.into(), needed: 2, keepers, stage }
    }

    #[test]
    fn a_wallet_deals_when_the_trustees_are_not_those_it_dealt_to() {
        let then = [candidate("tax", "t1"), candidate("court", "c1")];
        let mut dealings = Dealings::default();
        assert_eq!(dealings.why_deal(&then), Some(WhyDeal::Never));
        dealings.begin(kept(1, Stage::Begun, &then));
        assert_eq!(dealings.why_deal(&then), Some(WhyDeal::Unfinished));
        dealings.done(&BundleId::new(Digest::of(&[1])));
        assert_eq!(dealings.why_deal(&then), None);
        let id = |name: &str| name.parse().unwrap();
        let rotated = [candidate("tax", "t2"), candidate("court", "c1")];
        assert_eq!(dealings.why_deal(&rotated), Some(WhyDeal::OtherKey(id("tax"))));
        assert_eq!(dealings.why_deal(&then[..1]), Some(WhyDeal::Gone(id("court"))));
        let more = [then.as_slice(), &[candidate("archive", "a1")]].concat();
        assert_eq!(dealings.why_deal(&more), Some(WhyDeal::New(id("archive"))));
    }

    #[test]
    fn the_newest_dealing_that_came_to_its_end_is_never_forgotten() {
        let mut dealings = Dealings::default();
        dealings.begin(kept(0, Stage::Done, &[]));
        for number in 1..100 {
            dealings.begin(kept(number, Stage::Begun, &[]));
            assert!(dealings.all().count() <= MAX_DEALINGS);
        }
        assert_eq!(dealings.newest_done().map(|kept| kept.time), Some(0));
        assert_eq!(dealings.all().last().map(|kept| kept.time), Some(99));
    }
}
