//! In-circuit twin of [`hash`](super::hash): three rows per S-box, linear layers free.
//!
//! It is our own because the partial rounds run in the factored form of [`parameters`](super::parameters), in which a row of
//! the matrices has few terms.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::SynthesisError;

use super::parameters::{MAX_WIDTH, Parameters, Sparse};
use crate::constraints::values::Values;

/// `H(x1, …, xN)`. S-boxes of constants cost nothing, among them the first one of the capacity.
pub(crate) fn hash<const N: usize>(inputs: [&FpVar<Fr>; N]) -> Result<FpVar<Fr>, SynthesisError> {
    let mut state = vec![FpVar::zero()];
    state.extend(inputs.into_iter().cloned());
    permute(Parameters::for_inputs::<N>(), &mut state)?;
    Ok(state.swap_remove(0))
}

/// An input of [`hash_values`].
#[derive(Clone, Copy)]
pub(crate) enum Input {
    /// Where the constraint system has `FpVar::Constant`.
    Constant(Fr),
    /// Where it has a variable or a sum of variables.
    Variable(Fr),
}

/// The native permutation, which appends the variables that the rows of its S-boxes have. In the first round an S-box of a
/// constant has none, and after it no element is a constant, because not all inputs are.
pub(crate) fn hash_values<const N: usize>(values: &mut Values, inputs: [Input; N]) -> Fr {
    let mut state = [Fr::ZERO; MAX_WIDTH];
    let mut constant = [true; MAX_WIDTH];
    for (i, input) in inputs.into_iter().enumerate() {
        (state[i + 1], constant[i + 1]) = match input {
            Input::Constant(x) => (x, true),
            Input::Variable(x) => (x, false),
        };
    }
    debug_assert!(constant[1..=N].contains(&false), "a hash of constants is a constant");
    let mut constant_in_first_round = constant[..=N].iter();
    let mut sbox = |x: Fr| {
        let square = x.square();
        let cube = x * square;
        let fifth = cube * square;
        if constant_in_first_round.next().is_none_or(|is_constant| !is_constant) {
            values.extend(&[square, cube, fifth]);
        }
        fifth
    };
    super::permute(Parameters::for_inputs::<N>(), &mut state[..=N], &mut sbox);
    state[0]
}

fn permute(parameters: &Parameters, state: &mut Vec<FpVar<Fr>>) -> Result<(), SynthesisError> {
    for constants in parameters.first.chunks_exact(state.len()) {
        full_round(constants, &parameters.mds, state)?;
    }
    for (constant, sparse) in parameters.partial.iter().zip(&parameters.sparse) {
        state[0] = sbox(&(&state[0] + *constant))?;
        mix_sparse(sparse, state)?;
    }
    state[0] = sbox(&(&state[0] + parameters.last_partial))?;
    mix(&parameters.bridge, state)?;
    for constants in parameters.last.chunks_exact(state.len()) {
        full_round(constants, &parameters.mds, state)?;
    }
    Ok(())
}

fn full_round(constants: &[Fr], matrix: &[Fr], state: &mut Vec<FpVar<Fr>>) -> Result<(), SynthesisError> {
    for (x, constant) in state.iter_mut().zip(constants) {
        *x = sbox(&(&*x + *constant))?;
    }
    mix(matrix, state)
}

/// x², x³ = x·x², x⁵ = x³·x²: the cube stays out of the B matrix, whose points are in G2.
fn sbox(x: &FpVar<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
    let square = x.square()?;
    let cube = x * &square;
    Ok(cube * square)
}

fn mix(matrix: &[Fr], state: &mut Vec<FpVar<Fr>>) -> Result<(), SynthesisError> {
    *state = matrix.chunks_exact(state.len()).map(|row| dot(row, state)).collect::<Result<_, _>>()?;
    Ok(())
}

fn mix_sparse(sparse: &Sparse, state: &mut [FpVar<Fr>]) -> Result<(), SynthesisError> {
    let first = dot(&sparse.row, state)?;
    let (head, rest) = state.split_at_mut(1);
    for (x, weight) in rest.iter_mut().zip(&sparse.column) {
        *x += &head[0] * *weight;
    }
    head[0] = first;
    Ok(())
}

/// Σ `weight_i` · `x_i`.
fn dot(weights: &[Fr], xs: &[FpVar<Fr>]) -> Result<FpVar<Fr>, SynthesisError> {
    let weights: Vec<_> = weights.iter().copied().map(FpVar::Constant).collect();
    FpVar::inner_product(&weights, xs)
}

#[cfg(test)]
mod tests {
    use ark_r1cs_std::GR1CSVar;
    use ark_relations::gr1cs::ConstraintSystem;

    use super::*;
    use crate::constraints::private;
    use crate::poseidon;

    /// The gadget's rows on `N` private inputs, after comparing its value with the native hash.
    fn rows<const N: usize>() -> usize {
        let cs = ConstraintSystem::new_ref();
        let values: [Fr; N] = std::array::from_fn(|i| Fr::from(i as u64 * 7 + 1));
        let inputs = values.map(|v| private(&cs, Some(v)).unwrap());
        let output = hash(inputs.each_ref()).unwrap();
        assert_eq!(output.value(), Ok(poseidon::hash(&values)));
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
        for constants in 0u32..15 {
            let is_constant = |i: usize| constants >> i & 1 == 1;
            let numbers: [Fr; 4] = std::array::from_fn(|i| Fr::from(i as u64 + 3));
            let cs = ConstraintSystem::new_ref();
            let mut values = Values::with_room(0, 1 << 10);
            let inputs: [_; 4] = std::array::from_fn(|i| {
                if is_constant(i) {
                    FpVar::Constant(numbers[i])
                } else {
                    private(&cs, Some(numbers[i])).unwrap()
                }
            });
            let alone: [_; 4] = std::array::from_fn(|i| {
                if is_constant(i) {
                    Input::Constant(numbers[i])
                } else {
                    Input::Variable(values.private(numbers[i]))
                }
            });
            let output = hash(inputs.each_ref()).unwrap();
            assert_eq!(output.value().unwrap(), hash_values(&mut values, alone));
            assert_eq!(cs.witness_assignment().unwrap(), *values.into_private(), "constants {constants:04b}");
        }
    }

    #[test]
    fn a_constant_costs_nothing() {
        let constants = [1u64, 2].map(|x| FpVar::Constant(Fr::from(x)));
        let output = hash(constants.each_ref()).unwrap();
        assert!(
            matches!(output, FpVar::Constant(x) if x == poseidon::hash(&[Fr::from(1u64), Fr::from(2u64)]))
        );
    }
}
