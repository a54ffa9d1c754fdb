//! Whether the folder is one ledger's: genesis, keys, index and checkpoint belong together.

use ledger::checkpoint::{Checkpoint, CheckpointError};
use ledger::credentials::CredentialTree;
use ledger::follow::open_checkpoint;
use ledger::genesis::Genesis;
use ledger::note::Note;

use super::{Stop, differs, index, stop};
use crate::data_dir::{DataDir, DataError, MANIFEST, MIRROR_MARK, SQLITE};
use crate::engine::{CHECKPOINT, COSIGNED};
use crate::files::Storage as _;
use crate::mirror::Manifest;
use crate::sequencer::SequencerConfig;
use crate::sequencer::{Head, Sequencer, SequencerError};

/// Whose folder it is, and the index of its entries; an export has none.
pub(super) struct Identity {
    pub(super) genesis: Genesis,
    pub(super) index: Option<Box<dyn Sequencer>>,
}

/// Genesis, log key and index belong together. A mirror has no key, an export has neither key nor index.
pub(super) fn read(data: &DataDir, store: &SequencerConfig) -> Result<Identity, Stop> {
    let genesis = data.read_genesis().map_err(|error| damaged("genesis.json", error))?;
    if data.path().join(MANIFEST).exists() {
        return Ok(Identity { genesis, index: None });
    }
    let index = store.open(data, &genesis).map_err(|error| match error {
        SequencerError::OtherGenesis => stop("genesis.json", "the index belongs to another genesis"),
        SequencerError::Absent => stop(SQLITE, "is missing; if the order is in PostgreSQL, give --store"),
        error => stop(place(store), error.to_string()),
    })?;
    if !data.path().join(MIRROR_MARK).exists() {
        data.check_log_key(&genesis).map_err(|error| damaged("log.key", error))?;
        data.read_second_key(&genesis).map_err(|error| damaged("log.sm2.pem", error))?;
    }
    index.intact().map_err(|error| index::failed(&*index, &error))?;
    Ok(Identity { genesis, index: Some(index) })
}

/// The checkpoint is the log's, a quorum cosigned it, and the index or the manifest is exactly there.
pub(super) fn checkpoint(
    data: &DataDir,
    genesis: &Genesis,
    index: Option<&dyn Sequencer>,
) -> Result<Option<Checkpoint>, Stop> {
    let at = index.map(index::head).transpose()?;
    let Some(bytes) = data.files().read(CHECKPOINT)? else {
        return match at {
            Some((Head { size: 0, .. }, false)) => Ok(None),
            _ => differs(CHECKPOINT, "is missing"),
        };
    };
    let note = Note::parse(&bytes).map_err(CheckpointError::from);
    let checkpoint = note.and_then(|note| Checkpoint::of_log(&note, genesis));
    let checkpoint = checkpoint.map_err(|error| stop(CHECKPOINT, error.to_string()))?;
    match (index, at) {
        (Some(index), Some((head, staged))) => compare(index, head, staged, &checkpoint)?,
        _ => manifest(data, genesis, &checkpoint)?,
    }
    cosigned(data, genesis, &checkpoint)?;
    Ok(Some(checkpoint))
}

fn compare(index: &dyn Sequencer, head: Head, staged: bool, checkpoint: &Checkpoint) -> Result<(), Stop> {
    if staged {
        return differs(index.name(), "a batch is staged; start the node once, which finishes it");
    }
    // Other nodes of a shared store may be further.
    let ahead = index::is_shared(index)? && checkpoint.size < head.size;
    if ahead || (checkpoint.size, *checkpoint.root.as_bytes()) == (head.size, head.root) {
        return Ok(());
    }
    let why =
        format!("its head has {} entries, the checkpoint {}, or another root", head.size, checkpoint.size);
    differs(index.name(), why)
}

fn manifest(data: &DataDir, genesis: &Genesis, checkpoint: &Checkpoint) -> Result<(), Stop> {
    let manifest = read_manifest(data)?;
    if manifest.genesis != genesis.digest() {
        return differs("genesis.json", "is not the one that the export is of");
    }
    let Checkpoint { origin, size, root } = checkpoint;
    let same = (&manifest.origin, manifest.size, &manifest.root) == (origin, *size, root);
    if same { Ok(()) } else { differs(MANIFEST, "is about another checkpoint") }
}

/// An export has the credential tree that it says.
pub(super) fn promised(data: &DataDir, tree: &CredentialTree) -> Result<(), Stop> {
    let manifest = read_manifest(data)?;
    let same = (manifest.leaves, manifest.credential_root.0) == (tree.len(), tree.root());
    if same { Ok(()) } else { differs(MANIFEST, "is about another credential tree") }
}

fn read_manifest(data: &DataDir) -> Result<Manifest, Stop> {
    let Some(bytes) = data.files().read(MANIFEST)? else { return differs(MANIFEST, "is missing") };
    serde_json::from_slice(&bytes).map_err(|error| stop(MANIFEST, error.to_string()))
}

/// Where there are witnesses, the checkpoint with their cosignatures is the same, and enough of them signed it.
fn cosigned(data: &DataDir, genesis: &Genesis, checkpoint: &Checkpoint) -> Result<(), Stop> {
    if genesis.witnesses().is_none() {
        return Ok(());
    }
    let Some(bytes) = data.files().read(COSIGNED)? else { return differs(COSIGNED, "is missing") };
    match open_checkpoint(&bytes, genesis)
        .map_err(|error: CheckpointError| stop(COSIGNED, error.to_string()))?
    {
        found if found == *checkpoint => Ok(()),
        _ => differs(COSIGNED, "is not the checkpoint"),
    }
}

fn place(store: &SequencerConfig) -> &'static str {
    match store {
        SequencerConfig::Sqlite => SQLITE,
        SequencerConfig::Postgres(_) => "the PostgreSQL store",
    }
}

fn damaged(what: &str, error: DataError) -> Stop {
    match error {
        DataError::Io(error) => error.into(),
        error => stop(what, error.to_string()),
    }
}
