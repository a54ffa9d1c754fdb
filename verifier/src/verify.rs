//! From the bytes of a `vp_token` to a [`Verified`] answer, or to the first reason against it.
//!
//! The order is fixed: time, shape and bounds, links, keys, root, rows, proofs, one holder. Every row except nullifiers and
//! links is rebuilt from the policy, the request's time and the session; a wallet's word about them is never used. A link is
//! whatever the proof of `show` says, and the proofs across credentials and of scores are checked for exactly that link, in
//! the same session. All proofs of an answer stand or fall together.

mod batch;

use std::cmp::Ordering;

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::policy::{CheckedPolicy, CredentialQuery};
use circuits::schema::SchemaId;
use circuits::show::Public;
use ledger::digest::Digest;
use ledger::follow::{Freshness, RootAge};
use openid4vc::vp::{KeyDigest, LinkedProof, Presentation, SYSTEM_ID, VpResponse, VpToken};

use crate::links::Links;
use crate::{Answer, CircuitKey, CircuitKeys, Keys, Verified, VerifyError};

pub use batch::verify_batch;

/// One request, as the verifier remembers it.
#[derive(Clone)]
pub struct SessionRequest {
    /// The policy, from the ledger.
    pub policy: CheckedPolicy,
    /// The department whose policy it is; a named scope is its.
    pub publisher: DepartmentId,
    /// Commits to client, nonce and response address.
    pub context: Fr,
    /// When the request was made, unix seconds: the `now` row of every proof.
    pub now: u64,
    /// Until when it may be answered, unix seconds.
    pub expires_at: u64,
}

/// The ledger as far as it was followed.
pub trait LedgerView {
    /// How current a root is at `now` (unix seconds).
    fn root_age(&self, root: &Fr, now: u64) -> RootAge;
    /// How old the newest statement of the ledger is at `now` (unix seconds), whenever it was read.
    fn freshness(&self, now: u64) -> Freshness;
}

/// An answer of which everything but the proofs was checked. Only [`check`] makes one.
pub struct Checked {
    /// In the order of the policy.
    presentations: Vec<CheckedPresentation>,
    /// The condition across credentials, if the policy has one.
    across: Option<CheckedLinked>,
    /// The conditions on scores, in the order of the policy.
    models: Vec<CheckedScore>,
    /// The one that all presentations are about.
    root: Fr,
    /// The one that all presentations name.
    key: CircuitKey,
}

/// One credential's presentation, with the public inputs that its proof must be for.
pub(crate) struct CheckedPresentation {
    /// The policy's name for the credential.
    pub(crate) id: String,
    pub(crate) presentation: Presentation,
    public: Public,
}

/// A proof about credentials behind links, with the public inputs that it must be for.
pub(crate) struct CheckedLinked {
    pub(crate) linked: LinkedProof,
    pub(crate) key: CircuitKey,
    inputs: Vec<Fr>,
}

/// A proof of a score.
pub(crate) struct CheckedScore {
    /// The policy's name for the credential.
    credential: String,
    model: SchemaId,
    pub(crate) proof: CheckedLinked,
}

/// Judges the bytes of an answer, a JSON object of `vp_token` and what is beside it, against the request that they answer, at
/// `now` (unix seconds).
///
/// The first rule that is broken is the reason. Whether the request was answered before is not known here: the store
/// spends it in the same transaction that keeps the receipt.
pub fn verify(
    request: &SessionRequest,
    response: &[u8],
    view: &impl LedgerView,
    keys: &Keys,
    now: u64,
) -> Result<Verified<Answer>, VerifyError> {
    let checked = check(request, || Ok(VpResponse::parse(response)?), view, keys, now)?;
    verify_batch(vec![checked]).pop().unwrap_or(Err(VerifyError::MissingCredential))
}

/// Everything but the proofs: all that [`verify_batch`] needs to check those of many answers together. `response`
/// reads the answer, after it is known that there is still time for one.
pub fn check(
    request: &SessionRequest,
    response: impl FnOnce() -> Result<VpResponse, VerifyError>,
    view: &impl LedgerView,
    keys: &Keys,
    now: u64,
) -> Result<Checked, VerifyError> {
    if now > request.expires_at {
        return Err(VerifyError::Expired { expired_at: request.expires_at });
    }
    // The earlier of the two, so that neither a request of the evening before nor a clock that was set back begins a scope.
    request.policy.check_start(request.now.min(now))?;
    let VpResponse { vp_token, across, models } = response()?;
    let presentations = shape(request, vp_token)?;
    let presented = presentations.iter().map(|(query, one)| (query.id.as_str(), one.link));
    let links = Links::new(&request.policy, presented)?;
    exactly_the_conditions(&request.policy, across.as_ref(), &models)?;
    let key = one_key(&presentations, &keys.show, now)?.clone();
    let root = one_root(&presentations)?;
    fresh(&root, request, view, now)?;
    let presentations = presentations.into_iter().map(|(query, presentation)| {
        let public = request.public(query, &presentation, &links)?;
        Ok(CheckedPresentation { id: query.id.clone(), presentation, public })
    });
    Ok(Checked {
        presentations: presentations.collect::<Result<_, VerifyError>>()?,
        across: request.across(across, &links, &keys.join, now)?,
        models: request.models(models, &links, &keys.score, now)?,
        root,
        key,
    })
}

/// A query of the policy with what the wallet presents for it.
type Presented<'a> = (&'a CredentialQuery, Presentation);

/// Exactly the credentials that the policy asks for, each of the right kind, with exactly the attributes to reveal.
fn shape(request: &SessionRequest, VpToken(mut answers): VpToken) -> Result<Vec<Presented<'_>>, VerifyError> {
    let queries = &request.policy.policy().credentials;
    let mut presentations = Vec::with_capacity(queries.len());
    for query in queries {
        let [presentation] = answers.remove(&query.id).ok_or(VerifyError::MissingCredential)?;
        of_the_kind_asked(query, &presentation)?;
        presentations.push((query, presentation));
    }
    if answers.is_empty() { Ok(presentations) } else { Err(VerifyError::ExtraCredential) }
}

fn of_the_kind_asked(query: &CredentialQuery, presentation: &Presentation) -> Result<(), VerifyError> {
    if presentation.vct != query.schema {
        return Err(VerifyError::OtherSchema);
    }
    if presentation.zk_system_id != SYSTEM_ID {
        return Err(VerifyError::OtherSystem);
    }
    let asked = |name: &String| query.reveal.contains(name);
    let exactly =
        presentation.revealed.len() == query.reveal.len() && presentation.revealed.keys().all(asked);
    if exactly { Ok(()) } else { Err(VerifyError::OtherAttributes) }
}

/// A proof for each condition of the policy beyond single credentials, and no other.
fn exactly_the_conditions(
    policy: &CheckedPolicy,
    across: Option<&LinkedProof>,
    models: &[LinkedProof],
) -> Result<(), VerifyError> {
    match (policy.policy().across.is_some(), across.is_some()) {
        (true, false) => return Err(VerifyError::MissingAcross),
        (false, true) => return Err(VerifyError::ExtraAcross),
        (true, true) | (false, false) => {}
    }
    let asked = policy.policy().models.len();
    let given = models.len();
    match given.cmp(&asked) {
        Ordering::Less => Err(VerifyError::MissingScore { asked, given }),
        Ordering::Greater => Err(VerifyError::ExtraScore { asked, given }),
        Ordering::Equal => Ok(()),
    }
}

/// The one key that all presentations name, if it is used at this time.
fn one_key<'k>(
    presentations: &[Presented<'_>],
    keys: &'k CircuitKeys,
    now: u64,
) -> Result<&'k CircuitKey, VerifyError> {
    let key = common(presentations.iter().map(|(_, presentation)| presentation.key));
    named(key.ok_or(VerifyError::SeveralKeys)?, keys, now)
}

/// The key of this digest, if it is one of the statement and used at this time.
fn named(key: KeyDigest, keys: &CircuitKeys, now: u64) -> Result<&CircuitKey, VerifyError> {
    let key = Digest::from_bytes(key.0);
    let circuit = keys.circuit();
    keys.named(&key, now).map_err(|why| VerifyError::Key { circuit, key, why })
}

/// All proofs are about one state of the tree: credentials that never were valid together prove nothing together.
fn one_root(presentations: &[Presented<'_>]) -> Result<Fr, VerifyError> {
    common(presentations.iter().map(|(_, presentation)| presentation.root.0)).ok_or(VerifyError::SeveralRoots)
}

/// The value that all of them are; `None` if two differ, or there is none.
fn common<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// Known and fresh. Where the newest statement of the ledger is older than the policy accepts a root, nothing is believed:
/// it may have been superseded since, and an answer that repeats an old one says nothing of that.
fn fresh(root: &Fr, request: &SessionRequest, view: &impl LedgerView, now: u64) -> Result<(), VerifyError> {
    let limit = request.policy.policy().max_root_age_s;
    match view.freshness(now) {
        Freshness::Never => return Err(VerifyError::NotFollowing),
        Freshness::Ahead { seconds } => return Err(VerifyError::Clocks { seconds }),
        Freshness::Stated { seconds } if seconds > limit => {
            return Err(VerifyError::OldStatement { seconds, limit });
        }
        Freshness::Stated { .. } => {}
    }
    match view.root_age(root, now) {
        RootAge::Current => Ok(()),
        RootAge::Superseded { seconds } if seconds <= limit => Ok(()),
        RootAge::Superseded { seconds } => Err(VerifyError::StaleRoot { seconds, limit }),
        RootAge::Unknown => Err(VerifyError::UnknownRoot),
    }
}

impl SessionRequest {
    /// The public inputs of one presentation. From it come only the root, which must be known, the nullifier, the link, and
    /// the revealed values, which become equality atoms.
    fn public(
        &self,
        query: &CredentialQuery,
        presentation: &Presentation,
        links: &Links,
    ) -> Result<Public, VerifyError> {
        let (linked, link) = links.rows(&query.id);
        Ok(Public {
            root: presentation.root.0,
            now: self.now.into(),
            context: self.context,
            scope: self.policy.scope(&self.publisher, &self.context),
            linked,
            nullifier: presentation.nullifier.0,
            link,
            rows: self.policy.rows(&query.id, self.now, &presentation.revealed)?,
        })
    }

    /// The condition across credentials, about the links of this very answer.
    fn across(
        &self,
        proof: Option<LinkedProof>,
        links: &Links,
        keys: &CircuitKeys,
        now: u64,
    ) -> Result<Option<CheckedLinked>, VerifyError> {
        let Some(public) = links.join(&self.policy, self.context, self.now)? else { return Ok(None) };
        let linked = proof.ok_or(VerifyError::MissingAcross)?;
        let key = named(linked.key, keys, now)?.clone();
        Ok(Some(CheckedLinked { linked, key, inputs: public.to_inputs() }))
    }

    /// The conditions on scores, each about the link of its credential.
    fn models(
        &self,
        proofs: Vec<LinkedProof>,
        links: &Links,
        keys: &CircuitKeys,
        now: u64,
    ) -> Result<Vec<CheckedScore>, VerifyError> {
        let publics = links.scores(&self.policy, self.context);
        let all = self.policy.policy().models.iter().zip(publics).zip(proofs);
        all.map(|((condition, public), linked)| {
            let key = named(linked.key, keys, now)?.clone();
            let proof = CheckedLinked { linked, key, inputs: public.to_inputs() };
            let credential = condition.credential.clone();
            Ok(CheckedScore { credential, model: condition.model.clone(), proof })
        })
        .collect()
    }
}
