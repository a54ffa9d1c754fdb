//! The `vp_token`: what a wallet answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MAX_MESSAGE;
use super::digest::KeyDigest;
use crate::json::{self, JsonError};
use circuits::field::Element;
use circuits::schema::SchemaId;
use groth16::{Proof, UncheckedProof};

/// By credential query id, an array of exactly one presentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VpToken<P = Proof>(pub BTreeMap<String, [Presentation<P>; 1]>);

impl VpToken {
    /// Reads at most [`MAX_MESSAGE`] bytes; repeated keys, unknown fields and points off the curve are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        json::from_slice(bytes, MAX_MESSAGE)
    }
    /// Reads values that [`strict`] read, in which no key is repeated: each as if it were alone, and quicker than one by one.
    pub fn each<'a>(json: impl IntoIterator<Item = &'a Value>) -> Vec<Result<Self, JsonError>> {
        let read: Vec<_> = json.into_iter().map(VpToken::<UncheckedProof>::deserialize).collect();
        let all = read.iter().flatten().flat_map(|token| token.0.values());
        let mut proofs = Proof::check_batch(all.map(|[one]| &one.proof)).into_iter();
        let mut whole = |token: VpToken<UncheckedProof>| {
            let own: Vec<_> = proofs.by_ref().take(token.0.len()).collect();
            token.with(own).ok_or(JsonError::Shape)
        };
        read.into_iter().map(|token| token.map_err(|_| JsonError::Shape).and_then(&mut whole)).collect()
    }
    /// The JSON that travels in the form field `vp_token`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("string keys and JSON values are JSON")
    }
}

impl VpToken<UncheckedProof> {
    /// The same about these proofs, in their order; `None` if one of them is none.
    fn with(self, proofs: Vec<Option<Proof>>) -> Option<VpToken> {
        let each = self.0.into_iter().zip(proofs);
        each.map(|((id, [one]), proof)| Some((id, [one.with(proof?)]))).collect::<Option<_>>().map(VpToken)
    }
}

/// One credential's proof. Holds revealed values and a pseudonym: `Debug` shows neither.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation<P = Proof> {
    /// Always [`super::FORMAT`].
    pub format: Format,
    /// The schema.
    pub vct: SchemaId,
    /// Which offer of the request is taken up.
    #[serde(rename = "zkSystemId")]
    pub zk_system_id: String,
    /// The verifying key that the proof was made for.
    pub key: KeyDigest,
    /// The credential tree's root that the proof is about.
    pub root: Element,
    /// The pseudonym in the request's scope.
    pub nullifier: Element,
    /// Exactly the attributes that the policy reveals; `null` for one that is absent.
    pub revealed: Map<String, Value>,
    /// snarkjs JSON, or the compact form in base64url.
    pub proof: P,
}

impl<P> Presentation<P> {
    /// The same about another proof.
    fn with<Q>(self, proof: Q) -> Presentation<Q> {
        let Self { format, vct, zk_system_id, key, root, nullifier, revealed, proof: _ } = self;
        Presentation { format, vct, zk_system_id, key, root, nullifier, revealed, proof }
    }
}

impl<P> fmt::Debug for Presentation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation").field("vct", &self.vct).finish_non_exhaustive()
    }
}

/// The credential format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// [`super::FORMAT`].
    #[serde(rename = "yong-zkp+json")]
    YongZkp,
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fq2, G1Affine, G2Affine};
    use ark_ec::AffineRepr;
    use serde_json::json;

    use super::*;

    fn proof(b: G2Affine) -> Value {
        let (x, y) = (b.x, b.y);
        let generator = G1Affine::generator();
        let raw = ark_groth16::Proof { a: generator, b: G2Affine::generator(), c: generator };
        let mut json = Proof::try_from(raw).unwrap().to_json();
        let pair = |x: Fq2| json!([x.c0.to_string(), x.c1.to_string()]);
        json["pi_b"] = json!([pair(x), pair(y), ["1", "0"]]);
        json
    }

    fn outside_subgroup() -> G2Affine {
        (0u64..100)
            .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
            .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
            .unwrap()
    }

    fn token(proofs: &[Value]) -> Value {
        let presentation = |proof: &Value| {
            json!([{
                "format": super::super::FORMAT,
                "vct": "credit/1",
                "zkSystemId": super::super::SYSTEM_ID,
                "key": "0".repeat(64),
                "root": "1",
                "nullifier": "2",
                "revealed": {},
                "proof": proof,
            }])
        };
        proofs.iter().enumerate().map(|(i, proof)| (format!("c{i}"), presentation(proof))).collect()
    }

    #[test]
    fn many_are_read_like_one() {
        let (good, outside) = (proof(G2Affine::generator()), proof(outside_subgroup()));
        let (off, none) = (json!({ "pi_a": 1 }), Value::Null);
        let tokens: Vec<Value> = [
            &[&good][..],
            &[&outside, &good],
            &[&good, &outside],
            &[&good, &good],
            &[&off, &good],
            &[&none],
            &[],
            &[&outside],
            &[&good],
        ]
        .map(|proofs| token(&proofs.iter().map(|proof| (*proof).clone()).collect::<Vec<_>>()))
        .into();
        let alone: Vec<_> = tokens.iter().map(|token| VpToken::parse(token.to_string().as_bytes())).collect();
        let accepted: Vec<bool> = alone.iter().map(Result::is_ok).collect();
        assert_eq!(accepted, [true, false, false, true, false, false, true, false, true]);
        assert_eq!(VpToken::each(&tokens), alone);
    }
}
