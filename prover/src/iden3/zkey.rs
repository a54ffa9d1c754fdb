//! `.zkey`: a Groth16 proving key with its circuit's A and B and the record of its ceremony.
//!
//! | section | content |
//! |---|---|
//! | 1 | proof system: 1 |
//! | 2 | primes, counts, α₁ β₁ β₂ γ₂ δ₁ δ₂ |
//! | 3 | IC: (β·A + α·B + C)(τ) of the constant one and the public inputs |
//! | 4 | A and B: matrix, row, column, coefficient times R² |
//! | 5, 6, 7 | A in G1, B in G1, B in G2 of all variables |
//! | 8 | L: (β·A + α·B + C)(τ) / δ of the private variables |
//! | 9 | H: the odd Lagrange points of twice the domain, over δ |
//! | 10 | circuit hash and contributions |

mod contributions;

use ark_bn254::{Fq, Fr, G1Affine, G2Affine, g1, g2};

use super::FormatError;
use super::container::{self, Cursor, Sections};
use super::points::{self, expect_prime, put_prime};

pub use contributions::{Author, Contribution, HASH_BYTES, MAX_CONTRIBUTIONS, Name, NameError, Record};
pub(crate) use contributions::{put_signature, read_signature};

/// Largest `.zkey` that is read: several times the size of the larger circuit's.
pub const MAX_FILE_BYTES: usize = 1 << 26;

/// A proving key in a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zkey {
    /// Counts.
    pub counts: Counts,
    /// The six points of the header.
    pub constants: Constants,
    /// What no contribution changes.
    pub fixed: Fixed,
    /// Section 8.
    pub l: Vec<G1Affine>,
    /// Section 9.
    pub h: Vec<G1Affine>,
    /// Section 10.
    pub record: Record,
}

/// The counts that fix the size of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// All variables with the constant one.
    pub variables: usize,
    /// Public inputs without the constant one.
    pub public_inputs: usize,
    /// Size of the evaluation domain, a power of two.
    pub domain: usize,
}

/// The points of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the paper")]
pub struct Constants {
    pub alpha1: G1Affine,
    pub beta1: G1Affine,
    pub beta2: G2Affine,
    pub gamma2: G2Affine,
    pub delta1: G1Affine,
    pub delta2: G2Affine,
}

/// Sections 3 to 7 as bytes: a ceremony copies them and compares them, and decodes them only for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    pub(crate) ic: Vec<u8>,
    pub(crate) coefficients: Vec<u8>,
    pub(crate) a: Vec<u8>,
    pub(crate) b1: Vec<u8>,
    pub(crate) b2: Vec<u8>,
}

impl Zkey {
    /// Reads a file. Sizes agree with the counts, all points of the header, of L, of H and of the record are sound;
    /// whether they belong together is for the ceremony to verify.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FormatError::TooLarge(MAX_FILE_BYTES));
        }
        let sections = Sections::parse(bytes, "zkey", &[1, 2])?;
        if sections.sized(1, 4)? != GROTH16.to_le_bytes() {
            return Err(FormatError::Version);
        }
        let (counts, constants) = header(sections.get(2)?)?;
        let (variables, g1, g2) =
            (counts.variables, points::size::<g1::Config>(), points::size::<g2::Config>());
        let instance = 1 + counts.public_inputs;
        let fixed = Fixed {
            ic: sections.sized(3, instance * g1)?.to_vec(),
            coefficients: coefficients(sections.get(4)?)?.to_vec(),
            a: sections.sized(5, variables * g1)?.to_vec(),
            b1: sections.sized(6, variables * g1)?.to_vec(),
            b2: sections.sized(7, variables * g2)?.to_vec(),
        };
        let l = points::read(sections.sized(8, (variables - instance) * g1)?, 8)?;
        let h = points::read(sections.sized(9, counts.domain * g1)?, 9)?;
        let record = Record::from_bytes(sections.get(10)?)?;
        Ok(Self { counts, constants, fixed, l, h, record })
    }

    /// The whole file, sections in rising order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Fixed { ic, coefficients, a, b1, b2 } = self.fixed.clone();
        let sections = [
            (1, GROTH16.to_le_bytes().to_vec()),
            (2, self.header()),
            (3, ic),
            (4, coefficients),
            (5, a),
            (6, b1),
            (7, b2),
            (8, encode(&self.l)),
            (9, encode(&self.h)),
            (10, self.record.to_bytes()),
        ];
        container::write("zkey", 1, &sections)
    }

    fn header(&self) -> Vec<u8> {
        let Constants { alpha1, beta1, beta2, gamma2, delta1, delta2 } = self.constants;
        let mut out = Vec::new();
        put_prime::<Fq>(&mut out);
        put_prime::<Fr>(&mut out);
        for count in [self.counts.variables, self.counts.public_inputs, self.counts.domain] {
            out.extend((count as u32).to_le_bytes());
        }
        points::put(&mut out, &[alpha1, beta1]);
        points::put(&mut out, &[beta2, gamma2]);
        points::put(&mut out, &[delta1]);
        points::put(&mut out, &[delta2]);
        out
    }
}

fn header(section: &[u8]) -> Result<(Counts, Constants), FormatError> {
    let mut cursor = Cursor::new(section);
    expect_prime::<Fq>(&mut cursor)?;
    expect_prime::<Fr>(&mut cursor)?;
    let [variables, public_inputs, domain] =
        [cursor.u32()?, cursor.u32()?, cursor.u32()?].map(|n| n as usize);
    let counts = Counts { variables, public_inputs, domain }.checked()?;
    let (alpha1, beta1) = (points::one(&mut cursor, 2)?, points::one(&mut cursor, 2)?);
    let (beta2, gamma2) = (points::one(&mut cursor, 2)?, points::one(&mut cursor, 2)?);
    let (delta1, delta2) = (points::one(&mut cursor, 2)?, points::one(&mut cursor, 2)?);
    cursor.end().map_err(|_| FormatError::Size(2))?;
    Ok((counts, Constants { alpha1, beta1, beta2, gamma2, delta1, delta2 }))
}

impl Counts {
    /// Small enough that no size computed from them overflows, and in order.
    fn checked(self) -> Result<Self, FormatError> {
        if !self.domain.is_power_of_two() || !(2..=MAX_DOMAIN).contains(&self.domain) {
            return Err(FormatError::Count("the domain"));
        }
        if self.variables > MAX_VARIABLES {
            return Err(FormatError::Count("variables"));
        }
        if self.public_inputs >= self.variables {
            return Err(FormatError::Count("public inputs"));
        }
        Ok(self)
    }
}

/// As many entries as the section's count says.
fn coefficients(section: &[u8]) -> Result<&[u8], FormatError> {
    let count = Cursor::new(section).u32()? as usize;
    let size = count.checked_mul(COEFFICIENT_BYTES).and_then(|size| size.checked_add(4));
    if size == Some(section.len()) { Ok(section) } else { Err(FormatError::Size(4)) }
}

pub(crate) fn encode<P>(all: &[ark_ec::short_weierstrass::Affine<P>]) -> Vec<u8>
where
    P: ark_ec::short_weierstrass::SWCurveConfig<BaseField: points::Coordinate>,
{
    let mut out = Vec::with_capacity(all.len() * points::size::<P>());
    points::put(&mut out, all);
    out
}

const GROTH16: u32 = 1;
const COEFFICIENT_BYTES: usize = 3 * 4 + 32;
const MAX_DOMAIN: usize = 1 << 17;
const MAX_VARIABLES: usize = 1 << 18;

#[cfg(test)]
mod tests;
