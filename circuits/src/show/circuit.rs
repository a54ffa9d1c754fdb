//! The statement as constraints, clause by clause.

use ark_bn254::Fr;
use ark_ff::Field;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, SynthesisError, SynthesisMode,
};

use super::{Clause, INDEX_BITS, ISSUERS, Private, Public, SLOTS};
use crate::atom;
use crate::constraints::{in_bits, private, product_is_zero, public};
use crate::credential::{Credential, Scope, TIME_BITS, link_tag, pseudonym_tag};
use crate::field::power_of_two;
use crate::poseidon::gadget::hash;
use crate::row::try_map_array;
use crate::schema::ATTRIBUTES;
use crate::tree::{self, Path};

/// The constraint system. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, Private)>,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        clauses(&cs, self.assignment.as_ref()).map(drop)
    }
}

/// How many rows each clause has, in order, without the public inputs.
pub fn rows_per_clause() -> Vec<(Clause, usize)> {
    let cs = ConstraintSystem::new_ref();
    cs.set_mode(SynthesisMode::Setup);
    clauses(&cs, None).expect("synthesis without an assignment reads no value")
}

/// Rows of clause 1.
pub const LEAF_ROWS: usize = 6_051;

type Inputs = Public<FpVar<Fr>>;

/// All clauses, and how many rows each has.
fn clauses(
    cs: &ConstraintSystemRef<Fr>,
    assignment: Option<&(Public, Private)>,
) -> Result<Vec<(Clause, usize)>, SynthesisError> {
    let inputs = allocate(cs, assignment.map(|(public, _)| public))?;
    let p = assignment.map(|(_, private)| private);
    let witness = Witness::new(cs, p)?;
    let mut ends = Vec::new();
    let mut close = |clause| ends.push((clause, cs.num_constraints()));

    let inner = leaf(&inputs, &witness, p.map(|p| &p.path))?;
    close(Clause::Leaf);
    validity(&inputs, &witness)?;
    close(Clause::Validity);
    issuer(&inputs, &witness)?;
    close(Clause::Issuer);
    pseudonym(&inputs, &witness, &private(cs, p.map(|p| Fr::from(p.index)))?)?;
    close(Clause::Pseudonym);
    let bits = atoms(&inputs, &witness)?;
    close(Clause::Atoms);
    formula(&inputs, &bits)?;
    close(Clause::Formula);
    context(&inputs)?;
    close(Clause::Context);
    link(&inputs, &inner, &private(cs, p.map(|p| p.blind))?)?;
    close(Clause::Link);

    let mut begin = 0;
    Ok(ends.into_iter().map(|(clause, end)| (clause, end - std::mem::replace(&mut begin, end))).collect())
}

/// 1. Leaf: recomputed from the secrets and the credential, it lies under the root. Returns `inner`.
fn leaf(inputs: &Inputs, w: &Witness, path: Option<&Path>) -> Result<FpVar<Fr>, SynthesisError> {
    let schema = &inputs.rows.schema;
    let holder = pseudonym_of(&w.device, &w.person, [&w.issuer, schema, &FpVar::zero()])?;
    let validity = &w.from + &w.until * power_of_two(TIME_BITS);
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = &w.attributes;
    let [h0, h1, h2, h3] = [&holder, &validity, &w.salt, &w.document];
    let inner = hash([h0, h1, h2, h3, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11])?;
    let leaf = hash([&w.issuer, schema, &inner])?;
    tree::gadget::root(&leaf, path)?.enforce_equal(&inputs.root)?;
    Ok(inner)
}

/// 2. Validity: from ≤ now ≤ until. All four numbers below 2^40 makes the differences those of integers.
fn validity(inputs: &Inputs, w: &Witness) -> Result<(), SynthesisError> {
    let since_from = &inputs.now - &w.from;
    let to_until = &w.until - &inputs.now;
    [&w.from, &w.until, &since_from, &to_until].into_iter().try_for_each(|time| in_bits(time, TIME_BITS))
}

/// 3. Issuer: one of the four.
fn issuer(inputs: &Inputs, w: &Witness) -> Result<(), SynthesisError> {
    let differences: [_; ISSUERS] = inputs.rows.issuers.each_ref().map(|accepted| &w.issuer - accepted);
    product_is_zero(&differences)
}

/// 4. Pseudonym: of the same secrets and an index below `uses`. A named one leaves the device out.
fn pseudonym(inputs: &Inputs, w: &Witness, index: &FpVar<Fr>) -> Result<(), SynthesisError> {
    let Scope { a, b, named, uses } = &inputs.scope;
    let device = &w.device * (FpVar::one() - named);
    let unused_after = uses - index - Fr::ONE;
    in_bits(index, INDEX_BITS)?;
    in_bits(&unused_after, INDEX_BITS)?;
    pseudonym_of(&device, &w.person, [a, b, index])?.enforce_equal(&inputs.nullifier)
}

/// 5. Atoms: the slots' bits.
fn atoms(inputs: &Inputs, w: &Witness) -> Result<[FpVar<Fr>; SLOTS], SynthesisError> {
    try_map_array(inputs.rows.atoms.each_ref(), |_, atom| atom.bit_in_circuit(&w.attributes))
}

/// 6. Formula: every clause names an atom that holds.
fn formula(inputs: &Inputs, bits: &[FpVar<Fr>; SLOTS]) -> Result<(), SynthesisError> {
    atom::gadget::formula(&inputs.rows.literal, bits)
}

/// 7. Context: squared, so that a row of the constraint system holds it.
fn context(inputs: &Inputs) -> Result<(), SynthesisError> {
    inputs.context.square().map(drop)
}

/// 8. Link: to the credential of clause 1, where it is asked for.
fn link(inputs: &Inputs, inner: &FpVar<Fr>, blind: &FpVar<Fr>) -> Result<(), SynthesisError> {
    let link = hash([&FpVar::Constant(link_tag()), inner, blind])?;
    inputs.linked.mul_equals(&link, &inputs.link)
}

/// `pseudonym(x, psk, a, b, index)`.
fn pseudonym_of(
    x: &FpVar<Fr>,
    person: &FpVar<Fr>,
    [a, b, index]: [&FpVar<Fr>; 3],
) -> Result<FpVar<Fr>, SynthesisError> {
    hash([&FpVar::Constant(pseudonym_tag()), x, person, a, b, index])
}

fn allocate(cs: &ConstraintSystemRef<Fr>, values: Option<&Public>) -> Result<Inputs, SynthesisError> {
    match values {
        Some(values) => values.clone().try_map(|_, x| public(cs, Some(x))),
        None => Public::filled(()).try_map(|_, ()| public(cs, None)),
    }
}

/// The private variables but the path's, the index and the blind. Clause 1 hashes all of them into the leaf, `from` and
/// `until` as one number, which clause 2 splits at 2^40.
struct Witness {
    attributes: [FpVar<Fr>; ATTRIBUTES],
    device: FpVar<Fr>,
    person: FpVar<Fr>,
    issuer: FpVar<Fr>,
    from: FpVar<Fr>,
    until: FpVar<Fr>,
    salt: FpVar<Fr>,
    document: FpVar<Fr>,
}

impl Witness {
    fn new(cs: &ConstraintSystemRef<Fr>, p: Option<&Private>) -> Result<Self, SynthesisError> {
        let credential = p.map(|p| &p.credential);
        let elements = credential.map(|c| c.values.elements());
        Ok(Self {
            attributes: try_map_array([(); ATTRIBUTES], |i, ()| private(cs, elements.map(|e| e[i])))?,
            device: private(cs, p.map(|p| *p.secrets.device.expose()))?,
            person: private(cs, p.map(|p| *p.secrets.person.expose()))?,
            issuer: private(cs, credential.map(|c| c.issuer.element()))?,
            from: private(cs, credential.map(|c| Fr::from(c.validity.from)))?,
            until: private(cs, credential.map(|c| Fr::from(c.validity.until)))?,
            salt: private(cs, credential.map(|c| c.salt))?,
            document: private(cs, credential.map(Credential::document_element))?,
        })
    }
}
