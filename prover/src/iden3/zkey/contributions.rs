//! Section 10 of a `.zkey`: the circuit hash and what each contributor left behind.

use ark_bn254::{G1Affine, G2Affine};

use super::super::FormatError;
use super::super::container::Cursor;
use super::super::points;

/// Bytes of a BLAKE2b-512 hash.
pub const HASH_BYTES: usize = 64;

/// Most contributions that a file may have.
pub const MAX_CONTRIBUTIONS: usize = 10_000;

/// What a ceremony wrote down about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// BLAKE2b-512 over the key before any contribution: names circuit and phase 1.
    pub circuit_hash: [u8; HASH_BYTES],
    /// In order.
    pub contributions: Vec<Contribution>,
}

/// One factor of δ, and the proof that its author knew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// δ in G1 after this factor.
    pub delta_after: G1Affine,
    /// Any point s.
    pub g1_s: G1Affine,
    /// x·s.
    pub g1_sx: G1Affine,
    /// x·p, with p drawn from `transcript`.
    pub g2_spx: G2Affine,
    /// BLAKE2b-512 over everything before and s, x·s.
    pub transcript: [u8; HASH_BYTES],
    /// Whose.
    pub author: Author,
    /// As its author says, or nothing. No hash covers it.
    pub name: Option<Name>,
}

/// Where a factor came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// Randomness that only its author knew.
    Person,
    /// Public randomness, hashed 2^`exponent` times.
    Beacon {
        /// Logarithm of the number of hashes.
        exponent: u8,
        /// What was hashed; 1 to 255 bytes.
        value: Vec<u8>,
    },
}

/// What a contributor calls itself: 1 to 64 characters (UTF-16 units), none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// A text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 64 characters and no control characters")]
pub struct NameError;

impl Name {
    /// Checks a text.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let fits = (1..=64).contains(&text.encode_utf16().count()) && text.len() <= 255;
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Record {
    /// Section 10.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.circuit_hash.to_vec();
        out.extend((self.contributions.len() as u32).to_le_bytes());
        self.contributions.iter().for_each(|c| c.put(&mut out));
        out
    }

    pub(super) fn from_bytes(section: &[u8]) -> Result<Self, FormatError> {
        let mut cursor = Cursor::new(section);
        let circuit_hash = cursor.array()?;
        let count = cursor.u32()? as usize;
        if count > MAX_CONTRIBUTIONS {
            return Err(FormatError::Count("contributions"));
        }
        let contributions =
            (1..=count).map(|number| Contribution::read(&mut cursor, number)).collect::<Result<_, _>>()?;
        cursor.end().map_err(|_| FormatError::Size(10))?;
        Ok(Self { circuit_hash, contributions })
    }
}

impl Contribution {
    fn put(&self, out: &mut Vec<u8>) {
        points::put(out, &[self.delta_after, self.g1_s, self.g1_sx]);
        points::put(out, &[self.g2_spx]);
        out.extend(self.transcript);
        put_signature(out, &self.author, self.name.as_ref());
    }

    fn read(cursor: &mut Cursor, number: usize) -> Result<Self, FormatError> {
        let delta_after = points::one(cursor, 10)?;
        let (g1_s, g1_sx) = (points::one(cursor, 10)?, points::one(cursor, 10)?);
        let g2_spx = points::one(cursor, 10)?;
        let transcript = cursor.array()?;
        let (author, name) = read_signature(cursor).map_err(|_| FormatError::Contribution(number))?;
        Ok(Self { delta_after, g1_s, g1_sx, g2_spx, transcript, author, name })
    }
}

/// Kind, then parameters by rising number: 1 the name, 2 the beacon's exponent, 3 its value.
pub(crate) fn put_signature(out: &mut Vec<u8>, author: &Author, name: Option<&Name>) {
    let mut parameters = Vec::new();
    if let Some(Name(name)) = name {
        parameters.extend([NAME, name.len() as u8]);
        parameters.extend(name.as_bytes());
    }
    let kind: u32 = match author {
        Author::Person => 0,
        Author::Beacon { exponent, value } => {
            parameters.extend([EXPONENT, *exponent, VALUE, value.len() as u8]);
            parameters.extend(value);
            1
        }
    };
    out.extend(kind.to_le_bytes());
    out.extend((parameters.len() as u32).to_le_bytes());
    out.extend(parameters);
}

/// Inverse of [`put_signature`]: one encoding only.
pub(crate) fn read_signature(cursor: &mut Cursor) -> Result<(Author, Option<Name>), FormatError> {
    let malformed = FormatError::Contribution(0);
    let kind = cursor.u32()?;
    let length = cursor.u32()? as usize;
    let parameters = cursor.take(length)?;
    let mut rest = Cursor::new(parameters);
    let (mut name, mut exponent, mut value, mut last) = (None, None, None, 0);
    while !rest.is_empty() {
        let number = rest.u8()?;
        if number <= last {
            return Err(malformed);
        }
        last = number;
        match number {
            NAME => name = Some(read_name(&mut rest)?),
            EXPONENT => exponent = Some(rest.u8()?),
            VALUE => value = Some(piece(&mut rest)?.to_vec()),
            _ => return Err(malformed),
        }
    }
    let author = match (kind, exponent, value) {
        (0, None, None) => Author::Person,
        (1, Some(exponent), Some(value)) if !value.is_empty() => Author::Beacon { exponent, value },
        _ => return Err(malformed),
    };
    Ok((author, name))
}

fn read_name(cursor: &mut Cursor) -> Result<Name, FormatError> {
    let text = std::str::from_utf8(piece(cursor)?).map_err(|_| FormatError::Contribution(0))?;
    Name::new(text).map_err(|_| FormatError::Contribution(0))
}

fn piece<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], FormatError> {
    let length = cursor.u8()?;
    cursor.take(length.into())
}

const NAME: u8 = 1;
const EXPONENT: u8 = 2;
const VALUE: u8 = 3;
