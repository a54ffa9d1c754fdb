//! Making the keys of all circuits and writing them down.

use std::io;
use std::path::{Path, PathBuf};

use rand::{CryptoRng, RngCore};
use serde::Serialize;
use service::durable::{self, Readers, WriteError};

use crate::ceremony::Secrets;
use crate::key::{DevelopError, Key, file_digest};
use crate::proving::{key_file, verifying_key_file};
use crate::statement::{Enroll, Join, Score, Show, Statement};

/// What to do where a key is already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse: a replaced key makes every proof of the old one worthless.
    Keep,
    /// Write over it.
    Replace,
}

/// One key as it was written; what a `key.publish` record needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Circuit name.
    pub circuit: &'static str,
    /// Circuit version.
    pub version: u32,
    /// Whether one party alone can forge with it.
    pub development: bool,
    /// Digest of the ceremony's record, lower-case hex; none for a key without a ceremony.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript_digest: Option<String>,
    /// Verified secrets of different parties in that ceremony.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Secrets>,
    /// The proving key's file.
    pub key: PathBuf,
    /// The verifying key's file, as snarkjs reads it.
    pub vk: PathBuf,
    /// SHA-256 of the proving key's file, lower-case hex.
    pub proving_key_digest: String,
    /// Digest of the verifying key, lower-case hex.
    pub vk_digest: String,
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Size of the proving key's file in bytes.
    pub key_bytes: usize,
}

/// Why there are no new keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A file is there already and may not be replaced.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// The directory cannot be made.
    #[error("cannot make the directory {path}: {source}")]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The circuit yields no key: a defect of this program.
    #[error("a key cannot be made: {0}")]
    Develop(#[from] DevelopError),
}

/// Makes development keys of all circuits in `out` and never replaces any.
///
/// Files appear whole or not at all; the names are `show-2.key`, `show-2.vk.json` and so on.
pub fn run(out: &Path, rng: &mut (impl RngCore + CryptoRng)) -> Result<Vec<Written>, SetupError> {
    run_with(out, Existing::Keep, rng)
}

/// Like [`run`], with a choice about existing keys.
pub fn run_with(
    out: &Path,
    existing: Existing,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<Written>, SetupError> {
    std::fs::create_dir_all(out).map_err(|source| SetupError::Folder { path: out.to_owned(), source })?;
    if existing == Existing::Keep {
        refuse_existing(out)?;
    }
    Ok(vec![
        develop::<Show>(out, existing, rng)?,
        develop::<Enroll>(out, existing, rng)?,
        develop::<Join>(out, existing, rng)?,
        develop::<Score>(out, existing, rng)?,
    ])
}

/// Before the long computation, not after it.
fn refuse_existing(out: &Path) -> Result<(), SetupError> {
    let names = [files::<Show>(), files::<Enroll>(), files::<Join>(), files::<Score>()].concat();
    match names.iter().map(|name| out.join(name)).find(|path| path.exists()) {
        Some(path) => Err(SetupError::Exists(path)),
        None => Ok(()),
    }
}

fn files<S: Statement>() -> [String; 2] {
    [key_file::<S>(), verifying_key_file::<S>()]
}

/// A development key of `S`, in a directory that is there.
pub(crate) fn develop<S: Statement>(
    out: &Path,
    existing: Existing,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Written, SetupError> {
    write_key::<S>(&Key::develop::<S>(rng)?, out, existing)
}

/// Writes a key of `S` and its verifying key to `out` under the names that [`run`] uses.
pub fn write_key<S: Statement>(key: &Key, out: &Path, existing: Existing) -> Result<Written, SetupError> {
    let bytes = key.to_bytes();
    let key_path = out.join(key_file::<S>());
    let vk_path = out.join(verifying_key_file::<S>());
    let vk = serde_json::to_vec_pretty(&key.verifying().to_json()).expect("a JSON value serialises");
    // The verifying key first: a crash in between leaves no proving key without its verifying key.
    write_file(&vk_path, &vk, existing)?;
    write_file(&key_path, &bytes, existing)?;
    Ok(Written {
        circuit: S::NAME,
        version: S::VERSION,
        development: key.origin().is_development(),
        transcript_digest: key.origin().transcript().map(hex::encode),
        secrets: key.origin().secrets(),
        key: key_path,
        vk: vk_path,
        proving_key_digest: hex::encode(file_digest(&bytes)),
        vk_digest: hex::encode(key.verifying().digest()),
        constraints: key.shape().constraints,
        key_bytes: bytes.len(),
    })
}

/// Writes a whole file that everybody may read.
pub(crate) fn write_file(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), SetupError> {
    let written = match existing {
        Existing::Keep => durable::create(path, bytes, Readers::Everybody),
        Existing::Replace => durable::replace(path, bytes, Readers::Everybody),
    };
    written.map_err(|e| if e.is_taken() { SetupError::Exists(path.to_owned()) } else { e.into() })
}

#[cfg(test)]
mod tests;
