//! How many of which witnesses must have cosigned a checkpoint before anybody accepts it.

use serde::{Deserialize, Serialize};

use crate::checkpoint::verify_cosignature;
use crate::note::{KeyName, Note, NoteKey, NoteKind, NoteSignatureError};

/// The witnesses of a ledger, and how many of them must have cosigned a checkpoint.
///
/// Any two quorums share a witness, for otherwise two histories could each have one. Some witnesses may replay the log, and
/// so many of those must be among the cosigners. JSON form: `quorum` and `keys` (vkeys of kind `cosignature/v1`), and
/// `replay` with `quorum` and `witnesses` (names) where witnesses replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Quorum {
    needed: usize,
    witnesses: Vec<NoteKey>,
    replay: Option<ReplayRule>,
}

/// What a witness's cosignature says of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitnessKind {
    /// That it extends the one before.
    Consistency,
    /// That, and that every entry up to it keeps the rules and every root that they state derives from them.
    Replaying,
}

/// How many of which witnesses must have replayed the log up to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayRule {
    quorum: usize,
    witnesses: Vec<KeyName>,
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
    /// Nobody would have to replay, or more than do.
    #[error("the number of replaying witnesses that must cosign must be between 1 and those there are ({0})")]
    ReplaySize(usize),
    /// A replaying witness without a key.
    #[error("`{0}` is to replay the log, and is not one of the witnesses")]
    NotAWitness(KeyName),
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
    /// Too few of the witnesses that replay the log have cosigned.
    #[error("{given} replaying witnesses cosigned; {needed} must")]
    Replayed {
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
        Ok(Self { needed, witnesses, replay: None })
    }
    /// The same where the witnesses of these names replay the log, and `needed` of them must be among those who cosign.
    pub fn replayed_by(self, needed: usize, names: Vec<KeyName>) -> Result<Self, QuorumError> {
        if !(1..=names.len()).contains(&needed) {
            return Err(QuorumError::ReplaySize(names.len()));
        }
        if let Some(stranger) = names.iter().find(|name| !self.witnesses.iter().any(|w| w.name == **name)) {
            return Err(QuorumError::NotAWitness(stranger.clone()));
        }
        let twice = |(i, name): &(usize, &KeyName)| names.iter().take(*i).any(|before| before == *name);
        if let Some((_, twice)) = names.iter().enumerate().find(twice) {
            return Err(QuorumError::Duplicate(twice.to_string()));
        }
        Ok(Self { replay: Some(ReplayRule { quorum: needed, witnesses: names }), ..self })
    }
    /// How many must have cosigned.
    pub fn needed(&self) -> usize {
        self.needed
    }
    /// Who may.
    pub fn witnesses(&self) -> &[NoteKey] {
        &self.witnesses
    }
    /// How many of those who replay the log must have cosigned; 0 where nobody has to.
    pub fn replay_needed(&self) -> usize {
        self.replay.as_ref().map_or(0, |rule| rule.quorum)
    }
    /// What the cosignature of the witness of this name says.
    pub fn kind(&self, name: &KeyName) -> WitnessKind {
        let replays = self.replay.as_ref().is_some_and(|rule| rule.witnesses.contains(name));
        if replays { WitnessKind::Replaying } else { WitnessKind::Consistency }
    }
    /// Lines of witnesses that a checkpoint has at least.
    pub fn lines(&self) -> usize {
        self.needed.max(self.replay_needed())
    }
    /// Where the line of the witness of this name stands among those of a checkpoint: those who replay come first, so that
    /// the fewest lines hold a quorum. `None` if it is no witness.
    pub fn place(&self, name: &KeyName) -> Option<usize> {
        let place = self.witnesses.iter().position(|witness| witness.name == *name)?;
        Some(match self.kind(name) {
            WitnessKind::Replaying => place,
            WitnessKind::Consistency => self.witnesses.len() + place,
        })
    }
    /// How many witnesses are in every set that meets each quorum: whoever hears so many hears one of any quorum.
    pub fn hearing(&self) -> usize {
        self.witnesses.len() - self.needed + 1
    }
    /// Checks that enough witnesses cosigned a note, and gives the times of their cosignatures (unix seconds). Lines of
    /// others are ignored.
    pub fn check(&self, note: &Note) -> Result<Vec<u64>, Lacking> {
        let mut given = Vec::new();
        let mut times = Vec::new();
        for witness in &self.witnesses {
            match verify_cosignature(note, &witness.name, &witness.key) {
                Ok(time) => {
                    given.push(&witness.name);
                    times.push(time);
                }
                Err(NoteSignatureError::NotSigned) => {}
                Err(NoteSignatureError::BadSignature) => return Err(Lacking::BadCosignature),
            }
        }
        self.suffices(&given).map(|()| times)
    }
    /// Whether it is enough if these witnesses, who are distinct, have cosigned.
    pub fn suffices(&self, given: &[&KeyName]) -> Result<(), Lacking> {
        let needed = self.needed;
        if given.len() < needed {
            return Err(Lacking::Cosignatures { needed, given: given.len() });
        }
        let replayed = given.iter().filter(|name| self.kind(name) == WitnessKind::Replaying).count();
        let needed = self.replay_needed();
        if replayed < needed { Err(Lacking::Replayed { needed, given: replayed }) } else { Ok(()) }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replay: Option<ReplayRule>,
}

impl TryFrom<Unchecked> for Quorum {
    type Error = QuorumError;
    fn try_from(u: Unchecked) -> Result<Self, QuorumError> {
        let quorum = Self::new(u.quorum, u.keys)?;
        match u.replay {
            None => Ok(quorum),
            Some(rule) => quorum.replayed_by(rule.quorum, rule.witnesses),
        }
    }
}

impl From<Quorum> for Unchecked {
    fn from(q: Quorum) -> Self {
        Self { quorum: q.needed, keys: q.witnesses, replay: q.replay }
    }
}

/// Cosignatures in the checkpoint that every C2SP client reads; one line more is the log's own, which makes 16.
pub const MAX_PUBLISHED: usize = 15;
/// Witnesses of a ledger at most: their lines and the log's fit a note.
const MAX_WITNESSES: usize = 128;
