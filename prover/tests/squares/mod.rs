//! A statement of a few rows, so that a whole ceremony takes a moment.

use ark_bn254::Fr;
use ark_ff::Field;
use ark_relations::gr1cs::{ConstraintSystemRef, LinearCombination, SynthesisError, Variable};
use prover::ProveError;
use prover::statement::Statement;

/// "I know a root of the first number of degree 2^40, and the second number is twice the first."
pub(crate) enum Squares {}

/// Powers of tau for 2^6 rows hold its rows and inputs.
pub(crate) const POWER: u32 = 6;
const SQUARINGS: usize = 40;

impl Squares {
    /// What a root is a root of.
    pub(crate) fn of(root: Fr) -> [Fr; 2] {
        let power = (0..SQUARINGS).fold(root, |x, _| x.square());
        [power, power + power]
    }
}

impl Statement for Squares {
    type Public = [Fr; 2];
    type Private = Fr;

    const NAME: &'static str = "squares";
    const VERSION: u32 = 1;
    const PUBLIC_INPUTS: usize = 2;
    const MATRICES: &'static str = "b0ee63d2c3f974235d3270219697368f7fe2a34d25c7c48c7061a655ff55b88d";

    fn check(public: &[Fr; 2], root: &Fr) -> Result<(), ProveError> {
        if Self::of(*root) == *public { Ok(()) } else { Err(ProveError::Synthesis) }
    }

    fn inputs(public: &[Fr; 2]) -> Vec<Fr> {
        public.to_vec()
    }

    fn synthesize(
        assignment: Option<(&[Fr; 2], &Fr)>,
        cs: ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError> {
        let value = |known: Option<Fr>| known.ok_or(SynthesisError::AssignmentMissing);
        let just = |variable: Variable| LinearCombination::from(variable);
        let power = cs.new_input_variable(|| value(assignment.map(|(public, _)| public[0])))?;
        let twice = cs.new_input_variable(|| value(assignment.map(|(public, _)| public[1])))?;
        let mut x = assignment.map(|(_, root)| *root);
        let mut variable = cs.new_witness_variable(|| value(x))?;
        for left in (0..SQUARINGS).rev() {
            x = x.map(|x| x.square());
            let next = if left == 0 { power } else { cs.new_witness_variable(|| value(x))? };
            cs.enforce_r1cs_constraint(|| just(variable), || just(variable), || just(next))?;
            variable = next;
        }
        let two = Fr::from(2);
        cs.enforce_r1cs_constraint(|| just(power) * two, || just(Variable::One), || just(twice))
    }
}
