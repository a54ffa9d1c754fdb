//! Credential roots of the past, and when each was superseded.

use std::collections::VecDeque;

use circuits::Fr;
use circuits::field::Element;
use serde::{Deserialize, Serialize};

use crate::record::StateRoot;
use crate::resource::MAX_ROOTS;

/// How current a credential root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootAge {
    /// The newest. Whether that is news, [`super::Follower::freshness`] tells.
    Current,
    /// Another root took its place.
    Superseded {
        /// So long ago.
        seconds: u64,
    },
    /// Not a root that was seen.
    Unknown,
}

/// The newest state root and the credential roots before it. At most [`MAX_ROOTS`] of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roots {
    newest: Option<StateRoot>,
    superseded: VecDeque<Superseded>,
}

/// A root of the past.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Superseded {
    root: Element,
    /// Unix seconds of the first state root known to differ, by the log's clock.
    at: u64,
    /// When this follower first saw a newer root, unix seconds by its own clock; states saved by older versions do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<u64>,
    /// Index of the newest state root that stated it; states saved by older versions do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
}

impl Roots {
    pub(super) fn newest(&self) -> Option<&StateRoot> {
        self.newest.as_ref()
    }
    /// Takes in the state root after the newest, at `now` (unix seconds).
    pub(super) fn push(&mut self, root: StateRoot, now: u64) {
        let next = root.root;
        let at = root.time;
        if let Some(before) = self.newest.replace(root)
            && before.root != next
        {
            let entry = Some(before.entries);
            self.superseded.push_back(Superseded { root: before.root, at, seen: Some(now), entry });
        }
        if self.superseded.len() > MAX_ROOTS {
            self.superseded.pop_front();
        }
    }
    /// Forgets all roots, because those between the newest and the next one are not known: the newest would be taken for
    /// fresher than it is.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
    /// Index of the newest state root that states this credential root, as far as is known.
    pub(super) fn entry(&self, root: &Fr) -> Option<u64> {
        if let Some(newest) = self.newest.as_ref().filter(|newest| newest.root.0 == *root) {
            return Some(newest.entries);
        }
        self.superseded.iter().rev().find(|s| s.root.0 == *root)?.entry
    }
    /// How current a root is at `now` (unix seconds). A superseded one is as old as either clock makes it.
    pub(super) fn age(&self, root: &Fr, now: u64) -> RootAge {
        if self.newest.as_ref().is_some_and(|newest| newest.root.0 == *root) {
            return RootAge::Current;
        }
        let last = self.superseded.iter().rev().find(|s| s.root.0 == *root);
        last.map_or(RootAge::Unknown, |s| RootAge::Superseded { seconds: now.saturating_sub(s.since()) })
    }
}

impl Superseded {
    /// Since when it has not been the newest: a log whose clock was ahead makes no old root younger, and a follower that was
    /// away does not begin to count when it comes back.
    fn since(&self) -> u64 {
        self.seen.map_or(self.at, |seen| seen.min(self.at))
    }
}
