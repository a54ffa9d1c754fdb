//! What the counter's answers rest on: the key, and how fresh the ledger is.

use service::web::Translator;

use super::keys;
use super::times::age;
use crate::relying_party::RelyingParty;
use verifier::LedgerView;

/// The panel at the foot of the first page.
pub(super) struct Panel {
    /// The short and the whole digest of the key; `None` where there is none to use.
    pub(super) key: Option<(String, String)>,
    /// How long ago the ledger was followed.
    pub(super) followed: Option<String>,
    /// How long ago its newest root was made.
    pub(super) root: Option<String>,
    /// Why the counter cannot work; empty if it can.
    pub(super) unready: Vec<String>,
}

impl Panel {
    pub(super) fn of(counter: &RelyingParty, t: Translator<'_>) -> Self {
        let (snapshot, now) = (counter.following().snapshot(), counter.now());
        let ago = |time: u64| age(t, now.saturating_sub(time));
        Self {
            key: counter.key().map(|key| (key.digest().short(), key.digest().to_string())),
            followed: snapshot.followed_at().map(ago),
            root: snapshot.newest().map(|root| ago(root.time)),
            unready: counter.unready().iter().map(|why| t.say(&keys::unready(why))).collect(),
        }
    }
}
