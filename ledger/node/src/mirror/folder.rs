//! A data directory as a source: the same bytes as over HTTP, without a node.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ledger::checkpoint::Checkpoint;
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use ledger::tile::{Numbered, TilePath, TileWidth};

use crate::blob;
use crate::data_dir::{DataDir, DataError};
use crate::engine::{CHECKPOINT, COSIGNED};
use crate::files::{Files, Storage as _};
use crate::tiles;

/// A data directory that nobody writes to.
pub(crate) struct Folder {
    data: PathBuf,
    files: Files,
    genesis: Vec<u8>,
    /// Entries of its checkpoint.
    size: u64,
}

impl Folder {
    pub(crate) fn open(data: &Path) -> Result<Self, DataError> {
        let folder = DataDir::at(data);
        let genesis = folder.read_genesis()?;
        let files = folder.files();
        let checkpoint = files.read(CHECKPOINT)?.unwrap_or_default();
        // A checkpoint that is none is refused by whoever reads it from here.
        let checkpoint = Checkpoint::open(&checkpoint, genesis.origin(), genesis.log_key());
        let size = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        Ok(Self { data: data.to_path_buf(), files, genesis: genesis.to_bytes(), size })
    }

    fn read(&self, resource: &Resource) -> io::Result<Option<Vec<u8>>> {
        match *resource {
            Resource::Checkpoint => self.files.read(CHECKPOINT),
            Resource::Cosigned => self.files.read(COSIGNED),
            Resource::Genesis => Ok(Some(self.genesis.clone())),
            Resource::Tile(path) => {
                let name = |width| tiles::hashes(TilePath { width, ..path });
                self.cut(path.level, path.index, path.width, name, tiles::cut_elements)
            }
            Resource::Entries(Numbered { index, width }) => {
                self.cut(0, index, width, |width| tiles::entries(index, width), tiles::cut_entries)
            }
            Resource::Blob(digest) => blob::open(&self.data, &digest)?.map(whole).transpose(),
            // Derived from the others, or asked of a node only.
            Resource::Entry(_)
            | Resource::Index
            | Resource::Status
            | Resource::Cap
            | Resource::Shard(_)
            | Resource::ShardTile(..)
            | Resource::Changes { .. }
            | Resource::Hour(_) => Ok(None),
        }
    }

    fn cut(
        &self,
        level: u8,
        index: u64,
        wanted: TileWidth,
        name: impl Fn(TileWidth) -> String,
        cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
    ) -> io::Result<Option<Vec<u8>>> {
        let count = self.size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let Some(now) = TileWidth::at(index, count) else { return Ok(None) };
        tiles::read_cut(&self.files, name, wanted, now, cut)
    }
}

impl Source for Folder {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = resource.to_string();
        match self.read(resource) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(FetchError::Malformed(path)),
            Err(error) => Err(FetchError::Unreachable(error.to_string())),
            Ok(None) => Err(FetchError::NotFound(path)),
            Ok(Some(bytes)) if bytes.len() as u64 > limit => Err(FetchError::TooLarge(path)),
            Ok(Some(bytes)) => Ok(bytes),
        }
    }
}

fn whole((file, length): (std::fs::File, u64)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(blob::MAX_BLOB)).unwrap_or(0));
    file.take(blob::MAX_BLOB).read_to_end(&mut bytes)?;
    Ok(bytes)
}
