//! The quick engine: our own multi-scalar multiplications and transforms over the key's points.
//!
//! A proof is A = α + Σ z·A + r·δ, B likewise with s, and C = s·A + r·B − rs·δ + Σ w·L + Σ q·H, where z is the assignment, w
//! its private part and q the quotient's values on the odd coset. The sums are linear in z: what is known of z early can
//! be summed early, see [`Native::prepare`].

use std::ops::Range;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective, g1, g2};
use ark_ec::CurveGroup;
use ark_ff::AdditiveGroup;
use groth16::Proof;
use groth16::simd::Vector;
use rayon::join;
use zeroize::Zeroize;

use super::{Blinding, Engine, EngineError};
use crate::key::Key;
use crate::matrices::{Evaluation, Shape};
use crate::msm::{FixedBases, Sets};
use crate::ntt::Domain;
use crate::statement::Assignment;

/// Bucket sums with shared inversions, eight lanes where the machine has them; see `docs/performance.md`.
pub struct Native {
    shape: Shape,
    evaluation: Evaluation,
    domain: Domain,
    constants: Constants,
    a: FixedBases<g1::Config>,
    b1: FixedBases<g1::Config>,
    b2: FixedBases<g2::Config>,
    /// L and H, whose sums are only needed together: they share their buckets.
    c: FixedBases<g1::Config>,
}

/// The key's points that stand alone.
struct Constants {
    alpha: G1Affine,
    beta1: G1Affine,
    beta2: G2Affine,
    delta1: G1Affine,
    delta2: G2Affine,
}

/// The part of an assignment that comes first: so many private variables, and so many constraints that depend on nothing
/// else than them and public inputs given with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownPrefix {
    /// Private variables.
    pub variables: usize,
    /// Constraints.
    pub constraints: usize,
}

/// The sums of A, B and L over the private variables of a [`KnownPrefix`], and its rows' values. Secret: no `Debug`,
/// zeroized on drop.
pub struct Sums {
    until: usize,
    linear: Linear,
    l: G1Projective,
    rows: Vec<Fr>,
}

/// The sums over A and B, linear in the assignment.
#[derive(Clone, Copy)]
struct Linear {
    a: G1Projective,
    b1: G1Projective,
    b2: G2Projective,
}

/// A, B, and of C what A and B contribute.
struct Blinded {
    a: G1Projective,
    b2: G2Projective,
    c: G1Projective,
}

impl Engine for Native {
    const NAME: &'static str = "native";

    fn new(key: Key) -> Self {
        Self::on(key, Vector::detect())
    }

    fn prove(&self, assignment: &Assignment, blinding: &Blinding) -> Result<Proof, EngineError> {
        let z = self.fitting(assignment)?;
        let all = 0..z.len();
        let linear = || self.blinded(&self.linear(z, std::slice::from_ref(&all)), blinding);
        finish(join(linear, || self.quotient_sum(Vec::new(), z, 0)))
    }
}

impl Native {
    /// For a processor with these vectors; without, the portable code runs.
    pub(crate) fn on(key: Key, vector: Option<Vector>) -> Self {
        let (proving, matrices) = key.into_parts();
        let shape = matrices.shape();
        let g1 = |query: &[G1Affine]| FixedBases::on(query, vector);
        Self {
            evaluation: Evaluation::of(&matrices),
            domain: Domain::on(shape.domain().ilog2(), vector)
                .expect("a key's domain is far below the field's largest"),
            constants: Constants::of(&proving),
            a: g1(&proving.a_query),
            b1: g1(&proving.b_g1_query),
            b2: FixedBases::on(&proving.b_g2_query, vector),
            c: g1(&[&proving.l_query[..], &proving.h_query[..]].concat()),
            shape,
        }
    }

    /// Derives multiples of the key's points, which make every later proof quicker; see
    /// [`FixedBases::derive_multiples`]. Proofs that are made meanwhile do without.
    pub fn derive_multiples(&self) {
        // First those that every proof needs whole.
        self.c.derive_multiples(Sets::One);
        self.a.derive_multiples(Sets::Two);
        self.b1.derive_multiples(Sets::Two);
        self.b2.derive_multiples(Sets::Two);
    }

    /// Memory that the multiples take, in bytes.
    pub fn multiples_bytes(&self) -> usize {
        let g1 = [&self.a, &self.b1, &self.c].map(FixedBases::multiples_bytes);
        g1.iter().sum::<usize>() + self.b2.multiples_bytes()
    }

    /// Sums what depends on the prefix of an assignment alone. `z` has zeros where nothing is known yet.
    pub fn prepare(&self, z: &Assignment, prefix: KnownPrefix) -> Result<Sums, EngineError> {
        let z = self.fitting(z)?;
        let from = 1 + self.shape.public_inputs;
        if prefix.variables > self.shape.witness || prefix.constraints > self.shape.constraints {
            return Err(EngineError::Shape);
        }
        let until = from + prefix.variables;
        let mut rows = Vec::new();
        self.evaluation.extend(&mut rows, self.evaluation.used_by(prefix.constraints), z);
        let (linear, l) = join(
            || self.linear(z, std::slice::from_ref(&(from..until))),
            || self.c.msm(&z[from..], std::slice::from_ref(&(0..prefix.variables))),
        );
        Ok(Sums { until, linear, l, rows })
    }

    /// The proof of an assignment that begins like the one `sums` were made of: the same proof as [`Engine::prove`]'s.
    pub fn prove_prepared(
        &self,
        sums: &Sums,
        assignment: &Assignment,
        blinding: &Blinding,
    ) -> Result<Proof, EngineError> {
        let z = self.fitting(assignment)?;
        let others = [0..1 + self.shape.public_inputs, sums.until..z.len()];
        let linear = || self.blinded(&sums.linear.plus(&self.linear(z, &others)), blinding);
        let known = sums.until - 1 - self.shape.public_inputs;
        finish(join(linear, || sums.l + self.quotient_sum(sums.rows.clone(), z, known)))
    }

    fn fitting<'a>(&self, assignment: &'a Assignment) -> Result<&'a [Fr], EngineError> {
        let z = assignment.as_slice();
        if z.len() == self.shape.variables() { Ok(z) } else { Err(EngineError::Shape) }
    }

    /// The linear parts over some of the variables; the sum in G2 costs about as much as the others together.
    fn linear(&self, z: &[Fr], among: &[Range<usize>]) -> Linear {
        let (b2, (a, b1)) =
            join(|| self.b2.msm(z, among), || join(|| self.a.msm(z, among), || self.b1.msm(z, among)));
        Linear { a, b1, b2 }
    }

    /// Σ w·L + Σ q·H, without the first `known` private variables. `rows` may begin with products that are known already.
    fn quotient_sum(&self, rows: Vec<Fr>, z: &[Fr], known: usize) -> G1Projective {
        let mut scalars = Vec::with_capacity(self.shape.witness + self.domain.size());
        scalars.extend_from_slice(&z[1 + self.shape.public_inputs..]);
        let mut quotient = self.quotient(rows, z);
        scalars.extend_from_slice(&quotient);
        quotient.zeroize();
        let others = known..scalars.len();
        let sum = self.c.msm(&scalars, std::slice::from_ref(&others));
        scalars.zeroize();
        sum
    }

    /// a·b − c on the odd coset.
    fn quotient(&self, mut rows: Vec<Fr>, z: &[Fr]) -> Vec<Fr> {
        self.evaluation.extend(&mut rows, self.evaluation.len(), z);
        let size = self.domain.size();
        let (mut a, mut b) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for [x, y] in self.evaluation.constraints(&rows) {
            a.push(x);
            b.push(y);
        }
        rows.zeroize();
        // The rows that bind public inputs have them in A and zero in B.
        a.extend_from_slice(&z[..=self.shape.public_inputs]);
        a.resize(size, Fr::ZERO);
        b.resize(size, Fr::ZERO);
        let quotient = self.domain.quotient(&a, &b);
        a.zeroize();
        b.zeroize();
        quotient
    }

    /// Adds the blinding.
    fn blinded(&self, linear: &Linear, Blinding { r, s }: &Blinding) -> Blinded {
        let k = &self.constants;
        let (a, b2) = join(|| linear.a + k.alpha + k.delta1 * r, || linear.b2 + k.beta2 + k.delta2 * s);
        let (by_s, by_r) = join(|| a * s, || (linear.b1 + k.beta1) * r);
        // In C the two terms with r·s·δ of s·A and r·B leave one of them: B without its δ has none to take away.
        Blinded { a, b2, c: by_s + by_r }
    }
}

/// The proof, from what is blinded and Σ w·L + Σ q·H.
fn finish((Blinded { a, b2, c }, others): (Blinded, G1Projective)) -> Result<Proof, EngineError> {
    let [a, c] = [a, c + others].map(CurveGroup::into_affine);
    let proof = ark_groth16::Proof::<Bn254> { a, b: b2.into_affine(), c };
    Proof::try_from(proof).map_err(|_| EngineError::Degenerate)
}

impl Constants {
    fn of(proving: &ark_groth16::ProvingKey<Bn254>) -> Self {
        Self {
            alpha: proving.vk.alpha_g1,
            beta1: proving.beta_g1,
            beta2: proving.vk.beta_g2,
            delta1: proving.delta_g1,
            delta2: proving.vk.delta_g2,
        }
    }
}

impl Linear {
    fn plus(&self, other: &Self) -> Self {
        Self { a: self.a + other.a, b1: self.b1 + other.b1, b2: self.b2 + other.b2 }
    }
}

impl Drop for Sums {
    fn drop(&mut self) {
        self.rows.zeroize();
        let Linear { a, b1, b2 } = &mut self.linear;
        [a, b1, &mut self.l].into_iter().for_each(Zeroize::zeroize);
        b2.zeroize();
    }
}

#[cfg(test)]
mod tests;
