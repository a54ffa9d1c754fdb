//! The points of a key in fixed order and size, so that their place in the file follows from the circuit's counts alone.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_groth16::{ProvingKey, VerifyingKey};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use rayon::prelude::*;

use super::KeyError;
use crate::matrices::Shape;

/// alpha, beta, delta in G1; beta, gamma, delta in G2; then IC, A, B in G1, B in G2, H, L.
pub(super) fn write(out: &mut Vec<u8>, key: &ProvingKey<Bn254>) {
    put(out, &[key.vk.alpha_g1, key.beta_g1, key.delta_g1]);
    put(out, &[key.vk.beta_g2, key.vk.gamma_g2, key.vk.delta_g2]);
    put(out, &key.vk.gamma_abc_g1);
    put(out, &key.a_query);
    put(out, &key.b_g1_query);
    put(out, &key.b_g2_query);
    put(out, &key.h_query);
    put(out, &key.l_query);
}

/// Bytes that [`write`] appends for a circuit of this shape.
pub(super) fn encoded_len(shape: Shape) -> usize {
    let g1 = 3 + (1 + shape.public_inputs) + 2 * shape.variables() + (shape.domain() - 1) + shape.witness;
    let g2 = 3 + shape.variables();
    g1 * G1_BYTES + g2 * G2_BYTES
}

/// Inverse of [`write`] on exactly [`encoded_len`] bytes.
pub(super) fn read(bytes: &[u8], shape: Shape) -> Result<ProvingKey<Bn254>, KeyError> {
    let mut rest = bytes;
    let [alpha_g1, beta_g1, delta_g1] = few::<_, 3>(g1(&mut rest, 3, "constants")?);
    let [beta_g2, gamma_g2, delta_g2] = few::<_, 3>(g2(&mut rest, 3, "constants")?);
    let gamma_abc_g1 = g1(&mut rest, 1 + shape.public_inputs, "ic")?;
    Ok(ProvingKey {
        vk: VerifyingKey { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 },
        beta_g1,
        delta_g1,
        a_query: g1(&mut rest, shape.variables(), "a")?,
        b_g1_query: g1(&mut rest, shape.variables(), "b1")?,
        b_g2_query: g2(&mut rest, shape.variables(), "b2")?,
        h_query: g1(&mut rest, shape.domain() - 1, "h")?,
        l_query: g1(&mut rest, shape.witness, "l")?,
    })
}

fn put(out: &mut Vec<u8>, points: &[impl CanonicalSerialize]) {
    for p in points {
        p.serialize_uncompressed(&mut *out).expect("a Vec takes all bytes");
    }
}

fn g1(rest: &mut &[u8], count: usize, name: &'static str) -> Result<Vec<G1Affine>, KeyError> {
    take(rest, count, G1_BYTES, name)
}

fn g2(rest: &mut &[u8], count: usize, name: &'static str) -> Result<Vec<G2Affine>, KeyError> {
    take(rest, count, G2_BYTES, name)
}

fn take<P: SWCurveConfig>(
    rest: &mut &[u8],
    count: usize,
    size: usize,
    name: &'static str,
) -> Result<Vec<Affine<P>>, KeyError> {
    let (bytes, left) = rest.split_at_checked(count * size).ok_or(KeyError::Point(name))?;
    *rest = left;
    bytes.par_chunks_exact(size).map(|bytes| point(bytes).ok_or(KeyError::Point(name))).collect()
}

/// Membership in the subgroup of G2 is left to the file's digest: it would cost most of a second at every start.
fn point<P: SWCurveConfig>(bytes: &[u8]) -> Option<Affine<P>> {
    let p = Affine::deserialize_with_mode(bytes, Compress::No, Validate::No).ok()?;
    p.is_on_curve().then_some(p)
}

fn few<P, const N: usize>(points: Vec<P>) -> [P; N] {
    points.try_into().ok().expect("as many were taken")
}

const G1_BYTES: usize = 64;
const G2_BYTES: usize = 128;
