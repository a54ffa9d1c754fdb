//! The state that is kept for a start, against the one that the entries derive at the same size.

use ledger::state::State;

use super::{Stop, differs};
use crate::derived::{self, Derived};
use crate::storage::Storage;

/// The file, and whether it was compared.
pub(super) enum Kept {
    /// There is none, which only makes the next start slower.
    None,
    /// It is not as it was written, or cannot be read.
    Damaged,
    /// It is about this many entries.
    At(u64, Vec<u8>),
    /// It is what the entries derive.
    Compared,
}

impl Kept {
    pub(super) fn of(storage: &dyn Storage) -> Self {
        match storage.read(derived::STATE) {
            Ok(None) => Self::None,
            Ok(Some(bytes)) => derived::size_of(&bytes).map_or(Self::Damaged, |size| Self::At(size, bytes)),
            Err(_) => Self::Damaged,
        }
    }
    /// To be called after every batch.
    pub(super) fn compare(&mut self, derived: &Derived, state: &State) -> Result<(), Stop> {
        match self {
            Self::At(size, bytes) if *size == state.size() => {
                if *bytes != derived.encode(state) {
                    return differs(derived::STATE, format!("is not what the first {size} entries derive"));
                }
                *self = Self::Compared;
                Ok(())
            }
            _ => Ok(()),
        }
    }
    /// To be called after the last batch.
    pub(super) fn finish(&self) -> Result<(), Stop> {
        match self {
            Self::None | Self::Compared => Ok(()),
            Self::Damaged => differs(derived::STATE, "is not as it was written"),
            Self::At(size, _) => {
                differs(derived::STATE, format!("is about {size} entries, which is no batch"))
            }
        }
    }
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::None)
    }
}
