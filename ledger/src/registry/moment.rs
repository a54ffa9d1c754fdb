//! Where and when an entry is judged, and by which rules.
//!
//! The rules have two editions, so that every log that was ever accepted is still read:
//!
//! | edition | approvals | addresses and texts | in force |
//! |---|---|---|---|
//! | first | may be bound to nothing and used again | any that the record's form takes | in a log until its first entry of the second |
//! | second | bound to one act, to the log as it was, and to an end | `https`, and characters that readers see | after that, and always for whatever is submitted |
//!
//! The first entry of the second edition is the first in the registry's part that carries `terms`, or registers a verifier.
//! It is found by everybody who reads the registry, light clients too, so all judge alike.

/// Where an entry stands or would stand, and what is known of the log's time there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Index of the entry.
    pub(super) index: u64,
    /// Unix seconds: what ends at this time or before has ended.
    pub(super) past: u64,
    /// Unix seconds: what ends after this time has not ended yet.
    pub(super) future: u64,
    pub(super) judged: Judged,
}

/// Why an entry is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// It is submitted: the newest rules hold.
    Anew,
    /// It is in a log: the rules hold that are in force there.
    InLog,
    /// Nobody has signed or approved it yet: the newest rules hold, but for those of signatures and approvals.
    Rehearsed,
}

/// Which rules are in force in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Edition {
    #[default]
    First,
    Second,
}

impl Moment {
    /// Of an entry that is submitted at `now` to a log whose newest state root has the time `stated` (unix seconds).
    ///
    /// Whatever is accepted so, every replay accepts: what ends is judged by the later of the two, and what must have
    /// ended by the earlier one, which is the time that a replay knows.
    pub fn submitted(index: u64, stated: u64, now: u64) -> Self {
        Self { index, past: now.max(stated), future: stated, judged: Judged::Anew }
    }
    /// Of a record that would be submitted like this and is not signed yet, see [`Registry::rehearse`](super::Registry::rehearse).
    pub fn rehearsed(index: u64, stated: u64, now: u64) -> Self {
        Self { judged: Judged::Rehearsed, ..Self::submitted(index, stated, now) }
    }
    /// Of an entry in a log, whose last state root before it has the time `stated` (unix seconds).
    pub fn replayed(index: u64, stated: u64) -> Self {
        Self::between(index, stated, stated)
    }
    /// Of an entry in a log, whose last state root before it has a time from `earliest` to `latest` (unix seconds).
    pub fn between(index: u64, earliest: u64, latest: u64) -> Self {
        Self { index, past: earliest, future: latest, judged: Judged::InLog }
    }
    /// Of an entry in a log, of whose time nothing is known.
    pub fn in_log(index: u64) -> Self {
        Self::between(index, 0, u64::MAX)
    }
}
