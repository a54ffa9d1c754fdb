//! Section 7 of a `.ptau`: what each contributor to the powers of τ left behind.

use ark_bn254::{G1Affine, G2Affine};

use super::super::FormatError;
use super::super::container::Cursor;
use super::super::points;
use super::super::zkey::{Author, HASH_BYTES, MAX_CONTRIBUTIONS, Name};
use crate::ceremony::blake2b::{STATE_BYTES, State};
use crate::iden3::zkey::{put_signature, read_signature};

/// One contribution to the powers of τ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub struct Powers {
    pub tau1: G1Affine,
    pub tau2: G2Affine,
    pub alpha1: G1Affine,
    pub beta1: G1Affine,
    pub beta2: G2Affine,
    /// Proofs that the factors of τ, α and β were known.
    pub factors: [Factor; 3],
    /// Hash of the contribution up to the factors' proofs, not finished.
    pub partial: State,
    /// Hash that the next contribution builds on.
    pub next_challenge: [u8; HASH_BYTES],
    pub author: Author,
    pub name: Option<Name>,
}

/// Proof that a factor x was known: s, x·s and x·p with p drawn from the hash of the challenge, s and x·s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub struct Factor {
    pub g1_s: G1Affine,
    pub g1_sx: G1Affine,
    pub g2_spx: G2Affine,
}

impl Powers {
    /// The hash of the whole contribution.
    pub fn response_hash(&self) -> [u8; HASH_BYTES] {
        let mut hash = self.partial.clone();
        let mut bytes = Vec::new();
        for Factor { g1_s, g1_sx, .. } in &self.factors {
            points::put_plain(&mut bytes, &[*g1_s, *g1_sx]);
        }
        points::put_plain(&mut bytes, &self.factors.map(|f| f.g2_spx));
        hash.update(&bytes);
        hash.finish()
    }

    fn put(&self, out: &mut Vec<u8>) {
        points::put(out, &[self.tau1]);
        points::put(out, &[self.tau2]);
        points::put(out, &[self.alpha1, self.beta1]);
        points::put(out, &[self.beta2]);
        for Factor { g1_s, g1_sx, .. } in &self.factors {
            points::put(out, &[*g1_s, *g1_sx]);
        }
        points::put(out, &self.factors.map(|f| f.g2_spx));
        out.extend(self.partial.to_bytes());
        out.extend(self.next_challenge);
        put_signature(out, &self.author, self.name.as_ref());
    }

    fn read(cursor: &mut Cursor, number: usize) -> Result<Self, FormatError> {
        let (tau1, tau2) = (points::one(cursor, 7)?, points::one(cursor, 7)?);
        let (alpha1, beta1) = (points::one(cursor, 7)?, points::one(cursor, 7)?);
        let beta2 = points::one(cursor, 7)?;
        let mut pair = || Ok((points::one(cursor, 7)?, points::one(cursor, 7)?));
        let pairs: [(G1Affine, G1Affine); 3] = [pair()?, pair()?, pair()?];
        let spx: [G2Affine; 3] = [points::one(cursor, 7)?, points::one(cursor, 7)?, points::one(cursor, 7)?];
        let factor = |i: usize| Factor { g1_s: pairs[i].0, g1_sx: pairs[i].1, g2_spx: spx[i] };
        let malformed = FormatError::Contribution(number);
        let partial = State::from_bytes(&cursor.array::<STATE_BYTES>()?).ok_or(malformed.clone())?;
        let next_challenge = cursor.array()?;
        let (author, name) = read_signature(cursor).map_err(|_| malformed)?;
        let factors = [factor(0), factor(1), factor(2)];
        Ok(Self { tau1, tau2, alpha1, beta1, beta2, factors, partial, next_challenge, author, name })
    }
}

pub(super) fn read(section: &[u8]) -> Result<Vec<Powers>, FormatError> {
    let mut cursor = Cursor::new(section);
    let count = cursor.u32()? as usize;
    if count > MAX_CONTRIBUTIONS {
        return Err(FormatError::Count("contributions"));
    }
    let all = (1..=count).map(|number| Powers::read(&mut cursor, number)).collect::<Result<_, _>>()?;
    cursor.end().map_err(|_| FormatError::Size(7))?;
    Ok(all)
}

pub(super) fn to_bytes(all: &[Powers]) -> Vec<u8> {
    let mut out = (all.len() as u32).to_le_bytes().to_vec();
    for powers in all {
        powers.put(&mut out);
    }
    out
}
