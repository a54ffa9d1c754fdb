//! Schemas, models, policies, disclosures, circuit keys and the counter's registration go on the ledger.

use anyhow::Context;
use circuits::{enroll, show};
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::record::{
    Approval, Disclosed, DisclosurePublish, Entry, KeyPublish, KeyUse, ModelPublish, PolicyPublish, Record,
    RecordId, SchemaPublish, Signer,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::stage::{Stage, department_id, number_of};
use crate::departments::{DEPARTMENTS, PUBLICATIONS, Publication, bilingual};

/// Publishes everything; what is there already is found so by its idempotency key.
pub(super) fn publish(stage: &Stage<'_>) -> anyhow::Result<String> {
    let mut entries = Vec::new();
    for (department, kind, text) in PUBLICATIONS {
        let record = record(kind, text).with_context(|| format!("a publication of {department}"))?;
        entries.push(sign(stage, department, record)?);
    }
    entries.push(sign(
        stage,
        GOVERNING,
        key(stage, show::NAME, show::VERSION, stage.founded.prover.show.verifying_key())?,
    )?);
    let enroll_key = stage.founded.prover.enroll.verifying_key();
    entries.push(sign(stage, GOVERNING, key(stage, enroll::NAME, enroll::VERSION, enroll_key)?)?);
    for clerk in [&stage.clerk, &stage.hasty] {
        entries.push(sign(stage, GOVERNING, counter(&clerk.client_id()?)?)?);
    }
    stage.client.submit(&entries)?;
    let (policies, all) = (PUBLICATIONS.iter().filter(|p| p.1 == Publication::Policy).count(), entries.len());
    Ok(format!("{all} records, among them {policies} policies and 2 development keys"))
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
fn key(stage: &Stage<'_>, circuit: &str, version: u32, vk: &VerifyingKey) -> anyhow::Result<Record> {
    let file = std::fs::read(stage.place.at("keys").join(format!("{circuit}-{version}.key")))?;
    let mut record = Record::Key(KeyPublish {
        id: id("key", &format!("{circuit}/{version}"))?,
        circuit: circuit.parse()?,
        version,
        valid_from: None,
        retire_at: None,
        vk: vk.to_json(),
        vk_digest: Digest::from_bytes(vk.digest()),
        proving_key_digest: stage.services.node().put_blob(&file)?,
        transcript_digest: None,
        key_use: KeyUse::Development,
        approvals: Vec::new(),
    });
    for (department, key) in DEPARTMENTS.iter().zip(&stage.founded.keys) {
        record.approve(Approval::sign(
            stage.founded.genesis.origin(),
            &record,
            department.department_id(),
            key,
        )?);
    }
    Ok(record)
}

/// Wallets show a counter's name as vouched for when a department registered its certificate.
fn counter(client_id: &str) -> anyhow::Result<Record> {
    let hash: String = client_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let name = bilingual("市民中心一号窗口", "Citizens' centre, counter 1");
    Ok(Record::Disclosure(DisclosurePublish {
        id: id("counter", &hash)?,
        category: "counter".parse()?,
        title: name.clone(),
        content: Disclosed::Inline(json!({ "client_id": client_id, "name": name })),
    }))
}

pub(super) fn id(kind: &str, name: &str) -> anyhow::Result<RecordId> {
    Ok(format!("{kind}/{name}").parse()?)
}

pub(super) fn sign(stage: &Stage<'_>, department: &str, record: Record) -> anyhow::Result<Entry> {
    let key = &stage.founded.keys[number_of(department)];
    let signer = Signer::Department(department_id(department));
    Ok(Entry::sign(stage.founded.genesis.origin(), record, signer, key)?)
}

/// Who hands in what all departments approve.
pub(super) const GOVERNING: &str = "gongan.nanning";
