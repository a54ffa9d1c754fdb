//! A·z and B·z, each distinct row once: squares have the same row in both, and powers share it.

use std::collections::HashMap;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use rayon::prelude::*;

use super::{Matrices, Sparse, Term};

/// The rows of A and B without repetitions, in order of first use.
pub(crate) struct Evaluation {
    coefficients: Vec<Kind>,
    distinct: Sparse,
    /// Which distinct row each constraint has in A and in B.
    uses: Vec<[u32; 2]>,
}

/// A coefficient; most are ones, which need no multiplication.
enum Kind {
    One,
    MinusOne,
    Other(Fr),
}

impl Evaluation {
    /// Finds equal rows.
    pub(crate) fn of(matrices: &Matrices) -> Self {
        let mut distinct = Sparse::default();
        let mut seen = HashMap::<&[Term], u32>::new();
        let rows = matrices.a.term_rows().zip(matrices.b.term_rows());
        let uses = rows.map(|(a, b)| [a, b].map(|row| distinct.index_of(row, &mut seen))).collect();
        Self { coefficients: matrices.coefficients.iter().map(Kind::of).collect(), distinct, uses }
    }

    /// How many distinct rows the first `constraints` use.
    pub(crate) fn used_by(&self, constraints: usize) -> usize {
        self.uses[..constraints].iter().flatten().map(|&row| row as usize + 1).max().unwrap_or(0)
    }

    /// Appends the products of z with all distinct rows from number `rows.len()` on.
    pub(crate) fn extend(&self, rows: &mut Vec<Fr>, until: usize, z: &[Fr]) {
        let range = rows.len()..until;
        rows.par_extend(range.into_par_iter().with_min_len(32).map(|row| self.product(row, z)));
    }

    /// Number of distinct rows.
    pub(crate) fn len(&self) -> usize {
        self.distinct.ends.len()
    }

    /// A·z and B·z from the products of the distinct rows, constraint by constraint.
    pub(crate) fn constraints<'a>(&'a self, rows: &'a [Fr]) -> impl Iterator<Item = [Fr; 2]> + 'a {
        self.uses.iter().map(|both| both.map(|row| rows[row as usize]))
    }

    fn product(&self, row: usize, z: &[Fr]) -> Fr {
        let mut sum = Fr::ZERO;
        for term in self.distinct.row(row) {
            let x = &z[term.column as usize];
            match &self.coefficients[term.coefficient as usize] {
                Kind::One => sum += x,
                Kind::MinusOne => sum -= x,
                Kind::Other(k) => sum += *k * x,
            }
        }
        sum
    }
}

impl Kind {
    fn of(k: &Fr) -> Self {
        match *k {
            k if k == Fr::ONE => Self::One,
            k if k == -Fr::ONE => Self::MinusOne,
            k => Self::Other(k),
        }
    }
}

impl Sparse {
    fn row(&self, row: usize) -> &[Term] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.terms[start as usize..self.ends[row] as usize]
    }

    fn term_rows(&self) -> impl Iterator<Item = &[Term]> {
        (0..self.ends.len()).map(|row| self.row(row))
    }

    fn index_of<'a>(&mut self, row: &'a [Term], seen: &mut HashMap<&'a [Term], u32>) -> u32 {
        *seen.entry(row).or_insert_with(|| {
            self.terms.extend_from_slice(row);
            self.ends.push(self.terms.len() as u32);
            self.ends.len() as u32 - 1
        })
    }
}
