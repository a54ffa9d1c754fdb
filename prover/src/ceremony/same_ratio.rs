//! Pairing checks, and random sums that check many points at once.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::Field;
use rand::RngCore;

/// Whether (p, q) and (s, t) have one ratio: e(p, t) = e(q, s). Points at infinity have none.
pub(super) fn same_ratio((p, q): (G1Affine, G1Affine), (s, t): (G2Affine, G2Affine)) -> bool {
    let proper = !p.is_zero() && !q.is_zero() && !s.is_zero() && !t.is_zero();
    proper && Bn254::multi_pairing([p, -q], [t, s]).0 == <Bn254 as Pairing>::TargetField::ONE
}

/// Factors of 128 bits: a false relation between many points survives with negligible probability.
pub(super) fn weights(count: usize, rng: &mut impl RngCore) -> Vec<Fr> {
    let weight = |_| Fr::from(u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64()));
    (0..count).map(weight).collect()
}

/// Σ weight · point; the shorter of both ends the sum.
pub(super) fn weighted_sum<P: SWCurveConfig<ScalarField = Fr>>(
    points: &[Affine<P>],
    weights: &[Fr],
) -> Affine<P>
where
    Projective<P>: VariableBaseMSM<MulBase = Affine<P>, ScalarField = Fr>,
{
    let count = points.len().min(weights.len());
    Projective::<P>::msm_unchecked(&points[..count], &weights[..count]).into_affine()
}
