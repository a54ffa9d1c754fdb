//! What wallet, desk and trustees all keep of one dealing: who the trustees are, and what each must give back.

use circuits::credential::DepartmentId;
use circuits::field::Element;
use ledger::canonical;
use ledger::digest::Digest;
use ledger::record::{BundleId, HpkePublicKey};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use crate::seal::{Context, HpkePrivateKey, Purpose, SealedShare, Unopened};
use crate::share::Share;
use crate::threshold::{ShareIndex, Threshold, ThresholdError};

/// One dealing of a person's secret, without any share. Says nothing of the secret, and nothing of the person but who
/// keeps the shares.
///
/// Its identifier is the digest of the rest: as random as the commitments in it, and nobody can put other commitments
/// under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Bundle {
    id: BundleId,
    threshold: Threshold,
    trustees: Vec<Trustee>,
}

/// One trustee of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trustee {
    /// Which department.
    pub department: DepartmentId,
    /// Its key when the share was dealt, which opens it for ever.
    pub key: HpkePublicKey,
    /// `H(TAG_SHARE, value, blind)` of its share.
    pub commitment: Element,
}

/// Why trustees make no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Too few or too many of them.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// One department would have two shares.
    #[error("`{0}` is a trustee twice")]
    DepartmentTwice(DepartmentId),
    /// Two departments would open each other's shares.
    #[error("`{0}` has the key of another trustee")]
    SharedKey(DepartmentId),
}

/// The place of one trustee in a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'b> {
    bundle: &'b Bundle,
    index: ShareIndex,
    trustee: &'b Trustee,
}

/// Why a trustee does not take, or cannot use, what was sealed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepositError {
    /// The private key is not the one of the bundle.
    #[error("the share is sealed to another key of the trustee")]
    OtherKey,
    /// Not sealed to this trustee for this place of this bundle, or damaged.
    #[error("what was sealed does not open as the trustee's share of this bundle")]
    Unopened,
    /// It opens, and is not what the bundle commits to.
    #[error("the share is not the one that the bundle commits to")]
    OtherShare,
}

impl Bundle {
    /// A bundle of these trustees in their order, `needed` of whom suffice.
    pub fn new(needed: usize, trustees: Vec<Trustee>) -> Result<Self, BundleError> {
        let threshold = Threshold::new(needed, trustees.len())?;
        for (place, trustee) in trustees.iter().enumerate() {
            let mut before = trustees.iter().take(place);
            if before.clone().any(|other| other.department == trustee.department) {
                return Err(BundleError::DepartmentTwice(trustee.department.clone()));
            }
            if before.any(|other| other.key == trustee.key) {
                return Err(BundleError::SharedKey(trustee.department.clone()));
            }
        }
        let rest = Unchecked { needed, trustees };
        let bytes = canonical::to_vec(&rest).expect("a bundle is text and one small number");
        let id = BundleId::new(Digest::of_parts(&[BUNDLE, &bytes]));
        Ok(Self { id, threshold, trustees: rest.trustees })
    }
    /// SHA-256 of `"yong/bundle/v1\n"` and the canonical JSON of the bundle.
    pub fn id(&self) -> BundleId {
        self.id
    }
    /// How many trustees there are, and how many suffice.
    pub fn threshold(&self) -> Threshold {
        self.threshold
    }
    /// Every trustee's place, in order.
    pub fn seats(&self) -> impl Iterator<Item = Seat<'_>> {
        let places = self.threshold.indices().zip(&self.trustees);
        places.map(move |(index, trustee)| Seat { bundle: self, index, trustee })
    }
    /// The place of this trustee, if it is one.
    pub fn seat(&self, department: &DepartmentId) -> Option<Seat<'_>> {
        self.seats().find(|seat| seat.trustee.department == *department)
    }
}

impl<'b> Seat<'b> {
    /// Who has the place.
    pub fn trustee(&self) -> &'b Trustee {
        self.trustee
    }
    /// Which share it has.
    pub fn index(&self) -> ShareIndex {
        self.index
    }
    /// Seals a share that was just dealt to its trustee.
    pub(crate) fn deposit<R: RngCore + CryptoRng>(&self, share: &Share, rng: &mut R) -> SealedShare {
        self.context(Purpose::Deposit).seal(share, &self.trustee.key, rng)
    }
    /// Whether what a wallet sealed to this trustee is its share. A trustee looks when it takes the share, while the wallet
    /// can still deal again.
    pub fn check_deposit(&self, deposit: &SealedShare, key: &HpkePrivateKey) -> Result<(), DepositError> {
        self.open_deposit(deposit, key).map(|_| ())
    }
    /// Seals the trustee's share, which a wallet sealed to it, to a new wallet. To whom, and that it is done once, its
    /// service decides.
    pub fn answer<R: RngCore + CryptoRng>(
        &self,
        deposit: &SealedShare,
        key: &HpkePrivateKey,
        to: &HpkePublicKey,
        rng: &mut R,
    ) -> Result<SealedShare, DepositError> {
        let share = self.open_deposit(deposit, key)?;
        Ok(self.context(Purpose::Answer).seal(&share, to, rng))
    }
    /// Opens what the trustee sealed to a new wallet. Whether it is the share that was dealt is another question.
    pub(crate) fn open_answer(&self, answer: &SealedShare, key: &HpkePrivateKey) -> Result<Share, Unopened> {
        self.context(Purpose::Answer).open(answer, key)
    }
    /// What a trustee that lies would answer.
    #[cfg(test)]
    pub(crate) fn lie<R: RngCore + CryptoRng>(
        &self,
        share: &Share,
        to: &HpkePublicKey,
        rng: &mut R,
    ) -> SealedShare {
        self.context(Purpose::Answer).seal(share, to, rng)
    }
    /// Whether a share is what the bundle commits to in this place.
    pub(crate) fn is_committed(&self, share: &Share) -> bool {
        share.commitment() == self.trustee.commitment.0
    }

    fn open_deposit(&self, deposit: &SealedShare, key: &HpkePrivateKey) -> Result<Share, DepositError> {
        if key.public() != self.trustee.key {
            return Err(DepositError::OtherKey);
        }
        let opened = self.context(Purpose::Deposit).open(deposit, key);
        let share = opened.map_err(|Unopened| DepositError::Unopened)?;
        if self.is_committed(&share) { Ok(share) } else { Err(DepositError::OtherShare) }
    }
    fn context(&self, purpose: Purpose) -> Context<'b> {
        Context {
            purpose,
            bundle: self.bundle.id,
            trustee: &self.trustee.department,
            index: self.index,
            threshold: self.bundle.threshold,
        }
    }
}

/// The JSON form of a [`Bundle`], not yet checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    needed: usize,
    trustees: Vec<Trustee>,
}

impl TryFrom<Unchecked> for Bundle {
    type Error = BundleError;
    fn try_from(unchecked: Unchecked) -> Result<Self, BundleError> {
        Self::new(unchecked.needed, unchecked.trustees)
    }
}

impl From<Bundle> for Unchecked {
    fn from(bundle: Bundle) -> Self {
        Self { needed: bundle.threshold.needed(), trustees: bundle.trustees }
    }
}

/// Begins what an identifier is taken over.
const BUNDLE: &[u8] = b"yong/bundle/v1\n";

#[cfg(test)]
mod tests;
