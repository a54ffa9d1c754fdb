//! The statement as constraints, clause by clause.

use ark_bn254::Fr;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, SynthesisError, SynthesisMode,
};

use super::{Clause, LINKS, Private, Public, SLOTS, WIDTH};
use crate::atom;
use crate::constraints::{private, public};
use crate::opening::gadget::{COMMITTED_ROWS, Committed};
use crate::row::try_map_array;
use crate::schema::ATTRIBUTES;

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

/// The first rows of clause 1, which depend on the credentials alone.
pub const OPENING_ROWS: usize = LINKS * COMMITTED_ROWS;

type Inputs = Public<FpVar<Fr>>;

/// All clauses, and how many rows each has.
fn clauses(
    cs: &ConstraintSystemRef<Fr>,
    assignment: Option<&(Public, Private)>,
) -> Result<Vec<(Clause, usize)>, SynthesisError> {
    let inputs = allocate(cs, assignment.map(|(public, _)| public))?;
    let p = assignment.map(|(_, private)| private);
    let mut ends = Vec::new();
    let mut close = |clause| ends.push((clause, cs.num_constraints()));

    let credentials = openings(cs, &inputs, p)?;
    close(Clause::Openings);
    let bits = atoms(&inputs, &credentials)?;
    close(Clause::Atoms);
    formula(&inputs, &bits)?;
    close(Clause::Formula);
    context(&inputs)?;
    close(Clause::Context);

    let mut begin = 0;
    Ok(ends.into_iter().map(|(clause, end)| (clause, end - std::mem::replace(&mut begin, end))).collect())
}

/// 1. Openings: each link is that of its credential and its blind. All credentials come before all blinds, because they are
///    the same in every proof.
fn openings(
    cs: &ConstraintSystemRef<Fr>,
    inputs: &Inputs,
    p: Option<&Private>,
) -> Result<[Committed; LINKS], SynthesisError> {
    let committed = |k: usize, ()| Committed::new(cs, p.map(|p| &p.openings[k].credential));
    let credentials = try_map_array([(); LINKS], committed)?;
    for (k, (committed, link)) in credentials.iter().zip(&inputs.links).enumerate() {
        committed.opens(link, &private(cs, p.map(|p| p.openings[k].blind))?)?;
    }
    Ok(credentials)
}

/// 2. Atoms: the slots' bits.
fn atoms(inputs: &Inputs, credentials: &[Committed; LINKS]) -> Result<[FpVar<Fr>; SLOTS], SynthesisError> {
    let attributes: [FpVar<Fr>; WIDTH] =
        std::array::from_fn(|i| credentials[i / ATTRIBUTES].attributes[i % ATTRIBUTES].clone());
    try_map_array(inputs.rows.atoms.each_ref(), |_, atom| atom.bit_in_circuit(&attributes))
}

/// 3. Formula: every clause names an atom that holds.
fn formula(inputs: &Inputs, bits: &[FpVar<Fr>; SLOTS]) -> Result<(), SynthesisError> {
    atom::gadget::formula(&inputs.rows.literal, bits)
}

/// 4. Context: squared, so that a row of the constraint system holds it.
fn context(inputs: &Inputs) -> Result<(), SynthesisError> {
    inputs.context.square().map(drop)
}

fn allocate(cs: &ConstraintSystemRef<Fr>, values: Option<&Public>) -> Result<Inputs, SynthesisError> {
    match values {
        Some(values) => values.clone().try_map(|_, x| public(cs, Some(x))),
        None => Public::filled(()).try_map(|_, ()| public(cs, None)),
    }
}
