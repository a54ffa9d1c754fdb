//! Publishes schemas, models, policies, disclosures, circuit keys and the verifiers' registrations on the ledger.

use anyhow::Context as _;
use circuits::{enroll, show};
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::record::{
    Approval, Disclosed, DisclosurePublish, Entry, KeyPublish, KeyUse, ModelPublish, PolicyPublish, Record,
    RecordId, SchemaPublish, Signer,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{Context, department_id, number_of};
use crate::departments::{DEPARTMENTS, PUBLICATIONS, Publication, bilingual};

/// Publishes everything. What is published already is recognised by its idempotency key.
pub(super) fn publish(context: &Context<'_>) -> anyhow::Result<String> {
    let mut entries = Vec::new();
    for (department, kind, text) in PUBLICATIONS {
        let record = record(kind, text).with_context(|| format!("a publication of {department}"))?;
        entries.push(sign(context, department, record)?);
    }
    entries.push(sign(
        context,
        SUBMITTER,
        key(context, show::NAME, show::VERSION, context.setup.prover.show.verifying_key())?,
    )?);
    let enroll_key = context.setup.prover.enroll.verifying_key();
    entries.push(sign(context, SUBMITTER, key(context, enroll::NAME, enroll::VERSION, enroll_key)?)?);
    for verifier in [&context.verifier, &context.short_lived_verifier] {
        entries.push(sign(context, SUBMITTER, verifier_registration(&verifier.client_id()?)?)?);
    }
    context.ledger_client.submit(&entries)?;
    let policies = PUBLICATIONS.iter().filter(|p| p.1 == Publication::Policy).count();
    let all = entries.len();
    Ok(format!("{all} records, among them {policies} policies and 2 development keys"))
}

/// Puts the verifier's verdict counts on the ledger, in the name of its department.
pub(super) fn publish_verdict_counts(context: &Context<'_>) -> anyhow::Result<String> {
    let document = context.verdict_counts.document();
    // A scenario that is repeated has other counts; the same counts are published once.
    let digest: String = Digest::of(document.to_string().as_bytes()).to_string().chars().take(24).collect();
    let record = Record::Disclosure(DisclosurePublish {
        id: id("counter-totals", &digest)?,
        category: "counter-totals".parse()?,
        title: bilingual("市民中心一号窗口核验统计", "Totals of the citizens' centre, counter 1"),
        content: Disclosed::Inline(document),
    });
    context.ledger_client.submit(&[sign(context, SUBMITTER, record)?])?;
    Ok(format!("{} policies", context.verdict_counts.policies()))
}

fn record(kind: Publication, text: &str) -> anyhow::Result<Record> {
    Ok(match kind {
        Publication::Schema => {
            let schema: circuits::schema::Schema = serde_json::from_str(text)?;
            Record::Schema(SchemaPublish { id: id("schema", schema.schema.as_str())?, schema })
        }
        Publication::Model => {
            let model: circuits::model::ScoringModel = serde_json::from_str(text)?;
            Record::Model(ModelPublish { id: id("model", model.model.as_str())?, model })
        }
        Publication::Policy => {
            let policy: circuits::policy::Policy = serde_json::from_str(text)?;
            Record::Policy(PolicyPublish { id: id("policy", policy.policy.as_str())?, policy })
        }
        Publication::Disclosure => {
            let d: Disclosure = serde_json::from_str(text)?;
            let content = Disclosed::Inline(d.document);
            Record::Disclosure(DisclosurePublish {
                id: id("disclosure", &d.category)?,
                category: d.category.parse()?,
                title: d.title,
                content,
            })
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disclosure {
    category: String,
    title: circuits::schema::Localized,
    document: Value,
}

/// A circuit's key with every department's approval; the key file goes to the node's blobs first.
fn key(context: &Context<'_>, circuit: &str, version: u32, vk: &VerifyingKey) -> anyhow::Result<Record> {
    let file = std::fs::read(context.data_dir.path("keys").join(format!("{circuit}-{version}.key")))?;
    let mut record = Record::Key(KeyPublish {
        id: id("key", &format!("{circuit}/{version}"))?,
        circuit: circuit.parse()?,
        version,
        valid_from: None,
        retire_at: None,
        vk: vk.to_json(),
        vk_digest: Digest::from_bytes(vk.digest()),
        proving_key_digest: context.services.node().put_blob(&file)?,
        transcript_digest: None,
        key_use: KeyUse::Development,
        secrets: None,
        approvals: Vec::new(),
    });
    for (department, key) in DEPARTMENTS.iter().zip(&context.setup.keys) {
        record.approve(Approval::sign(
            context.setup.genesis.origin(),
            &record,
            department.department_id(),
            key,
        )?);
    }
    Ok(record)
}

/// A department registers a verifier's certificate, so that wallets show the verifier's name as vouched for.
fn verifier_registration(client_id: &str) -> anyhow::Result<Record> {
    let hash: String = client_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let name = bilingual("市民中心一号窗口", "Citizens' centre, counter 1");
    Ok(Record::Disclosure(DisclosurePublish {
        id: id("counter", &hash)?,
        category: "counter".parse()?,
        title: name.clone(),
        content: Disclosed::Inline(json!({ "client_id": client_id, "name": name })),
    }))
}

fn id(kind: &str, name: &str) -> anyhow::Result<RecordId> {
    Ok(format!("{kind}/{name}").parse()?)
}

fn sign(context: &Context<'_>, department: &str, record: Record) -> anyhow::Result<Entry> {
    let key = &context.setup.keys[number_of(department)];
    let signer = Signer::Department(department_id(department));
    Ok(Entry::sign(context.setup.genesis.origin(), record, signer, key)?)
}

/// The department that submits what all departments approve.
const SUBMITTER: &str = "gongan.nanning";
