//! Publishes schemas, models, policies, disclosures, circuit keys and the verifiers' registrations on the ledger.

use anyhow::Context as _;
use circuits::{enroll, join, score, show};
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::follow::Follower;
use ledger::record::{
    Approval, ApprovalTerms, Disclosed, DisclosurePublish, Entry, KeyPublish, KeyUse, ModelPublish, Nonce,
    PolicyPublish, Record, RecordId, SchemaPublish, Signer, TrusteePublish, VerifierRegister, key_document,
};
use rand::rngs::OsRng;
use serde::Deserialize;
use serde_json::Value;
use service::civil_time::DAY_S;
use trustee_service::load_key;
use url::Url;

use super::context::{Context, department_id, now, number_of};
use crate::data_dir::Service;
use crate::departments::{DEPARTMENTS, Department, PUBLICATIONS, Publication, bilingual};
use crate::genesis::trustee_key;

/// Publishes everything. What is published already is recognised by its idempotency key.
pub(super) fn publish(context: &Context<'_>) -> anyhow::Result<String> {
    let mut entries = Vec::new();
    for (department, kind, text) in PUBLICATIONS {
        let record = record(kind, text).with_context(|| format!("a publication of {department}"))?;
        entries.push(sign(context, department, record)?);
    }
    let known = followed(context)?;
    let prover = &context.setup.prover;
    for (name, version, vk) in [
        (show::NAME, show::VERSION, prover.show.verifying_key()),
        (enroll::NAME, enroll::VERSION, prover.enroll.verifying_key()),
        (join::NAME, join::VERSION, prover.join.verifying_key()),
        (score::NAME, score::VERSION, prover.score.verifying_key()),
    ] {
        // Approvals are bound to a moment, so that the same act is never submitted in the same bytes again.
        if known.registry().key(&Digest::from_bytes(vk.digest())).is_none() {
            entries.push(sign(context, SUBMITTER, key(context, &known, name, version, vk)?)?);
        }
    }
    for department in &DEPARTMENTS {
        if let Some(address) = department.trustee() {
            entries.push(sign(context, department.id, trustee(context, department, address)?)?);
        }
    }
    for verifier in [&context.verifier, &context.short_lived_verifier] {
        let client_id = verifier.client_id()?;
        if known.registry().verifier(&client_id, now() + DAY_S).is_none() {
            entries.push(sign(context, SUBMITTER, registration(&client_id)?)?);
        }
    }
    context.ledger_client.submit(&entries)?;
    let policies = PUBLICATIONS.iter().filter(|p| p.1 == Publication::Policy).count();
    let all = entries.len();
    Ok(format!("{all} records, among them {policies} policies and 4 development keys"))
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
            let model: circuits::model::Model = serde_json::from_str(text)?;
            Record::Model(ModelPublish { id: id("model", model.id().as_str())?, model })
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
fn key(
    context: &Context<'_>,
    known: &Follower,
    circuit: &str,
    version: u32,
    vk: &VerifyingKey,
) -> anyhow::Result<Record> {
    let file = std::fs::read(context.data_dir.path("keys").join(format!("{circuit}-{version}.key")))?;
    let mut record = Record::Key(KeyPublish {
        id: id("key", &format!("{circuit}/{version}"))?,
        circuit: circuit.parse()?,
        version,
        valid_from: None,
        retire_at: None,
        vk: key_document(vk),
        vk_digest: Digest::from_bytes(vk.digest()),
        proving_key_digest: context.services.node().put_blob(&file)?,
        transcript_digest: None,
        key_use: KeyUse::Development,
        secrets: None,
        terms: None,
        approvals: Vec::new(),
    });
    record.bind(terms(known));
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

/// A department keeps shares of person secrets.
fn trustee(context: &Context<'_>, department: &Department, address: Service) -> anyhow::Result<Record> {
    let key = load_key(&trustee_key(context.data_dir, department))?;
    Ok(Record::Trustee(TrusteePublish {
        id: id("trustee", department.id)?,
        key: key.public(),
        url: context.data_dir.url(address).try_into()?,
    }))
}

/// A department registers a verifier's certificate for a year, so that wallets show the verifier's name as vouched for.
fn registration(client_id: &str) -> anyhow::Result<Record> {
    let until = now() + 365 * DAY_S;
    let hash: String = client_id.chars().filter(char::is_ascii_alphanumeric).take(36).collect();
    let complaints: Url = "https://12345.nanning.example/".parse()?;
    Ok(Record::Verifier(VerifierRegister {
        id: id("verifier", &format!("{hash}/{until}"))?,
        client_id: client_id.parse()?,
        name: bilingual("市民中心一号窗口", "Citizens' centre, counter 1"),
        address: bilingual("南宁市民族大道 1 号（虚构）", "1 Minzu Avenue, Nanning (invented)"),
        complaints: complaints.try_into()?,
        legal_basis: bilingual("市民中心窗口登记册第 1 号（虚构）", "Register of counters, no. 1 (invented)"),
        register: None,
        until,
    }))
}

/// The ledger as it is now.
pub(super) fn followed(context: &Context<'_>) -> anyhow::Result<Follower> {
    let mut follower = Follower::light(context.setup.genesis.clone());
    follower.sync(&context.ledger_client, now())?;
    Ok(follower)
}

/// Terms of approvals that are given and used at once.
pub(super) fn terms(known: &Follower) -> ApprovalTerms {
    let entries = known.checkpoint().map_or(0, |checkpoint| checkpoint.size);
    ApprovalTerms { nonce: Nonce::random(&mut OsRng), entries, expires: now() + DAY_S }
}

fn id(kind: &str, name: &str) -> anyhow::Result<RecordId> {
    Ok(format!("{kind}/{name}").parse()?)
}

pub(super) fn sign(context: &Context<'_>, department: &str, record: Record) -> anyhow::Result<Entry> {
    let key = &context.setup.keys[number_of(department)];
    let signer = Signer::Department(department_id(department));
    Ok(Entry::sign(context.setup.genesis.origin(), record, signer, key)?)
}

/// The department that submits what all departments approve.
const SUBMITTER: &str = "gongan.nanning";
