//! Poseidon over BN254 with circomlib's parameters.

use ark_bn254::Fr;

/// `H(x1, …, xN)` for 1 ≤ N ≤ 16; another N does not compile.
pub fn hash<const N: usize>(_inputs: &[Fr; N]) -> Fr {
    todo!()
}
