//! One moment of the ledger that is copied, and what is proved about it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::checkpoint::{Checkpoint, CheckpointError};
use ledger::digest::Digest;
use ledger::follow::{DamagedCopy, FollowError, Misbehaviour};
use ledger::genesis::Genesis;
use ledger::merkle::{
    ReadError, TileReader, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency,
    verify_inclusion,
};
use ledger::note::{MAX_NOTE, Note};
use ledger::record::{Entry, MAX_ENTRY};
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use ledger::tile::{Numbered, TILE_WIDTH, TilePath, TileWidth};
use service::durable::{Readers, replace};

use crate::cosign::{Shown, shown};
use crate::tiles;

/// Why what a ledger shows is not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalError {
    /// It cannot be had now, or it proves itself wrong.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Two histories in the name of one log: what is here, and what is shown.
    #[error(
        "the log shows {shown} entries that do not continue the {here} entries here: a second history; \
         its signed checkpoint is kept in {}", evidence.display()
    )]
    SplitView {
        /// Entries here.
        here: u64,
        /// Entries that are shown.
        shown: u64,
        /// The file of the checkpoint that contradicts what is here.
        evidence: PathBuf,
    },
    /// A bundle does not hash to the tile of its place.
    #[error("the entries of bundle {0} are not those of its tile")]
    NotOfTile(u64),
    /// The file system refused.
    #[error("the mirror's files: {0}")]
    Io(#[from] io::Error),
}

impl OriginalError {
    /// Whether it is worth while to ask again.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Follow(FollowError::Fetch(_) | FollowError::MovedOn))
    }
}

/// A ledger at a checkpoint that its log signed and its quorum cosigned.
pub(crate) struct Original {
    pub(crate) checkpoint: Checkpoint,
    /// The checkpoint as it came.
    pub(crate) note: Vec<u8>,
    /// The checkpoint as it is shown from here.
    pub(crate) shown: Shown,
    source: Arc<dyn Source + Send + Sync>,
    data: PathBuf,
    tiles: RefCell<HashMap<TilePath, Vec<u8>>>,
}

impl Original {
    /// Fetches the newest checkpoint.
    pub(super) fn open(
        source: Arc<dyn Source + Send + Sync>,
        genesis: &Genesis,
        data: &Path,
    ) -> Result<Self, OriginalError> {
        let resource = if genesis.witnesses().is_some() { Resource::Cosigned } else { Resource::Checkpoint };
        let note = source.get(&resource, MAX_NOTE as u64).map_err(bounded)?;
        let refused = |error| FollowError::of_checkpoint(error, &note, genesis.origin());
        let (parsed, checkpoint) = signed(&note, genesis).map_err(refused)?;
        let shown = shown(&parsed, genesis);
        Ok(Self { checkpoint, note, shown, source, data: data.to_path_buf(), tiles: RefCell::default() })
    }

    /// A checkpoint that was kept, as it is shown from here, if a quorum cosigned it.
    pub(crate) fn kept(note: &[u8], genesis: &Genesis) -> Option<(Checkpoint, Shown)> {
        let (note, checkpoint) = signed(note, genesis).ok()?;
        Some((checkpoint, shown(&note, genesis)))
    }

    /// Checks that the original and what is here are one history, whichever of them is longer. Of two histories the
    /// contradicting checkpoint is kept.
    pub(crate) fn compare<R: TileReader<Error = io::Error>>(
        &self,
        here: &Checkpoint,
        own: &R,
    ) -> Result<(), OriginalError> {
        let there = &self.checkpoint;
        let one = if there.size < here.size {
            root(there.size, own).map_err(|error| unreadable(&error))? == there.root
        } else {
            self.beginning(here.size)? == here.root
        };
        if one { Ok(()) } else { Err(self.split(here.size)?) }
    }

    /// The root of the first `size` entries, proved to be a beginning of the log that the checkpoint is about. Tiles from which
    /// no such proof can be made are damaged, and say nothing of a second history.
    fn beginning(&self, size: u64) -> Result<Digest, OriginalError> {
        let there = &self.checkpoint;
        let beginning = root(size, &Newest(self)).map_err(refused)?;
        let proof = consistency_proof(size, there.size, self).map_err(refused)?;
        verify_consistency(size, &beginning, there.size, &there.root, &proof)
            .map_err(|_| FollowError::from(DamagedCopy::Tiles))?;
        Ok(beginning)
    }

    /// The entries from `from` on that are in its bundle: of the tile at that place, which leads to the checkpoint's root.
    pub(crate) fn entries(&self, from: u64) -> Result<Vec<Entry>, OriginalError> {
        let index = from / TILE_WIDTH;
        let known = (from % TILE_WIDTH) as usize;
        let malformed = || DamagedCopy::Malformed(format!("/tile/entries of bundle {index}"));
        let width =
            TileWidth::at(index, self.checkpoint.size).ok_or_else(malformed).map_err(FollowError::from)?;
        let bytes = self.bundle(index, width)?;
        let entries = tiles::split_bundle(&bytes).filter(|entries| entries.len() == width.get());
        let entries = entries.ok_or_else(malformed).map_err(FollowError::from)?;
        self.prove(index, width, &entries)?;
        let parse = |(index, bytes): (u64, &&[u8])| {
            let bad = |e: ledger::record::EntryError| Misbehaviour::BadEntry { index, reason: e.to_string() };
            Entry::parse(bytes).map_err(|e| FollowError::from(bad(e)).into())
        };
        (from..).zip(entries.iter().skip(known)).map(parse).collect()
    }

    /// That the entries hash to their tile, and that the tile is in the log. An inclusion proof of any entry is made from all
    /// the other hashes of its tile, so that one proves them all.
    fn prove(&self, index: u64, width: TileWidth, entries: &[&[u8]]) -> Result<(), OriginalError> {
        let hashes: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let tile = self.tile(TilePath { level: 0, index, width }).map_err(bounded)?;
        if !hashes.iter().flat_map(Digest::as_bytes).eq(&tile) {
            return Err(OriginalError::NotOfTile(index));
        }
        let first = index * TILE_WIDTH;
        let size = self.checkpoint.size;
        let proof = inclusion_proof(first, size, self).map_err(refused)?;
        let leaf = hashes.first().ok_or(OriginalError::NotOfTile(index))?;
        verify_inclusion(leaf, first, size, &proof, &self.checkpoint.root)
            .map_err(|_| FollowError::from(DamagedCopy::NotIncluded(first)).into())
    }

    fn bundle(&self, index: u64, width: TileWidth) -> Result<Vec<u8>, OriginalError> {
        let get = |width: TileWidth| {
            let limit = width.get() as u64 * (MAX_ENTRY as u64 + 2);
            self.source.get(&Resource::Entries(Numbered { index, width }), limit)
        };
        let bytes = or_from_full(width, get, tiles::cut_entries, &format!("/tile/entries of bundle {index}"));
        bytes.map_err(bounded)
    }

    /// Keeps what contradicts the history here, for whoever has to be shown it.
    fn split(&self, here: u64) -> Result<OriginalError, OriginalError> {
        let Checkpoint { size, root, .. } = &self.checkpoint;
        let evidence = self.data.join(format!("split-view-{size}-{root}"));
        replace(&evidence, &self.note, Readers::Everybody).map_err(io::Error::from)?;
        Ok(OriginalError::SplitView { here, shown: *size, evidence })
    }
}

impl TileReader for Original {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        if let Some(tile) = self.tiles.borrow().get(&path) {
            return Ok(tile.clone());
        }
        let get = |width: TileWidth| {
            self.source
                .get(&Resource::Tile(TilePath { width, ..path }), (width.get() * tiles::ELEMENT) as u64)
        };
        let tile = or_from_full(path.width, get, tiles::cut_elements, &path.to_string())?;
        let mut kept = self.tiles.borrow_mut();
        if path.level == 0 {
            // Each is needed for its own bundle only; those above are few and needed again.
            kept.retain(|other, _| other.level > 0);
        }
        kept.insert(path, tile.clone());
        Ok(tile)
    }
}

/// Narrow tiles cut from the newest ones, which are those that are surely there.
struct Newest<'o>(&'o Original);

impl TileReader for Newest<'_> {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        let count = self.0.checkpoint.size.checked_shr(8 * u32::from(path.level)).unwrap_or(0);
        let now = TileWidth::at(path.index, count).unwrap_or(path.width);
        let mut tile = self.0.tile(TilePath { width: now.max(path.width), ..path })?;
        tile.truncate(path.width.get() * tiles::ELEMENT);
        Ok(tile)
    }
}

/// A partial tile may be gone once the full one is there.
fn or_from_full(
    width: TileWidth,
    get: impl Fn(TileWidth) -> Result<Vec<u8>, FetchError>,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
    what: &str,
) -> Result<Vec<u8>, FetchError> {
    match get(width) {
        Err(FetchError::NotFound(_)) if width < TileWidth::FULL => {
            let mut bytes = get(TileWidth::FULL)?;
            let length = cut(&bytes, width).ok_or_else(|| FetchError::Malformed(what.to_owned()))?;
            bytes.truncate(length);
            Ok(bytes)
        }
        found => found,
    }
}

/// The note, and the checkpoint that it is.
fn signed(note: &[u8], genesis: &Genesis) -> Result<(Note, Checkpoint), CheckpointError> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::of_log(&note, genesis)?;
    if let Some(quorum) = genesis.witnesses() {
        quorum.check(&note)?;
    }
    Ok((note, checkpoint))
}

/// What a failed fetch means where the length of an honest body is known: a longer one is no accident.
fn bounded(error: FetchError) -> OriginalError {
    let error = match error {
        FetchError::TooLarge(what) | FetchError::Malformed(what) => DamagedCopy::Malformed(what).into(),
        error => FollowError::Fetch(error),
    };
    error.into()
}

fn refused(error: ReadError<FetchError>) -> OriginalError {
    match error {
        ReadError::Tile { source, .. } => bounded(source),
        error => FollowError::from(DamagedCopy::Malformed(error.to_string())).into(),
    }
}

fn unreadable(error: &ReadError<io::Error>) -> OriginalError {
    io::Error::other(error.to_string()).into()
}
