//! What the circuits are written in: linear expressions that know their value, and the products that bind them.
//!
//! Addition and scaling are free; only [`Builder::product`] and [`Builder::enforce`] add rows. When the constraint system
//! builds no matrices (a prover that has them already), expressions carry values alone.

use std::ops::{Add, Sub};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_relations::gr1cs::{ConstraintSystemRef, LinearCombination, SynthesisError, Variable};

use crate::field;

/// A number known when keys are made, or a sum of variables with its value if there is an assignment.
#[derive(Clone)]
pub(crate) enum Expr {
    /// The same in every proof.
    Constant(Fr),
    /// `terms` is empty only while no matrices are built.
    Linear { terms: LinearCombination<Fr>, value: Option<Fr> },
}

type Terms = Vec<(Fr, Variable)>;

impl Expr {
    /// `offset` + Σ coefficient · expression.
    pub(crate) fn sum<'a>(offset: Fr, parts: impl IntoIterator<Item = (Fr, &'a Expr)>) -> Self {
        let mut constant = offset;
        let mut linear: Option<(Terms, Option<Fr>)> = None;
        for (coefficient, part) in parts {
            match part {
                Self::Constant(c) => constant += coefficient * c,
                Self::Linear { terms, value } => {
                    let (all, total) = linear.get_or_insert((Terms::new(), Some(Fr::ZERO)));
                    all.extend(terms.iter().map(|(c, variable)| (coefficient * c, *variable)));
                    *total = total.zip(*value).map(|(t, v)| t + coefficient * v);
                }
            }
        }
        match linear {
            None => Self::Constant(constant),
            Some((terms, value)) => Self::linear(constant, terms, value),
        }
    }

    fn linear(constant: Fr, mut terms: Terms, value: Option<Fr>) -> Self {
        if !terms.is_empty() && constant != Fr::ZERO {
            terms.push((constant, Variable::One));
        }
        let mut terms = LinearCombination(terms);
        terms.compactify();
        Self::Linear { terms, value: value.map(|v| v + constant) }
    }

    /// The value, if there is an assignment.
    pub(crate) fn value(&self) -> Option<Fr> {
        match self {
            Self::Constant(c) => Some(*c),
            Self::Linear { value, .. } => *value,
        }
    }

    /// This expression times a constant.
    pub(crate) fn scaled(&self, coefficient: Fr) -> Self {
        Self::sum(Fr::ZERO, [(coefficient, self)])
    }

    /// This expression plus a constant.
    pub(crate) fn plus(&self, offset: Fr) -> Self {
        Self::sum(offset, [(Fr::ONE, self)])
    }

    /// 1 − this expression: the negation of a bit.
    pub(crate) fn negation(&self) -> Self {
        Self::sum(Fr::ONE, [(-Fr::ONE, self)])
    }

    fn combination(&self) -> LinearCombination<Fr> {
        match self {
            Self::Constant(c) => (*c, Variable::One).into(),
            Self::Linear { terms, .. } => terms.clone(),
        }
    }
}

impl Add for &Expr {
    type Output = Expr;
    fn add(self, other: Self) -> Expr {
        Expr::sum(Fr::ZERO, [(Fr::ONE, self), (Fr::ONE, other)])
    }
}

impl Sub for &Expr {
    type Output = Expr;
    fn sub(self, other: Self) -> Expr {
        Expr::sum(Fr::ZERO, [(Fr::ONE, self), (-Fr::ONE, other)])
    }
}

/// Adds variables and rows to a constraint system.
pub(crate) struct Builder(ConstraintSystemRef<Fr>);

impl Builder {
    /// A builder for `cs`.
    pub(crate) fn new(cs: ConstraintSystemRef<Fr>) -> Self {
        Self(cs)
    }

    /// Rows so far, without public inputs.
    pub(crate) fn rows(&self) -> usize {
        self.0.num_constraints()
    }

    /// A new public input.
    pub(crate) fn public(&self, value: Option<Fr>) -> Result<Expr, SynthesisError> {
        let variable = self.0.new_input_variable(|| value.ok_or(SynthesisError::AssignmentMissing))?;
        Ok(self.expression(variable, value))
    }

    /// A new private variable. The caller constrains it.
    pub(crate) fn private(&self, value: Option<Fr>) -> Result<Expr, SynthesisError> {
        let variable = self.0.new_witness_variable(|| value.ok_or(SynthesisError::AssignmentMissing))?;
        Ok(self.expression(variable, value))
    }

    fn expression(&self, variable: Variable, value: Option<Fr>) -> Expr {
        let terms =
            if self.0.should_construct_matrices() { variable.into() } else { LinearCombination::zero() };
        Expr::Linear { terms, value }
    }

    /// a · b = c: one row.
    pub(crate) fn enforce(&self, a: &Expr, b: &Expr, c: &Expr) -> Result<(), SynthesisError> {
        self.0.enforce_r1cs_constraint(|| a.combination(), || b.combination(), || c.combination())
    }

    /// a = b: one row.
    pub(crate) fn equal(&self, a: &Expr, b: &Expr) -> Result<(), SynthesisError> {
        self.enforce(a, &Expr::Constant(Fr::ONE), b)
    }

    /// a · b: one row and one variable, none if either is a constant.
    pub(crate) fn product(&self, a: &Expr, b: &Expr) -> Result<Expr, SynthesisError> {
        match (a, b) {
            (Expr::Constant(c), x) | (x, Expr::Constant(c)) => Ok(x.scaled(*c)),
            _ => {
                let product = self.private(a.value().zip(b.value()).map(|(a, b)| a * b))?;
                self.enforce(a, b, &product)?;
                Ok(product)
            }
        }
    }

    /// Π factors = 0: one row per factor but the first.
    pub(crate) fn product_is_zero(&self, factors: &[Expr]) -> Result<(), SynthesisError> {
        let [first, middle @ .., last] = factors else {
            return Err(SynthesisError::Unsatisfiable);
        };
        let mut product = first.clone();
        for factor in middle {
            product = self.product(&product, factor)?;
        }
        self.enforce(&product, last, &Expr::Constant(Fr::ZERO))
    }

    /// A private variable that is 0 or 1: one row.
    pub(crate) fn bit(&self, value: Option<bool>) -> Result<Expr, SynthesisError> {
        let bit = self.private(value.map(Fr::from))?;
        self.enforce(&bit, &bit.negation(), &Expr::Constant(Fr::ZERO))?;
        Ok(bit)
    }

    /// The bits of `x`, lowest first, which hold it to 0 ≤ x < 2^`count`: `count` + 1 rows. With `count` ≤ 253 a number
    /// has one such form, because 2^`count` < r.
    pub(crate) fn bits(&self, x: &Expr, count: usize) -> Result<Vec<Expr>, SynthesisError> {
        debug_assert!(count < 254);
        let number = x.value().map(Fr::into_bigint);
        let bits: Vec<Expr> =
            (0..count).map(|i| self.bit(number.map(|n| n.get_bit(i)))).collect::<Result<_, _>>()?;
        let powers = (0..).map(field::power_of_two);
        self.equal(&Expr::sum(Fr::ZERO, powers.zip(&bits)), x)?;
        Ok(bits)
    }

    /// 1 where x = 0, else 0: three rows. The third fixes the inverse of zero to zero, so that no variable is free.
    pub(crate) fn is_zero(&self, x: &Expr) -> Result<Expr, SynthesisError> {
        let zero = Expr::Constant(Fr::ZERO);
        let inverse = self.private(x.value().map(|v| v.inverse().unwrap_or(Fr::ZERO)))?;
        let answer = self.private(x.value().map(|v| Fr::from(v == Fr::ZERO)))?;
        self.enforce(x, &inverse, &answer.negation())?;
        self.enforce(x, &answer, &zero)?;
        self.enforce(&inverse, &answer, &zero)?;
        Ok(answer)
    }

    /// `if_set` where `bit` is 1, else `if_clear`: one row.
    pub(crate) fn choose(&self, bit: &Expr, if_set: &Expr, if_clear: &Expr) -> Result<Expr, SynthesisError> {
        let step = self.product(bit, &(if_set - if_clear))?;
        Ok(if_clear + &step)
    }
}

#[cfg(test)]
pub(crate) mod alteration;
