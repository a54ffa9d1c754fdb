//! `ledger backup`: what is public of a log, up to one checkpoint, in one file.

use std::fs;
use std::io;
use std::path::Path;

use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::merkle::{CompactRange, leaf_hash};
use ledger::tile::{TILE_WIDTH, TilePath, TileWidth};
use service::backup::{BackupWriter, Header, ServiceKind, Written};
use service::durable::is_temporary;

use super::LedgerBackupError;
use crate::blob;
use crate::data_dir::DataDir;
use crate::engine::{CHECKPOINT, COSIGNED};
use crate::files::{Files, Storage as _};
use crate::mirror::Original;
use crate::tiles;

/// Writes a backup of a data directory to `place`, where nothing may be. A node may run there: whatever it writes meanwhile
/// comes after the checkpoint that is backed up. `now` is unix seconds.
pub fn backup(data: &Path, place: &Path, now: u64) -> Result<Written, LedgerBackupError> {
    let folder = DataDir::at(data);
    let genesis = folder.read_genesis()?;
    let files = folder.files();
    // The file of a checkpoint is written when everything that it is about is on the disk.
    let named = if genesis.witnesses().is_some() { COSIGNED } else { CHECKPOINT };
    let note = files.read(named)?.ok_or(LedgerBackupError::NotStarted)?;
    let (checkpoint, shown) = Original::kept(&note, &genesis).ok_or_else(|| damaged(named))?;
    let who = genesis.origin().to_string();
    let digest = genesis.digest().to_string();
    let header = Header::new(ServiceKind::Ledger, who, digest, checkpoint.size, now);
    let mut writer = BackupWriter::begin(place, header)?;
    writer.add(super::restore::GENESIS, &genesis.to_bytes())?;
    writer.add(CHECKPOINT, &shown.common)?;
    if genesis.witnesses().is_some() {
        writer.add(COSIGNED, &shown.whole)?;
    }
    entries(&files, &checkpoint, &mut writer)?;
    hashes(&files, checkpoint.size, &mut writer)?;
    documents(data, &mut writer)?;
    Ok(writer.finish()?)
}

/// All entries, which must be those that the checkpoint is about: a backup of a damaged disk is noticed when it is made.
fn entries(
    files: &Files,
    checkpoint: &Checkpoint,
    writer: &mut BackupWriter,
) -> Result<(), LedgerBackupError> {
    let size = checkpoint.size;
    let mut range = CompactRange::new();
    for index in 0..size.div_ceil(TILE_WIDTH) {
        let Some(width) = TileWidth::at(index, size) else { break };
        let name = |width| tiles::entries(index, width);
        let bytes = read(files, name, width, tiles::cut_entries)?;
        let entries = tiles::split_bundle(&bytes).filter(|entries| entries.len() == width.get());
        let entries = entries.ok_or_else(|| damaged(&name(width)))?;
        let leaves: Vec<Digest> = entries.into_iter().map(leaf_hash).collect();
        range.append(&leaves);
        writer.add(&name(width), &bytes)?;
    }
    if range.root() == checkpoint.root { Ok(()) } else { Err(damaged("tile/entries")) }
}

fn hashes(files: &Files, size: u64, writer: &mut BackupWriter) -> Result<(), LedgerBackupError> {
    for level in 0..tiles::LEVELS {
        let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        for index in 0..count.div_ceil(TILE_WIDTH) {
            let Some(width) = TileWidth::at(index, count) else { break };
            let name = |width| tiles::hashes(TilePath { level, index, width });
            let bytes = read(files, name, width, tiles::cut_elements)?;
            writer.add(&name(width), &bytes)?;
        }
    }
    Ok(())
}

fn documents(data: &Path, writer: &mut BackupWriter) -> Result<(), LedgerBackupError> {
    let found = match fs::read_dir(data.join(blob::FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    for entry in found {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_temporary(&name) {
            writer.add_file(&format!("{}/{name}", blob::FOLDER), &entry.path())?;
        }
    }
    Ok(())
}

/// A tile of this width, cut from the first wider one that is there. A node that runs replaces partial tiles by wider ones;
/// it removes one after the next is there.
fn read(
    files: &Files,
    name: impl Fn(TileWidth) -> String,
    wanted: TileWidth,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
) -> Result<Vec<u8>, LedgerBackupError> {
    for _ in 0..TRIES {
        let wider = (wanted.get() as u64..TILE_WIDTH).filter_map(TileWidth::new);
        for width in wider.chain([TileWidth::FULL]) {
            let Some(mut bytes) = files.read(&name(width))? else { continue };
            let length = cut(&bytes, wanted).ok_or_else(|| damaged(&name(width)))?;
            bytes.truncate(length);
            return Ok(bytes);
        }
    }
    Err(damaged(&name(wanted)))
}

fn damaged(file: &str) -> LedgerBackupError {
    LedgerBackupError::Damaged(file.to_owned())
}

/// How often a tile is looked for that the node may be replacing.
const TRIES: usize = 16;
