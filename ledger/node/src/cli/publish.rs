//! `ledger publish`.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use circuits::credential::DepartmentId;
use ledger::canonical;
use ledger::client::{Accepted, Client, SubmitError};
use ledger::digest::Digest;
use ledger::follow::Follower;
use ledger::key::DepartmentKey;
use ledger::note::KeyName;
use ledger::record::{Approval, Entry, Record, RecordKind};
use ledger::registry::Registry;
use serde_json::{Value, json};

use super::PublishArgs;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};

pub(super) fn publish(args: &PublishArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let client = Client::new(args.url.url.clone());
    let registry = registry(&client)?;
    let signers =
        args.keys.iter().map(|path| Signer::load(path, &registry)).collect::<Result<Vec<_>, _>>()?;
    let origin = registry.genesis().origin();
    let mut bodies = Vec::new();
    for path in &args.files {
        bodies.extend(read_bodies(path)?);
    }
    let entries =
        bodies.into_iter().map(|body| sign(origin, body, &signers)).collect::<Result<Vec<_>, _>>()?;
    let accepted = submit(&client, &entries)?;
    let answers: Vec<Value> =
        entries.iter().zip(&accepted).map(|(entry, accepted)| answer(entry, accepted)).collect();
    shell.answer(&answers, || answers.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(Verdict::Yes)
}

/// A department that signs, with its key.
pub(super) struct Signer {
    pub(super) id: DepartmentId,
    pub(super) key: DepartmentKey,
}

impl Signer {
    /// Reads a key file; whose key it is, the registry says.
    pub(super) fn load(path: &Path, registry: &Registry) -> Result<Self, CommandError> {
        let key = DepartmentKey::load(path).or_fail(
            "bad_key",
            path.display(),
            "Give a file that `ledger keygen` wrote.",
        )?;
        let public = key.public();
        let owner = registry.departments().find(|department| department.key == public);
        let message = format!("{} is not the key of a department of this ledger", path.display());
        let remedy = "Have the department admitted first, or give another --url.";
        let id = owner.ok_or_else(|| CommandError::new("unknown_key", message, remedy))?.id.clone();
        Ok(Self { id, key })
    }
}

/// The registry as the node shows it; publishing needs no trust in it, for a wrong signer is refused.
pub(super) fn registry(client: &Client) -> Result<Registry, CommandError> {
    let remedy = "Start the node, or give its address with --url.";
    let genesis = client.genesis().or_fail("unreachable", client.base(), remedy)?;
    let mut follower = Follower::light(genesis);
    follower.sync(client).or_fail("not_followed", client.base(), remedy)?;
    Ok(follower.registry().clone())
}

pub(super) fn read_bodies(path: &Path) -> Result<Vec<Value>, CommandError> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_FILE).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes))
    };
    read.or_fail(
        "unreadable",
        format_args!("`{}`", path.display()),
        "Give a file that you may read, or - for stdin.",
    )?;
    let value = serde_json::from_slice(&bytes).or_fail(
        "bad_json",
        path.display(),
        "Correct the JSON; 8 MB at most.",
    )?;
    Ok(match value {
        Value::Array(bodies) => bodies,
        body => vec![body],
    })
}

/// Completes and signs a record. Every signer approves an act of governance; of other records, those after the first.
fn sign(origin: &KeyName, body: Value, signers: &[Signer]) -> Result<Entry, CommandError> {
    let remedy = "Give a record as the documentation of its kind says.";
    let body = complete(body).or_fail("bad_record", "the record", remedy)?;
    let mut record: Record = serde_json::from_value(body).or_fail("bad_record", "the record", remedy)?;
    let approvers = if record.is_governance() { signers } else { signers.get(1..).unwrap_or_default() };
    for signer in approvers {
        let approval = Approval::sign(origin, &record, signer.id.clone(), &signer.key);
        record.approve(approval.or_fail("bad_record", "the record", remedy)?);
    }
    let signer = signers.first().expect("clap requires one key");
    let entry = Entry::sign(origin, record, signer.id.clone().into(), &signer.key);
    entry.or_fail("bad_record", "the record", remedy)
}

/// Adds what a body may leave out: the id, and the empty list of approvals.
pub(super) fn complete(mut body: Value) -> Result<Value, canonical::CanonicalError> {
    let id = Digest::of(&canonical::to_vec(&body)?).to_string();
    if let Some(members) = body.as_object_mut() {
        members.entry("id").or_insert(id.into());
        let kind = members.get("kind").and_then(Value::as_str);
        if kind.and_then(RecordKind::from_name).is_some_and(RecordKind::is_governance) {
            members.entry("approvals").or_insert(json!([]));
        }
    }
    Ok(body)
}

/// Submits; a busy node is asked again a few times.
pub(super) fn submit(client: &Client, entries: &[Entry]) -> Result<Vec<Accepted>, CommandError> {
    for _ in 0..PATIENCE {
        match client.submit(entries) {
            Err(SubmitError::Busy { retry_after_s }) => {
                std::thread::sleep(Duration::from_secs(retry_after_s.min(MAX_WAIT_S)));
            }
            answer => return answer.map_err(|error| unaccepted(&error)),
        }
    }
    Err(CommandError::new(
        "busy",
        "the ledger is busy",
        "Publish again later; what was accepted is not published twice.",
    ))
}

fn unaccepted(error: &SubmitError) -> CommandError {
    match error {
        SubmitError::Refused { code, .. } => CommandError::refused(
            code.clone(),
            error,
            "Correct the record; nothing of this submission was published.",
        ),
        _ => {
            CommandError::new("no_answer", error, "Publish again; what was accepted is not published twice.")
        }
    }
}

pub(super) fn answer(entry: &Entry, accepted: &Accepted) -> Value {
    let record = entry.record();
    let index = accepted.index;
    let first_position = accepted.first_position;
    json!({ "kind": record.kind(), "id": record.id(), "index": index, "first_position": first_position })
}

pub(super) fn line(answer: &Value) -> String {
    let word = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let index = answer.get("index").and_then(Value::as_u64).unwrap_or_default();
    format!("entry {index}  {}  {}", word("kind"), word("id"))
}

/// Bytes read of a file at most.
const MAX_FILE: u64 = 8 << 20;
/// How often a busy node is asked.
const PATIENCE: usize = 5;
/// Seconds waited at most before it is asked again.
const MAX_WAIT_S: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gets_the_digest_of_itself_as_id() {
        let body = json!({ "kind": "schema.publish", "schema": {} });
        let completed = complete(body.clone()).unwrap();
        let digest = Digest::of(&canonical::to_vec(&body).unwrap()).to_string();
        assert_eq!(completed["id"], digest);
        assert_eq!(completed.get("approvals"), None);
    }

    #[test]
    fn an_id_of_its_own_is_kept() {
        let completed = complete(json!({ "kind": "department.admit", "id": "admit/tax" })).unwrap();
        assert_eq!(completed, json!({ "kind": "department.admit", "id": "admit/tax", "approvals": [] }));
    }
}
