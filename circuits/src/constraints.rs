//! What the circuits are written in: linear expressions that know their value, and the products that bind them.
//!
//! Addition and scaling are free; only [`Builder::product`] and [`Builder::enforce`] add rows. Where no matrices are built (a
//! prover that has them already) expressions carry values alone, and [`Builder::for_values`] keeps nothing but variables and
//! whether the rows hold.

use std::cell::{RefCell, RefMut};
use std::ops::{Add, Sub};

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_relations::gr1cs::{ConstraintSystemRef, LinearCombination, SynthesisError, Variable};
use zeroize::Zeroizing;

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
                Self::Constant(c) => constant += times(coefficient, *c),
                Self::Linear { terms, value } => {
                    let (all, total) = linear.get_or_insert((Terms::new(), Some(Fr::ZERO)));
                    all.extend(terms.iter().map(|(c, variable)| (coefficient * c, *variable)));
                    *total = total.zip(*value).map(|(t, v)| t + times(coefficient, v));
                }
            }
        }
        match linear {
            None => Self::Constant(constant),
            Some((terms, value)) => Self::linear(constant, terms, value),
        }
    }

    /// A variable's value where no constraints are built.
    pub(crate) fn known(value: Fr) -> Self {
        Self::Linear { terms: LinearCombination::zero(), value: Some(value) }
    }

    fn linear(constant: Fr, mut terms: Terms, value: Option<Fr>) -> Self {
        if terms.is_empty() {
            return Self::Linear { terms: LinearCombination(terms), value: value.map(|v| v + constant) };
        }
        if constant != Fr::ZERO {
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

/// A product that costs nothing where the coefficient is one, as most are.
fn times(coefficient: Fr, x: Fr) -> Fr {
    if coefficient == Fr::ONE { x } else { coefficient * x }
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

/// Adds variables and rows to a constraint system, or computes the variables alone.
pub(crate) struct Builder(Target);

enum Target {
    System(ConstraintSystemRef<Fr>),
    Values(RefCell<Values>),
}

/// The variables of a circuit in order, and whether they satisfy it so far. Secret: wiped when dropped.
#[derive(Default)]
struct Values {
    /// The constant one and the public inputs.
    public: Zeroizing<Vec<Fr>>,
    /// The private variables.
    private: Zeroizing<Vec<Fr>>,
    /// A row does not hold.
    broken: bool,
}

impl Builder {
    /// A builder for `cs`.
    pub(crate) fn new(cs: ConstraintSystemRef<Fr>) -> Self {
        Self(Target::System(cs))
    }

    /// A builder that computes variables and no constraints, with room for so many private ones: vectors that never
    /// grow leave no copies of secrets behind.
    pub(crate) fn for_values(public: usize, private: usize) -> Self {
        let room = |count| Zeroizing::new(Vec::with_capacity(count));
        let mut values = Values { public: room(1 + public + private), private: room(private), broken: false };
        values.public.push(Fr::ONE);
        Self(Target::Values(RefCell::new(values)))
    }

    /// The private variables of a builder of values.
    pub(crate) fn into_private(self) -> Zeroizing<Vec<Fr>> {
        self.into_values().private
    }

    /// All variables in one: the constant, the public inputs, the private ones.
    pub(crate) fn into_assignment(self) -> Zeroizing<Vec<Fr>> {
        let Values { mut public, private, .. } = self.into_values();
        public.extend_from_slice(&private);
        public
    }

    fn into_values(self) -> Values {
        match self.0 {
            Target::System(_) => Values::default(),
            Target::Values(values) => values.into_inner(),
        }
    }

    /// Whether all rows so far hold, for a builder of values. A constraint system answers that itself.
    pub(crate) fn holds(&self) -> bool {
        match &self.0 {
            Target::System(_) => true,
            Target::Values(values) => !values.borrow().broken,
        }
    }

    /// Where a builder of values puts private variables, for what computes many of them at once.
    pub(crate) fn only_values(&self) -> Option<RefMut<'_, Vec<Fr>>> {
        match &self.0 {
            Target::System(_) => None,
            Target::Values(values) => Some(RefMut::map(values.borrow_mut(), |v| &mut *v.private)),
        }
    }

    /// Private variables computed before, in a builder of values.
    pub(crate) fn extend(&self, private: &[Fr]) {
        if let Target::Values(values) = &self.0 {
            values.borrow_mut().private.extend_from_slice(private);
        }
    }

    /// Private variables so far.
    pub(crate) fn variables(&self) -> usize {
        match &self.0 {
            Target::System(cs) => cs.num_witness_variables(),
            Target::Values(values) => values.borrow().private.len(),
        }
    }

    /// Rows so far, without public inputs; a builder of values has none.
    pub(crate) fn rows(&self) -> usize {
        match &self.0 {
            Target::System(cs) => cs.num_constraints(),
            Target::Values(_) => 0,
        }
    }

    /// A new public input.
    pub(crate) fn public(&self, value: Option<Fr>) -> Result<Expr, SynthesisError> {
        let known = || value.ok_or(SynthesisError::AssignmentMissing);
        match &self.0 {
            Target::System(cs) => Ok(expression(cs, cs.new_input_variable(known)?, value)),
            Target::Values(values) => Ok(kept(&mut values.borrow_mut().public, known()?)),
        }
    }

    /// A new private variable. The caller constrains it.
    pub(crate) fn private(&self, value: Option<Fr>) -> Result<Expr, SynthesisError> {
        let known = || value.ok_or(SynthesisError::AssignmentMissing);
        match &self.0 {
            Target::System(cs) => Ok(expression(cs, cs.new_witness_variable(known)?, value)),
            Target::Values(values) => Ok(kept(&mut values.borrow_mut().private, known()?)),
        }
    }

    /// a · b = c: one row.
    pub(crate) fn enforce(&self, a: &Expr, b: &Expr, c: &Expr) -> Result<(), SynthesisError> {
        if let Target::Values(values) = &self.0 {
            let product = a.value().zip(b.value()).map(|(a, b)| times(b, a));
            values.borrow_mut().broken |= product.is_none() || product != c.value();
        }
        self.bind(a, b, c)
    }

    /// a · b = c: one row, of which the caller has just computed a variable so that it holds.
    fn bind(&self, a: &Expr, b: &Expr, c: &Expr) -> Result<(), SynthesisError> {
        match &self.0 {
            Target::System(cs) => {
                cs.enforce_r1cs_constraint(|| a.combination(), || b.combination(), || c.combination())
            }
            Target::Values(_) => Ok(()),
        }
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
                self.bind(a, b, &product)?;
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
        if let Target::System(_) = self.0 {
            self.bind(&bit, &bit.negation(), &Expr::Constant(Fr::ZERO))?;
        }
        Ok(bit)
    }

    /// The bits of `x`, lowest first, which hold it to 0 ≤ x < 2^`count`: `count` + 1 rows. With `count` ≤ 253 a number
    /// has one such form, because 2^`count` < r.
    pub(crate) fn bits(&self, x: &Expr, count: usize) -> Result<Vec<Expr>, SynthesisError> {
        debug_assert!(count < 254);
        let number = x.value().map(Fr::into_bigint);
        let bits: Vec<Expr> =
            (0..count).map(|i| self.bit(number.map(|n| n.get_bit(i)))).collect::<Result<_, _>>()?;
        match &self.0 {
            Target::System(_) => {
                let powers = (0..).map(field::power_of_two);
                self.equal(&Expr::sum(Fr::ZERO, powers.zip(&bits)), x)?;
            }
            Target::Values(values) => {
                values.borrow_mut().broken |= number.is_none_or(|n| n.num_bits() as usize > count);
            }
        }
        Ok(bits)
    }

    /// 1 where x = 0, else 0: three rows. The third fixes the inverse of zero to zero, so that no variable is free.
    pub(crate) fn is_zero(&self, x: &Expr) -> Result<Expr, SynthesisError> {
        let zero = Expr::Constant(Fr::ZERO);
        let inverse = self.private(x.value().map(|v| v.inverse().unwrap_or(Fr::ZERO)))?;
        let answer = self.private(x.value().map(|v| Fr::from(v == Fr::ZERO)))?;
        self.bind(x, &inverse, &answer.negation())?;
        self.bind(x, &answer, &zero)?;
        self.bind(&inverse, &answer, &zero)?;
        Ok(answer)
    }

    /// `if_set` where `bit` is 1, else `if_clear`: one row.
    pub(crate) fn choose(&self, bit: &Expr, if_set: &Expr, if_clear: &Expr) -> Result<Expr, SynthesisError> {
        let step = self.product(bit, &(if_set - if_clear))?;
        Ok(if_clear + &step)
    }
}

fn expression(cs: &ConstraintSystemRef<Fr>, variable: Variable, value: Option<Fr>) -> Expr {
    let terms = if cs.should_construct_matrices() { variable.into() } else { LinearCombination::zero() };
    Expr::Linear { terms, value }
}

fn kept(values: &mut Vec<Fr>, value: Fr) -> Expr {
    values.push(value);
    Expr::known(value)
}

#[cfg(test)]
pub(crate) mod alteration;
