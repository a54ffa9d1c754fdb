use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, PrimeField};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError};
use ark_serialize::CanonicalSerialize;
use ark_snark::SNARK;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::*;
use crate::{MAX_PUBLIC_INPUTS, VerifyingKey, public_from_json, public_to_json};

/// x · y = z with z and one idle input public: enough of a circuit to have real proofs.
#[derive(Clone)]
struct Product(Fr, Fr);

impl ConstraintSynthesizer<Fr> for Product {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let z = cs.new_input_variable(|| Ok(self.0 * self.1))?;
        let idle = cs.new_input_variable(|| Ok(self.0 + self.1))?;
        let x = cs.new_witness_variable(|| Ok(self.0))?;
        let y = cs.new_witness_variable(|| Ok(self.1))?;
        let square = cs.new_witness_variable(|| Ok((self.0 + self.1) * (self.0 + self.1)))?;
        cs.enforce_r1cs_constraint(|| x.into(), || y.into(), || z.into())?;
        let lc = |v| LinearCombination::from(v);
        cs.enforce_r1cs_constraint(|| lc(idle), || lc(idle), || lc(square))
    }
}

pub(crate) fn sample() -> (VerifyingKey, Vec<Fr>, Proof) {
    let mut rng = StdRng::seed_from_u64(7);
    let circuit = Product(Fr::from(11), Fr::from(13));
    let (pk, vk) = Groth16::<Bn254>::circuit_specific_setup(circuit.clone(), &mut rng).unwrap();
    let proof = Groth16::<Bn254>::prove(&pk, circuit, &mut rng).unwrap();
    let inputs = vec![Fr::from(143), Fr::from(24)];
    (VerifyingKey::from_ark(&vk).unwrap(), inputs, Proof::try_from(proof).unwrap())
}

/// A point on the twist outside the subgroup of order r.
fn outside_subgroup() -> G2Affine {
    (0u64..1000)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
        .find(|p| !p.is_in_correct_subgroup_assuming_on_curve())
        .unwrap()
}

fn changed(json: &Value, pointer: &str, value: Value) -> Value {
    let mut json = json.clone();
    *json.pointer_mut(pointer).unwrap() = value;
    json
}

fn plus_modulus(decimal: &Value) -> Value {
    let x = num_bigint::BigUint::parse_bytes(decimal.as_str().unwrap().as_bytes(), 10).unwrap();
    json!((x + num_bigint::BigUint::from(Fq::MODULUS)).to_string())
}

#[test]
fn every_form_is_read_back() {
    let (vk, inputs, proof) = sample();
    assert_eq!(Proof::from_json(&proof.to_json()).unwrap(), proof);
    assert_eq!(Proof::from_json(&json!(proof.to_base64url())).unwrap(), proof);
    assert_eq!(Proof::from_bytes(&proof.to_bytes()).unwrap(), proof);
    let again = VerifyingKey::from_json(&vk.to_json()).unwrap();
    assert_eq!(again, vk);
    assert_eq!(again.digest(), vk.digest());
    assert_eq!(public_from_json(&public_to_json(&inputs)).unwrap(), inputs);
}

#[test]
fn verifies_and_refuses_each_changed_input() {
    let (vk, inputs, proof) = sample();
    vk.verify(&inputs, &proof).unwrap();
    for i in 0..inputs.len() {
        let mut other = inputs.clone();
        other[i] += Fr::from(1);
        assert_eq!(vk.verify(&other, &proof), Err(ProofError::NotProved));
    }
    let short = vk.verify(&inputs[..1], &proof);
    assert_eq!(short, Err(ProofError::InputCount { expected: 2, given: 1 }));
}

#[test]
fn refuses_points_that_are_not_canonical() {
    let proof = sample().2.to_json();
    let x = &proof["pi_a"][0];
    for bad in [
        plus_modulus(x),
        json!(format!("0{}", x.as_str().unwrap())),
        json!(format!("+{}", x.as_str().unwrap())),
        json!(format!(" {}", x.as_str().unwrap())),
        json!("0x10"),
        json!(""),
        json!(1),
        json!("9".repeat(78)),
    ] {
        let refused = Proof::from_json(&changed(&proof, "/pi_a/0", bad.clone()));
        assert_eq!(refused, Err(ProofError::BadPoint("pi_a")), "{bad}");
    }
}

#[test]
fn refuses_points_off_the_curve_or_projective() {
    let proof = sample().2.to_json();
    for (pointer, value, name) in [
        ("/pi_a/1", json!("5"), "pi_a"),
        ("/pi_a/2", json!("2"), "pi_a"),
        ("/pi_a", json!(["0", "1", "0"]), "pi_a"),
        ("/pi_a", json!(["0", "0", "1"]), "pi_a"),
        ("/pi_b/1/0", json!("5"), "pi_b"),
        ("/pi_b/2", json!(["0", "1"]), "pi_b"),
        ("/pi_b", json!([["0", "0"], ["1", "0"], ["0", "0"]]), "pi_b"),
        ("/pi_c/0", json!("4"), "pi_c"),
    ] {
        let refused = Proof::from_json(&changed(&proof, pointer, value));
        assert_eq!(refused, Err(ProofError::BadPoint(name)), "{pointer}");
    }
}

#[test]
fn refuses_points_outside_the_subgroup() {
    let (vk, _, proof) = sample();
    let b = outside_subgroup();
    let raw = ark_groth16::Proof { b, ..proof.as_ark().clone() };
    assert_eq!(Proof::try_from(raw.clone()), Err(ProofError::BadPoint("pi_b")));
    let json = changed(&proof.to_json(), "/pi_b", json::g2_to_json(&b));
    assert_eq!(Proof::from_json(&json), Err(ProofError::BadPoint("pi_b")));
    let mut bytes = [0; PROOF_BYTES];
    raw.serialize_compressed(&mut bytes[..]).unwrap();
    assert!(Proof::from_bytes(&bytes).is_err());
    for name in ["vk_beta_2", "vk_gamma_2", "vk_delta_2"] {
        let json = changed(&vk.to_json(), &format!("/{name}"), json::g2_to_json(&b));
        assert_eq!(VerifyingKey::from_json(&json), Err(ProofError::BadPoint(name)));
    }
}

#[test]
fn refuses_infinity_in_every_place() {
    let (vk, _, proof) = sample();
    let (proof, vk) = (proof.as_ark(), vk.as_ark());
    let (zero1, zero2) = (G1Affine::zero(), G2Affine::zero());
    for raw in [
        ark_groth16::Proof { a: zero1, ..proof.clone() },
        ark_groth16::Proof { b: zero2, ..proof.clone() },
        ark_groth16::Proof { c: zero1, ..proof.clone() },
    ] {
        assert!(Proof::try_from(raw.clone()).is_err());
        let mut bytes = [0; PROOF_BYTES];
        raw.serialize_compressed(&mut bytes[..]).unwrap();
        assert!(Proof::from_bytes(&bytes).is_err());
    }
    let mut unbound = vk.clone();
    unbound.gamma_abc_g1[2] = zero1;
    assert_eq!(VerifyingKey::from_ark(&unbound), Err(ProofError::BadPoint("IC")));
}

/// arkworks reads an encoding with the infinity flag and any x as infinity: the raw layer has many encodings of it.
#[test]
fn compact_form_has_one_encoding() {
    let (_, _, proof) = sample();
    let mut flagged = proof.to_bytes();
    flagged[31] = flagged[31] & 0x3f | 0x40;
    assert!(Proof::from_bytes(&flagged).is_err());
    let mut both_flags = proof.to_bytes();
    both_flags[31] |= 0xc0;
    assert!(Proof::from_bytes(&both_flags).is_err());
    let text = proof.to_base64url();
    assert!(Proof::from_base64url(&text[1..]).is_err());
    assert!(Proof::from_base64url(&format!("{text}=")).is_err());
    assert!(Proof::from_base64url(&text.replacen(|_: char| true, "*", 1)).is_err());
}

#[test]
fn many_are_decoded_like_one() {
    let (_, _, proof) = sample();
    let good = proof.to_bytes();
    let raw = |raw: ark_groth16::Proof<Bn254>| {
        let mut bytes = [0; PROOF_BYTES];
        raw.serialize_compressed(&mut bytes[..]).unwrap();
        bytes
    };
    let outside = raw(ark_groth16::Proof { b: outside_subgroup(), ..proof.as_ark().clone() });
    let infinity = raw(ark_groth16::Proof { a: G1Affine::zero(), ..proof.as_ark().clone() });
    let off_the_curve = [[0x11; PROOF_BYTES], [0xff; PROOF_BYTES]];
    let mut all = vec![good; 20];
    for (place, bytes) in
        [outside, infinity, off_the_curve[0], off_the_curve[1], outside].into_iter().enumerate()
    {
        all[4 * place + 1] = bytes;
    }
    for count in [0, 1, 2, 20] {
        let expected: Vec<_> = all[..count].iter().map(Proof::from_bytes).collect();
        assert_eq!(Proof::from_bytes_batch(&all[..count]), expected);
    }
}

#[test]
fn a_negated_point_is_another_proof_that_proves_nothing() {
    let (vk, inputs, proof) = sample();
    let mut bytes = proof.to_bytes();
    bytes[31] ^= 0x80;
    let negated = Proof::from_bytes(&bytes).unwrap();
    assert_eq!(vk.verify(&inputs, &negated), Err(ProofError::NotProved));
}

#[test]
fn refuses_other_shapes() {
    let (vk, _, proof) = sample();
    let (vk, proof) = (vk.to_json(), proof.to_json());
    for (pointer, value) in [
        ("/protocol", json!("plonk")),
        ("/curve", json!("bls12381")),
        ("/pi_a", json!(["1", "2"])),
        ("/pi_b", json!("1")),
    ] {
        let refused = Proof::from_json(&changed(&proof, pointer, value));
        assert!(matches!(refused, Err(ProofError::Malformed(_))), "{pointer}");
    }
    for (pointer, value) in [
        ("/nPublic", json!(3)),
        ("/nPublic", json!("2")),
        ("/IC", json!([])),
        ("/IC", json!(vec![vk["IC"][0].clone(); 1025])),
    ] {
        let refused = VerifyingKey::from_json(&changed(&vk, pointer, value));
        assert!(matches!(refused, Err(ProofError::Malformed(_))), "{pointer}");
    }
    let pairing = changed(&vk, "/vk_alphabeta_12/0/0/0", json!("1"));
    let refused = VerifyingKey::from_json(&pairing);
    assert_eq!(refused, Err(ProofError::BadPoint("vk_alphabeta_12")));
}

#[test]
fn every_field_is_needed_and_no_other_is_taken() {
    let (vk, _, proof) = sample();
    let (vk, proof) = (vk.to_json(), proof.to_json());
    for name in proof.as_object().unwrap().keys() {
        let mut without = proof.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(Proof::from_json(&without).is_err(), "{name}");
    }
    for name in vk.as_object().unwrap().keys() {
        let mut without = vk.clone();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(VerifyingKey::from_json(&without).is_ok(), name == "vk_alphabeta_12", "{name}");
    }
    let (mut more, mut more_vk) = (proof, vk);
    more["extra"] = json!(1);
    more_vk["extra"] = json!(1);
    assert!(Proof::from_json(&more).is_err());
    assert!(VerifyingKey::from_json(&more_vk).is_err());
}

#[test]
fn public_inputs_are_bounded_and_canonical() {
    assert!(public_from_json(&json!(vec!["1"; MAX_PUBLIC_INPUTS + 1])).is_err());
    let r = num_bigint::BigUint::from(Fr::MODULUS).to_string();
    for bad in [json!([r]), json!(["01"]), json!([1]), json!(["-1"]), json!({}), json!([null])] {
        assert!(public_from_json(&bad).is_err(), "{bad}");
    }
    assert_eq!(public_from_json(&json!(["0"])).unwrap(), [Fr::ZERO]);
}

fn vector(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What `docs/formats.md` says, against bytes that another program made.
#[test]
fn the_digest_of_a_verifying_key_is_that_of_another_program() {
    let v = vector(include_str!("../../vectors/verifying-key.json"));
    let key = VerifyingKey::from_json(&v["verifying_key"]).unwrap();
    let mut encoding = Vec::new();
    key.as_ark().serialize_compressed(&mut encoding).unwrap();
    assert_eq!(hex::encode(encoding), v["encoding"]);
    let digest = hex::encode(key.digest());
    assert_eq!(digest, v["digest"]);
    assert_eq!(format!("{}-{}-{}", &digest[..4], &digest[4..8], &digest[8..12]), v["short"]);
    assert_eq!(digest[..16], v["first_bytes"]);
}

#[test]
fn the_compact_form_of_a_proof_is_that_of_another_program() {
    let v = vector(include_str!("../../vectors/proof.json"));
    let proof = Proof::from_json(&v["proof"]).unwrap();
    assert_eq!(hex::encode(proof.to_bytes()), v["compact"]);
    assert_eq!(proof.to_base64url(), v["base64url"]);
    assert_eq!(Proof::from_json(&v["base64url"]).unwrap(), proof);
}

#[test]
fn a_compressed_key_is_read_back_and_nothing_else_is() {
    let (key, _, _) = sample();
    let bytes = key.to_compressed();
    assert_eq!(VerifyingKey::from_compressed(&bytes).unwrap().to_json(), key.to_json());
    for length in (0..bytes.len()).step_by(7) {
        assert!(VerifyingKey::from_compressed(&bytes[..length]).is_err(), "{length}");
    }
    assert!(VerifyingKey::from_compressed(&[&bytes[..], &[0; 32]].concat()).is_err());
    let count = bytes.len() - 8 - 32 * (key.public_inputs() + 1);
    for (at, value) in
        [(count, 0), (count, 1), (count + 7, 255), (31, 0x40), (bytes.len() - 1, 0x40), (0, bytes[0] ^ 1)]
    {
        let mut other = bytes.clone();
        other[at] = value;
        assert!(VerifyingKey::from_compressed(&other).ok().is_none_or(|read| read != key), "{at}");
    }
    let at_infinity = [&bytes[..bytes.len() - 32], &[0; 31], &[0x40]].concat();
    assert!(VerifyingKey::from_compressed(&at_infinity).is_err());
    assert!(VerifyingKey::from_compressed(&vec![0; COMPRESSED_BEYOND]).is_err());
}

/// Of a key with more inputs than any may have.
const COMPRESSED_BEYOND: usize = 32 + 3 * 64 + 8 + 32 * (MAX_PUBLIC_INPUTS + 2);
