//! The verifying key of one circuit.

use std::fmt;

use ark_bn254::{Bn254, Fq12, Fr, G1Projective};
use ark_ec::VariableBaseMSM;
use ark_groth16::{Groth16, PreparedVerifyingKey};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::json::{self, CURVE, PROTOCOL, expect_groth16_bn128, field, only_fields};
use crate::{Proof, ProofError};

/// Most public inputs that a key or a list of inputs may have.
pub const MAX_PUBLIC_INPUTS: usize = 1023;

/// A verifying key with its pairing precomputed: all points on the curve and in the right subgroup, none at infinity.
#[derive(Clone)]
pub struct VerifyingKey {
    prepared: PreparedVerifyingKey<Bn254>,
    digest: [u8; 32],
}

impl VerifyingKey {
    /// From the arkworks key. Refuses points at infinity: such an input would be bound to nothing.
    pub fn from_ark(vk: &ark_groth16::VerifyingKey<Bn254>) -> Result<Self, ProofError> {
        check_count(vk.gamma_abc_g1.len())?;
        json::check_g1(&vk.alpha_g1, "vk_alpha_1")?;
        json::check_g2(&vk.beta_g2, "vk_beta_2")?;
        json::check_g2(&vk.gamma_g2, "vk_gamma_2")?;
        json::check_g2(&vk.delta_g2, "vk_delta_2")?;
        for p in &vk.gamma_abc_g1 {
            json::check_g1(p, "IC")?;
        }
        Ok(Self::from_checked(vk))
    }

    /// snarkjs `verification_key.json`.
    pub fn to_json(&self) -> Value {
        let vk = self.as_ark();
        let ic: Vec<_> = vk.gamma_abc_g1.iter().map(json::g1_to_json).collect();
        json!({
            "protocol": PROTOCOL,
            "curve": CURVE,
            "nPublic": self.public_inputs(),
            "vk_alpha_1": json::g1_to_json(&vk.alpha_g1),
            "vk_beta_2": json::g2_to_json(&vk.beta_g2),
            "vk_gamma_2": json::g2_to_json(&vk.gamma_g2),
            "vk_delta_2": json::g2_to_json(&vk.delta_g2),
            "vk_alphabeta_12": json::gt_to_json(&self.prepared.alpha_g1_beta_g2),
            "IC": ic,
        })
    }

    /// Inverse; checks every point. `vk_alphabeta_12` follows from the rest, may be left out and must agree if present.
    pub fn from_json(json: &Value) -> Result<Self, ProofError> {
        let fields = json.as_object().ok_or(ProofError::Malformed("a verifying key is an object"))?;
        only_fields(fields, &FIELDS)?;
        expect_groth16_bn128(fields)?;
        let key = Self::from_checked(&ark_groth16::VerifyingKey {
            alpha_g1: json::g1_from_json(field(fields, "vk_alpha_1")?, "vk_alpha_1")?,
            beta_g2: json::g2_from_json(field(fields, "vk_beta_2")?, "vk_beta_2")?,
            gamma_g2: json::g2_from_json(field(fields, "vk_gamma_2")?, "vk_gamma_2")?,
            delta_g2: json::g2_from_json(field(fields, "vk_delta_2")?, "vk_delta_2")?,
            gamma_abc_g1: ic_from_fields(fields)?,
        });
        key.check_pairing(fields.get("vk_alphabeta_12"))?;
        Ok(key)
    }

    /// The compressed arkworks encoding: α, β, γ, δ and the points of the inputs behind their number.
    pub fn to_compressed(&self) -> Vec<u8> {
        compressed(self.as_ark())
    }

    /// Inverse; checks every point. Nothing may follow.
    pub fn from_compressed(bytes: &[u8]) -> Result<Self, ProofError> {
        let points =
            bytes.len().checked_sub(COMPRESSED_HEAD).filter(|rest| rest.is_multiple_of(COMPRESSED_G1));
        check_count(points.ok_or(ProofError::Malformed("the length of a key"))? / COMPRESSED_G1)?;
        let mut rest = bytes;
        // `from_ark` looks at every point.
        let vk = ark_groth16::VerifyingKey::deserialize_compressed_unchecked(&mut rest);
        let vk = vk.map_err(|_| ProofError::BadPoint("a compressed key"))?;
        if !rest.is_empty() {
            return Err(ProofError::Malformed("the length of a key"));
        }
        Self::from_ark(&vk)
    }

    /// SHA-256 of [`Self::to_compressed`]: what the ledger publishes and pages show.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// How many public inputs a proof has under this key.
    pub fn public_inputs(&self) -> usize {
        self.as_ark().gamma_abc_g1.len() - 1
    }

    /// Checks a proof with ark-groth16: the reference. [`crate::PreparedKey`] is quicker.
    pub fn verify(&self, inputs: &[Fr], proof: &Proof) -> Result<(), ProofError> {
        let prepared = self.prepare_inputs(inputs)?;
        let holds =
            Groth16::<Bn254>::verify_proof_with_prepared_inputs(&self.prepared, proof.as_ark(), &prepared);
        match holds {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(ProofError::NotProved),
        }
    }

    /// The arkworks form.
    pub fn as_ark(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.prepared.vk
    }

    fn from_checked(vk: &ark_groth16::VerifyingKey<Bn254>) -> Self {
        Self {
            prepared: ark_groth16::prepare_verifying_key(vk),
            digest: Sha256::digest(compressed(vk)).into(),
        }
    }

    /// `IC_0 + Σ inputs_i · IC_{i+1}`. Public data only, so its running time may depend on it.
    pub(crate) fn prepare_inputs(&self, inputs: &[Fr]) -> Result<G1Projective, ProofError> {
        let expected = self.public_inputs();
        if inputs.len() != expected {
            return Err(ProofError::InputCount { expected, given: inputs.len() });
        }
        let (constant, per_input) =
            self.as_ark().gamma_abc_g1.split_first().expect("a key has at least one point in IC");
        Ok(G1Projective::msm_unchecked(per_input, inputs) + constant)
    }

    /// e(α, β).
    pub(crate) fn alpha_beta(&self) -> Fq12 {
        self.prepared.alpha_g1_beta_g2
    }

    fn check_pairing(&self, given: Option<&Value>) -> Result<(), ProofError> {
        match given {
            Some(json) if *json != json::gt_to_json(&self.prepared.alpha_g1_beta_g2) => {
                Err(ProofError::BadPoint("vk_alphabeta_12"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", hex::encode(self.digest))
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_ark() == other.as_ark()
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn compressed(vk: &ark_groth16::VerifyingKey<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(vk.compressed_size());
    vk.serialize_compressed(&mut bytes).expect("a Vec takes all bytes");
    bytes
}

/// One point of G1, three of G2 and the number of the other points.
const COMPRESSED_HEAD: usize = COMPRESSED_G1 + 3 * 64 + 8;
const COMPRESSED_G1: usize = 32;

fn ic_from_fields(fields: &Map<String, Value>) -> Result<Vec<ark_bn254::G1Affine>, ProofError> {
    let points = field(fields, "IC")?.as_array().ok_or(ProofError::Malformed("IC"))?;
    check_count(points.len())?;
    if field(fields, "nPublic")?.as_u64() != Some(points.len() as u64 - 1) {
        return Err(ProofError::Malformed("nPublic"));
    }
    points.iter().map(|p| json::g1_from_json(p, "IC")).collect()
}

fn check_count(points: usize) -> Result<(), ProofError> {
    if (1..=MAX_PUBLIC_INPUTS + 1).contains(&points) {
        Ok(())
    } else {
        Err(ProofError::Malformed("IC has no point or too many"))
    }
}

const FIELDS: [&str; 9] = [
    "protocol",
    "curve",
    "nPublic",
    "vk_alpha_1",
    "vk_beta_2",
    "vk_gamma_2",
    "vk_delta_2",
    "vk_alphabeta_12",
    "IC",
];
