//! Requests with their answers, made beforehand: a small ledger, a counter's certificate, and real proofs.
//!
//! Nonces and keys of the requests follow from their numbers, so that a proof stays good for its request. The certificate
//! vouches for nobody, and its key is worth nothing.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use circuits::Fr;
use circuits::field::{Element, from_bytes};
use circuits::schema::SchemaId;
use groth16::{PROOF_BYTES, Proof};
use ledger::client::below;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::record::KeyUse;
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use openid4vc::handover;
use openid4vc::jwe::{self, Encryption, ResponseKey};
use openid4vc::vp::{Format, KeyDigest, Nonce, Presentation, SYSTEM_ID, VpToken, match_code};
use rand::RngCore;
use rand::rngs::OsRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::store::{Outcome, Transaction};

/// Bytes of an answer: its pseudonym and its proof.
const ANSWER: usize = 32 + PROOF_BYTES;
/// Seconds that a request may be answered.
const LIFE_S: u64 = 300;

/// Requests with answers.
pub struct LoadSample {
    pub(super) scene: Scene,
    answers: Vec<(Element, Proof)>,
}

/// What all requests have in common.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scene {
    /// When the requests were made, unix seconds.
    pub(super) time: u64,
    /// Where wallets believe the service to be.
    pub(super) public_url: Url,
    /// What is asked: one credential, nothing revealed, no named scope.
    pub(super) policy: SchemaId,
    pub(super) policy_digest: Digest,
    pub(super) key_digest: Digest,
    /// The policy's name for the credential, and its schema.
    pub(super) credential: String,
    pub(super) schema: SchemaId,
    /// The root that all proofs are about.
    pub(super) root: Element,
    pub(super) client_id: String,
    /// The certificate's three files by name; PEM without the lines around it.
    pub(super) certificate: BTreeMap<String, String>,
    pub(super) genesis: Genesis,
    /// The ledger: resources by path, in base64.
    pub(super) ledger: BTreeMap<String, String>,
}

impl LoadSample {
    /// That in `samples/`, made with development keys over test credentials by a test.
    pub fn built_in() -> Self {
        let (scene, answers) =
            (include_bytes!("../../../samples/load.json"), include_bytes!("../../../samples/load.answers"));
        Self::parse(scene, answers).expect("a test checks the sample")
    }

    /// Reads `load.json` and `load.answers` of a folder.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let read = |name: &str| std::fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
        Self::parse(&read("load.json")?, &read("load.answers")?)
    }

    fn parse(scene: &[u8], answers: &[u8]) -> Result<Self, String> {
        let scene: Scene = serde_json::from_slice(scene).map_err(|error| error.to_string())?;
        let (answers, rest) = answers.as_chunks::<ANSWER>();
        if answers.is_empty() || !rest.is_empty() {
            return Err("load.answers does not hold whole answers".to_owned());
        }
        let answers = answers.iter().map(answer).collect::<Option<_>>();
        Ok(Self { scene, answers: answers.ok_or("load.answers holds something else than answers")? })
    }

    /// Number of requests.
    pub fn len(&self) -> usize {
        self.answers.len()
    }
    /// Whether there are none, which no sample is.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The forms that wallets post, each encrypted to its request's key.
    pub fn bodies(&self) -> Vec<String> {
        self.answers.par_iter().enumerate().map(|(number, answer)| self.body(number, answer)).collect()
    }

    fn body(&self, number: usize, (nullifier, proof): &(Element, Proof)) -> String {
        let presentation = Presentation {
            format: Format::YongZkp,
            vct: self.scene.schema.clone(),
            zk_system_id: SYSTEM_ID.to_owned(),
            key: KeyDigest(*self.scene.key_digest.as_bytes()),
            root: self.scene.root,
            nullifier: *nullifier,
            link: None,
            revealed: serde_json::Map::new(),
            proof: proof.clone(),
        };
        let token = VpToken([(self.scene.credential.clone(), [presentation])].into());
        let request = Request::number(number);
        let payload = json!({ "state": request.state, "vp_token": token }).to_string();
        let random = &mut |bytes: &mut [u8]| OsRng.fill_bytes(bytes);
        let key = request.key.public();
        let nonce = request.nonce.as_str();
        let jwe = jwe::seal(payload.as_bytes(), &key, Encryption::A256Gcm, nonce, random);
        format!("response={}", jwe.expect("the key is a point"))
    }
}

impl Scene {
    /// The first requests, as the counter remembers them.
    pub(super) fn transactions(&self, count: usize) -> Vec<Transaction> {
        (0..count).into_par_iter().map(|number| self.transaction(number)).collect()
    }

    fn transaction(&self, number: usize) -> Transaction {
        let request = Request::number(number);
        let context = self.context(&request);
        Transaction {
            id: request.id.into(),
            request: request.uri.into(),
            state: request.state,
            nonce: request.nonce,
            policy: self.policy.clone(),
            policy_digest: self.policy_digest,
            key_digest: self.key_digest,
            key_use: KeyUse::Development,
            made_at: self.time,
            expires_at: self.time + LIFE_S,
            keep_until: self.time + 86_400,
            match_code: match_code(&context),
            response_key: Some(request.key),
            reference: None,
            redirect: None,
            outcome: Outcome::Pending,
        }
    }

    /// What binds the proof of a request's answer.
    pub(super) fn context(&self, request: &Request) -> Fr {
        let to = below(&self.public_url, "/response");
        let thumbprint = request.key.public().thumbprint();
        handover::openid4vp(&self.client_id, request.nonce.as_str(), Some(&thumbprint), &to)
    }
}

/// What a counter draws at random for each request, here from its number.
pub(super) struct Request {
    id: Nonce,
    uri: Nonce,
    state: Nonce,
    nonce: Nonce,
    key: ResponseKey,
}

impl Request {
    pub(super) fn number(number: usize) -> Self {
        let digest = |what: &str| Digest::of(format!("yong/load/{what}/{number}").as_bytes());
        let word = |what: &str| {
            let text = URL_SAFE_NO_PAD.encode(digest(what).as_bytes());
            Nonce::try_from(text).expect("base64url keeps to the alphabet of a nonce")
        };
        let key = ResponseKey::from_bytes(digest("key").as_bytes());
        Self {
            id: word("id"),
            uri: word("uri"),
            state: word("state"),
            nonce: word("nonce"),
            key: key.expect("all but one in 2^32 of the digests are scalars, and a test looked at these"),
        }
    }
}

impl Source for Scene {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = resource.to_string();
        let Some(text) = self.ledger.get(&path) else { return Err(FetchError::NotFound(path)) };
        let bytes = STANDARD.decode(text).map_err(|_| FetchError::Malformed(path.clone()))?;
        if bytes.len() as u64 <= limit { Ok(bytes) } else { Err(FetchError::TooLarge(path)) }
    }
}

fn answer(bytes: &[u8; ANSWER]) -> Option<(Element, Proof)> {
    let (nullifier, proof) = bytes.split_at(32);
    let nullifier = from_bytes(nullifier.try_into().ok()?).ok()?;
    Some((Element(nullifier), Proof::from_bytes(proof.try_into().ok()?).ok()?))
}
