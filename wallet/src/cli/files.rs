//! Files that commands write where their owner says: never over another file unless told to, and for the owner alone.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use circuits::field::Element;
use ledger::digest::Digest;
use ledger::registry::Registry;
use serde::Serialize;
use service::cli::CommandError;
use service::durable::{self, Readers, WriteError};

use crate::present::{Made, Request};
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
/// one into a folder of its own below.
pub(super) struct Folder {
    places: Vec<(String, PathBuf)>,
    force: bool,
}

impl Folder {
    /// Makes the folders and refuses, before anything is sent, where a file would be overwritten.
    pub(super) fn prepare(dir: &Path, force: bool, request: &Request) -> Result<Self, CommandError> {
        let queries = &request.policy().checked.policy().credentials;
        // The identifiers are of `[A-Za-z0-9_-]`, by the policy's check.
        let place =
            |(i, id): (usize, &String)| (id.clone(), if i == 0 { dir.to_owned() } else { dir.join(id) });
        let places: Vec<_> = queries.iter().map(|query| &query.id).enumerate().map(place).collect();
        for (_, place) in &places {
            file::private_folder(place).map_err(|e| disk(place, &e, UNWRITABLE))?;
            if let Some(taken) =
                FILES.iter().map(|name| place.join(name)).find(|path| path.exists() && !force)
            {
                return Err(exists(&taken, TAKEN));
            }
        }
        Ok(Self { places, force })
    }

    pub(super) fn write(&self, made: &[Made], registry: &Registry) -> Result<(), CommandError> {
        for made in made {
            let Some((_, place)) = self.places.iter().find(|(id, _)| *id == made.id) else { continue };
            let key = registry.key(&Digest::from_bytes(made.presentation.key.0)).map(|key| &key.record.vk);
            let inputs: Vec<Element> = made.public.to_inputs().into_iter().map(Element).collect();
            let [proof, public, vk, presentation] = FILES;
            self.put(&place.join(proof), &made.presentation.proof.to_json())?;
            self.put(&place.join(public), &inputs)?;
            self.put(&place.join(vk), &key)?;
            self.put(&place.join(presentation), &made.presentation)?;
        }
        Ok(())
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

const FILES: [&str; 4] = ["proof.json", "public.json", "verification_key.json", "presentation.json"];
const TAKEN: &str = "Choose another folder, or give --force.";
const UNWRITABLE: &str = "Choose a folder that can be written with --save.";
