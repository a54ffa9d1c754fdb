//! In-circuit twin of [`Opening`](super::Opening), in two parts: what depends on the credential alone, and the link.

use ark_bn254::Fr;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSystemRef, SynthesisError};

use crate::constraints::private;
use crate::credential::{Credential, link_tag};
use crate::poseidon::gadget::hash;
use crate::row::try_map_array;
use crate::schema::ATTRIBUTES;

/// What the department committed to, and the attributes that it commits to.
pub(crate) struct Committed {
    pub(crate) attributes: [FpVar<Fr>; ATTRIBUTES],
    inner: FpVar<Fr>,
}

/// Rows of [`Committed::new`].
pub(crate) const COMMITTED_ROWS: usize = 609;

impl Committed {
    /// The hash of holder, validity, salt, document and attributes, all of them private.
    pub(crate) fn new(
        cs: &ConstraintSystemRef<Fr>,
        credential: Option<&Credential>,
    ) -> Result<Self, SynthesisError> {
        let elements = credential.map(|c| c.values.elements());
        let attributes = try_map_array([(); ATTRIBUTES], |i, ()| private(cs, elements.map(|e| e[i])))?;
        let holder = private(cs, credential.map(|c| c.holder))?;
        let validity = private(cs, credential.map(|c| c.validity.element()))?;
        let salt = private(cs, credential.map(|c| c.salt))?;
        let document = private(cs, credential.map(Credential::document_element))?;
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = &attributes;
        let [h0, h1, h2, h3] = [&holder, &validity, &salt, &document];
        let inner = hash([h0, h1, h2, h3, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11])?;
        Ok(Self { attributes, inner })
    }

    /// `link` is `H(TAG_LINK, inner, blind)`: 259 rows.
    pub(crate) fn opens(&self, link: &FpVar<Fr>, blind: &FpVar<Fr>) -> Result<(), SynthesisError> {
        hash([&FpVar::Constant(link_tag()), &self.inner, blind])?.enforce_equal(link)
    }
}
