//! From the bytes of a `vp_token` to a [`Verified`] answer, or to the first reason against it.
//!
//! The order is fixed: shape and bounds, key, root, rows, proof, one holder. Every row except the nullifier is rebuilt
//! from the policy, the request's time and the session; a wallet's word about them is never used. No policy speaks of a
//! credential in a further proof, so `linked` and `link` are 0.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::policy::{CheckedPolicy, CredentialQuery};
use circuits::show::Public;
use groth16::{Claim, PreparedVerifier};
use ledger::digest::Digest;
use ledger::follow::{Freshness, RootAge};
use openid4vc::vp::{Presentation, SYSTEM_ID, VpToken};
use rand::rngs::OsRng;

use crate::{Answer, ShowKey, ShowKeys, Verified, VerifyError};

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
    /// The one that all presentations are about.
    root: Fr,
    /// The one that all proofs name.
    key: ShowKey,
}

/// One credential's presentation, with the public inputs that its proof must be for.
pub(crate) struct CheckedPresentation {
    /// The policy's name for the credential.
    pub(crate) id: String,
    pub(crate) presentation: Presentation,
    public: Public,
}

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
) -> Result<Verified<Answer>, VerifyError> {
    let checked = check(request, || Ok(VpToken::parse(vp_token)?), view, keys, now)?;
    verify_batch(vec![checked]).pop().unwrap_or(Err(VerifyError::MissingCredential))
}

/// Everything but the proofs: all that [`verify_batch`] needs to check those of many answers together. `token`
/// reads the answer, after it is known that there is still time for one.
pub fn check(
    request: &SessionRequest,
    token: impl FnOnce() -> Result<VpToken, VerifyError>,
    view: &impl LedgerView,
    keys: &ShowKeys,
    now: u64,
) -> Result<Checked, VerifyError> {
    if now > request.expires_at {
        return Err(VerifyError::Expired { expired_at: request.expires_at });
    }
    let presentations = shape(request, token()?)?;
    let key = one_key(&presentations, keys, now)?.clone();
    let root = one_root(&presentations)?;
    fresh(&root, request, view, now)?;
    let presentations = presentations.into_iter().map(|(query, presentation)| {
        let public = request.public(query, &presentation)?;
        Ok(CheckedPresentation { id: query.id.clone(), presentation, public })
    });
    Ok(Checked { presentations: presentations.collect::<Result<_, VerifyError>>()?, root, key })
}

/// Checks the proofs of all these answers, those of one key together; one verdict for each, in their order. An
/// invalid proof is held against its own answer alone. Uses the threads of the current rayon pool.
pub fn verify_batch(checked: Vec<Checked>) -> Vec<Result<Verified<Answer>, VerifyError>> {
    let invalid = invalid_claims(&checked);
    let mut first = 0;
    let conclude = |answer: Checked| {
        let own = first..first + answer.presentations.len();
        first = own.end;
        let next = invalid.partition_point(|index| *index < own.start);
        let own_invalid = invalid.get(next).filter(|index| own.contains(index));
        answer.conclude(own_invalid.map(|index| index - own.start))
    };
    checked.into_iter().map(conclude).collect()
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

/// The one key that all proofs name, if it is used at this time.
fn one_key<'k>(
    presentations: &[Presented<'_>],
    keys: &'k ShowKeys,
    now: u64,
) -> Result<&'k ShowKey, VerifyError> {
    let named = common(presentations.iter().map(|(_, presentation)| presentation.key));
    let key = Digest::from_bytes(named.ok_or(VerifyError::SeveralKeys)?.0);
    keys.named(&key, now).map_err(|why| VerifyError::Key { key, why })
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
    /// The public inputs of one proof. From the presentation come only the root, which must be known, the
    /// nullifier, and the revealed values, which become equality atoms.
    fn public(&self, query: &CredentialQuery, presentation: &Presentation) -> Result<Public, VerifyError> {
        Ok(Public {
            root: presentation.root.0,
            now: self.now.into(),
            context: self.context,
            scope: self.policy.scope(&self.publisher, &self.context),
            linked: UNLINKED.into(),
            nullifier: presentation.nullifier.0,
            link: UNLINKED.into(),
            rows: self.policy.rows(&query.id, self.now, &presentation.revealed)?,
        })
    }
}

/// Claims that are checked together, each with its index among all.
struct Group<'a> {
    verifier: &'a PreparedVerifier,
    indexes: Vec<usize>,
    claims: Vec<Claim<'a>>,
}

/// By index among all claims, in ascending order.
fn invalid_claims(checked: &[Checked]) -> Vec<usize> {
    let mut groups: BTreeMap<&Digest, Group<'_>> = BTreeMap::new();
    let claims = checked.iter().flat_map(|answer| answer.claims().map(|claim| (&answer.key, claim)));
    for (index, (key, claim)) in claims.enumerate() {
        groups.entry(key.digest()).or_insert_with(|| Group::new(key)).add(index, claim);
    }
    let mut found: Vec<usize> = groups.into_values().flat_map(Group::invalid).collect();
    found.sort_unstable();
    found
}

impl<'a> Group<'a> {
    fn new(key: &'a ShowKey) -> Self {
        Self { verifier: key.verifier(), indexes: Vec::new(), claims: Vec::new() }
    }

    fn add(&mut self, index: usize, claim: Claim<'a>) {
        self.indexes.push(index);
        self.claims.push(claim);
    }

    fn invalid(self) -> Vec<usize> {
        let found = self.verifier.verify_batch(&self.claims, &mut OsRng);
        found.into_iter().filter_map(|place| self.indexes.get(place).copied()).collect()
    }
}

impl Checked {
    fn claims(&self) -> impl Iterator<Item = Claim<'_>> {
        self.presentations
            .iter()
            .map(|checked| Claim { inputs: checked.public.to_inputs(), proof: &checked.presentation.proof })
    }

    /// The verdict, once it is known which of the proofs is invalid.
    fn conclude(self, invalid: Option<usize>) -> Result<Verified<Answer>, VerifyError> {
        if let Some(index) = invalid {
            let credential = self.presentations.get(index).map(|checked| checked.id.clone());
            return Err(VerifyError::NotProved { credential: credential.unwrap_or_default() });
        }
        let nullifier = one_holder(&self.presentations)?;
        Ok(Verified::new(Answer::new(self.root, nullifier, self.presentations, &self.key)))
    }
}

/// One holder: all proofs share the scope, so equal nullifiers mean equal secrets and one index. In a named scope it is
/// one person, whose devices need not be the same.
fn one_holder(presentations: &[CheckedPresentation]) -> Result<Fr, VerifyError> {
    common(presentations.iter().map(|checked| checked.presentation.nullifier.0))
        .ok_or(VerifyError::SeveralHolders)
}

/// The rows `linked` and `link` of a proof of which no other proof of the answer speaks.
pub(crate) const UNLINKED: u64 = 0;
