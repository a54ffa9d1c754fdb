//! From rank-1 constraints to a quadratic arithmetic program with the quotient on the odd coset.
//!
//! The quotient q = (a·b − c) / Z has degree below the domain's size, so its values on the odd coset determine it, and
//! there Z is the constant −2. The key holds one point for each of these values, which saves the last inverse
//! transform; snarkjs keys have the same form. The factor −1/2 is in the key, so that the prover sums a·b − c directly.

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP};
use ark_poly::EvaluationDomain;
use ark_relations::gr1cs::{ConstraintSystemRef, Matrix, SynthesisError};

/// The reduction of our keys, for ark-groth16's generator and prover.
pub struct OddCoset;

impl R1CSToQAP for OddCoset {
    fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
        cs: ConstraintSystemRef<F>,
        t: &F,
    ) -> Result<(Vec<F>, Vec<F>, Vec<F>, F, usize, usize), SynthesisError> {
        LibsnarkReduction::instance_map_with_evaluation::<F, D>(cs, t)
    }

    fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
        matrices: &[Matrix<F>],
        num_inputs: usize,
        num_constraints: usize,
        full_assignment: &[F],
    ) -> Result<Vec<F>, SynthesisError> {
        let [a, b, _] = matrices else { return Err(SynthesisError::Unsatisfiable) };
        let domain = D::new(num_constraints + num_inputs).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let mut a = products(a, full_assignment, domain.size());
        a[num_constraints..num_constraints + num_inputs].copy_from_slice(&full_assignment[..num_inputs]);
        let b = products(b, full_assignment, domain.size());
        let c = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
        let [a, b, c] = [a, b, c].map(|values| to_odd_coset(&domain, &values));
        Ok(a.iter().zip(&b).zip(&c).map(|((a, b), c)| *a * b - c).collect())
    }

    fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
        max_power: usize,
        t: F,
        zt: F,
        delta_inverse: F,
    ) -> Result<Vec<F>, SynthesisError> {
        let domain = D::new(max_power + 1).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let shift = odd_shift::<F>(domain.size())?;
        let shifted = t * shift.inverse().ok_or(SynthesisError::DivisionByZero)?;
        let minus_two = -F::from(2u64);
        let factor = zt * delta_inverse * minus_two.inverse().ok_or(SynthesisError::DivisionByZero)?;
        Ok(domain.evaluate_all_lagrange_coefficients(shifted).into_iter().map(|l| l * factor).collect())
    }
}

/// ⟨row, assignment⟩ for each row, zero up to `size`.
fn products<F: PrimeField>(matrix: &Matrix<F>, assignment: &[F], size: usize) -> Vec<F> {
    let dot = |row: &Vec<(F, usize)>| row.iter().map(|(c, i)| *c * assignment[*i]).sum();
    let mut values: Vec<F> = matrix.iter().map(dot).collect();
    values.resize(size, F::zero());
    values
}

fn to_odd_coset<F: PrimeField, D: EvaluationDomain<F>>(domain: &D, values: &[F]) -> Vec<F> {
    let shift = odd_shift::<F>(domain.size()).expect("the caller's domain leaves room for its odd coset");
    let mut coefficients = domain.ifft(values);
    D::distribute_powers(&mut coefficients, shift);
    domain.fft(&coefficients)
}

/// A square root of the domain's generator.
fn odd_shift<F: PrimeField>(size: usize) -> Result<F, SynthesisError> {
    F::get_root_of_unity(2 * size as u64).ok_or(SynthesisError::PolynomialDegreeTooLarge)
}
