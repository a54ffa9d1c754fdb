//! Dealing: what a wallet does at enrolment, and again when a trustee has a new key.

use ark_ff::UniformRand;
use circuits::Fr;
use circuits::credential::{DepartmentId, PersonSecret};
use circuits::field::Element;
use ledger::record::{HpkePublicKey, TrusteePublish};
use ledger::registry::Published;
use rand::{CryptoRng, RngCore};

use crate::bundle::{Bundle, BundleError, Trustee};
use crate::polynomial::Polynomial;
use crate::seal::SealedShare;
use crate::share::Share;
use crate::threshold::Threshold;

/// A department that is to keep a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub department: DepartmentId,
    /// Its newest key on the ledger.
    pub key: HpkePublicKey,
}

impl From<&Published<TrusteePublish>> for Candidate {
    fn from(published: &Published<TrusteePublish>) -> Self {
        Self { department: published.publisher.clone(), key: published.item.key }
    }
}

/// A secret in shares, each sealed to its trustee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dealt {
    /// For the wallet, the desk, and each trustee.
    pub bundle: Bundle,
    /// One for each trustee, in the order of the bundle.
    pub deposits: Vec<SealedShare>,
}

/// Splits a person's secret among these trustees, `needed` of whom can give it back, and fewer of whom learn nothing.
///
/// Each call draws another polynomial and other blinds, so that shares of two bundles do not fit together.
pub fn deal<R: RngCore + CryptoRng>(
    secret: &PersonSecret,
    needed: usize,
    candidates: &[Candidate],
    rng: &mut R,
) -> Result<Dealt, BundleError> {
    let threshold = Threshold::new(needed, candidates.len())?;
    let polynomial = Polynomial::random(secret, threshold, rng);
    // Room for all of them, so that none is left behind where a vector grew.
    let mut shares = Vec::with_capacity(threshold.shares());
    for index in threshold.indices() {
        shares.push(Share::new(index, polynomial.evaluate(index), Fr::rand(rng)));
    }
    let trustees = candidates.iter().zip(&shares).map(|(candidate, share)| Trustee {
        department: candidate.department.clone(),
        key: candidate.key,
        commitment: Element(share.commitment()),
    });
    let bundle = Bundle::new(needed, trustees.collect())?;
    let deposits = bundle.seats().zip(&shares).map(|(seat, share)| seat.deposit(share, rng)).collect();
    Ok(Dealt { bundle, deposits })
}

#[cfg(test)]
mod tests {
    use ledger::samples::hpke_key;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;
    use crate::samples::{Dealing, department};
    use crate::threshold::ThresholdError;

    #[test]
    fn two_dealings_of_a_secret_have_nothing_in_common() {
        let [one, two] = [1, 2].map(|seed| Dealing::seeded(2, 3, seed));
        assert_ne!(one.bundle().id(), two.bundle().id());
        for (one, two) in one.bundle().seats().zip(two.bundle().seats()) {
            assert_ne!(one.trustee().commitment, two.trustee().commitment);
            assert_eq!(one.trustee().key, two.trustee().key);
        }
    }

    #[test]
    fn a_bundle_does_not_contain_a_share() {
        let dealing = Dealing::new(2, 3);
        let json = serde_json::to_string(dealing.bundle()).unwrap();
        assert!(!json.contains(&Element(*dealing.secret().expose()).to_string()));
        let names: Vec<_> =
            dealing.bundle().seats().map(|seat| seat.trustee().department.to_string()).collect();
        assert_eq!(names, ["trustee-1", "trustee-2", "trustee-3"]);
        assert_eq!(dealing.deposits().len(), 3);
    }

    #[test]
    fn a_secret_is_not_dealt_to_one_or_twice_to_one() {
        let secret = PersonSecret::from_element(Fr::from(7u64)).unwrap();
        let candidate = |name: &str| Candidate { department: department(name), key: hpke_key(name) };
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut dealt = |needed, candidates: &[Candidate]| deal(&secret, needed, candidates, &mut rng);
        let error = ThresholdError { needed: 1, shares: 2 };
        let two = [candidate("police"), candidate("tax")];
        assert_eq!(dealt(1, &two), Err(BundleError::Threshold(error)));
        let twice = [candidate("police"), candidate("police")];
        assert_eq!(dealt(2, &twice), Err(BundleError::DepartmentTwice(department("police"))));
        assert!(dealt(2, &two).is_ok());
    }
}
