//! The variables of [`gadget`](super::gadget) over numbers.

use ark_bn254::Fr;

use super::Opening;
use crate::constraints::values::Values;
use crate::credential::{Credential, link_tag};
use crate::poseidon::gadget::Input::{Constant, Variable};
use crate::poseidon::gadget::hash_values;

/// Variables that a credential has: its sixteen numbers and those of their hash.
pub(crate) const COMMITTED_VARIABLES: usize = 16 + 609;

/// The variables of [`Committed::new`](super::gadget::Committed::new).
pub(crate) fn committed(values: &mut Values, credential: &Credential) {
    let attributes = credential.values.elements().map(|a| values.private(a));
    let head =
        [credential.holder, credential.validity.element(), credential.salt, credential.document_element()];
    let head = head.map(|x| values.private(x));
    let mut inputs = [Variable(Fr::default()); 16];
    let (first, rest) = inputs.split_at_mut(head.len());
    first.copy_from_slice(&head.map(Variable));
    rest.copy_from_slice(&attributes.map(Variable));
    hash_values(values, inputs);
}

/// The variables of [`Committed::opens`](super::gadget::Committed::opens), blind included.
pub(crate) fn opens(values: &mut Values, opening: &Opening, link: Fr) {
    let blind = values.private(opening.blind);
    let inner = opening.credential.inner();
    let opened = hash_values(values, [Constant(link_tag()), Variable(inner), Variable(blind)]);
    values.require(opened == link);
}
