//! What is known about a ceremony once it is verified.

use serde::Serialize;

use super::hashing::contribution_hash;
use super::parties::{self, Secrets, Unnamed};
use super::verify::transcript_digest;
use crate::iden3::ptau::Powers;
use crate::iden3::zkey::{Author, Contribution, Name, Record};

/// A verified ceremony. All hashes are lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Circuit name.
    pub circuit: &'static str,
    /// Circuit version.
    pub version: u32,
    /// Constraints of the circuit.
    pub constraints: usize,
    /// BLAKE2b-512 of the key before the first contribution.
    pub circuit_hash: String,
    /// Those who made the powers of τ. Each contribution was checked from the first on.
    pub phase1: Vec<Participant>,
    /// Those who contributed to this circuit's key.
    pub contributions: Vec<Participant>,
    /// Different parties among them who contributed a secret.
    pub secrets: Secrets,
    /// SHA-256 over the record of the ceremony: names it on the ledger.
    pub transcript_digest: String,
}

/// One contribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// From one.
    pub number: usize,
    /// Who and when, as the contributor wrote it: nothing in the file proves it.
    pub name: Option<String>,
    /// The number that the contributor was told and can confirm.
    pub hash: String,
    /// A person's secret, or public randomness.
    #[serde(flatten)]
    pub source: Source,
}

/// Where a factor came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// A secret of its contributor.
    Secret,
    /// Public randomness.
    Beacon {
        /// What was hashed, lower-case hex.
        value: String,
        /// 2^`exponent` times.
        exponent: u8,
    },
}

impl Report {
    pub(super) fn new(
        (circuit, version): (&'static str, u32),
        constraints: usize,
        (phase1, unnamed): (&[Powers], Unnamed),
        record: &Record,
    ) -> Self {
        let phase1: Vec<_> = (1..).zip(phase1).map(|(n, p)| Participant::from_powers(n, p)).collect();
        let contributions = Participant::all(record);
        let secrets = Secrets {
            phase1: parties::count(&phase1, unnamed),
            phase2: parties::count(&contributions, Unnamed::OneParty),
        };
        Self {
            circuit,
            version,
            constraints,
            circuit_hash: hex::encode(record.circuit_hash),
            phase1,
            contributions,
            secrets,
            transcript_digest: hex::encode(transcript_digest(record)),
        }
    }
}

impl Participant {
    pub(super) fn all(record: &Record) -> Vec<Self> {
        (1..).zip(&record.contributions).map(|(n, c)| Self::from_contribution(n, c)).collect()
    }

    fn from_contribution(number: usize, c: &Contribution) -> Self {
        Self::new(number, c.name.as_ref(), &contribution_hash(c), &c.author)
    }

    fn from_powers(number: usize, p: &Powers) -> Self {
        Self::new(number, p.name.as_ref(), &p.response_hash(), &p.author)
    }

    fn new(number: usize, name: Option<&Name>, hash: &[u8; 64], author: &Author) -> Self {
        let source = match author {
            Author::Person => Source::Secret,
            Author::Beacon { exponent, value } => {
                Source::Beacon { value: hex::encode(value), exponent: *exponent }
            }
        };
        Self { number, name: name.map(|n| n.as_str().to_owned()), hash: hex::encode(hash), source }
    }
}
