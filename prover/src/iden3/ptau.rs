//! `.ptau`: powers of τ, plain and as Lagrange points, with the record of the ceremony that made them.
//!
//! | section | content | as Lagrange points |
//! |---|---|---|
//! | 1 | prime, power, power of the ceremony | |
//! | 2 | τ^i in G1, i below 2·2^power − 1 | 12, levels 0 to power + 1 |
//! | 3 | τ^i in G2, i below 2^power | 13, levels 0 to power |
//! | 4, 5 | α·τ^i and β·τ^i in G1 | 14, 15 |
//! | 6 | β in G2 | |
//! | 7 | contributions | |

mod contributions;

use std::ops::Range;

use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use blake2::{Blake2b512, Digest};

use super::FormatError;
use super::container::{self, Cursor, Sections};
use super::points::{self, Coordinate, expect_prime, put_prime};
use crate::ceremony::Unnamed;

pub use contributions::{Factor, Powers};

/// Largest `.ptau` that is read: powers up to 18.
pub const MAX_FILE_BYTES: usize = 1 << 29;

/// A file whose sections have the right sizes. Points are decoded as they are asked for.
pub struct Ptau<'a> {
    power: u32,
    ceremony_power: u32,
    unnamed: Unnamed,
    sections: Sections<'a>,
}

/// The four sequences of powers; the numbers are those of their sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Sequence {
    /// τ^i in G1.
    Tau1 = 2,
    /// τ^i in G2.
    Tau2 = 3,
    /// α·τ^i.
    AlphaTau = 4,
    /// β·τ^i.
    BetaTau = 5,
}

impl<'a> Ptau<'a> {
    /// Reads the outer structure.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FormatError::TooLarge(MAX_FILE_BYTES));
        }
        let sections = Sections::parse(bytes, "ptau", &[1])?;
        let mut header = Cursor::new(sections.get(1)?);
        expect_prime::<Fq>(&mut header)?;
        let (power, ceremony_power) = (header.u32()?, header.u32()?);
        header.end().map_err(|_| FormatError::Size(1))?;
        if !(1..=MAX_POWER).contains(&power) || ceremony_power > 28 || ceremony_power < power {
            return Err(FormatError::Count("the power"));
        }
        let ptau = Self { power, ceremony_power, unnamed: Unnamed::OneParty, sections };
        ptau.check_sizes()?;
        Ok(ptau)
    }

    /// Reads a file that whoever checks has named by its BLAKE2b-512, as those who run a ceremony publish it. All that
    /// [`Self::parse`] asks for holds as well; beyond it, contributions that bear no name count as different parties.
    pub fn parse_known(bytes: &'a [u8], digest: &[u8; 64]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FormatError::TooLarge(MAX_FILE_BYTES));
        }
        if Blake2b512::digest(bytes).as_slice() != digest {
            return Err(FormatError::OtherFile);
        }
        Ok(Self { unnamed: Unnamed::Parties, ..Self::parse(bytes)? })
    }

    /// How contributions without a name are counted.
    pub(crate) fn unnamed(&self) -> Unnamed {
        self.unnamed
    }

    /// Logarithm of the largest domain.
    pub fn power(&self) -> u32 {
        self.power
    }

    /// Logarithm of the largest domain of the ceremony, which may have been larger than the file.
    pub fn ceremony_power(&self) -> u32 {
        self.ceremony_power
    }

    /// Whether the file holds everything that its ceremony computed: a shortened file cannot be hashed again.
    pub fn is_whole(&self) -> bool {
        self.power == self.ceremony_power
    }

    /// Whether the Lagrange points are there.
    pub fn is_prepared(&self) -> bool {
        Sequence::ALL.iter().all(|s| self.sections.has(s.lagrange_section()))
    }

    /// β in G2.
    pub fn beta2(&self) -> Result<G2Affine, FormatError> {
        points::one(&mut Cursor::new(self.sections.get(6)?), 6)
    }

    /// What each contributor left behind, in order.
    pub fn contributions(&self) -> Result<Vec<Powers>, FormatError> {
        contributions::read(self.sections.get(7)?)
    }

    /// Some powers of a sequence in G1.
    pub(crate) fn powers1(&self, of: Sequence, range: Range<usize>) -> Result<Vec<G1Affine>, FormatError> {
        self.some(of as u32, range)
    }

    /// Some powers of τ in G2.
    pub(crate) fn powers2(&self, range: Range<usize>) -> Result<Vec<G2Affine>, FormatError> {
        self.some(Sequence::Tau2 as u32, range)
    }

    /// The Lagrange points in G1 of the domain of size 2^level.
    pub(crate) fn lagrange1(&self, of: Sequence, level: u32) -> Result<Vec<G1Affine>, FormatError> {
        self.some(of.lagrange_section(), (1 << level) - 1..(2 << level) - 1)
    }

    /// The same in G2.
    pub(crate) fn lagrange2(&self, level: u32) -> Result<Vec<G2Affine>, FormatError> {
        self.some(Sequence::Tau2.lagrange_section(), (1 << level) - 1..(2 << level) - 1)
    }

    fn some<P: SWCurveConfig<BaseField: Coordinate>>(
        &self,
        section: u32,
        range: Range<usize>,
    ) -> Result<Vec<Affine<P>>, FormatError> {
        let size = points::size::<P>();
        let bytes = self.sections.get(section)?.get(range.start * size..range.end * size);
        points::read(bytes.ok_or(FormatError::Size(section))?, section)
    }

    fn check_sizes(&self) -> Result<(), FormatError> {
        for sequence in Sequence::ALL {
            let size = sequence.point_size();
            self.sections.sized(sequence as u32, sequence.powers(self.power) * size)?;
            let section = sequence.lagrange_section();
            if self.sections.has(section) {
                self.sections.sized(section, sequence.lagrange_points(self.power) * size)?;
            }
        }
        self.sections.sized(6, points::size::<ark_bn254::g2::Config>()).map(drop)
    }
}

impl Sequence {
    pub(crate) const ALL: [Self; 4] = [Self::Tau1, Self::Tau2, Self::AlphaTau, Self::BetaTau];

    /// Where its Lagrange points are.
    pub(crate) fn lagrange_section(self) -> u32 {
        self as u32 + 10
    }

    /// Number of powers.
    pub(crate) fn powers(self, power: u32) -> usize {
        if self == Self::Tau1 { (2 << power) - 1 } else { 1 << power }
    }

    /// The largest level of Lagrange points.
    pub(crate) fn top_level(self, power: u32) -> u32 {
        if self == Self::Tau1 { power + 1 } else { power }
    }

    fn lagrange_points(self, power: u32) -> usize {
        (2 << self.top_level(power)) - 1
    }

    fn point_size(self) -> usize {
        match self {
            Self::Tau2 => points::size::<ark_bn254::g2::Config>(),
            _ => points::size::<ark_bn254::g1::Config>(),
        }
    }
}

/// A whole file: the plain powers, then β in G2, the contributions and the Lagrange points.
pub(crate) fn write(
    power: u32,
    plain: [Vec<u8>; 4],
    beta2: &G2Affine,
    record: &[Powers],
    lagrange: [Vec<u8>; 4],
) -> Vec<u8> {
    let mut header = Vec::new();
    put_prime::<Fq>(&mut header);
    header.extend(power.to_le_bytes());
    header.extend(power.to_le_bytes());
    let mut beta = Vec::new();
    points::put(&mut beta, &[*beta2]);
    let mut sections = vec![(1, header)];
    sections.extend(Sequence::ALL.iter().map(|s| *s as u32).zip(plain));
    sections.extend([(6, beta), (7, contributions::to_bytes(record))]);
    sections.extend(Sequence::ALL.iter().map(|s| s.lagrange_section()).zip(lagrange));
    container::write("ptau", 1, &sections)
}

const MAX_POWER: u32 = 18;
