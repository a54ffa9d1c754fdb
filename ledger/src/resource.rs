//! Everything a node serves for reading, as a type: client and server write and read the same paths.

pub mod changes;

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::tile::{NotAPath, Numbered, TilePath};

/// What can be fetched. [`fmt::Display`] gives its path, beginning with a slash; [`FromStr`] reads it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `/checkpoint`: the newest signed checkpoint.
    Checkpoint,
    /// `/checkpoint-cosigned`: the newest checkpoint with the cosignatures of all witnesses, of which `/checkpoint` has at
    /// most 15.
    Cosigned,
    /// `/tile/<L>/<N>[.p/<W>]`: hashes of the log.
    Tile(TilePath),
    /// `/tile/entries/<N>[.p/<W>]`: a bundle of entries, each after its length in two bytes.
    Entries(Numbered),
    /// `/entry/<i>`: one entry's bytes.
    Entry(u64),
    /// `/genesis`: the genesis file.
    Genesis,
    /// `/index`: which entries are of the registry, and which are state roots ([`Index`]).
    Index,
    /// `/status`: how the node is ([`crate::client::Status`]).
    Status,
    /// `/credentials/cap`: the roots of all shards, 32 bytes each.
    Cap,
    /// `/credentials/shard/<S>`: all 65,536 leaves of a full shard, 32 bytes each.
    Shard(u32),
    /// `/credentials/shard/<S>/<N>[.p/<W>]`: 256 leaves of a shard that grows.
    ShardTile(u32, Numbered),
    /// `/credentials/changes/<from>-<to>`: leaves removed or restored by entries `from..to`, between two state roots, as
    /// [`changes`] says.
    Changes {
        /// `entries` of the older state root.
        from: u64,
        /// `entries` of the newer state root.
        to: u64,
    },
    /// `/credentials/hour/<H>`: of the newest state root that was stated before a full hour, counted from 1970, the entry's
    /// index in 8 bytes big endian and the roots of all shards, 32 bytes each. Only of the newest hour.
    Hour(u64),
    /// `/blob/<digest>`: a file by its SHA-256.
    Blob(Digest),
}

/// The body of [`Resource::Index`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Entries of the log when this was written.
    pub size: u64,
    /// Indices of registry entries, ascending.
    pub registry: Vec<u64>,
    /// Indices of the newest [`MAX_ROOTS`] state roots, ascending.
    pub roots: Vec<u64>,
}

/// Seconds of an hour of [`Resource::Hour`].
pub const HOUR_S: u64 = 3600;
/// State roots that an [`Index`] lists at most.
pub const MAX_ROOTS: usize = 4096;

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint => f.write_str("/checkpoint"),
            Self::Cosigned => f.write_str("/checkpoint-cosigned"),
            Self::Tile(path) => write!(f, "/{path}"),
            Self::Entries(bundle) => write!(f, "/tile/entries/{bundle}"),
            Self::Entry(index) => write!(f, "/entry/{index}"),
            Self::Genesis => f.write_str("/genesis"),
            Self::Index => f.write_str("/index"),
            Self::Status => f.write_str("/status"),
            Self::Cap => f.write_str("/credentials/cap"),
            Self::Shard(shard) => write!(f, "/credentials/shard/{shard}"),
            Self::ShardTile(shard, tile) => write!(f, "/credentials/shard/{shard}/{tile}"),
            Self::Changes { from, to } => write!(f, "/credentials/changes/{from}-{to}"),
            Self::Hour(hour) => write!(f, "/credentials/hour/{hour}"),
            Self::Blob(digest) => write!(f, "/blob/{digest}"),
        }
    }
}

impl FromStr for Resource {
    type Err = NotAPath;
    fn from_str(s: &str) -> Result<Self, NotAPath> {
        let resource = parse(s).ok_or(NotAPath)?;
        if resource.to_string() == s { Ok(resource) } else { Err(NotAPath) }
    }
}

fn parse(path: &str) -> Option<Resource> {
    let path = path.strip_prefix('/')?;
    match path {
        "checkpoint" => return Some(Resource::Checkpoint),
        "checkpoint-cosigned" => return Some(Resource::Cosigned),
        "genesis" => return Some(Resource::Genesis),
        "index" => return Some(Resource::Index),
        "status" => return Some(Resource::Status),
        "credentials/cap" => return Some(Resource::Cap),
        _ => {}
    }
    if let Some(bundle) = path.strip_prefix("tile/entries/") {
        return bundle.parse().ok().map(Resource::Entries);
    }
    if let Some(index) = path.strip_prefix("entry/") {
        return index.parse().ok().map(Resource::Entry);
    }
    if let Some(digest) = path.strip_prefix("blob/") {
        return digest.parse().ok().map(Resource::Blob);
    }
    path.strip_prefix("credentials/").map_or_else(|| path.parse().ok().map(Resource::Tile), parse_credentials)
}

fn parse_credentials(path: &str) -> Option<Resource> {
    if let Some(range) = path.strip_prefix("changes/") {
        let (from, to) = range.split_once('-')?;
        return Some(Resource::Changes { from: from.parse().ok()?, to: to.parse().ok()? });
    }
    if let Some(hour) = path.strip_prefix("hour/") {
        return hour.parse().ok().map(Resource::Hour);
    }
    let path = path.strip_prefix("shard/")?;
    match path.split_once('/') {
        Some((shard, tile)) => Some(Resource::ShardTile(shard.parse().ok()?, tile.parse().ok()?)),
        None => path.parse().ok().map(Resource::Shard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_reads_back() {
        for path in [
            "/checkpoint",
            "/tile/0/000",
            "/tile/1/x001/002.p/7",
            "/tile/entries/000.p/3",
            "/entry/0",
            "/genesis",
            "/index",
            "/status",
            "/credentials/cap",
            "/credentials/shard/3",
            "/credentials/shard/0/255",
            "/credentials/shard/0/000.p/1",
            "/credentials/changes/4-9",
            "/credentials/hour/498934",
            "/blob/0000000000000000000000000000000000000000000000000000000000000000",
        ] {
            assert_eq!(path.parse::<Resource>().map(|r| r.to_string()), Ok(path.to_owned()));
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for path in [
            "",
            "/",
            "checkpoint",
            "/checkpoint/",
            "/entry/01",
            "/entry/-1",
            "/entry/+1",
            "/tile/0/../../log.key",
            "/credentials/shard/00",
            "/credentials/shard/1/0",
            "/credentials/changes/4",
            "/credentials/hour/04",
            "/credentials/hour/-4",
            "/blob/ab",
        ] {
            assert_eq!(path.parse::<Resource>(), Err(NotAPath), "{path}");
        }
    }
}
