//! In-circuit twin of [`hash`](super::hash): three rows per S-box, linear layers free.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::SynthesisError;

use super::parameters::{MAX_WIDTH, Parameters, Sparse};
use crate::constraints::{Builder, Expr};
use crate::poseidon;

/// `H(x1, …, xN)`. S-boxes of constants cost nothing, among them the first one of the capacity.
pub(crate) fn hash<const N: usize>(b: &Builder, inputs: &[&Expr; N]) -> Result<Expr, SynthesisError> {
    if let Some(mut variables) = b.only_values() {
        return hash_values(&mut variables, inputs);
    }
    let mut state = vec![Expr::Constant(Fr::ZERO)];
    state.extend(inputs.iter().copied().cloned());
    permute(b, Parameters::for_inputs::<N>(), &mut state)?;
    Ok(state.swap_remove(0))
}

/// The native permutation, which appends the variables that the rows of its S-boxes have. In the first round an S-box of a
/// constant has none, and after it no element is a constant unless all are.
fn hash_values<const N: usize>(variables: &mut Vec<Fr>, inputs: &[&Expr; N]) -> Result<Expr, SynthesisError> {
    let mut state = [Fr::ZERO; MAX_WIDTH];
    let mut constant = [true; MAX_WIDTH];
    for (i, input) in inputs.iter().enumerate() {
        state[i + 1] = input.value().ok_or(SynthesisError::AssignmentMissing)?;
        constant[i + 1] = matches!(input, Expr::Constant(_));
    }
    if constant[1..=N].iter().all(|is| *is) {
        return Ok(Expr::Constant(poseidon::hash::<N>(state[1..=N].try_into().expect("N inputs"))));
    }
    let mut constant_in_first_round = constant[..=N].iter();
    let mut sbox = |x: Fr| {
        let square = x.square();
        let cube = x * square;
        let fifth = cube * square;
        if constant_in_first_round.next().is_none_or(|is_constant| !is_constant) {
            variables.extend_from_slice(&[square, cube, fifth]);
        }
        fifth
    };
    poseidon::permute(Parameters::for_inputs::<N>(), &mut state[..=N], &mut sbox);
    Ok(Expr::known(state[0]))
}

fn permute(b: &Builder, parameters: &Parameters, state: &mut Vec<Expr>) -> Result<(), SynthesisError> {
    for constants in parameters.first.chunks_exact(state.len()) {
        full_round(b, constants, &parameters.mds, state)?;
    }
    for (constant, sparse) in parameters.partial.iter().zip(&parameters.sparse) {
        state[0] = sbox(b, &state[0].plus(*constant))?;
        mix_sparse(sparse, state);
    }
    state[0] = sbox(b, &state[0].plus(parameters.last_partial))?;
    mix(&parameters.bridge, state);
    for constants in parameters.last.chunks_exact(state.len()) {
        full_round(b, constants, &parameters.mds, state)?;
    }
    Ok(())
}

fn full_round(
    b: &Builder,
    constants: &[Fr],
    matrix: &[Fr],
    state: &mut Vec<Expr>,
) -> Result<(), SynthesisError> {
    for (x, constant) in state.iter_mut().zip(constants) {
        *x = sbox(b, &x.plus(*constant))?;
    }
    mix(matrix, state);
    Ok(())
}

/// x², x³ = x·x², x⁵ = x³·x²: the cube stays out of the B matrix, whose points are in G2.
fn sbox(b: &Builder, x: &Expr) -> Result<Expr, SynthesisError> {
    let square = b.product(x, x)?;
    let cube = b.product(x, &square)?;
    b.product(&cube, &square)
}

fn mix(matrix: &[Fr], state: &mut Vec<Expr>) {
    *state = matrix.chunks_exact(state.len()).map(|row| dot(row, state)).collect();
}

fn mix_sparse(sparse: &Sparse, state: &mut [Expr]) {
    let first = dot(&sparse.row, state);
    let (head, rest) = state.split_at_mut(1);
    for (x, weight) in rest.iter_mut().zip(&sparse.column) {
        *x = &*x + &head[0].scaled(*weight);
    }
    head[0] = first;
}

/// Σ `weight_i` · `x_i`.
fn dot(weights: &[Fr], xs: &[Expr]) -> Expr {
    Expr::sum(Fr::ZERO, weights.iter().copied().zip(xs))
}

#[cfg(test)]
mod tests {
    use ark_relations::gr1cs::ConstraintSystem;

    use super::*;

    /// The gadget's rows on `N` private inputs, after comparing its value with the native hash.
    fn rows<const N: usize>() -> usize {
        let cs = ConstraintSystem::new_ref();
        let b = Builder::new(cs.clone());
        let values: [Fr; N] = std::array::from_fn(|i| Fr::from(i as u64 * 7 + 1));
        let inputs = values.map(|v| b.private(Some(v)).unwrap());
        let output = hash(&b, &inputs.each_ref()).unwrap();
        assert_eq!(output.value(), Some(poseidon::hash(&values)));
        assert!(cs.is_satisfied().unwrap());
        cs.num_constraints()
    }

    #[test]
    fn agrees_with_the_native_hash_at_three_rows_per_sbox() {
        assert_eq!([rows::<1>(), rows::<3>(), rows::<4>(), rows::<16>()], [213, 261, 297, 609]);
    }

    /// Whatever inputs are constants, the variables are those of the constraint system.
    #[test]
    fn values_alone_are_those_of_the_rows() {
        for constants in 0u32..16 {
            let of = |b: &Builder| {
                let inputs: [Expr; 4] = std::array::from_fn(|i| {
                    let x = Fr::from(i as u64 + 3);
                    if constants >> i & 1 == 1 { Expr::Constant(x) } else { b.private(Some(x)).unwrap() }
                });
                let output = hash(b, &inputs.each_ref()).unwrap();
                assert_eq!(matches!(output, Expr::Constant(_)), constants == 15);
                output.value().unwrap()
            };
            let cs = ConstraintSystem::new_ref();
            let alone = Builder::for_values(0, 1 << 10);
            assert_eq!(of(&Builder::new(cs.clone())), of(&alone));
            assert_eq!(cs.witness_assignment().unwrap(), *alone.into_private(), "constants {constants:04b}");
        }
    }

    #[test]
    fn a_constant_costs_nothing() {
        let cs = ConstraintSystem::new_ref();
        let b = Builder::new(cs.clone());
        let constants = [1u64, 2].map(|x| Expr::Constant(Fr::from(x)));
        let output = hash(&b, &constants.each_ref()).unwrap();
        assert_eq!(output.value(), Some(poseidon::hash(&[Fr::from(1u64), Fr::from(2u64)])));
        assert_eq!(cs.num_constraints(), 0);
    }
}
