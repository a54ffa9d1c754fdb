//! What stands above every page: which counter, who works at it, where one can go; and at the foot of the first one:
//! what its verdicts rest on.

use service::staff::Clerk;
use service::web::{Layout, Translator};

use super::visit::{Right, Visit};
use super::words as keys;
use crate::relying_party::RelyingParty;

/// The banner of one person.
pub(super) struct Banner {
    /// The counter's name.
    pub(super) counter: String,
    /// The person's name; `None` for whoever sits at the machine.
    pub(super) name: Option<String>,
    /// The person's role, in words.
    pub(super) role: String,
    /// May ask.
    pub(super) asks: bool,
    /// May read the audit list.
    pub(super) audits: bool,
}

impl Banner {
    pub(super) fn new(visit: &Visit, layout: &Layout) -> Self {
        let name = match &visit.clerk {
            Clerk::Local => None,
            Clerk::Member { name, .. } => Some(name.as_str().to_owned()),
        };
        Self {
            counter: visit.state().relying_party().about().name.text(visit.language()).to_owned(),
            name,
            role: layout.say(&keys::role(visit.clerk.role())),
            asks: visit.has(Right::Ask),
            audits: visit.has(Right::ReadAudit),
        }
    }
}

/// The panel at the foot of the first page.
pub(super) struct Panel {
    /// The short and the whole digest of the key; `None` where there is none to use.
    pub(super) key: Option<(String, String)>,
    /// How long ago the ledger answered.
    pub(super) followed: Option<String>,
    /// How long ago its newest statement was made.
    pub(super) root: Option<String>,
    /// Why the counter cannot work; empty if it can.
    pub(super) not_ready: Vec<String>,
}

impl Panel {
    pub(super) fn new(relying_party: &RelyingParty, t: Translator<'_>) -> Self {
        let snapshot = relying_party.following().snapshot();
        let now = relying_party.now();
        let ago = |time: u64| age(t, now.saturating_sub(time));
        Self {
            key: relying_party.key().map(|key| (key.digest().short(), key.digest().to_string())),
            followed: snapshot.answered_at().map(ago),
            root: snapshot.stated_at().map(ago),
            not_ready: relying_party.not_ready().iter().map(|why| t.say(&keys::not_ready(why))).collect(),
        }
    }
}

/// How long ago, in the largest unit of which there is a whole one.
fn age(t: Translator<'_>, seconds: u64) -> String {
    let (unit, key) = AGES.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "age-seconds"));
    t.say1(key, "count", seconds / unit)
}

/// Seconds of each unit, largest first, and the key of its words.
pub(super) const AGES: [(u64, &str); 4] =
    [(86_400, "age-days"), (3_600, "age-hours"), (60, "age-minutes"), (1, "age-seconds")];
