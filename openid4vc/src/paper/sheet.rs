//! What is sealed: CBOR `[sk, credential]` and zeros.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use ciborium::Value;
use zeroize::Zeroizing;

use super::Paper;
use circuits::credential::HolderSecret;

/// Sheets are filled up to a multiple of this.
const BLOCK: usize = 64;

pub(super) fn encode(paper: &Paper) -> Zeroizing<Vec<u8>> {
    let secret = Zeroizing::new(paper.secret.expose().into_bigint().to_bytes_be());
    let credential = Value::serialized(&paper.credential).expect("a credential is plain data");
    let mut bytes = Zeroizing::new(Vec::with_capacity(2_048));
    let sheet = Value::Array(vec![Value::Bytes(secret.to_vec()), credential]);
    ciborium::into_writer(&sheet, &mut *bytes).expect("writing to memory succeeds");
    let filled = bytes.len().next_multiple_of(BLOCK);
    bytes.resize(filled, 0);
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Option<Paper> {
    let mut rest = bytes;
    let sheet: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH).ok()?;
    let [secret, credential] = sheet.into_array().ok()?.try_into().ok()?;
    let filled = rest.len() < BLOCK && rest.iter().all(|byte| *byte == 0);
    let secret = secret_of(&Zeroizing::new(secret.into_bytes().ok()?))?;
    let credential = credential.deserialized().ok()?;
    filled.then_some(Paper { secret, credential })
}

/// Thirty-two bytes, big endian, below the field's order.
fn secret_of(bytes: &[u8]) -> Option<HolderSecret> {
    let bytes: &[u8; 32] = bytes.try_into().ok()?;
    let mut wide = Zeroizing::new([0; 64]);
    wide.get_mut(32..)?.copy_from_slice(bytes);
    let secret = HolderSecret::from_uniform_bytes(&wide);
    let again = Zeroizing::new(secret.expose().into_bigint().to_bytes_be());
    let canonical = again.as_slice() == bytes && *secret.expose() != Fr::from(0_u64);
    canonical.then_some(secret)
}

/// How deep a sheet is nested at most.
const DEPTH: usize = 8;
