//! The statement as constraints, clause by clause.

use ark_bn254::Fr;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, SynthesisError, SynthesisMode,
};

use super::check::choices;
use super::{BINS, Clause, DIFFERENCE_BITS, END_BITS, Private, Public};
use crate::constraints::{bit, in_bits, private, public};
use crate::field::{absent, power_of_two};
use crate::opening::gadget::{COMMITTED_ROWS, Committed};
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

/// The first rows of clause 1, which depend on the credential alone.
pub const OPENING_ROWS: usize = COMMITTED_ROWS;

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

    let credential = opening(cs, &inputs, p)?;
    close(Clause::Opening);
    let chosen = assignment
        .map(|(public, private)| choices(&public.rows, &private.opening.credential.values.elements()));
    let sum = bins(cs, &inputs, &credential, chosen)?;
    close(Clause::Bins);
    within(&inputs, &sum)?;
    close(Clause::Sum);
    context(&inputs)?;
    close(Clause::Context);

    let mut begin = 0;
    Ok(ends.into_iter().map(|(clause, end)| (clause, end - std::mem::replace(&mut begin, end))).collect())
}

/// 1. Opening: the link is that of the credential and its blind.
fn opening(
    cs: &ConstraintSystemRef<Fr>,
    inputs: &Inputs,
    p: Option<&Private>,
) -> Result<Committed, SynthesisError> {
    let credential = Committed::new(cs, p.map(|p| &p.opening.credential))?;
    credential.opens(&inputs.link, &private(cs, p.map(|p| p.opening.blind))?)?;
    Ok(credential)
}

/// 2. Bins: the sum of the points of what each attribute is.
fn bins(
    cs: &ConstraintSystemRef<Fr>,
    inputs: &Inputs,
    credential: &Committed,
    chosen: Option<[usize; ATTRIBUTES]>,
) -> Result<FpVar<Fr>, SynthesisError> {
    let mut sum = FpVar::zero();
    for (i, a) in credential.attributes.iter().enumerate() {
        sum += points(cs, inputs, i, a, chosen.map(|chosen| chosen[i]))?;
    }
    Ok(sum)
}

/// What attribute i counts: 196 rows.
///
/// The bits of the bins and what is left of 1, `is_absent`, are bits, so exactly one of them is 1. Where it is a bin's, the
/// sums are its edges, and both differences have 63 bits: together they are the bin's width less one, so no number modulo r
/// stands for another. Where it is `is_absent`, the sums, the attribute's product and both differences are zero.
fn points(
    cs: &ConstraintSystemRef<Fr>,
    inputs: &Inputs,
    i: usize,
    a: &FpVar<Fr>,
    chosen: Option<usize>,
) -> Result<FpVar<Fr>, SynthesisError> {
    let mut bits = Vec::with_capacity(BINS);
    for b in 0..BINS {
        bits.push(FpVar::from(bit(cs, chosen.map(|chosen| chosen == b))?));
    }
    let is_present: FpVar<Fr> = bits.iter().sum();
    let is_absent = FpVar::one() - &is_present;
    is_absent.mul_equals(&is_present, &FpVar::zero())?;

    let edges = &inputs.rows.edge[i];
    let begin = FpVar::inner_product(&bits, edges)?;
    let (last, but_last) = bits.split_last().expect("there are bins");
    let end = FpVar::inner_product(but_last, &edges[1..])? + last * power_of_two(END_BITS);
    let a_in_bin = &is_present * a;
    in_bits(&(&a_in_bin - begin), DIFFERENCE_BITS)?;
    in_bits(&(end - &is_present - a_in_bin), DIFFERENCE_BITS)?;

    let used_and_there = &inputs.rows.used[i] * (a - absent());
    used_and_there.mul_equals(&is_absent, &FpVar::zero())?;
    bits.push(is_absent);
    FpVar::inner_product(&bits, &inputs.rows.points[i])
}

/// 3. Sum: of the chosen points, within the bounds.
fn within(inputs: &Inputs, sum: &FpVar<Fr>) -> Result<(), SynthesisError> {
    in_bits(&(sum - &inputs.rows.low), DIFFERENCE_BITS)?;
    in_bits(&(&inputs.rows.high - sum), DIFFERENCE_BITS)
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
