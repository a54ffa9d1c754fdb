//! Paths of tiles (C2SP `tlog-tiles`): 256 hashes each, immutable, cacheable; and how entries stand in a bundle.

use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// How many of a tile's 256 places are filled: 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileWidth(u16);

impl TileWidth {
    /// All places.
    pub const FULL: Self = Self(256);

    /// Checks 1 to 256.
    pub fn new(width: u64) -> Option<Self> {
        u16::try_from(width).ok().filter(|w| (1..=256).contains(w)).map(Self)
    }
    /// The number of filled places.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
    /// The width of tile `index` among `count` things, 256 to a tile; `None` if the tile would be empty.
    pub fn at(index: u64, count: u64) -> Option<Self> {
        let start = index.checked_mul(TILE_WIDTH)?;
        Self::new(count.checked_sub(start)?.min(TILE_WIDTH))
    }
}

/// Which tile of hashes: `tile/<level>/<index>[.p/<width>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    /// 0 holds leaf hashes; each level is eight levels of the binary tree. At most 7 in a log of 2^64 entries.
    pub level: u8,
    /// From the left.
    pub index: u64,
    /// Filled places.
    pub width: TileWidth,
}

/// The text is not a path in the one form that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tile path")]
pub struct NotAPath;

/// `tile/…`, without a leading slash.
impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, Numbered { index: self.index, width: self.width })
    }
}

impl FromStr for TilePath {
    type Err = NotAPath;
    fn from_str(s: &str) -> Result<Self, NotAPath> {
        let (level, rest) = s.strip_prefix("tile/").and_then(|r| r.split_once('/')).ok_or(NotAPath)?;
        let Numbered { index, width } = rest.parse()?;
        let path = Self { level: level.parse().map_err(|_| NotAPath)?, index, width };
        if path.level < 64 && path.to_string() == s { Ok(path) } else { Err(NotAPath) }
    }
}

/// `<index>[.p/<width>]`, the index in groups of three digits, all but the last with an `x` before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Numbered {
    /// From the left.
    pub index: u64,
    /// Filled places.
    pub width: TileWidth,
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        let (last, before) = groups.split_first().expect("groups begins with one element");
        before.iter().rev().try_for_each(|group| write!(f, "x{group:03}/"))?;
        write!(f, "{last:03}")?;
        if self.width == TileWidth::FULL { Ok(()) } else { write!(f, ".p/{}", self.width.0) }
    }
}

impl FromStr for Numbered {
    type Err = NotAPath;
    fn from_str(s: &str) -> Result<Self, NotAPath> {
        let (digits, width) = match s.split_once(".p/") {
            Some((digits, width)) => (digits, width.parse().ok().and_then(TileWidth::new)),
            None => (s, Some(TileWidth::FULL)),
        };
        let index = digits.replace(['x', '/'], "").parse().map_err(|_| NotAPath)?;
        let numbered = Self { index, width: width.ok_or(NotAPath)? };
        if numbered.to_string() == s { Ok(numbered) } else { Err(NotAPath) }
    }
}

/// Appends an entry (at most 65,535 bytes) to a bundle, after its length in two bytes.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len()).expect("an entry is bounded when it is made");
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// The first entry of a bundle, and what follows; `None` if the bundle ends before it does.
pub fn split_entry(bundle: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bundle.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(level: u8, index: u64, width: u64) -> TilePath {
        TilePath { level, index, width: TileWidth::new(width).unwrap() }
    }

    #[test]
    fn the_examples_of_the_format() {
        assert_eq!(path(0, 1_234_067, 256).to_string(), "tile/0/x001/x234/067");
        assert_eq!(path(0, 273, 112).to_string(), "tile/0/273.p/112");
        assert_eq!(path(2, 0, 1).to_string(), "tile/2/000.p/1");
    }

    #[test]
    fn one_form_only() {
        for bad in [
            "tile/0/1",
            "tile/0/x000/001",
            "tile/00/001",
            "tile/64/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/x1/001",
            "/tile/0/001",
            "tile/0/001/",
            "tile/0/../001",
            "tile/0/x001",
            "tile/0/99999999999999999999999",
        ] {
            assert_eq!(bad.parse::<TilePath>(), Err(NotAPath), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn paths_round_trip(level in 0u8..64, index: u64, width in 1u64..=256) {
            let p = path(level, index, width);
            prop_assert_eq!(p.to_string().parse(), Ok(p));
        }
        #[test]
        fn paths_agree_with_tlog_tiles(level in 0u8..8, index in 0u64..1 << 40, width in 1u32..=256) {
            let theirs = tlog_tiles::Tile::new(8, level, index, width, false).path();
            prop_assert_eq!(theirs.replace("tile/8/", "tile/"), path(level, index, width.into()).to_string());
        }
    }
}
