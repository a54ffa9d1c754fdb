//! A verifying key made ready for many proofs, most of whose public inputs are the same again and again.

mod table;

use std::collections::BTreeMap;

use ark_bn254::{Fq12, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;

use crate::pairing::{self, PreparedG2};
use crate::{Proof, ProofError, VerifyingKey};

use table::Table;

/// A [`VerifyingKey`] with e(α, β), the lines of γ and δ, and multiples of the points of inputs that change with every proof.
///
/// It gives the verdicts of [`VerifyingKey::verify`], which is the reference.
pub struct PreparedKey {
    key: VerifyingKey,
    alpha_beta: Fq12,
    beta: PreparedG2,
    minus_gamma: PreparedG2,
    minus_delta: PreparedG2,
    changing: Vec<InputGroup>,
}

/// Inputs that change together, and by the same difference: one input, or one value in several places.
struct InputGroup {
    inputs: Vec<usize>,
    table: Table,
}

/// Public inputs with the point that they come to: `IC_0 + Σ inputs_i · IC_{i+1}`. Proofs for inputs that differ in few places cost only the differences,
/// whatever those places are: so the base may come from anywhere, even from an earlier proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedInputs {
    inputs: Vec<Fr>,
    point: G1Projective,
}

/// What inputs add to their base, by place; or the sum of many such with coefficients.
pub type Differences = BTreeMap<usize, Fr>;

impl PreparedKey {
    /// `changing` names the places that differ from proof to proof, in sets that change by the same difference. It changes
    /// how long a check takes, never its verdict; places that the key does not have are passed over.
    pub fn new(key: VerifyingKey, changing: &[Vec<usize>]) -> Self {
        let vk = key.as_ark();
        let changing = changing.iter().filter(|set| set.iter().all(|i| *i < key.public_inputs()));
        let changing = changing.map(|set| InputGroup::new(&key, set.clone())).collect();
        Self {
            alpha_beta: key.alpha_beta(),
            beta: vk.beta_g2.into(),
            minus_gamma: (-vk.gamma_g2).into(),
            minus_delta: (-vk.delta_g2).into(),
            changing,
            key,
        }
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Prepares inputs, all of them anew.
    pub fn prepare_inputs(&self, inputs: Vec<Fr>) -> Result<PreparedInputs, ProofError> {
        let point = self.key.prepare_inputs(&inputs)?;
        Ok(PreparedInputs { inputs, point })
    }

    /// The base of other inputs; quick where they differ from this base's only in changing places.
    pub fn update_inputs(
        &self,
        base: &PreparedInputs,
        inputs: Vec<Fr>,
    ) -> Result<PreparedInputs, ProofError> {
        let point = base.point + self.difference_point(&base.differences(&inputs)?);
        Ok(PreparedInputs { inputs, point })
    }

    /// In how many places that do not vary `inputs` differ from the base's.
    pub fn changed_fixed_inputs(&self, base: &PreparedInputs, inputs: &[Fr]) -> usize {
        let is_fixed = |i: &usize| !self.changing.iter().any(|set| set.inputs.contains(i));
        let pairs = base.inputs.iter().zip(inputs).enumerate();
        pairs.filter(|(_, (x, y))| x != y).filter(|(i, _)| is_fixed(i)).count()
    }

    /// Checks a proof for the inputs of the base.
    pub fn verify(&self, base: &PreparedInputs, proof: &Proof) -> Result<(), ProofError> {
        let proof = proof.as_ark();
        let inputs = base.point.into_affine();
        let b = PreparedG2::from(proof.b);
        let mut pairs = vec![(proof.a, &b), (proof.c, &self.minus_delta)];
        if !inputs.is_zero() {
            pairs.push((inputs, &self.minus_gamma));
        }
        let f = pairing::miller_loop(&pairs);
        let holds = pairing::final_exponentiation(&f) == self.alpha_beta;
        if holds { Ok(()) } else { Err(ProofError::NotProved) }
    }

    /// Σ difference · point of its place.
    pub fn difference_point(&self, differences: &Differences) -> G1Projective {
        let mut rest = differences.clone();
        let mut sum = G1Projective::ZERO;
        for group in &self.changing {
            group.take(&mut rest, &mut sum);
        }
        let points = &self.key.as_ark().gamma_abc_g1;
        let point = |i: usize| points.get(i + 1).copied().unwrap_or_default();
        // Few equal scalars stand for many places, so places of one scalar share the multiplication.
        let mut by_scalar: BTreeMap<Fr, G1Projective> = BTreeMap::new();
        for (i, x) in rest.into_iter().filter(|(_, x)| *x != Fr::ZERO) {
            *by_scalar.entry(x).or_default() += point(i);
        }
        by_scalar.into_iter().fold(sum, |sum, (x, point)| sum + point * x)
    }

    /// Whether `f`, a product of Miller loops, and the pairings that proofs are held against make one:
    /// f · e(α, β)^−weight · e(inputs, γ)^−1 · e(c, δ)^−1; as the value that is one if they do, and to be multiplied.
    pub fn pairing_check(&self, f: &Fq12, weight: &Fr, inputs: &G1Projective, c: &G1Projective) -> Fq12 {
        let alpha = self.key.as_ark().alpha_g1 * -*weight;
        let points = G1Projective::normalize_batch(&[alpha, *inputs, *c]);
        let lines = [&self.beta, &self.minus_gamma, &self.minus_delta];
        let pairs: Vec<(G1Affine, &PreparedG2)> =
            points.into_iter().zip(lines).filter(|(p, _)| !p.is_zero()).collect();
        pairing::final_exponentiation(&(*f * pairing::miller_loop(&pairs)))
    }
}

impl PreparedInputs {
    /// The inputs that it was made of.
    pub fn inputs(&self) -> &[Fr] {
        &self.inputs
    }

    /// `IC_0 + Σ inputs_i · IC_{i+1}`.
    pub fn point(&self) -> &G1Projective {
        &self.point
    }

    /// What to add to the base to have `inputs`.
    pub fn differences(&self, inputs: &[Fr]) -> Result<Differences, ProofError> {
        if inputs.len() != self.inputs.len() {
            return Err(ProofError::InputCount { expected: self.inputs.len(), given: inputs.len() });
        }
        let pairs = self.inputs.iter().zip(inputs).enumerate();
        Ok(pairs.filter(|(_, (base, x))| base != x).map(|(i, (base, x))| (i, *x - base)).collect())
    }
}

impl InputGroup {
    fn new(key: &VerifyingKey, inputs: Vec<usize>) -> Self {
        let points = &key.as_ark().gamma_abc_g1;
        let sum: G1Projective = inputs.iter().filter_map(|i| points.get(i + 1)).sum();
        Self { inputs, table: Table::new(sum) }
    }

    /// Takes the difference that all places have in common from `rest` to `sum`.
    fn take(&self, rest: &mut Differences, sum: &mut G1Projective) {
        let mut each = self.inputs.iter().map(|i| rest.get(i));
        let Some(Some(&x)) = each.next() else { return };
        if each.any(|other| other != Some(&x)) {
            return;
        }
        for i in &self.inputs {
            rest.remove(i);
        }
        self.table.add_multiple(&x, sum);
    }
}

#[cfg(test)]
mod tests;
