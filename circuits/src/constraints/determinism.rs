//! For tests: from some variables, rows fix every other one uniquely; and how.
//!
//! Three rules, all of them about the matrices and not about an assignment, as Ecne and Picus have them: a row that is linear in
//! its one unknown; a sum of unknown bits with distinct powers of two; and the three rows of `is_zero`.

use std::collections::{HashMap, HashSet};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use super::matrices::{Matrices, Row, Terms, constant, value};
use crate::field::power_of_two;

/// In which order rows fix variables.
pub(crate) struct Derivation {
    pub(crate) steps: Vec<Step>,
    /// Variables that no rule fixes.
    pub(crate) open: Vec<usize>,
}

/// What is fixed once all that came before is.
pub(crate) enum Step {
    /// The row is linear in this variable, which nothing else in it leaves open.
    Solve { row: usize, variable: usize },
    /// unit · Σ 2^exponent · bit is what the row makes it.
    Bits { row: usize, unit: Fr, bits: Vec<(u32, usize)> },
    /// 1 where x = 0, else 0, by the rows x · inverse = 1 − answer and x · answer = 0.
    IsZero { rows: [usize; 2], x: Terms, answer: usize },
    /// The inverse of x, and of zero zero, by the first of those rows and inverse · answer = 0.
    Inverse { rows: [usize; 2], x: Terms, inverse: usize },
    /// No rule: what a prover who wants a row to hold puts there.
    Copy { variable: usize, of: Terms },
}

/// A variable that a prover chooses, and the sum that it is put to.
pub(crate) type Copied = (usize, Terms);

impl Derivation {
    /// What `known` fixes.
    pub(crate) fn new(system: &Matrices, known: impl IntoIterator<Item = usize>) -> Self {
        Self::with_copies(system, known, &[])
    }

    /// What `known` fixes for a prover who makes these copies.
    pub(crate) fn with_copies(
        system: &Matrices,
        known: impl IntoIterator<Item = usize>,
        copies: &[Copied],
    ) -> Self {
        let mut search = Search::new(system, known);
        while search.pass() | search.copy(copies) {}
        let open = (0..system.variables).filter(|v| !search.known[*v]).collect();
        Self { steps: search.steps, open }
    }

    /// All variables, computed from those that are given.
    pub(crate) fn complete(&self, system: &Matrices, given: &[(usize, Fr)]) -> Vec<Fr> {
        let mut z = vec![Fr::ZERO; system.variables];
        z[0] = Fr::ONE;
        self.follow(system, &mut z, given, &mut vec![true; system.variables]);
        z
    }

    /// Alters z and computes again what follows from a stale variable; what then differs is stale too.
    pub(crate) fn follow(
        &self,
        system: &Matrices,
        z: &mut [Fr],
        altered: &[(usize, Fr)],
        stale: &mut [bool],
    ) {
        for (variable, x) in altered {
            (z[*variable], stale[*variable]) = (*x, true);
        }
        for step in &self.steps {
            if step.reads(system).any(|v| stale[v]) {
                for (variable, x) in step.values(system, z) {
                    if x != z[variable] && !altered.iter().any(|(v, _)| *v == variable) {
                        (z[variable], stale[variable]) = (x, true);
                    }
                }
            }
        }
    }
}

impl Step {
    /// The variables that stand in what it computes from.
    fn reads<'a>(&'a self, system: &'a Matrices) -> Box<dyn Iterator<Item = usize> + 'a> {
        match self {
            Self::Solve { row, .. } | Self::Bits { row, .. } => {
                Box::new(system.rows[*row].iter().flatten().map(|(_, v)| *v))
            }
            Self::IsZero { x: terms, .. } | Self::Inverse { x: terms, .. } | Self::Copy { of: terms, .. } => {
                Box::new(terms.iter().map(|(_, v)| *v))
            }
        }
    }

    /// The variables, and what they have to be.
    fn values(&self, system: &Matrices, z: &[Fr]) -> Vec<(usize, Fr)> {
        match self {
            Self::Solve { row, variable } => vec![(*variable, solve(&system.rows[*row], *variable, z))],
            Self::Bits { row, unit, bits } => bits_of(&system.rows[*row], *unit, bits, z),
            Self::IsZero { x, answer, .. } => vec![(*answer, Fr::from(value(x, z) == Fr::ZERO))],
            Self::Inverse { x, inverse, .. } => {
                vec![(*inverse, value(x, z).inverse().unwrap_or(Fr::ZERO))]
            }
            Self::Copy { variable, of } => vec![(*variable, value(of, z))],
        }
    }
}

struct Search<'a> {
    system: &'a Matrices,
    known: Vec<bool>,
    /// Variables that a row holds to 0 and 1.
    boolean: HashSet<usize>,
    /// 2^k → k.
    powers: HashMap<Fr, u32>,
    /// In which rows a variable stands.
    uses: Vec<Vec<usize>>,
    steps: Vec<Step>,
}

impl<'a> Search<'a> {
    fn new(system: &'a Matrices, known: impl IntoIterator<Item = usize>) -> Self {
        let mut is_known = vec![false; system.variables];
        is_known[0] = true;
        known.into_iter().for_each(|v| is_known[v] = true);
        let mut uses = vec![Vec::new(); system.variables];
        for (row, matrices) in system.rows.iter().enumerate() {
            let mut variables: Vec<usize> = matrices.iter().flatten().map(|(_, v)| *v).collect();
            variables.sort_unstable();
            variables.dedup();
            for v in variables {
                uses[v].push(row);
            }
        }
        let boolean = system.rows.iter().filter_map(boolean).collect();
        let powers = (0..253).map(|k| (power_of_two(k), k)).collect();
        Self { system, known: is_known, boolean, powers, uses, steps: Vec::new() }
    }

    /// Tries every row once; whether any fixed a variable.
    fn pass(&mut self) -> bool {
        let before = self.steps.len();
        for row in 0..self.system.rows.len() {
            let step = self
                .solve(row)
                .or_else(|| self.bits(row))
                .or_else(|| self.is_zero(row))
                .or_else(|| self.inverse(row));
            if let Some(step) = step {
                match &step {
                    Step::Solve { variable: v, .. }
                    | Step::IsZero { answer: v, .. }
                    | Step::Inverse { inverse: v, .. }
                    | Step::Copy { variable: v, .. } => self.known[*v] = true,
                    Step::Bits { bits, .. } => bits.iter().for_each(|(_, v)| self.known[*v] = true),
                }
                self.steps.push(step);
            }
        }
        self.steps.len() > before
    }

    /// Makes the copies that can be made; whether any could.
    fn copy(&mut self, copies: &[Copied]) -> bool {
        let before = self.steps.len();
        for (variable, of) in copies {
            if !self.known[*variable] && self.unknown(of).is_empty() {
                self.known[*variable] = true;
                self.steps.push(Step::Copy { variable: *variable, of: of.clone() });
            }
        }
        self.steps.len() > before
    }

    fn unknown(&self, terms: &[(Fr, usize)]) -> Vec<(Fr, usize)> {
        terms.iter().filter(|(_, v)| !self.known[*v]).copied().collect()
    }

    fn solve(&self, row: usize) -> Option<Step> {
        let [a, b, c] = &self.system.rows[row];
        let unknown = match linear(&self.system.rows[row]) {
            Some(terms) => self.unknown(&terms),
            None if self.unknown(a).is_empty() && self.unknown(b).is_empty() => self.unknown(c),
            None => return None,
        };
        let [(_, variable)] = unknown[..] else { return None };
        Some(Step::Solve { row, variable })
    }

    fn bits(&self, row: usize) -> Option<Step> {
        let unknown = self.unknown(&linear(&self.system.rows[row])?);
        if unknown.len() < 2 || !unknown.iter().all(|(_, v)| self.boolean.contains(v)) {
            return None;
        }
        unknown.iter().find_map(|(unit, _)| {
            let inverse = unit.inverse()?;
            let exponent = |(c, v): &(Fr, usize)| Some((*self.powers.get(&(*c * inverse))?, *v));
            let bits: Vec<(u32, usize)> = unknown.iter().map(exponent).collect::<Option<_>>()?;
            let distinct: HashSet<u32> = bits.iter().map(|(k, _)| *k).collect();
            (distinct.len() == bits.len()).then_some(Step::Bits { row, unit: *unit, bits })
        })
    }

    /// `row` is x · answer = 0, and another is x · inverse = 1 − answer.
    fn is_zero(&self, row: usize) -> Option<Step> {
        let [x, b, c] = &self.system.rows[row];
        let [(_, answer)] = b[..] else { return None };
        if !c.is_empty() || self.known[answer] || !self.unknown(x).is_empty() {
            return None;
        }
        let first = self.uses[answer].iter().find(|first| self.inverse_in(**first, x, answer).is_some())?;
        Some(Step::IsZero { rows: [*first, row], x: x.clone(), answer })
    }

    /// `row` is inverse · answer = 0, and another is x · inverse = 1 − answer.
    fn inverse(&self, row: usize) -> Option<Step> {
        let [a, b, c] = &self.system.rows[row];
        let ([(_, inverse)], [(_, answer)], []) = (&a[..], &b[..], &c[..]) else { return None };
        if self.known[*inverse] || !self.known[*answer] {
            return None;
        }
        let first = self.uses[*inverse].iter().find(|first| {
            let x = &self.system.rows[**first][0];
            self.unknown(x).is_empty() && self.inverse_in(**first, x, *answer) == Some(*inverse)
        })?;
        Some(Step::Inverse { rows: [*first, row], x: self.system.rows[*first][0].clone(), inverse: *inverse })
    }

    /// The inverse that the row x · inverse = 1 − answer speaks of.
    fn inverse_in(&self, row: usize, x: &Terms, answer: usize) -> Option<usize> {
        let [a, b, c] = &self.system.rows[row];
        let [(_, inverse)] = b[..] else { return None };
        let mut c = c.clone();
        c.sort_unstable_by_key(|(_, v)| *v);
        (a == x && c == [(Fr::ONE, 0), (-Fr::ONE, answer)] && b[0].0 == Fr::ONE).then_some(inverse)
    }
}

/// The variable that the row holds to 0 and 1.
pub(crate) fn boolean([a, b, c]: &Row) -> Option<usize> {
    let root = |terms: &Terms| match terms[..] {
        [(_, v)] if v != 0 => Some((v, Fr::ZERO)),
        [(one, 0), (x, v)] | [(x, v), (one, 0)] => Some((v, -one * x.inverse()?)),
        _ => None,
    };
    let ((v, first), (w, second)) = (root(a)?, root(b)?);
    let both = [first, second] == [Fr::ZERO, Fr::ONE] || [first, second] == [Fr::ONE, Fr::ZERO];
    (c.is_empty() && v == w && both).then_some(v)
}

/// The terms of a row that says that their sum is zero.
pub(crate) fn linear([a, b, c]: &Row) -> Option<Terms> {
    let (factor, terms) = match (constant(a), constant(b)) {
        (_, Some(factor)) => (factor, a),
        (Some(factor), None) => (factor, b),
        (None, None) => return None,
    };
    let mut sum: HashMap<usize, Fr> = HashMap::new();
    for (x, v) in terms {
        *sum.entry(*v).or_default() += factor * x;
    }
    for (x, v) in c {
        *sum.entry(*v).or_default() -= x;
    }
    let mut sum: Terms = sum.into_iter().filter(|(_, x)| *x != Fr::ZERO).map(|(v, x)| (x, v)).collect();
    sum.sort_unstable_by_key(|(_, v)| *v);
    Some(sum)
}

/// What the row makes `variable`, all else given.
fn solve(row: &Row, variable: usize, z: &[Fr]) -> Fr {
    let coefficient_and_rest = |terms: Terms| {
        let (of_it, rest): (Terms, Terms) = terms.into_iter().partition(|(_, v)| *v == variable);
        (of_it[0].0, value(&rest, z))
    };
    let (coefficient, sum) = if let Some(terms) = linear(row) {
        let (coefficient, rest) = coefficient_and_rest(terms);
        (coefficient, -rest)
    } else {
        let (coefficient, rest) = coefficient_and_rest(row[2].clone());
        (coefficient, value(&row[0], z) * value(&row[1], z) - rest)
    };
    if coefficient == Fr::ONE { sum } else { sum * coefficient.inverse().expect("a term has a coefficient") }
}

/// The lowest bits of what the row makes them; more has no place, and breaks the row.
fn bits_of(row: &Row, unit: Fr, bits: &[(u32, usize)], z: &[Fr]) -> Vec<(usize, Fr)> {
    let is_bit = |v: &usize| bits.iter().any(|(_, bit)| bit == v);
    let rest: Terms = linear(row).expect("a sum").into_iter().filter(|(_, v)| !is_bit(v)).collect();
    let number = (-value(&rest, z) * unit.inverse().expect("a power of two times a unit")).into_bigint();
    bits.iter().map(|(exponent, bit)| (*bit, Fr::from(number.get_bit(*exponent as usize)))).collect()
}
