//! Checking a bundle, from the ledger's signature down to the counter's.

mod keys;
mod linked;

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use circuits::model::Model;
use circuits::policy::{Catalogue, CheckedPolicy, CredentialQuery, Policy, Pseudonym};
use circuits::schema::{Schema, SchemaId};
use circuits::show;
use groth16::VerifyingKey;
use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::follow::{Included, open_checkpoint};
use ledger::record::{Entry, KeyUse, Record, Signer, StateRoot};
use ledger::registry::Registry;
use openid4vc::vp::{LinkedProof, Status};
use serde_json::Map;

use self::keys::keys;
use super::evidence::statement;
use super::seal::{self, Sealed};
use super::{AllProofs, Bundle, LinkedShowing, Part, ReceiptError, Revealed, Showing, Shown};
use crate::links::Links;

/// What is certain about a receipt that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The policy.
    pub policy: Policy,
    /// Whose it is.
    pub publisher: DepartmentId,
    /// The verifying key of the proofs of credentials.
    pub key: Digest,
    /// Those of the other proofs.
    pub linked_keys: Vec<Digest>,
    /// Whether somebody may have been able to forge the proofs.
    pub key_use: KeyUse,
    /// The state of the ledger that the proofs are about.
    pub root: StateRoot,
    /// Entries of the checkpoint.
    pub size: u64,
    /// Cosignatures that were needed; 0 on a ledger without witnesses.
    pub cosigned: usize,
    /// When `key` was retired, if that is known.
    pub retired_at: Option<u64>,
}

/// Checks a bundle. With `genesis`, the digest of the trusted ledger's genesis, it must be about that ledger; `revealed` is
/// what the citizen handed over, where the bundle leaves it out.
pub fn verify(
    bundle: &Bundle,
    genesis: Option<&Digest>,
    revealed: &Revealed,
) -> Result<VerifiedReceipt, ReceiptError> {
    let checkpoint = ledger(bundle, genesis)?;
    let root = root(bundle, &checkpoint)?;
    let (policy, publisher) = policy(bundle, &checkpoint)?;
    let keys = keys(bundle, &checkpoint)?;
    receipt(bundle, &policy)?;
    let links = Links::new(&policy, bundle.shown.iter().map(|shown| (shown.id.as_str(), shown.link)))?;
    proofs(bundle, (&policy, &publisher), &keys.show.verifies, &links, revealed)?;
    linked::verify(bundle, &policy, &keys, &links)?;
    sealed(bundle)?;
    Ok(VerifiedReceipt {
        policy: policy.policy().clone(),
        publisher,
        key: keys.show.record.vk_digest,
        linked_keys: keys.linked.iter().map(|key| key.record.vk_digest).collect(),
        key_use: keys.key_use(),
        root,
        size: checkpoint.size,
        cosigned: bundle.genesis.witnesses().map_or(0, ledger::witness::Quorum::needed),
        retired_at: keys.show.period.retire_at,
    })
}

/// The checkpoint, if it is of the ledger.
fn ledger(bundle: &Bundle, trusted: Option<&Digest>) -> Result<Checkpoint, ReceiptError> {
    let digest = bundle.genesis.digest();
    if digest != bundle.genesis_digest {
        return Err(ReceiptError::GenesisDigest);
    }
    if trusted.is_some_and(|trusted| *trusted != digest) {
        return Err(ReceiptError::OtherLedger);
    }
    open_checkpoint(bundle.checkpoint.as_bytes(), &bundle.genesis).map_err(ReceiptError::Checkpoint)
}

fn entry(included: &Included, checkpoint: &Checkpoint, part: Part) -> Result<Entry, ReceiptError> {
    included.check(checkpoint).map_err(|_| ReceiptError::NotInLog(part))
}

/// The state root, which the log signed about the entries before it.
fn root(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<StateRoot, ReceiptError> {
    let entry = entry(&bundle.root, checkpoint, Part::Root)?;
    let registry = Registry::new(bundle.genesis.clone());
    let root = registry.state_root(&entry).map_err(|_| ReceiptError::OtherRecord(Part::Root))?;
    if root.entries != bundle.root.index {
        return Err(ReceiptError::OtherRecord(Part::Root));
    }
    if bundle.receipt.root == Some(root.root) { Ok(root.clone()) } else { Err(ReceiptError::OtherRoot) }
}

/// The policy of the receipt, compiled with the schemas and models that the log has.
fn policy(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<(CheckedPolicy, DepartmentId), ReceiptError> {
    let entry = entry(&bundle.policy, checkpoint, Part::Policy)?;
    let (Record::Policy(record), Signer::Department(publisher)) = (entry.record(), entry.signer()) else {
        return Err(ReceiptError::OtherRecord(Part::Policy));
    };
    let policy = &record.policy;
    let receipt = &bundle.receipt;
    if policy.policy != receipt.policy || policy.digest() != receipt.policy_digest.0 {
        return Err(ReceiptError::OtherPolicy);
    }
    let authority = bundle.genesis.person_authority().cloned();
    let mut words = Vocabulary { authority, ..Vocabulary::default() };
    for included in &bundle.vocabulary {
        words.learn(&self::entry(included, checkpoint, Part::Vocabulary)?)?;
    }
    Ok((policy.check(&words)?, publisher.clone()))
}

/// What a policy is compiled with.
#[derive(Default)]
struct Vocabulary {
    /// By the genesis.
    authority: Option<DepartmentId>,
    schemas: BTreeMap<SchemaId, Schema>,
    models: BTreeMap<SchemaId, Model>,
}

impl Vocabulary {
    fn learn(&mut self, entry: &Entry) -> Result<(), ReceiptError> {
        match entry.record() {
            Record::Schema(r) => drop(self.schemas.insert(r.schema.schema.clone(), r.schema.clone())),
            Record::Model(r) => drop(self.models.insert(r.model.id().clone(), r.model.clone())),
            _ => return Err(ReceiptError::OtherRecord(Part::Vocabulary)),
        }
        Ok(())
    }
}

impl Catalogue for Vocabulary {
    fn person_authority(&self) -> Option<&DepartmentId> {
        self.authority.as_ref()
    }
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.schemas.get(id)
    }
    fn model(&self, id: &SchemaId) -> Option<&Model> {
        self.models.get(id)
    }
}

/// What the receipt says fits the session and the proofs.
fn receipt(bundle: &Bundle, policy: &CheckedPolicy) -> Result<(), ReceiptError> {
    let receipt = &bundle.receipt;
    let session = &bundle.session;
    if receipt.verdict != Status::Passed || receipt.reason.is_some() {
        return Err(ReceiptError::Verdict);
    }
    if !(session.asked_at..=session.expires_at).contains(&receipt.time) {
        return Err(ReceiptError::Time);
    }
    // It was judged no earlier than it was asked for.
    policy.check_start(session.asked_at)?;
    let named = matches!(policy.policy().pseudonym, Pseudonym::Named { .. });
    if receipt.nullifier == named.then_some(bundle.nullifier) { Ok(()) } else { Err(ReceiptError::Nullifier) }
}

fn proofs(
    bundle: &Bundle,
    policy: (&CheckedPolicy, &DepartmentId),
    key: &VerifyingKey,
    links: &Links,
    beside: &Revealed,
) -> Result<(), ReceiptError> {
    let queries = &policy.0.policy().credentials;
    let in_order = queries.iter().map(|query| &query.id).eq(bundle.shown.iter().map(|shown| &shown.id));
    if !in_order {
        return Err(ReceiptError::Shown);
    }
    for (query, showing) in queries.iter().zip(&bundle.shown) {
        proof(bundle, policy, (key, links), query, showing, beside.get(&query.id))?;
    }
    Ok(())
}

/// The inputs are built from policy, session and root; those of the bundle are only compared.
fn proof(
    bundle: &Bundle,
    (policy, publisher): (&CheckedPolicy, &DepartmentId),
    (key, links): (&VerifyingKey, &Links),
    query: &CredentialQuery,
    showing: &Showing,
    beside: Option<&Map<String, serde_json::Value>>,
) -> Result<(), ReceiptError> {
    let id = || query.id.clone();
    let nothing = Map::new();
    let revealed = match showing.revealed.as_ref().or(beside) {
        Some(revealed) => revealed,
        None if query.reveal.is_empty() => &nothing,
        None => return Err(ReceiptError::RevealedMissing { id: id() }),
    };
    let session = &bundle.session;
    let context = bundle.session.context();
    let (linked, link) = links.rows(&query.id);
    let public = show::Public {
        root: bundle.receipt.root.ok_or(ReceiptError::OtherRoot)?.0,
        now: session.asked_at.into(),
        context,
        scope: policy.scope(publisher, &context),
        linked,
        nullifier: bundle.nullifier.0,
        link,
        rows: policy.rows(&query.id, session.asked_at, revealed)?,
    };
    let inputs = public.to_inputs();
    let stated = |stated: &Vec<_>| stated.iter().map(|e: &circuits::field::Element| &e.0).eq(&inputs);
    if !showing.inputs.as_ref().is_none_or(stated) {
        return Err(ReceiptError::Inputs { id: id() });
    }
    key.verify(&inputs, &showing.proof).map_err(|_| ReceiptError::NotProved { id: id() })
}

/// The counter that the proofs are bound to signed this very receipt.
fn sealed(bundle: &Bundle) -> Result<(), ReceiptError> {
    let shown: Vec<Shown> = bundle.shown.iter().map(Showing::shown).collect();
    let across = bundle.across.as_ref().map(LinkedShowing::linked);
    let models: Vec<LinkedProof> = bundle.models.iter().map(LinkedShowing::linked).collect();
    let proofs = AllProofs { shown: &shown, across: across.as_ref(), models: &models };
    let statement = statement(&bundle.receipt, &bundle.session, &bundle.nullifier, proofs);
    let expected = Sealed { genesis: bundle.genesis_digest, statement };
    let signed = seal::open(&bundle.seal, &bundle.session.client_id);
    if signed == Some(expected) { Ok(()) } else { Err(ReceiptError::Seal) }
}
