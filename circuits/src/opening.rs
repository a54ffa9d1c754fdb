//! What opens a link: the credential that it commits to. `join` and `score` speak of a credential by its link alone.

use ark_bn254::Fr;

use crate::credential::{self, Credential};

pub(crate) mod gadget;
pub(crate) mod values;

/// The private side of one link. Holds personal data: no `Debug`.
#[derive(Clone)]
pub struct Opening {
    /// What blinds the link, as in the proof of `show` that it comes from.
    pub blind: Fr,
    /// The credential, with the holder value that its department committed to.
    pub credential: Credential,
}

impl Opening {
    /// `H(TAG_LINK, inner, blind)`.
    pub fn link(&self) -> Fr {
        credential::link(&self.credential.inner(), &self.blind)
    }
}
