//! `ledger propose`, `ledger sign` and `ledger submit`: approvals collected by passing a file around.
//!
//! A proposal is not trusted: whoever signs reads what the record does, in words made from the record itself, and the
//! approval is for exactly that record on exactly that ledger, as it was when it was proposed, and for some days. The
//! names beside the keys only help an approver who has no network to find the own department; a wrong name makes an approval
//! that does not verify.

mod words;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::path::Path;

use circuits::credential::DepartmentId;
use ledger::client::Client;
use ledger::key::{DepartmentKey, PublicKey};
use ledger::note::KeyName;
use ledger::record::{Approval, ApprovalRule, Entry, Record, key_document};
use ledger::registry::Registry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::publish::{self, MissingId, Signer};
use super::{ProposeArgs, SignArgs, SubmitArgs};
use service::civil_time::DAY_S;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::clock::Clock;
use service::durable::{self, Readers};

/// A record on its way through the departments.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposal {
    #[serde(rename = "proposal")]
    version: Version,
    /// The ledger that it is for.
    origin: KeyName,
    /// Departments and their keys when it was proposed.
    departments: BTreeMap<DepartmentId, PublicKey>,
    /// With the approvals collected so far.
    record: Record,
}

#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "yong/proposal/v1")]
    One,
}

pub(super) fn propose(args: &ProposeArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let followed = publish::follow(&Client::new(args.url.url.clone()))?;
    let registry = followed.registry();
    let remedy = "Give one record of a kind that departments approve.";
    let [body] = publish::read_bodies(&args.file)?.try_into().map_err(|bodies: Vec<_>| {
        CommandError::new("bad_record", format!("the file has {} records", bodies.len()), remedy)
    })?;
    let body = publish::complete(body, MissingId::Random).or_fail("bad_record", "the record", remedy)?;
    let mut record: Record = serde_json::from_value(body).or_fail("bad_record", "the record", remedy)?;
    if record.approval_rule() == ApprovalRule::Never {
        let message = format!("a `{}` needs no approval", record.kind());
        return Err(CommandError::new("needs_no_approval", message, "Publish it with `ledger publish`."));
    }
    fit_key(&mut record);
    record.bind(publish::terms(publish::size(&followed), args.days * DAY_S));
    let proposal = Proposal {
        version: Version::One,
        origin: registry.genesis().origin().clone(),
        departments: registry
            .departments()
            .map(|department| (department.id.clone(), department.key))
            .collect(),
        record,
    };
    create(&args.out, &proposal)?;
    shell.answer(&summary(&proposal), || proposal.words())?;
    Ok(Verdict::Yes)
}

/// A key file in snarkjs' form may be larger than an entry.
fn fit_key(record: &mut Record) {
    if let Record::Key(publish) = record
        && let Ok(key) = publish.verifying_key()
        && let document @ Value::String(_) = key_document(&key)
    {
        publish.vk = document;
    }
}

pub(super) fn sign(args: &SignArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let mut proposal = read(&args.proposal)?;
    let remedy = "Give a file that `ledger keygen` wrote.";
    let key = DepartmentKey::load(&args.key).or_fail(
        "bad_key",
        format_args!("`{}`", args.key.display()),
        remedy,
    )?;
    let signer = proposal.owner(&key)?;
    proposal.check_end(Clock::system().now())?;
    if proposal.record.approvals().iter().any(|approval| approval.signer == signer) {
        let message = format!("`{signer}` has approved this already");
        return Err(CommandError::new("approved_already", message, "Pass the proposal on."));
    }
    eprintln!("{}\n", proposal.words());
    if !args.yes && !agreed(&signer)? {
        return Ok(Verdict::No);
    }
    let approval = Approval::sign(&proposal.origin, &proposal.record, signer, &key);
    proposal.record.approve(approval.or_fail("bad_record", "the record", "Have it proposed anew.")?);
    let remedy = "Choose a folder that you may write to.";
    let written = durable::replace(&args.proposal, &proposal.bytes(), Readers::Everybody);
    written.or_fail("not_written", format_args!("`{}`", args.proposal.display()), remedy)?;
    shell.answer(&summary(&proposal), || format!("approved by {}", proposal.approvers().join(", ")))?;
    Ok(Verdict::Yes)
}

pub(super) fn submit(args: &SubmitArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let proposal = read(&args.proposal)?;
    let client = Client::new(args.url.url.clone());
    let followed = publish::follow(&client)?;
    proposal.check_ledger(followed.registry())?;
    let signer = Signer::load(&args.key, followed.registry())?;
    let entry = Entry::sign(&proposal.origin, proposal.record, signer.id.into(), &signer.key);
    let entry = entry.or_fail("bad_record", "the record", "Have it proposed anew.")?;
    let entries = [entry];
    let accepted = publish::submit(&client, &entries)?;
    publish::report(&entries, &accepted, publish::size(&followed), shell)
}

impl Proposal {
    /// What it does, for whoever approves.
    fn words(&self) -> String {
        let approved = match self.approvers().as_slice() {
            [] => "nobody yet".to_owned(),
            some => some.join(", "),
        };
        let act = words::describe(&self.record, &self.departments);
        let bound = self.record.terms().map(words::terms).unwrap_or_default();
        format!("On the ledger {}:\n{act}\n{bound}Approved by: {approved}.", self.origin)
    }
    fn approvers(&self) -> Vec<String> {
        self.record.approvals().iter().map(|approval| approval.signer.to_string()).collect()
    }
    /// Whose key it is.
    fn owner(&self, key: &DepartmentKey) -> Result<DepartmentId, CommandError> {
        let public = key.public();
        let owner = self.departments.iter().find(|(_, key)| **key == public);
        let remedy = "Give the key that the department has now, or have the record proposed anew.";
        let message = "the key is of no department in the proposal";
        owner.map(|(id, _)| id.clone()).ok_or_else(|| CommandError::new("unknown_key", message, remedy))
    }
    /// Refuses a proposal whose approvals would be good for ever, or are good no more.
    fn check_end(&self, now: u64) -> Result<(), CommandError> {
        let remedy = "Have it proposed anew with `ledger propose`.";
        let refuse = |code, message: String| Err(CommandError::new(code, message, remedy));
        match self.record.terms() {
            None => {
                refuse("unbound_proposal", "the proposal has no end and is for no state of the log".into())
            }
            Some(terms) if terms.expires <= now => {
                refuse("proposal_ended", format!("the proposal ended at {}", words::moment(terms.expires)))
            }
            Some(terms) if terms.expires - now > MOST_DAYS * DAY_S => {
                let end = words::moment(terms.expires);
                refuse(
                    "proposal_too_long",
                    format!("the proposal ends at {end}, after more than {MOST_DAYS} days"),
                )
            }
            Some(_) => Ok(()),
        }
    }
    fn check_ledger(&self, registry: &Registry) -> Result<(), CommandError> {
        let here = registry.genesis().origin();
        if *here == self.origin {
            return Ok(());
        }
        let message = format!("the proposal is for {}, the node is {here}", self.origin);
        Err(CommandError::new("other_ledger", message, "Give the address of the right ledger with --url."))
    }
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a proposal is maps with text keys");
        bytes.push(b'\n');
        bytes
    }
}

fn summary(proposal: &Proposal) -> Value {
    let record = &proposal.record;
    json!({ "kind": record.kind(), "id": record.id(), "approved_by": proposal.approvers() })
}

fn agreed(signer: &DepartmentId) -> Result<bool, CommandError> {
    eprint!("Does {signer} approve this? Type yes: ");
    let read = io::stderr().flush().and_then(|()| io::stdin().lock().take(16).lines().next().transpose());
    let answer = read.or_fail("no_answer", "reading the answer", "Type it, or give --yes.")?;
    Ok(answer.is_some_and(|answer| answer.trim() == "yes"))
}

fn create(path: &Path, proposal: &Proposal) -> Result<(), CommandError> {
    let remedy = "Choose a new file; proposals are never overwritten.";
    let written = durable::create(path, &proposal.bytes(), Readers::Everybody);
    written.or_fail("not_written", format_args!("`{}`", path.display()), remedy)
}

fn read(path: &Path) -> Result<Proposal, CommandError> {
    let remedy = "Give a file that `ledger propose` wrote.";
    let length =
        fs::metadata(path).or_fail("bad_proposal", format_args!("`{}`", path.display()), remedy)?.len();
    if length > MAX_PROPOSAL {
        return Err(CommandError::new("bad_proposal", format!("`{}` is too large", path.display()), remedy));
    }
    let bytes = fs::read(path).or_fail("bad_proposal", format_args!("`{}`", path.display()), remedy)?;
    serde_json::from_slice(service::spreadsheet::unmarked(&bytes)).or_fail(
        "bad_proposal",
        format_args!("`{}`", path.display()),
        remedy,
    )
}

/// Days for which approvals may be good at most.
pub(super) const MOST_DAYS: u64 = 90;
/// Bytes of a proposal at most: an entry, indented, and the list of departments.
const MAX_PROPOSAL: u64 = 1 << 20;
