//! The constraint matrices of a circuit in one canonical form, and the digest that names a circuit.
//!
//! Rows of A, B and C are sparse: (column, coefficient) with rising columns and no zero. Coefficients are few and repeat
//! (round constants, powers of two), so a row points into one table of distinct values.

mod encoding;
mod evaluation;

use std::collections::{BTreeMap, HashMap};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Zero};
use ark_relations::gr1cs::{
    ConstraintSystem, ConstraintSystemRef, OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisError,
    SynthesisMode,
};
use sha2::{Digest, Sha256};

use crate::statement::Statement;

pub(crate) use evaluation::Evaluation;

/// Most constraints that a key may have: far above both circuits, far below what could exhaust memory.
pub const MAX_CONSTRAINTS: usize = 1 << 16;

/// A·z ∘ B·z = C·z, with z = (1, public inputs, private variables).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrices {
    shape: Shape,
    coefficients: Vec<Fr>,
    a: Sparse,
    b: Sparse,
    c: Sparse,
}

/// The counts that fix the size of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Public inputs, without the constant one.
    pub public_inputs: usize,
    /// Private variables.
    pub witness: usize,
    /// Constraints.
    pub constraints: usize,
}

/// The rows of one matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sparse {
    /// One past the last term of each row.
    ends: Vec<u32>,
    terms: Vec<Term>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Term {
    column: u32,
    coefficient: u32,
}

impl Matrices {
    /// The matrices of `S`, synthesised without an assignment.
    pub fn new<S: Statement>() -> Result<Self, SynthesisError> {
        let cs = ConstraintSystem::new_ref();
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Setup);
        S::synthesize(None, cs.clone())?;
        cs.finalize();
        Self::of_system(&cs)
    }

    /// How many inputs, variables and constraints.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// SHA-256 over [`Self::to_bytes`] behind a domain tag.
    pub fn digest(&self) -> [u8; 32] {
        digest_of_encoding(&self.to_bytes())
    }

    /// A, B and C as arkworks has them.
    pub fn to_ark(&self) -> Vec<Vec<Vec<(Fr, usize)>>> {
        self.to_rows().into()
    }

    /// The rows of A, B and C: coefficient and column, columns rising.
    pub(crate) fn to_rows(&self) -> [Vec<Vec<(Fr, usize)>>; 3] {
        [&self.a, &self.b, &self.c].map(|matrix| self.rows(matrix).map(Iterator::collect).collect())
    }

    /// Whether A·z ∘ B·z = C·z; `z` is as long as the shape says.
    pub fn hold(&self, z: &[Fr]) -> bool {
        let product = |row: &mut dyn Iterator<Item = (Fr, usize)>| -> Fr {
            row.map(|(k, column)| z.get(column).map_or(Fr::ZERO, |x| k * x)).sum()
        };
        self.rows(&self.a)
            .zip(self.rows(&self.b))
            .zip(self.rows(&self.c))
            .all(|((mut a, mut b), mut c)| product(&mut a) * product(&mut b) == product(&mut c))
    }

    fn of_system(cs: &ConstraintSystemRef<Fr>) -> Result<Self, SynthesisError> {
        let all = cs.to_matrices()?;
        let [a, b, c] = all
            .get(R1CS_PREDICATE_LABEL)
            .and_then(|m| <&[_; 3]>::try_from(m.as_slice()).ok())
            .ok_or(SynthesisError::PredicateNotFound)?;
        let shape = Shape {
            public_inputs: cs.num_instance_variables() - 1,
            witness: cs.num_witness_variables(),
            constraints: cs.num_constraints(),
        };
        let mut table = Table::default();
        let [a, b, c] = [a, b, c].map(|rows| table.sparse(rows));
        Ok(Self { shape, coefficients: table.values, a, b, c })
    }

    fn rows<'a>(
        &'a self,
        matrix: &'a Sparse,
    ) -> impl Iterator<Item = impl Iterator<Item = (Fr, usize)> + 'a> + 'a {
        let starts = std::iter::once(0).chain(matrix.ends.iter().copied());
        starts.zip(&matrix.ends).map(|(start, end)| {
            matrix.terms[start as usize..*end as usize]
                .iter()
                .map(|term| (self.coefficients[term.coefficient as usize], term.column as usize))
        })
    }
}

impl Shape {
    /// Length of z: one, public inputs, private variables.
    pub fn variables(&self) -> usize {
        1 + self.public_inputs + self.witness
    }

    /// Rows of the reduction to polynomials: constraints, public inputs and the constant one.
    pub fn rows(&self) -> usize {
        self.constraints + 1 + self.public_inputs
    }

    /// Size of the evaluation domain: the next power of two.
    pub fn domain(&self) -> usize {
        self.rows().next_power_of_two()
    }
}

/// Collects distinct coefficients in order of first use.
#[derive(Default)]
struct Table {
    values: Vec<Fr>,
    indices: HashMap<Fr, u32>,
}

impl Table {
    fn sparse(&mut self, rows: &[Vec<(Fr, usize)>]) -> Sparse {
        let mut sparse = Sparse::default();
        for row in rows {
            for (column, k) in canonical_row(row) {
                sparse.terms.push(Term { column: column as u32, coefficient: self.index(k) });
            }
            sparse.ends.push(sparse.terms.len() as u32);
        }
        sparse
    }

    fn index(&mut self, k: Fr) -> u32 {
        *self.indices.entry(k).or_insert_with(|| {
            self.values.push(k);
            self.values.len() as u32 - 1
        })
    }
}

/// Sums terms of one column, drops zeros, sorts by column: equal linear forms become equal rows.
fn canonical_row(row: &[(Fr, usize)]) -> impl Iterator<Item = (usize, Fr)> {
    let mut columns = BTreeMap::<usize, Fr>::new();
    for (k, column) in row {
        *columns.entry(*column).or_insert(Fr::ZERO) += k;
    }
    columns.into_iter().filter(|(_, k)| !k.is_zero())
}

/// See [`Matrices::digest`].
pub(crate) fn digest_of_encoding(bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"yong/matrices/v1\n").chain_update(bytes).finalize().into()
}

#[cfg(test)]
mod tests;
