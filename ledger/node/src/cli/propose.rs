//! `ledger propose`, `ledger sign` and `ledger submit`: approvals collected by passing a file around.
//!
//! What a proposal is, and what an approval is good for, see [`ledger::proposal`].

mod words;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ledger::client::Client;
use ledger::proposal::{MAX_PROPOSAL, MOST_DAYS, Proposal, ProposalError};
use ledger::record::{ApprovalRule, Entry, Record, key_document};
use ledger_words::shape;
use serde_json::{Value, json};

use super::init::open;
use super::publish::{self, MissingId, Signer};
use super::{ProposeArgs, SignArgs, SubmitArgs, reading};
use service::civil_time::DAY_S;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::clock::Clock;
use service::durable::{self, Readers};

pub(super) fn propose(args: &ProposeArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let followed = publish::follow(&Client::new(args.url.url.clone()))?;
    let registry = followed.registry();
    let remedy = "Give one record of a kind that departments approve.";
    let [body] = reading::bodies(&args.file)?.try_into().map_err(|bodies: Vec<_>| {
        CommandError::new("bad_record", format!("the file has {} records", bodies.len()), remedy)
    })?;
    let body = publish::complete(body, MissingId::Random).or_fail("bad_record", "the record", remedy)?;
    let mut record = shape::record(body).or_fail("bad_record", "the record", remedy)?;
    if record.approval_rule() == ApprovalRule::Never {
        let message = format!("a `{}` needs no approval", record.kind());
        return Err(CommandError::new("needs_no_approval", message, "Publish it with `ledger publish`."));
    }
    fit_key(&mut record);
    record.bind(publish::terms(publish::size(&followed), args.days * DAY_S));
    let proposal = Proposal::new(registry, record);
    create(&args.out, &proposal)?;
    shell.answer(&summary(&proposal), || words::proposal(&proposal))?;
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
    let key = open(&args.key)?;
    let signer = proposal.owner(&*key).map_err(|e| refused(&e))?;
    proposal.check_end(Clock::system().now()).map_err(|e| refused(&e))?;
    proposal.check_approver(&signer).map_err(|e| refused(&e))?;
    eprintln!("{}\n", words::proposal(&proposal));
    let chinese = format!("{signer} 同意吗？请输入 yes：");
    let english = format!("Does {signer} approve this? Type yes: ");
    if !args.yes && !shell.agreed(&chinese, &english)? {
        return Ok(Verdict::No);
    }
    proposal.sign(signer, &*key).map_err(|e| refused(&e))?;
    let remedy = "Choose a folder that you may write to.";
    let written = durable::replace(&args.proposal, &proposal.to_bytes(), Readers::Everybody);
    written.or_fail("not_written", format_args!("`{}`", args.proposal.display()), remedy)?;
    shell
        .answer(&summary(&proposal), || format!("approved by {}", words::approvers(&proposal).join(", ")))?;
    Ok(Verdict::Yes)
}

pub(super) fn submit(args: &SubmitArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let proposal = read(&args.proposal)?;
    let client = Client::new(args.url.url.clone());
    let followed = publish::follow(&client)?;
    proposal.check_ledger(followed.registry()).map_err(|e| refused(&e))?;
    let signer = Signer::load(&args.key, followed.registry())?;
    let origin = proposal.origin().clone();
    let entry = Entry::sign(&origin, proposal.into_record(), signer.id.into(), &*signer.key);
    let entry = entry.map_err(|error| publish::unsigned(&error, "Have it proposed anew."))?;
    let entries = [entry];
    let accepted = publish::submit(&client, &entries)?;
    publish::report(&entries, &accepted, publish::size(&followed), shell)
}

/// Why there is no approval, and what to do.
fn refused(error: &ProposalError) -> CommandError {
    let anew = "Have it proposed anew with `ledger propose`.";
    let (code, message, remedy) = match error {
        ProposalError::TooLarge | ProposalError::Malformed(_) => {
            ("bad_proposal", error.to_string(), "Give a file that `ledger propose` wrote.")
        }
        ProposalError::UnknownKey => (
            "unknown_key",
            error.to_string(),
            "Give the key that the department has now, or have the record proposed anew.",
        ),
        ProposalError::ApprovedAlready(_) => ("approved_already", error.to_string(), "Pass the proposal on."),
        ProposalError::Unbound => ("unbound_proposal", error.to_string(), anew),
        ProposalError::Ended { expires } => {
            ("proposal_ended", format!("the proposal ended at {}", words::moment(*expires)), anew)
        }
        ProposalError::TooLong { expires } => {
            let end = words::moment(*expires);
            let message = format!("the proposal ends at {end}, after more than {MOST_DAYS} days");
            ("proposal_too_long", message, anew)
        }
        ProposalError::OtherLedger { .. } => {
            ("other_ledger", error.to_string(), "Give the address of the right ledger with --url.")
        }
        ProposalError::Unsigned(error) => return publish::unsigned(error, "Have it proposed anew."),
    };
    CommandError::new(code, message, remedy)
}

fn summary(proposal: &Proposal) -> Value {
    let record = proposal.record();
    json!({ "kind": record.kind(), "id": record.id(), "approved_by": words::approvers(proposal) })
}

fn create(path: &Path, proposal: &Proposal) -> Result<(), CommandError> {
    let remedy = "Choose a new file; proposals are never overwritten.";
    let written = durable::create(path, &proposal.to_bytes(), Readers::Everybody);
    written.or_fail("not_written", format_args!("`{}`", path.display()), remedy)
}

fn read(path: &Path) -> Result<Proposal, CommandError> {
    let remedy = "Give a file that `ledger propose` wrote.";
    let mut bytes = Vec::new();
    let limit = MAX_PROPOSAL as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.or_fail("bad_proposal", format_args!("`{}`", path.display()), remedy)?;
    Proposal::parse(&bytes).or_fail("bad_proposal", format_args!("`{}`", path.display()), remedy)
}
