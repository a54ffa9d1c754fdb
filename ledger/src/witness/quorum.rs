//! How many of which witnesses must have cosigned a checkpoint before anybody accepts it.

use serde::{Deserialize, Serialize};

use crate::checkpoint::verify_cosignature;
use crate::note::{Note, NoteKey, NoteKind, NoteSignatureError};

/// The witnesses of a ledger, and how many of them must have cosigned a checkpoint.
///
/// Any two quorums share a witness, for otherwise two histories could each have one. JSON form: `quorum` and `keys`
/// (vkeys of kind `cosignature/v1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Quorum {
    needed: usize,
    witnesses: Vec<NoteKey>,
}

/// Why witnesses are not a quorum's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuorumError {
    /// More witnesses than signature lines are read.
    #[error("a ledger has at most {MAX_WITNESSES} witnesses")]
    TooMany,
    /// Two quorums without a common witness could each accept another history.
    #[error("the quorum must be more than half of the {0} witnesses, and not more than there are")]
    Size(usize),
    /// A key of a kind that does not cosign.
    #[error("the key `{0}` is not one for cosignature/v1")]
    Kind(String),
    /// Two witnesses have one name or one key.
    #[error("the witness `{0}` is there twice, by name or by key")]
    Duplicate(String),
}

/// A note lacks what the quorum asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lacking {
    /// Too few witnesses have cosigned.
    #[error("{given} witnesses cosigned; {needed} must")]
    Cosignatures {
        /// By the genesis.
        needed: usize,
        /// On the note.
        given: usize,
    },
    /// A line in the name of a witness does not verify.
    #[error("a cosignature in the name of a known witness does not verify")]
    BadCosignature,
}

impl Quorum {
    /// `needed` of these witnesses.
    pub fn new(needed: usize, witnesses: Vec<NoteKey>) -> Result<Self, QuorumError> {
        let count = witnesses.len();
        if count > MAX_WITNESSES {
            return Err(QuorumError::TooMany);
        }
        if needed > count || 2 * needed <= count {
            return Err(QuorumError::Size(count));
        }
        if let Some(other) = witnesses.iter().find(|w| w.kind != NoteKind::Cosignature) {
            return Err(QuorumError::Kind(other.name.to_string()));
        }
        let twice = |(i, w): &(usize, &NoteKey)| {
            witnesses.iter().take(*i).any(|before| before.name == w.name || before.key == w.key)
        };
        if let Some((_, twice)) = witnesses.iter().enumerate().find(twice) {
            return Err(QuorumError::Duplicate(twice.name.to_string()));
        }
        Ok(Self { needed, witnesses })
    }
    /// How many must have cosigned.
    pub fn needed(&self) -> usize {
        self.needed
    }
    /// Who may.
    pub fn witnesses(&self) -> &[NoteKey] {
        &self.witnesses
    }
    /// How many witnesses are in every set that meets each quorum: whoever hears so many hears one of any quorum.
    pub fn hearing(&self) -> usize {
        self.witnesses.len() - self.needed + 1
    }
    /// Checks that enough witnesses cosigned a note, and gives the times of their cosignatures (unix seconds). Lines of
    /// others are ignored.
    pub fn check(&self, note: &Note) -> Result<Vec<u64>, Lacking> {
        let mut times = Vec::new();
        for witness in &self.witnesses {
            match verify_cosignature(note, &witness.name, &witness.key) {
                Ok(time) => times.push(time),
                Err(NoteSignatureError::NotSigned) => {}
                Err(NoteSignatureError::BadSignature) => return Err(Lacking::BadCosignature),
            }
        }
        let (needed, given) = (self.needed, times.len());
        if given < needed { Err(Lacking::Cosignatures { needed, given }) } else { Ok(times) }
    }
    /// The time at which, or after which, as many witnesses as are needed cosigned: that of the newest cosignature but as
    /// many as are needed. `None` of too few.
    pub fn time(&self, times: &[u64]) -> Option<u64> {
        let mut times = times.to_vec();
        times.sort_unstable_by(|a, b| b.cmp(a));
        times.get(self.needed.checked_sub(1)?).copied()
    }
}

/// The JSON form, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    quorum: usize,
    keys: Vec<NoteKey>,
}

impl TryFrom<Unchecked> for Quorum {
    type Error = QuorumError;
    fn try_from(u: Unchecked) -> Result<Self, QuorumError> {
        Self::new(u.quorum, u.keys)
    }
}

impl From<Quorum> for Unchecked {
    fn from(q: Quorum) -> Self {
        Self { quorum: q.needed, keys: q.witnesses }
    }
}

/// Cosignatures in the checkpoint that every C2SP client reads; one line more is the log's own, which makes 16.
pub const MAX_PUBLISHED: usize = 15;
/// Witnesses of a ledger at most: their lines and the log's fit a note.
const MAX_WITNESSES: usize = 128;
