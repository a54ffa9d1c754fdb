//! Poseidon over eight inputs at a time.

#[cfg(target_arch = "x86_64")]
mod permutation;

use ark_bn254::Fr;

use super::Vector;

/// Appends the hashes of all whole groups of eight; fewer than eight inputs are left.
#[cfg(target_arch = "x86_64")]
pub(crate) fn hash_eights<const N: usize>(_able: Vector, inputs: &[[Fr; N]], hashes: &mut Vec<Fr>) {
    let constants = permutation::Constants::of_inputs::<N>();
    for group in inputs.chunks_exact(8) {
        // SAFETY: whoever has a `Vector` is on a processor with AVX-512 F and IFMA.
        hashes.extend(unsafe { permutation::hashed(constants, group) });
    }
}

/// Leaves all inputs.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn hash_eights<const N: usize>(_able: Vector, _inputs: &[[Fr; N]], _hashes: &mut Vec<Fr>) {}
