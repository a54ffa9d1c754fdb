//! The container: magic, version, number of sections; then each section as number, length, bytes.

use std::collections::BTreeMap;

use super::FormatError;

/// The sections of a file, none of them looked into.
pub struct Sections<'a> {
    sections: BTreeMap<u32, &'a [u8]>,
}

impl<'a> Sections<'a> {
    /// Takes a file apart. Sections may come in any order, once each, and fill the file.
    pub fn parse(bytes: &'a [u8], kind: &'static str, versions: &[u32]) -> Result<Self, FormatError> {
        let mut rest = Cursor::new(bytes);
        if rest.take(4) != Ok(kind.as_bytes()) {
            return Err(FormatError::Kind(kind));
        }
        if !versions.contains(&rest.u32()?) {
            return Err(FormatError::Version);
        }
        let count = rest.u32()?;
        if count > MAX_SECTIONS {
            return Err(FormatError::Count("sections"));
        }
        let mut sections = BTreeMap::new();
        for _ in 0..count {
            let number = rest.u32()?;
            let length = usize::try_from(rest.u64()?).map_err(|_| FormatError::Length)?;
            if sections.insert(number, rest.take(length)?).is_some() {
                return Err(FormatError::Duplicate(number));
            }
        }
        rest.end()?;
        Ok(Self { sections })
    }

    /// A section of any size.
    pub fn get(&self, number: u32) -> Result<&'a [u8], FormatError> {
        self.sections.get(&number).copied().ok_or(FormatError::Missing(number))
    }

    /// A section that must have this size.
    pub fn sized(&self, number: u32, size: usize) -> Result<&'a [u8], FormatError> {
        let section = self.get(number)?;
        if section.len() == size { Ok(section) } else { Err(FormatError::Size(number)) }
    }

    /// Whether there is such a section.
    pub fn has(&self, number: u32) -> bool {
        self.sections.contains_key(&number)
    }
}

/// Reads numbers and pieces off the front.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(FormatError::Length)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        Ok(self.take(N)?.try_into().expect("as many were taken"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FormatError> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FormatError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Refuses bytes that are left over.
    pub(crate) fn end(&self) -> Result<(), FormatError> {
        if self.is_empty() { Ok(()) } else { Err(FormatError::Length) }
    }
}

/// A whole file from its sections.
pub(crate) fn write(kind: &str, version: u32, sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let size = sections.iter().map(|(_, section)| 12 + section.len()).sum::<usize>();
    let mut out = Vec::with_capacity(12 + size);
    out.extend(kind.as_bytes());
    out.extend(version.to_le_bytes());
    out.extend((sections.len() as u32).to_le_bytes());
    for (number, section) in sections {
        out.extend(number.to_le_bytes());
        out.extend((section.len() as u64).to_le_bytes());
        out.extend(section);
    }
    out
}

const MAX_SECTIONS: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        write("test", 1, &[(2, vec![7, 8]), (1, vec![]), (9, vec![5; 300])])
    }

    #[test]
    fn sections_are_read_back_in_any_order() {
        let file = file();
        let sections = Sections::parse(&file, "test", &[1]).unwrap();
        assert_eq!(sections.get(2), Ok(&[7, 8][..]));
        assert_eq!(sections.sized(1, 0), Ok(&[][..]));
        assert_eq!(sections.sized(9, 299), Err(FormatError::Size(9)));
        assert_eq!(sections.get(3), Err(FormatError::Missing(3)));
        assert!(sections.has(9) && !sections.has(3));
    }

    #[test]
    fn refuses_other_kinds_versions_and_repetitions() {
        let refused = |bytes: &[u8]| Sections::parse(bytes, "test", &[1]).err();
        assert_eq!(refused(&write("tesT", 1, &[])), Some(FormatError::Kind("test")));
        assert_eq!(refused(&write("test", 2, &[])), Some(FormatError::Version));
        assert_eq!(refused(&write("test", 1, &[(4, vec![]), (4, vec![])])), Some(FormatError::Duplicate(4)));
        let many: Vec<_> = (0..40).map(|i| (i, vec![])).collect();
        assert_eq!(refused(&write("test", 1, &many)), Some(FormatError::Count("sections")));
    }

    #[test]
    fn refuses_every_truncation_trailing_bytes_and_lengths_beyond_the_file() {
        let whole = file();
        for n in 0..whole.len() {
            assert!(Sections::parse(&whole[..n], "test", &[1]).is_err(), "{n}");
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(Sections::parse(&longer, "test", &[1]).err(), Some(FormatError::Length));
        for lie in [3u64, u64::MAX, u64::MAX - 12] {
            let mut lying = whole.clone();
            lying[16..24].copy_from_slice(&lie.to_le_bytes());
            assert!(Sections::parse(&lying, "test", &[1]).is_err(), "{lie}");
        }
    }
}
