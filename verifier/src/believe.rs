//! From the bytes of a `vp_token` to a [`Verified`] answer, or to the first reason against it.
//!
//! The order is fixed: shape and bounds, key, root, rows, proof, one holder. Every row except the nullifier is rebuilt
//! from the policy, the request's time and the session; a wallet's word about them is never used.

mod batch;
mod engine;
mod examined;
mod keys;
mod offline;
mod prepared;
mod refusal;
mod session;
mod verified;
mod view;

use circuits::Fr;
use circuits::policy::CredentialQuery;
use circuits::show::Public;
use circuits::wire::presenting::{Presentation, SYSTEM_ID, VpToken};

pub use engine::{Claim, Engine};
pub use examined::{Examined, prove};
pub use keys::{KeyError, ShowKey, ShowKeys};
pub use ledger::registry::Development;
pub use offline::{VerifiedOffline, verify_offline};
pub use prepared::Prepared;
pub use refusal::Refusal;
pub use session::SessionRequest;
pub use verified::{Answer, Verified};
pub use view::LedgerView;

use ledger::digest::Digest;
use ledger::follow::RootAge;

/// Judges the bytes of a `vp_token` against the request that they answer, at `now` (unix seconds).
///
/// The first rule that is broken is the reason. Whether the request was answered before is not known here: the store
/// spends it in the same transaction that keeps the receipt.
pub fn verify(
    request: &SessionRequest,
    vp_token: &[u8],
    view: &impl LedgerView,
    keys: &ShowKeys,
    now: u64,
) -> Result<Verified<Answer>, Refusal> {
    let examined = examine(request, || Ok(VpToken::parse(vp_token)?), view, keys, now)?;
    prove(vec![examined]).pop().unwrap_or(Err(Refusal::MissingCredential))
}

/// Everything but the proofs: all that [`prove`] needs to check those of many answers together. `token` reads the answer,
/// after it is known that there is still time for one.
pub fn examine<'a>(
    request: &'a SessionRequest,
    token: impl FnOnce() -> Result<VpToken, Refusal>,
    view: &impl LedgerView,
    keys: &ShowKeys,
    now: u64,
) -> Result<Examined<'a>, Refusal> {
    request.alive_at(now)?;
    let presentations = shape(request, token()?)?;
    let key = one_key(&presentations, keys, now)?.clone();
    let root = one_root(&presentations)?;
    fresh(&root, request, view, now)?;
    let publics = rebuild(request, &presentations)?;
    Ok(Examined { presentations, publics, root, key })
}

/// A query of the policy with what the wallet presents for it.
type Answered<'a> = (&'a CredentialQuery, Presentation);

/// Exactly the credentials that the policy asks for, each of the right kind, with exactly the attributes to reveal.
fn shape(request: &SessionRequest, VpToken(mut answers): VpToken) -> Result<Vec<Answered<'_>>, Refusal> {
    let queries = &request.policy.policy().credentials;
    let mut presentations = Vec::with_capacity(queries.len());
    for query in queries {
        let [presentation] = answers.remove(&query.id).ok_or(Refusal::MissingCredential)?;
        of_the_kind_asked(query, &presentation)?;
        presentations.push((query, presentation));
    }
    if answers.is_empty() { Ok(presentations) } else { Err(Refusal::ExtraCredential) }
}

fn of_the_kind_asked(query: &CredentialQuery, presentation: &Presentation) -> Result<(), Refusal> {
    if presentation.vct != query.schema {
        return Err(Refusal::OtherSchema);
    }
    if presentation.zk_system_id != SYSTEM_ID {
        return Err(Refusal::OtherSystem);
    }
    let asked = |name: &String| query.reveal.contains(name);
    let exactly =
        presentation.revealed.len() == query.reveal.len() && presentation.revealed.keys().all(asked);
    if exactly { Ok(()) } else { Err(Refusal::OtherAttributes) }
}

/// The one key that all proofs name, if it is used at this time.
fn one_key<'k>(presentations: &[Answered<'_>], keys: &'k ShowKeys, now: u64) -> Result<&'k ShowKey, Refusal> {
    let named = one(presentations, |p| p.key).ok_or(Refusal::SeveralKeys)?;
    let key = Digest::from_bytes(named.0);
    keys.named(&key, now).map_err(|why| Refusal::Key { key, why })
}

/// All proofs are about one state of the tree: credentials that never were valid together prove nothing together.
fn one_root(presentations: &[Answered<'_>]) -> Result<Fr, Refusal> {
    one(presentations, |p| p.root.0).ok_or(Refusal::SeveralRoots)
}

/// The value that all presentations share.
fn one<T: PartialEq>(presentations: &[Answered<'_>], value: impl Fn(&Presentation) -> T) -> Option<T> {
    let mut values = presentations.iter().map(|(_, presentation)| value(presentation));
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Known and fresh. A view that could not follow the ledger for longer than the policy's root age fails closed.
fn fresh(root: &Fr, request: &SessionRequest, view: &impl LedgerView, now: u64) -> Result<(), Refusal> {
    let limit = request.policy.policy().max_root_age_s;
    let unfollowed = view.followed_at().map(|at| now.saturating_sub(at));
    if unfollowed.is_none_or(|seconds| seconds > limit) {
        return Err(Refusal::NotFollowing { seconds: unfollowed });
    }
    match view.root_age(root, now) {
        RootAge::Current => Ok(()),
        RootAge::Superseded { seconds } if seconds <= limit => Ok(()),
        RootAge::Superseded { seconds } => Err(Refusal::StaleRoot { seconds, limit }),
        RootAge::Unknown => Err(Refusal::UnknownRoot),
    }
}

/// The public inputs, from what the verifier itself knows.
fn rebuild(request: &SessionRequest, presentations: &[Answered<'_>]) -> Result<Vec<Public>, Refusal> {
    presentations.iter().map(|(query, presentation)| request.public(query, presentation)).collect()
}

#[cfg(test)]
mod tests;
