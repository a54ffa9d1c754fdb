//! `ledger publish`.

use std::time::Duration;

use circuits::credential::DepartmentId;
use ledger::canonical;
use ledger::client::{Accepted, Client, SubmitError};
use ledger::digest::Digest;
use ledger::follow::Follower;
use ledger::record::{Approval, ApprovalTerms, Entry, Nonce, RecordKind, RecordSigningError};
use ledger::registry::Registry;
use ledger::signer::DepartmentSigner;
use ledger_keys::KeySource;
use ledger_words::shape;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use super::init::open;
use super::{PublishArgs, reading};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::clock::Clock;

pub(super) fn publish(args: &PublishArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let client = Client::new(args.url.url.clone());
    let followed = follow(&client)?;
    let signers =
        args.keys.iter().map(|key| Signer::load(key, followed.registry())).collect::<Result<Vec<_>, _>>()?;
    let mut bodies = Vec::new();
    for path in &args.files {
        bodies.extend(reading::bodies(path)?);
    }
    let entries =
        bodies.into_iter().map(|body| sign(&followed, body, &signers)).collect::<Result<Vec<_>, _>>()?;
    report(&entries, &submit(&client, &entries)?, size(&followed), shell)
}

/// Says where entries are. An act that departments approved and that the log of `size` entries held before was not done
/// again: whoever thinks it was must hear so.
pub(super) fn report(
    entries: &[Entry],
    accepted: &[Accepted],
    size: u64,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let answered = entries.iter().zip(accepted);
    let answers: Vec<Value> = answered.map(|(entry, accepted)| answer(entry, accepted, size)).collect();
    shell.answer(&answers, || answers.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    let repeated = answers.iter().any(|answer| answer.get(BEFORE).is_some());
    Ok(if repeated { Verdict::No } else { Verdict::Yes })
}

/// A department that signs, with its key.
pub(super) struct Signer {
    pub(super) id: DepartmentId,
    pub(super) key: Box<dyn DepartmentSigner>,
}

impl Signer {
    /// Opens a key; whose key it is, the registry says.
    pub(super) fn load(source: &KeySource, registry: &Registry) -> Result<Self, CommandError> {
        let key = open(source)?;
        let public = key.public();
        let owner = registry.departments().find(|department| department.key == public);
        let message = format!("{source} is not the key of a department of this ledger");
        let remedy = "Have the department admitted first, or give another --url.";
        let id = owner.ok_or_else(|| CommandError::new("unknown_key", message, remedy))?.id.clone();
        Ok(Self { id, key })
    }
}

/// Entries of the log that was followed.
pub(super) fn size(followed: &Follower) -> u64 {
    followed.checkpoint().map_or(0, |checkpoint| checkpoint.size)
}

/// The registry as the node shows it; publishing needs no trust in it, for a wrong signer is refused.
pub(super) fn follow(client: &Client) -> Result<Follower, CommandError> {
    let remedy = "Start the node, or give its address with --url.";
    let genesis = client.genesis().or_fail("unreachable", client.base(), remedy)?;
    let mut follower = Follower::light(genesis);
    follower.sync(client, Clock::system().now()).or_fail("not_followed", client.base(), remedy)?;
    Ok(follower)
}

/// Completes and signs a record. Every signer approves an act of governance; of other records, those after the first.
fn sign(followed: &Follower, body: Value, signers: &[Signer]) -> Result<Entry, CommandError> {
    let remedy = "Give a record as `ledger example` prints it, and try it with `ledger check`.";
    let origin = followed.genesis().origin();
    let body = complete(body, MissingId::Digest).or_fail("bad_record", "the record", remedy)?;
    let mut record = shape::record(body).or_fail("bad_record", "the record", remedy)?;
    let approvers = if record.is_governance() { signers } else { signers.get(1..).unwrap_or_default() };
    if !approvers.is_empty() {
        record.bind(terms(size(followed), AT_ONCE_S));
    }
    for signer in approvers {
        let approval = Approval::sign(origin, &record, signer.id.clone(), &*signer.key);
        record.approve(approval.map_err(|error| unsigned(&error, remedy))?);
    }
    let signer = signers.first().expect("clap requires one key");
    let entry = Entry::sign(origin, record, signer.id.clone().into(), &*signer.key);
    entry.map_err(|error| unsigned(&error, remedy))
}

/// Why a record is not signed: the record's fault, or that of the device which has the key.
pub(super) fn unsigned(error: &RecordSigningError, remedy: &'static str) -> CommandError {
    match error {
        RecordSigningError::Signing(_) => {
            CommandError::new("not_signed", error, "See to the device that has the key, then try again.")
        }
        error => CommandError::new("bad_record", format!("the record: {error}"), remedy),
    }
}

/// What becomes the id of a record without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissingId {
    /// The digest of the record, so that it is published once. An act of governance, which may be done again after it was
    /// undone, gets a random one all the same.
    Digest,
    /// A random one.
    Random,
}

/// Adds what a body may leave out: the id, and the empty list of approvals.
pub(super) fn complete(mut body: Value, missing: MissingId) -> Result<Value, canonical::CanonicalError> {
    let digest = Digest::of(&canonical::to_vec(&body)?).to_string();
    if let Some(members) = body.as_object_mut() {
        let kind = members.get("kind").and_then(Value::as_str).and_then(RecordKind::from_name);
        let governance = kind.is_some_and(RecordKind::is_governance);
        let approved = kind.is_some_and(RecordKind::needs_approval);
        let id = match missing {
            MissingId::Digest if !governance => digest,
            MissingId::Digest | MissingId::Random => Nonce::random(&mut OsRng).to_string(),
        };
        members.entry("id").or_insert(id.into());
        if approved {
            members.entry("approvals").or_insert(json!([]));
        }
    }
    Ok(body)
}

/// New terms for approvals of what is proposed at a log of `entries` entries, good for so many seconds from now.
pub(super) fn terms(entries: u64, good_for_s: u64) -> ApprovalTerms {
    let expires = Clock::system().now().saturating_add(good_for_s);
    ApprovalTerms { nonce: Nonce::random(&mut OsRng), entries, expires }
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

/// Where an entry is; with a member that says so where it is an act of several departments that the log held before.
fn answer(entry: &Entry, accepted: &Accepted, size: u64) -> Value {
    let record = entry.record();
    let index = accepted.index;
    let first_position = accepted.first_position;
    let mut answer =
        json!({ "kind": record.kind(), "id": record.id(), "index": index, "first_position": first_position });
    if index < size && !record.approvals().is_empty() {
        answer[BEFORE] = true.into();
    }
    answer
}

fn line(answer: &Value) -> String {
    let word = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let index = answer.get("index").and_then(Value::as_u64).unwrap_or_default();
    let (kind, id) = (word("kind"), word("id"));
    if answer.get(BEFORE).is_some() {
        return format!(
            "answered before, at entry {index}  {kind}  {id}\nNothing was done now. To do it again, have it proposed and \
             approved anew."
        );
    }
    format!("entry {index}  {kind}  {id}")
}

/// The member of an answer that says that the act was answered before.
const BEFORE: &str = "answered_before";
/// Seconds for which approvals are good that are given and submitted in one go.
const AT_ONCE_S: u64 = 3600;

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
        let completed = complete(body.clone(), MissingId::Digest).unwrap();
        let digest = Digest::of(&canonical::to_vec(&body).unwrap()).to_string();
        assert_eq!(completed["id"], digest);
        assert_eq!(completed.get("approvals"), None);
    }

    #[test]
    fn an_id_of_its_own_is_kept() {
        for missing in [MissingId::Digest, MissingId::Random] {
            let body = json!({ "kind": "department.admit", "id": "admit/tax" });
            let completed = complete(body, missing).unwrap();
            assert_eq!(completed, json!({ "kind": "department.admit", "id": "admit/tax", "approvals": [] }));
        }
    }

    #[test]
    fn an_act_of_governance_that_is_done_again_is_another_submission() {
        let id = || {
            let body = json!({ "kind": "department.suspend", "department": "tax.nanning" });
            complete(body, MissingId::Digest).unwrap()["id"].clone()
        };
        assert_ne!(id(), id());
    }
}
