//! Recovery: a new wallet puts together what trustees seal to it.

use circuits::credential::{DepartmentId, PersonSecret};

use crate::bundle::Bundle;
use crate::polynomial::at_zero;
use crate::seal::{HpkePrivateKey, SealedShare, Unopened};
use crate::share::Share;

/// A new wallet, as it collects the shares of one bundle. Every share in it is the one that was dealt.
pub struct Recovery<'r> {
    bundle: &'r Bundle,
    key: &'r HpkePrivateKey,
    shares: Vec<Share>,
}

/// An answer that is of no use. It speaks against whoever gave it, if nobody changed it on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// The bundle has no such trustee.
    #[error("`{0}` has no share of this bundle")]
    NotATrustee(DepartmentId),
    /// Sealed to another key or for another bundle or place, or damaged.
    #[error("what `{0}` answered does not open as its share of this bundle")]
    Unopened(DepartmentId),
    /// It opens and is another share than was dealt: this trustee lies, or has lost what it was given.
    #[error("what `{0}` answered is not the share that it was dealt")]
    OtherShare(DepartmentId),
}

/// More trustees must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} trustees gave back their shares, {needed} are needed")]
pub struct TooFewShares {
    /// By the bundle.
    pub needed: usize,
    /// Good ones so far.
    pub given: usize,
}

impl<'r> Recovery<'r> {
    /// Begins to collect the shares of a bundle, sealed to this key.
    pub fn new(bundle: &'r Bundle, key: &'r HpkePrivateKey) -> Self {
        // Room for all of them, so that none is left behind where a vector grew.
        Self { bundle, key, shares: Vec::with_capacity(bundle.threshold().shares()) }
    }
    /// Takes in what a trustee answered, if it is the share that the trustee was dealt. The same answer again changes
    /// nothing.
    pub fn take(&mut self, from: &DepartmentId, answer: &SealedShare) -> Result<(), BadAnswer> {
        let seat = self.bundle.seat(from).ok_or_else(|| BadAnswer::NotATrustee(from.clone()))?;
        let opened = seat.open_answer(answer, self.key);
        let share = opened.map_err(|Unopened| BadAnswer::Unopened(from.clone()))?;
        if !seat.is_committed(&share) {
            return Err(BadAnswer::OtherShare(from.clone()));
        }
        if self.shares.iter().all(|known| known.index() != share.index()) {
            self.shares.push(share);
        }
        Ok(())
    }
    /// How many more trustees must answer.
    pub fn missing(&self) -> usize {
        self.bundle.threshold().needed().saturating_sub(self.shares.len())
    }
    /// The secret that was dealt. Whether it is the person's, the person authority says, which compares `person`.
    pub fn rebuild(&self) -> Result<PersonSecret, TooFewShares> {
        let needed = self.bundle.threshold().needed();
        let too_few = TooFewShares { needed, given: self.shares.len() };
        let enough = self.shares.get(..needed).ok_or(too_few)?;
        at_zero(enough).and_then(PersonSecret::from_element).ok_or(too_few)
    }
}

#[cfg(test)]
mod tests {
    use circuits::Fr;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;
    use crate::samples::{Dealing, department};

    fn wallet() -> HpkePrivateKey {
        HpkePrivateKey::from_bytes(&[77; 32])
    }

    fn trustee(place: usize) -> DepartmentId {
        department(&format!("trustee-{}", place + 1))
    }

    /// Collects what the trustees in these places answer.
    fn collected<'r>(dealing: &'r Dealing, wallet: &'r HpkePrivateKey, places: &[usize]) -> Recovery<'r> {
        let mut recovery = Recovery::new(dealing.bundle(), wallet);
        for place in places {
            recovery.take(&trustee(*place), &dealing.answer(*place, wallet)).unwrap();
        }
        recovery
    }

    fn rebuilt(recovery: &Recovery<'_>) -> Fr {
        *recovery.rebuild().ok().unwrap().expose()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// As many trustees as may be down are down, whichever they are.
        #[test]
        fn any_t_trustees_give_the_secret_back(
            (needed, shares) in (2..=7usize).prop_flat_map(|shares| (2..=shares, Just(shares))),
            order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let dealing = Dealing::new(needed, shares);
            let key = wallet();
            let mut places: Vec<_> = order.into_iter().filter(|place| *place < shares).collect();
            places.truncate(needed);
            let recovery = collected(&dealing, &key, &places);
            prop_assert_eq!(recovery.missing(), 0);
            prop_assert_eq!(rebuilt(&recovery), *dealing.secret().expose());
            let fewer = collected(&dealing, &key, &places[1..]);
            prop_assert_eq!(fewer.rebuild().err(), Some(TooFewShares { needed, given: needed - 1 }));
        }
    }

    #[test]
    fn a_trustee_that_answers_twice_counts_once() {
        let dealing = Dealing::new(3, 5);
        let key = wallet();
        let mut recovery = collected(&dealing, &key, &[4, 1]);
        assert_eq!(recovery.missing(), 1);
        recovery.take(&trustee(4), &dealing.answer(4, &key)).unwrap();
        assert_eq!(recovery.missing(), 1);
        recovery.take(&trustee(0), &dealing.answer(0, &key)).unwrap();
        recovery.take(&trustee(3), &dealing.answer(3, &key)).unwrap();
        assert_eq!(recovery.missing(), 0);
        assert_eq!(rebuilt(&recovery), *dealing.secret().expose(), "one more than needed");
    }

    #[test]
    fn who_answers_with_another_share_is_named() {
        let dealing = Dealing::new(2, 3);
        let key = wallet();
        let seat = dealing.bundle().seats().nth(1).unwrap();
        let lie = Share::new(seat.index(), Fr::from(7u64), Fr::from(8u64));
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let answer = seat.lie(&lie, &key.public(), &mut rng);
        let mut recovery = collected(&dealing, &key, &[0]);
        assert_eq!(recovery.take(&trustee(1), &answer), Err(BadAnswer::OtherShare(trustee(1))));
        assert_eq!(recovery.missing(), 1, "a lie counts for nothing");
        recovery.take(&trustee(2), &dealing.answer(2, &key)).unwrap();
        assert_eq!(rebuilt(&recovery), *dealing.secret().expose());
    }

    #[test]
    fn an_answer_of_another_trustee_is_refused() {
        let dealing = Dealing::new(2, 3);
        let key = wallet();
        let mut recovery = Recovery::new(dealing.bundle(), &key);
        let taken = recovery.take(&trustee(1), &dealing.answer(0, &key));
        assert_eq!(taken, Err(BadAnswer::Unopened(trustee(1))));
        let stranger = recovery.take(&department("stranger"), &dealing.answer(0, &key));
        assert_eq!(stranger, Err(BadAnswer::NotATrustee(department("stranger"))));
    }

    #[test]
    fn an_answer_for_another_bundle_is_refused() {
        let [one, two] = [1, 2].map(|seed| Dealing::seeded(2, 3, seed));
        let key = wallet();
        let mut recovery = Recovery::new(one.bundle(), &key);
        assert_eq!(recovery.take(&trustee(0), &two.answer(0, &key)), Err(BadAnswer::Unopened(trustee(0))));
    }

    #[test]
    fn an_answer_to_another_wallet_is_refused() {
        let dealing = Dealing::new(2, 3);
        let [key, other] = [wallet(), HpkePrivateKey::from_bytes(&[78; 32])];
        let mut recovery = Recovery::new(dealing.bundle(), &key);
        let taken = recovery.take(&trustee(0), &dealing.answer(0, &other));
        assert_eq!(taken, Err(BadAnswer::Unopened(trustee(0))));
    }

    #[test]
    fn a_deposit_is_no_answer() {
        let dealing = Dealing::new(2, 3);
        // A trustee that seals to itself what it keeps.
        let key = HpkePrivateKey::from_bytes(&[1; 32]);
        let mut recovery = Recovery::new(dealing.bundle(), &key);
        let taken = recovery.take(&trustee(0), &dealing.deposits()[0]);
        assert_eq!(taken, Err(BadAnswer::Unopened(trustee(0))));
    }
}
