//! `present --save`: what was sent, in files that snarkjs reads.

use std::path::{Path, PathBuf};

use circuits::field::Element;
use ledger::digest::Digest;
use ledger::registry::Registry;
use serde::Serialize;

use super::failure::Failure;
use crate::present::{Made, Request};
use crate::store::file;

/// Where the proofs of a request go: the first into the folder, each further one into a folder of its own below.
pub(super) struct Folder {
    places: Vec<(String, PathBuf)>,
    force: bool,
}

impl Folder {
    /// Makes the folders and refuses, before anything is sent, where a file would be overwritten.
    pub(super) fn prepare(dir: &Path, force: bool, request: &Request) -> Result<Self, Failure> {
        let queries = &request.policy().checked.policy().credentials;
        // The identifiers are of `[A-Za-z0-9_-]`, by the policy's check.
        let place =
            |(i, id): (usize, &String)| (id.clone(), if i == 0 { dir.to_owned() } else { dir.join(id) });
        let places: Vec<_> = queries.iter().map(|query| &query.id).enumerate().map(place).collect();
        for (_, place) in &places {
            file::private_folder(place).map_err(|e| disk(place, &e))?;
            if let Some(taken) =
                FILES.iter().map(|name| place.join(name)).find(|path| path.exists() && !force)
            {
                return Err(exists(&taken));
            }
        }
        Ok(Self { places, force })
    }

    pub(super) fn write(&self, made: &[Made], registry: &Registry) -> Result<(), Failure> {
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

    fn put(&self, path: &Path, content: &impl Serialize) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(content).expect("these values have text keys only");
        bytes.push(b'\n');
        let written = if self.force { file::replace(path, &bytes) } else { file::create_new(path, &bytes) };
        written.map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path),
            _ => disk(path, &e),
        })
    }
}

fn exists(path: &Path) -> Failure {
    Failure::new(
        "file_exists",
        format!("{} already exists", path.display()),
        "Choose another folder, or give --force.",
    )
}

fn disk(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        "disk",
        format!("{}: {error}", path.display()),
        "Choose a folder that can be written with --save.",
    )
}

const FILES: [&str; 4] = ["proof.json", "public.json", "verification_key.json", "presentation.json"];
