//! Between keys and `.zkey` files, which hold the same points.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_groth16::ProvingKey;
use groth16::VerifyingKey;

use super::{FromCeremonyError, Key, Origin};
use crate::ceremony::{Source, Verified, coefficients};
use crate::iden3::points;
use crate::iden3::zkey::{Constants, Counts, Fixed, Record, Zkey, encode};
use crate::matrices::Matrices;
use crate::statement::Statement;

pub(super) fn key<S: Statement>(ceremony: Verified<S>) -> Result<Key, FromCeremonyError> {
    let (zkey, matrices, report) = ceremony.into_parts();
    if !report.contributions.iter().any(|c| c.source == Source::Secret) {
        return Err(FromCeremonyError::Nobody);
    }
    let transcript = crate::ceremony::transcript_digest(&zkey.record);
    let proving = proving(zkey);
    let verifying = VerifyingKey::from_ark(&proving.vk)?;
    let origin = Origin::Ceremony { transcript, secrets: Some(report.secrets) };
    Ok(Key { circuit: S::NAME, version: S::VERSION, origin, proving, verifying, matrices })
}

/// The fixed part was compared with one that this program computed, so its points are sound.
fn proving(zkey: Zkey) -> ProvingKey<Bn254> {
    let Constants { alpha1, beta1, beta2, gamma2, delta1, delta2 } = zkey.constants;
    ProvingKey {
        vk: ark_groth16::VerifyingKey {
            alpha_g1: alpha1,
            beta_g2: beta2,
            gamma_g2: gamma2,
            delta_g2: delta2,
            gamma_abc_g1: decoded1(&zkey.fixed.ic),
        },
        beta_g1: beta1,
        delta_g1: delta1,
        a_query: decoded1(&zkey.fixed.a),
        b_g1_query: decoded1(&zkey.fixed.b1),
        b_g2_query: decoded2(&zkey.fixed.b2),
        h_query: zkey.h,
        l_query: zkey.l,
    }
}

fn decoded1(bytes: &[u8]) -> Vec<G1Affine> {
    points::read(bytes, 0).expect("a verified ceremony has the points that this program computed")
}

fn decoded2(bytes: &[u8]) -> Vec<G2Affine> {
    points::read(bytes, 0).expect("a verified ceremony has the points that this program computed")
}

pub(super) fn zkey(proving: &ProvingKey<Bn254>, matrices: &Matrices) -> Zkey {
    let shape = matrices.shape();
    Zkey {
        counts: Counts {
            variables: shape.variables(),
            public_inputs: shape.public_inputs,
            domain: shape.domain(),
        },
        constants: Constants {
            alpha1: proving.vk.alpha_g1,
            beta1: proving.beta_g1,
            beta2: proving.vk.beta_g2,
            gamma2: proving.vk.gamma_g2,
            delta1: proving.delta_g1,
            delta2: proving.vk.delta_g2,
        },
        fixed: Fixed {
            ic: encode(&proving.vk.gamma_abc_g1),
            coefficients: coefficients(matrices),
            a: encode(&proving.a_query),
            b1: encode(&proving.b_g1_query),
            b2: encode(&proving.b_g2_query),
        },
        l: proving.l_query.clone(),
        h: proving.h_query.clone(),
        record: Record { circuit_hash: [0; 64], contributions: Vec::new() },
    }
}
