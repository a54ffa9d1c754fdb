//! For tests: the rows of a circuit without an assignment, and which of them an assignment breaks.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, R1CS_PREDICATE_LABEL, SynthesisMode};

/// Σ coefficient · variable; variable 0 is the constant one.
pub(crate) type Terms = Vec<(Fr, usize)>;

/// (A·z) · (B·z) = C·z.
pub(crate) type Row = [Terms; 3];

/// The rows of a circuit.
#[derive(Clone)]
pub(crate) struct Matrices {
    pub(crate) rows: Vec<Row>,
    /// The constant, the public inputs, the private variables.
    pub(crate) variables: usize,
}

impl Matrices {
    pub(crate) fn new(circuit: impl ConstraintSynthesizer<Fr>) -> Self {
        let cs = ConstraintSystem::new_ref();
        cs.set_mode(SynthesisMode::Setup);
        circuit.generate_constraints(cs.clone()).unwrap();
        cs.finalize();
        let [a, b, c] = <[_; 3]>::try_from(cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL].clone()).unwrap();
        let rows = a.into_iter().zip(b).zip(c).map(|((a, b), c)| [a, b, c]).collect();
        Self { rows, variables: cs.num_variables() }
    }

    /// The rows that do not hold of z.
    pub(crate) fn broken(&self, z: &[Fr]) -> Vec<usize> {
        self.broken_among(z, &vec![true; self.variables])
    }

    /// As [`Self::broken`], if only the rows with one of these variables may be.
    pub(crate) fn broken_among(&self, z: &[Fr], variables: &[bool]) -> Vec<usize> {
        let holds = |[a, b, c]: &Row| value(a, z) * value(b, z) == value(c, z);
        let may_fail = |row: &Row| row.iter().flatten().any(|(_, v)| variables[*v]);
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| may_fail(row) && !holds(row)).map(|(place, _)| place).collect()
    }

    /// The rows but one.
    pub(crate) fn without(&self, row: usize) -> Self {
        let mut rest = self.clone();
        rest.rows.remove(row);
        rest
    }
}

/// The sum's value.
pub(crate) fn value(terms: &[(Fr, usize)], z: &[Fr]) -> Fr {
    terms.iter().map(|(coefficient, variable)| *coefficient * z[*variable]).sum()
}

/// The sum's value, if it is the same for all z.
pub(crate) fn constant(terms: &[(Fr, usize)]) -> Option<Fr> {
    match terms {
        [] => Some(Fr::ZERO),
        [(coefficient, 0)] => Some(*coefficient),
        _ => None,
    }
}
