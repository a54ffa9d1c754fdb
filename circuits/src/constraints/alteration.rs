//! For tests: a satisfied constraint system, and whether it stays satisfied when one variable changes.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, R1CS_PREDICATE_LABEL,
};
use sha2::{Digest, Sha256};

use crate::field;

/// Where a variable stands: row, matrix (A, B, C = 0, 1, 2), coefficient.
type Use = (usize, usize, Fr);

/// A satisfied constraint system by columns.
pub(crate) struct Satisfied {
    /// The constant, the public inputs, the private variables.
    pub(crate) assignment: Vec<Fr>,
    columns: Vec<Vec<Use>>,
    /// A·z, B·z, C·z of each row.
    products: Vec<[Fr; 3]>,
}

/// The constraint system of a circuit with its assignment.
pub(crate) fn synthesized(circuit: impl ConstraintSynthesizer<Fr>) -> ConstraintSystemRef<Fr> {
    let cs = ConstraintSystem::new_ref();
    circuit.generate_constraints(cs.clone()).unwrap();
    cs.finalize();
    cs
}

impl Satisfied {
    pub(crate) fn new(circuit: impl ConstraintSynthesizer<Fr>) -> Self {
        let cs = synthesized(circuit);
        assert!(cs.is_satisfied().unwrap());
        let assignment = [cs.instance_assignment().unwrap(), cs.witness_assignment().unwrap()].concat();
        let mut columns = vec![Vec::new(); assignment.len()];
        let mut products = vec![[Fr::from(0u64); 3]; cs.num_constraints()];
        for (matrix, rows) in cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL].iter().enumerate() {
            for (row, (coefficient, variable)) in
                rows.iter().enumerate().flat_map(|(row, terms)| terms.iter().map(move |term| (row, *term)))
            {
                columns[variable].push((row, matrix, coefficient));
                products[row][matrix] += coefficient * assignment[variable];
            }
        }
        Self { assignment, columns, products }
    }

    /// Whether every row still holds when `variable` alone becomes `value`.
    pub(crate) fn holds_with(&self, variable: usize, value: Fr) -> bool {
        let change = value - self.assignment[variable];
        let mut uses = self.columns[variable].clone();
        uses.sort_unstable_by_key(|(row, ..)| *row);
        uses.chunk_by(|a, b| a.0 == b.0).all(|uses| {
            let [a, b, c] =
                uses.iter().fold(self.products[uses[0].0], |mut row, (_, matrix, coefficient)| {
                    row[*matrix] += *coefficient * change;
                    row
                });
            a * b == c
        })
    }
}

/// SHA-256 over the coefficients of A, B and C, row by row: the circuit's identity.
pub(crate) fn digest(cs: &ConstraintSystemRef<Fr>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for rows in &cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL] {
        for terms in rows {
            hasher.update((terms.len() as u64).to_be_bytes());
            for (coefficient, variable) in terms {
                hasher.update(field::to_bytes(coefficient));
                hasher.update((*variable as u64).to_be_bytes());
            }
        }
    }
    hasher.finalize().into()
}
