//! Partial tiles that wider ones replaced and that are still on disk: they must be beginnings of the wider ones.

use ledger::resource::Resource;
use ledger::tile::{Numbered, TilePath, TileWidth};

use super::{Stop, differs, files};
use crate::storage::{Storage, TEMPORARY};
use crate::tiles;

/// To be called when the newest tiles of a log of `size` entries were compared: every other partial tile is compared with them.
pub(super) fn partial_tiles(storage: &dyn Storage, size: u64) -> Result<(), Stop> {
    let found = storage.list("tile")?;
    let partial = found.iter().filter(|path| path.contains(".p/") && !path.ends_with(TEMPORARY));
    partial.filter(|path| !tiles::is_current(path, size)).try_for_each(|path| compare(storage, path, size))
}

fn compare(storage: &dyn Storage, path: &str, size: u64) -> Result<(), Stop> {
    let newest = match format!("/{path}").parse() {
        Ok(Resource::Tile(tile)) => {
            let name = |width| tiles::hashes(TilePath { width, ..tile });
            newest(storage, tile.level, tile.index, tile.width, name, tiles::cut_elements, size)?
        }
        Ok(Resource::Entries(Numbered { index, width })) => {
            newest(storage, 0, index, width, |width| tiles::entries(index, width), tiles::cut_entries, size)?
        }
        _ => return differs(path, "is no tile"),
    };
    match newest {
        // Of a batch that was never finished, on a node of a shared store; its next start writes it again.
        None => Ok(()),
        Some(newest) => files::same(storage, path.to_owned(), &newest),
    }
}

/// The beginning of the newest tile at a place, as long as a partial one of width `wanted`.
fn newest(
    storage: &dyn Storage,
    level: u8,
    index: u64,
    wanted: TileWidth,
    name: impl Fn(TileWidth) -> String,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
    size: u64,
) -> Result<Option<Vec<u8>>, Stop> {
    let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let Some(now) = TileWidth::of(index, count).filter(|now| *now > wanted) else { return Ok(None) };
    let Some(mut bytes) = storage.read(&name(now))? else { return Ok(None) };
    let length = cut(&bytes, wanted).unwrap_or(bytes.len());
    bytes.truncate(length);
    Ok(Some(bytes))
}
