//! `issuer recover`, `issuer complete-recovery` and `issuer approve-recovery`: the trustees give a person's secret to
//! one new wallet, when two departments agree.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::proposal::{MAX_PROPOSAL, Proposal};
use ledger::record::{Record, RecoveryRequest};
use serde_json::json;
use service::civil_time;
use service::cli::{CommandError, Language, Shell, Verdict};
use service::durable::{self, Readers};

use super::error::CliError;
use super::{DeskArgs, Of};

#[derive(clap::Args)]
pub(super) struct RecoverArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    of: Of,
    /// The key that the new wallet shows.
    #[arg(long)]
    key: String,
    /// The proposal's file; never overwritten.
    #[arg(long)]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct CompleteArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The proposal, with the other department's approval in it.
    proposal: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// Approve without being asked.
    #[arg(long)]
    yes: bool,
    /// The proposal; the approval is written into it.
    proposal: PathBuf,
}

pub(super) fn recover(args: &RecoverArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let proposed = desk.recover(&args.of.schema, &args.of.person, &args.key).map_err(CliError::from)?;
    let written = durable::create(&args.out, proposed.proposal.as_bytes(), Readers::Everybody);
    written.map_err(CliError::ProposalNotWritten)?;
    let digest = proposed.key_digest.in_groups();
    let file = args.out.display();
    shell.answer(&json!({"key_digest": proposed.key_digest, "proposal": args.out}), || digest.clone())?;
    shell.say(
        &format!(
            "请核对新钱包显示的密钥摘要：{digest}。再请另一个部门当面核对本人并同意 {file}，然后运行 issuer complete-recovery {file}。"
        ),
        &format!(
            "Compare the digest with the one that the new wallet shows: {digest}. Have another department look at the \
             person and approve {file}, then run: issuer complete-recovery {file}"
        ),
    );
    Ok(Verdict::Yes)
}

pub(super) fn complete(args: &CompleteArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let done = desk.complete_recovery(&read(&args.proposal)?).map_err(CliError::from)?;
    shell.answer(&done, || "The ledger has the request: the trustees answer the new wallet.".to_owned())?;
    shell.say(
        "新钱包取回之后，请发一份终止其他设备的凭证（issuer offer）。",
        "When the new wallet has put the shares together, make an offer that ends the other devices (issuer offer).",
    );
    Ok(Verdict::Yes)
}

pub(super) fn approve(args: &ApproveArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let text = read(&args.proposal)?;
    let request = request(&args.proposal, &text)?;
    eprintln!("{}\n", words(&request, shell.language()));
    if !args.yes && !shell.agreed("同意吗？请输入 yes：", "Do you agree? Type yes: ")? {
        return Ok(Verdict::No);
    }
    let approved = desk.approve_recovery(&text).map_err(CliError::from)?;
    let written = durable::replace(&args.proposal, approved.as_bytes(), Readers::Everybody);
    written.map_err(CliError::ProposalNotWritten)?;
    shell.answer(&json!({"desk": request.desk, "key_digest": request.key_digest}), || {
        format!("Approved. Give {} back to {}.", args.proposal.display(), request.desk)
    })?;
    Ok(Verdict::Yes)
}

/// What is asked, for whoever approves.
fn words(request: &RecoveryRequest, language: Language) -> String {
    let (desk, digest) = (&request.desk, request.key_digest.in_groups());
    let at = civil_time::second(request.time);
    match language {
        Language::Chinese => format!(
            "{desk} 于 {at} 申请：请各受托部门把一个人的密钥份额交给一个新钱包，只此一次，不能收回。\n新钱包的密钥摘要：{digest}\n\
             只有您当面核对过本人和证件，并且本人的新钱包显示同样的摘要，才可以同意。"
        ),
        Language::English => format!(
            "{desk} asked at {at}: that the trustees give the shares of a person's secret to one new wallet, once and \
             for ever.\nDigest of the new wallet's key: {digest}\nAgree only if you have looked at the person and their \
             document yourself, and the person's new wallet shows the same digest."
        ),
    }
}

fn request(path: &Path, text: &str) -> Result<RecoveryRequest, CliError> {
    let refused = |why: String| CliError::BadProposal(path.to_owned(), why);
    let record = Proposal::parse(text.as_bytes()).map_err(|e| refused(e.to_string()))?.into_record();
    let kind = record.kind();
    if let Record::Recovery(request) = record {
        Ok(request)
    } else {
        Err(refused(format!("it proposes a `{kind}`")))
    }
}

/// Whoever gives a file that is much larger than a proposal is told so when it is parsed.
fn read(path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_PROPOSAL as u64 + 1).read_to_string(&mut text));
    read.map_err(|e| CliError::NoProposal(path.to_owned(), e))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request_in(record: Record) -> RecoveryRequest {
        let Record::Recovery(request) = record else { panic!("a request") };
        request
    }

    #[test]
    fn whoever_approves_reads_who_asks_and_for_which_key() {
        let request = request_in(ledger::samples::recovery("r", "bundle", "gongan.nanning"));
        for language in [Language::Chinese, Language::English] {
            let said = words(&request, language);
            for word in ["gongan.nanning", "1970-01-01 08:00:01", &request.key_digest.in_groups()] {
                assert!(said.contains(word), "{said}");
            }
        }
    }

    #[test]
    fn another_record_is_not_approved_as_a_recovery() {
        let registry = ledger::registry::Registry::new(ledger::samples::genesis(&["a.city"], 1));
        let proposal = Proposal::new(&registry, ledger::samples::withdraw("w", "a.city", 0, 1));
        let text = String::from_utf8(proposal.to_bytes()).unwrap();
        let refused = request(Path::new("p"), &text).unwrap_err();
        assert!(refused.to_string().contains("credential.withdraw"), "{refused}");
    }
}
