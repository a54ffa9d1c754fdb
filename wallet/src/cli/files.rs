//! Files that commands write where their owner says: never over another file unless told to, and for the owner alone.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use circuits::Fr;
use circuits::field::Element;
use groth16::Proof;
use ledger::digest::Digest;
use ledger::registry::Registry;
use openid4vc::vp::KeyDigest;
use serde::Serialize;
use service::cli::CommandError;
use service::durable::{self, Readers, WriteError};

use crate::present::{Made, Proofs, Proved, Request};
use crate::store::file;

/// Writes a new file; `otherwise` says what to do where that is not possible.
pub(super) fn create(path: &Path, bytes: &[u8], otherwise: &str) -> Result<(), CommandError> {
    durable::create_secret(path, bytes)
        .map_err(|error| failed(path, &error, "Choose a new file name.", otherwise))
}

/// There is a file of this name.
pub(super) fn exists(path: &Path, otherwise: &str) -> CommandError {
    CommandError::new("file_exists", format!("`{}` already exists", path.display()), otherwise)
}

/// The disk refuses.
pub(super) fn disk(path: &Path, error: &dyn Display, otherwise: &str) -> CommandError {
    CommandError::new("disk", format!("`{}`: {error}", path.display()), otherwise)
}

fn failed(path: &Path, error: &WriteError, if_taken: &str, otherwise: &str) -> CommandError {
    if error.is_taken() { exists(path, if_taken) } else { CommandError::new("disk", error, otherwise) }
}

/// Where `present --save` puts the proofs of a request, as snarkjs reads them: the first into the folder, each further
/// one into a folder of its own below. Those that are not about one credential are in `join.across` and in `score.1` and
/// on: no credential has a name with a point.
pub(super) struct Folder {
    credentials: Vec<(String, PathBuf)>,
    across: PathBuf,
    scores: Vec<PathBuf>,
    force: bool,
}

impl Folder {
    /// Makes the folders and refuses, before anything is sent, where a file would be overwritten.
    pub(super) fn prepare(dir: &Path, force: bool, request: &Request) -> Result<Self, CommandError> {
        let policy = request.policy().checked.policy();
        let queries = &policy.credentials;
        // The identifiers are of `[A-Za-z0-9_-]`, by the policy's check.
        let place =
            |(i, id): (usize, &String)| (id.clone(), if i == 0 { dir.to_owned() } else { dir.join(id) });
        let credentials: Vec<_> = queries.iter().map(|query| &query.id).enumerate().map(place).collect();
        let across = dir.join("join.across");
        let scores: Vec<_> = (1..=policy.models.len()).map(|i| dir.join(format!("score.{i}"))).collect();
        let used_across = policy.across.as_ref().map(|_| &across);
        let places = credentials.iter().map(|(_, place)| place);
        for place in places.chain(used_across).chain(&scores) {
            file::private_folder(place).map_err(|e| disk(place, &e, UNWRITABLE))?;
            if let Some(taken) =
                FILES.iter().map(|name| place.join(name)).find(|path| path.exists() && !force)
            {
                return Err(exists(&taken, TAKEN));
            }
        }
        Ok(Self { credentials, across, scores, force })
    }

    pub(super) fn write(&self, made: &Proofs, registry: &Registry) -> Result<(), CommandError> {
        for made in &made.credentials {
            let Some((_, place)) = self.credentials.iter().find(|(id, _)| *id == made.id) else { continue };
            let Made { public, presentation, .. } = made;
            self.proof(place, &presentation.proof, presentation.key, public.to_inputs(), registry)?;
            self.put(&place.join(PRESENTATION), presentation)?;
        }
        if let Some(Proved { public, key, proof }) = &made.across {
            self.proof(&self.across, proof, *key, public.to_inputs(), registry)?;
        }
        for (place, Proved { public, key, proof }) in self.scores.iter().zip(&made.models) {
            self.proof(place, proof, *key, public.to_inputs(), registry)?;
        }
        Ok(())
    }

    fn proof(
        &self,
        place: &Path,
        proof: &Proof,
        key: KeyDigest,
        inputs: Vec<Fr>,
        registry: &Registry,
    ) -> Result<(), CommandError> {
        let vk = registry.key(&Digest::from_bytes(key.0)).map(|key| key.verifying_key.to_json());
        let inputs: Vec<Element> = inputs.into_iter().map(Element).collect();
        self.put(&place.join(PROOF), &proof.to_json())?;
        self.put(&place.join(PUBLIC), &inputs)?;
        self.put(&place.join(VERIFYING_KEY), &vk)
    }

    fn put(&self, path: &Path, content: &impl Serialize) -> Result<(), CommandError> {
        let mut bytes = serde_json::to_vec_pretty(content).expect("these values have text keys only");
        bytes.push(b'\n');
        let written = if self.force {
            durable::replace(path, &bytes, Readers::Owner)
        } else {
            durable::create_secret(path, &bytes)
        };
        written.map_err(|error| failed(path, &error, TAKEN, UNWRITABLE))
    }
}

const PROOF: &str = "proof.json";
const PUBLIC: &str = "public.json";
const VERIFYING_KEY: &str = "verification_key.json";
const PRESENTATION: &str = "presentation.json";
const FILES: [&str; 4] = [PROOF, PUBLIC, VERIFYING_KEY, PRESENTATION];
const TAKEN: &str = "Choose another folder, or give --force.";
const UNWRITABLE: &str = "Choose a folder that can be written with --save.";
