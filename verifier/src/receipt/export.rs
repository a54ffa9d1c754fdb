//! Making a bundle from what the counter kept and from the ledger as it is now.

use std::collections::BTreeSet;

use circuits::Fr;
use circuits::policy::{CheckedPolicy, CredentialQuery};
use circuits::show;
use ledger::digest::Digest;
use ledger::follow::{Archive, FollowError, Follower, Included};
use ledger::registry::{PublishedKey, PublishedPolicy};
use ledger::source::Source;
use openid4vc::vp::{KeyDigest, LinkedProof, Receipt};
use serde_json::Value;

use super::bundle::Version;
use super::{Bundle, Evidence, LinkedKey, LinkedShowing, Revealed, Showing};
use crate::links::Links;

/// What the counter has of a receipt.
pub struct Kept {
    /// What it gave out.
    pub receipt: Receipt,
    /// What it kept beside.
    pub evidence: Evidence,
    /// What the citizen handed over, as long as it is there.
    pub revealed: Revealed,
}

/// Whether a bundle holds what the citizen handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclose {
    /// It does not: who checks must know it.
    Nothing,
    /// It does, and is personal data.
    Revealed,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The ledger cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The ledger no longer has what the receipt names: it is another ledger.
    #[error("the ledger has no such {0}")]
    NotOnLedger(&'static str),
    /// The values were wiped.
    #[error("what was revealed is not kept any more")]
    Wiped,
    /// The policy gives no rows for what is kept.
    #[error("the policy gives no rows at {0}")]
    NoRows(String),
}

/// Makes a bundle. `follower` has caught up with `source`.
pub fn export<S: Source + ?Sized>(
    kept: &Kept,
    follower: &Follower,
    source: &S,
    disclose: Disclose,
) -> Result<Bundle, ExportError> {
    let Kept { receipt, evidence, .. } = kept;
    let policy = policy(kept, follower)?;
    let links = links(kept, policy)?;
    let linked = linked(kept, policy, &links)?;
    let key = key(kept.receipt.key, follower)?;
    let archive = Archive::open(source, follower)?;
    let entry = |index| archive.entry(index).map_err(ExportError::from);
    Ok(Bundle {
        bundle: Version::One,
        receipt: receipt.clone(),
        session: evidence.session.clone(),
        nullifier: evidence.nullifier,
        shown: shown(kept, policy, &links, disclose)?,
        policy: entry(policy.index)?,
        vocabulary: vocabulary(&policy.checked, follower)
            .into_iter()
            .map(entry)
            .collect::<Result<Vec<Included>, _>>()?,
        key: entry(key.index)?,
        retirement: key.retirement.map(|retirement| entry(retirement.index)).transpose()?,
        linked_keys: keys_of(&linked)
            .map(|digest| {
                let key = self::key(Some(digest), follower)?;
                let retirement = key.retirement.map(|retirement| entry(retirement.index)).transpose()?;
                Ok(LinkedKey { key: entry(key.index)?, retirement })
            })
            .collect::<Result<_, ExportError>>()?,
        across: linked.across,
        models: linked.models,
        root: entry(root(kept, follower)?)?,
        checkpoint: archive.note(),
        genesis: follower.genesis().clone(),
        genesis_digest: follower.genesis().digest(),
        seal: evidence.seal.clone(),
    })
}

fn policy<'f>(kept: &Kept, follower: &'f Follower) -> Result<&'f PublishedPolicy, ExportError> {
    let published = follower.registry().policy(&kept.receipt.policy);
    let same = |policy: &&PublishedPolicy| policy.digest.as_bytes() == &kept.receipt.policy_digest.0;
    published.filter(same).ok_or(ExportError::NotOnLedger("policy"))
}

fn key(digest: Option<KeyDigest>, follower: &Follower) -> Result<&PublishedKey, ExportError> {
    let digest = digest.map(|key| Digest::from_bytes(key.0));
    digest.and_then(|digest| follower.registry().key(&digest)).ok_or(ExportError::NotOnLedger("key"))
}

/// Index of a state root that states the receipt's credential root.
fn root(kept: &Kept, follower: &Follower) -> Result<u64, ExportError> {
    let known = || follower.root_entry(&kept.receipt.root?.0);
    kept.evidence.root_entry.or_else(known).ok_or(ExportError::NotOnLedger("root"))
}

/// Indices of the schemas and models that a policy names.
fn vocabulary(policy: &CheckedPolicy, follower: &Follower) -> BTreeSet<u64> {
    let registry = follower.registry();
    let policy = policy.policy();
    let schemas = policy.credentials.iter().filter_map(|query| registry.published_schema(&query.schema));
    let mut named = BTreeSet::new();
    let json = serde_json::to_value(policy).unwrap_or_default();
    models(&json, &mut named);
    let models = registry.models().filter(|model| named.contains(model.item.id().as_str()));
    let models: Vec<u64> = models.map(|model| model.index).collect();
    schemas.map(|schema| schema.index).chain(models).collect()
}

/// Every text under a member `model`.
fn models(json: &Value, named: &mut BTreeSet<String>) {
    match json {
        Value::Object(members) => {
            named.extend(members.get("model").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| models(member, named));
        }
        Value::Array(items) => items.iter().for_each(|item| models(item, named)),
        _ => {}
    }
}

fn links(kept: &Kept, policy: &PublishedPolicy) -> Result<Links, ExportError> {
    let shown = kept.evidence.shown.iter().map(|shown| (shown.id.as_str(), shown.link));
    Links::new(&policy.checked, shown).map_err(|_| ExportError::NotOnLedger("policy"))
}

/// The proofs beyond credentials, with what they prove.
struct Linked {
    across: Option<LinkedShowing>,
    models: Vec<LinkedShowing>,
}

fn linked(kept: &Kept, policy: &PublishedPolicy, links: &Links) -> Result<Linked, ExportError> {
    let Evidence { session, across, models, .. } = &kept.evidence;
    let context = session.context();
    let join = links.join(&policy.checked, context, session.asked_at);
    let join = join.map_err(|error| ExportError::NoRows(error.path))?;
    let scores = links.scores(&policy.checked, context);
    let showing = |proof: &LinkedProof, inputs: Vec<Fr>| LinkedShowing {
        key: proof.key,
        proof: proof.proof.clone(),
        inputs: inputs.into_iter().map(Into::into).collect(),
    };
    Ok(Linked {
        across: across.as_ref().zip(join).map(|(proof, public)| showing(proof, public.to_inputs())),
        models: models.iter().zip(scores).map(|(proof, public)| showing(proof, public.to_inputs())).collect(),
    })
}

/// The digests that they name, each once.
fn keys_of(linked: &Linked) -> impl Iterator<Item = KeyDigest> {
    let mut keys: Vec<KeyDigest> = Vec::new();
    for showing in linked.across.iter().chain(&linked.models) {
        if !keys.contains(&showing.key) {
            keys.push(showing.key);
        }
    }
    keys.into_iter()
}

fn shown(
    kept: &Kept,
    policy: &PublishedPolicy,
    links: &Links,
    disclose: Disclose,
) -> Result<Vec<Showing>, ExportError> {
    let queries = &policy.checked.policy().credentials;
    let shown = kept.evidence.shown.iter().zip(queries);
    shown.map(|(shown, query)| showing(kept, policy, query, (shown, links), disclose)).collect()
}

fn showing(
    kept: &Kept,
    policy: &PublishedPolicy,
    query: &CredentialQuery,
    (shown, links): (&super::Shown, &Links),
    disclose: Disclose,
) -> Result<Showing, ExportError> {
    let id = shown.id.clone();
    let link = shown.link;
    let proof = shown.proof.clone();
    let revealed = match (query.reveal.is_empty(), disclose) {
        (true, _) => None,
        (false, Disclose::Nothing) => return Ok(Showing { id, link, proof, inputs: None, revealed: None }),
        (false, Disclose::Revealed) => Some(kept.revealed.get(&query.id).ok_or(ExportError::Wiped)?.clone()),
    };
    let session = &kept.evidence.session;
    let context = kept.evidence.session.context();
    let (linked, row) = links.rows(&query.id);
    let none = serde_json::Map::new();
    let rows = policy.checked.rows(&query.id, session.asked_at, revealed.as_ref().unwrap_or(&none));
    let public = show::Public {
        root: kept.receipt.root.ok_or(ExportError::NotOnLedger("root"))?.0,
        now: session.asked_at.into(),
        context,
        scope: policy.checked.scope(&policy.publisher, &context),
        linked,
        nullifier: kept.evidence.nullifier.0,
        link: row,
        rows: rows.map_err(|error| ExportError::NoRows(error.path))?,
    };
    let inputs = public.to_inputs().into_iter().map(Into::into).collect();
    Ok(Showing { id, link, proof, inputs: Some(inputs), revealed })
}
