//! `ledger status`, `ledger fsck` and `ledger blob add`.

use indicatif::{ProgressBar, ProgressStyle};
use ledger::client::{Client, Status};
use serde_json::json;

use super::{BlobArgs, FsckArgs, UrlArg};
use crate::blob;
use crate::fsck::{self, FsckError, Report};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};

pub(super) fn status(url: UrlArg, shell: Shell) -> Result<Verdict, CommandError> {
    let client = Client::new(url.url);
    let status = client.status();
    let status =
        status.or_fail("unreachable", client.base(), "Start the node, or give its address with --url.")?;
    shell.answer(&status, || describe(&status))?;
    Ok(Verdict::Yes)
}

pub(super) fn fsck(args: &FsckArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let bar = ProgressBar::new(0);
    bar.set_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} entries").expect("the template is well-formed"),
    );
    let mut progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let store = args.store.store.clone().unwrap_or_default();
    let report = fsck::fsck_in(&args.data, &store, &mut progress).map_err(|error| unsaid(&error))?;
    bar.finish_and_clear();
    shell.answer(&report, || summary(&report))?;
    Ok(if report.ok { Verdict::Yes } else { Verdict::No })
}

pub(super) fn add_blob(args: &BlobArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let remedy = "Give a file of at most 64 MB and the data directory of a node.";
    let digest = blob::put_file(&args.data, &args.file).or_fail(
        "blob_not_stored",
        format_args!("`{}`", args.file.display()),
        remedy,
    )?;
    shell.answer(&json!({ "digest": digest, "path": format!("/blob/{digest}") }), || digest.to_string())?;
    Ok(Verdict::Yes)
}

fn describe(status: &Status) -> String {
    let Status { origin, genesis, size, root, leaves, credential_root, time } = status;
    format!(
        "log              {origin}\ngenesis          {genesis}\nentries          {size}\nroot             {root}\n\
         leaves           {leaves}\ncredential root  {credential_root}\nas of            {time} (unix seconds)"
    )
}

fn summary(report: &Report) -> String {
    match &report.difference {
        None => {
            format!("ok: {} entries, {} leaves, every file and index as derived", report.size, report.leaves)
        }
        Some(difference) => format!("{}: {}", difference.what, difference.why),
    }
}

fn unsaid(error: &FsckError) -> CommandError {
    let remedy = "Stop the node and give its data directory.";
    CommandError::new("not_examined", error, remedy)
}
