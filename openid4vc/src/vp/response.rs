//! All proofs of an answer: the `vp_token`, and beside it those that speak of its credentials by their links.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MAX_MESSAGE;
use super::digest::KeyDigest;
use super::token::VpToken;
use crate::json::{self, JsonError};
use groth16::{Proof, UncheckedProof};

/// What a wallet answers. The proofs stand or fall together. Members that are not known are ignored, as OAuth asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "P: Deserialize<'de>"))]
pub struct VpResponse<P = Proof> {
    /// A proof for each credential.
    pub vp_token: VpToken<P>,
    /// That of the policy's condition across credentials, exactly where it has one.
    #[serde(default, deserialize_with = "json::present", skip_serializing_if = "Option::is_none")]
    pub across: Option<LinkedProof<P>>,
    /// One for each of the policy's conditions on scores, in their order.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<LinkedProof<P>>,
}

/// A proof about credentials behind links. All its public inputs are the policy's, but for the links and the context,
/// which are those of the presentations beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedProof<P = Proof> {
    /// The verifying key that the proof was made for.
    pub key: KeyDigest,
    /// snarkjs JSON, or the compact form in base64url.
    pub proof: P,
}

impl VpResponse {
    /// The members of a response that are an answer; none of them stands beside `error`.
    pub const MEMBERS: [&'static str; 3] = ["vp_token", "across", "models"];

    /// Reads at most [`MAX_MESSAGE`] bytes; repeated keys are refused, unknown fields of its members, points off the curve,
    /// and more proofs than any policy asks for.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        json::from_slice(bytes, MAX_MESSAGE).and_then(Self::bounded)
    }

    /// Reads values in which no key is repeated: each as if it were alone, and quicker than one by one.
    pub fn read_batch<'a>(json: impl IntoIterator<Item = &'a Value>) -> Vec<Result<Self, JsonError>> {
        let read = |json| VpResponse::<UncheckedProof>::deserialize(json).map_err(|_| JsonError::Shape);
        let read: Vec<_> = json.into_iter().map(|json| read(json).and_then(VpResponse::bounded)).collect();
        let all = read.iter().flatten().flat_map(VpResponse::proofs);
        let mut proofs = Proof::check_batch(all).into_iter();
        let mut whole = |response: VpResponse<UncheckedProof>| {
            // All of its own are taken, though the first may be none: the next belongs to the next response.
            let own: Vec<_> = proofs.by_ref().take(response.proofs().count()).collect();
            let mut own = own.into_iter().flatten();
            response.try_map(|_| own.next()).ok_or(JsonError::Shape)
        };
        read.into_iter().map(|one| one.and_then(&mut whole)).collect()
    }

    /// The members that travel, as one JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("string keys and JSON values are JSON")
    }
}

impl From<VpToken> for VpResponse {
    /// An answer to a policy that has conditions on single credentials alone.
    fn from(vp_token: VpToken) -> Self {
        Self { vp_token, across: None, models: Vec::new() }
    }
}

impl<P> VpResponse<P> {
    /// Refuses more proofs than any policy asks for.
    fn bounded(self) -> Result<Self, JsonError> {
        if self.proofs().count() > MAX_PROOFS { Err(JsonError::Shape) } else { Ok(self) }
    }

    /// All proofs, in the order of [`Self::try_map`].
    fn proofs(&self) -> impl Iterator<Item = &P> {
        let linked = self.across.iter().chain(&self.models);
        self.vp_token.proofs().chain(linked.map(|linked| &linked.proof))
    }

    /// The same about other proofs; `None` if there is none for one of them.
    fn try_map<Q>(self, mut f: impl FnMut(P) -> Option<Q>) -> Option<VpResponse<Q>> {
        let vp_token = self.vp_token.try_map(&mut f)?;
        let across = match self.across {
            None => None,
            Some(linked) => Some(linked.try_map(&mut f)?),
        };
        let models = self.models.into_iter().map(|linked| linked.try_map(&mut f)).collect::<Option<_>>()?;
        Some(VpResponse { vp_token, across, models })
    }
}

impl<P> LinkedProof<P> {
    fn try_map<Q>(self, f: impl FnOnce(P) -> Option<Q>) -> Option<LinkedProof<Q>> {
        let Self { key, proof } = self;
        Some(LinkedProof { key, proof: f(proof)? })
    }
}

/// Four credentials, what holds of them together, and four scores.
const MAX_PROOFS: usize = 9;

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

    fn token(proofs: &[&Value]) -> Value {
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

    fn linked(proof: &Value) -> Value {
        json!({ "key": "1".repeat(64), "proof": proof })
    }

    fn response(shown: &[&Value], across: &[&Value], models: &[&Value]) -> Value {
        let mut response = json!({ "vp_token": token(shown) });
        if let [across] = across {
            response["across"] = linked(across);
        }
        if !models.is_empty() {
            response["models"] = models.iter().map(|proof| linked(proof)).collect();
        }
        response
    }

    #[test]
    fn many_are_read_like_one() {
        let good = &proof(G2Affine::generator());
        let outside = &proof(outside_subgroup());
        let off = &json!({ "pi_a": 1 });
        let none = &Value::Null;
        let cases = [
            (response(&[good], &[], &[]), true),
            (response(&[outside, good], &[], &[]), false),
            (response(&[good, outside], &[], &[]), false),
            (response(&[good, good], &[], &[]), true),
            (response(&[off, good], &[], &[]), false),
            (response(&[none], &[], &[]), false),
            (response(&[], &[], &[]), true),
            (response(&[outside], &[good], &[good]), false),
            (response(&[good], &[outside], &[good]), false),
            (response(&[good], &[good], &[good, outside]), false),
            (response(&[good], &[off], &[]), false),
            (response(&[good], &[good], &[good, good]), true),
            (response(&[good; 4], &[good], &[good; 4]), true),
            (response(&[good; 4], &[good], &[good; 5]), false),
            (response(&[good], &[], &[]), true),
        ];
        let values: Vec<&Value> = cases.iter().map(|(json, _)| json).collect();
        let alone: Vec<_> =
            values.iter().map(|json| VpResponse::parse(json.to_string().as_bytes())).collect();
        for ((json, accepted), read) in cases.iter().zip(&alone) {
            assert_eq!(read.is_ok(), *accepted, "{json}");
        }
        assert_eq!(VpResponse::read_batch(values), alone);
    }

    #[test]
    fn parts_that_are_not_there_are_left_out_and_not_null() {
        let good = &proof(G2Affine::generator());
        let plain = VpResponse::parse(response(&[good], &[], &[]).to_string().as_bytes()).unwrap();
        let written: Value = serde_json::from_str(&plain.to_json()).unwrap();
        assert_eq!(written.as_object().unwrap().keys().collect::<Vec<_>>(), ["vp_token"]);
        assert!(written["vp_token"]["c0"][0].get("link").is_none());
        for part in ["across", "models"] {
            let mut null = written.clone();
            null[part] = Value::Null;
            assert_eq!(VpResponse::parse(null.to_string().as_bytes()), Err(JsonError::Shape), "{part}");
        }
        let mut null = written;
        null["vp_token"]["c0"][0]["link"] = Value::Null;
        assert_eq!(VpResponse::parse(null.to_string().as_bytes()), Err(JsonError::Shape));
    }

    #[test]
    fn a_linked_proof_has_a_key_and_a_proof_and_nothing_else() {
        let good = &proof(G2Affine::generator());
        let whole = response(&[good], &[good], &[good]);
        let read = VpResponse::parse(whole.to_string().as_bytes()).unwrap();
        assert_eq!(VpResponse::parse(read.to_json().as_bytes()).unwrap(), read);
        for pointer in ["/across", "/models/0"] {
            let mut surplus = whole.clone();
            surplus.pointer_mut(pointer).unwrap()["links"] = json!([]);
            assert_eq!(VpResponse::parse(surplus.to_string().as_bytes()), Err(JsonError::Shape), "{pointer}");
            let mut keyless = whole.clone();
            keyless.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove("key");
            assert_eq!(VpResponse::parse(keyless.to_string().as_bytes()), Err(JsonError::Shape), "{pointer}");
        }
    }
}
