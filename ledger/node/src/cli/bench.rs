//! `ledger bench`.

use indicatif::ProgressBar;

use super::BenchArgs;
use crate::bench::{self, Report};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};

pub(super) fn bench(args: &BenchArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let folder = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let report = bench::run(&folder, args.leaves, |what| bar.set_message(what.to_owned()));
    bar.finish_and_clear();
    let remedy = "Give a folder that can be written with --dir, and 200 bytes of disk for each leaf.";
    let report = report.or_fail("not_measured", "measuring", remedy)?;
    shell.answer(&report, || table(&report))?;
    Ok(Verdict::Yes)
}

fn table(report: &Report) -> String {
    let Report { bulk_leaves_per_s, leaves, rss_mb, startup_s, single_per_s, single_p99_ms, .. } = report;
    let Report { revoke_to_root_ms, reads_per_s, fsck_s_per_million, .. } = report;
    let rss = rss_mb.map_or_else(|| "not told by this system".into(), |mb| format!("{mb} MB"));
    format!(
        "leaves                        {leaves}\n\
         bulk commitments              {bulk_leaves_per_s} leaves/s\n\
         memory, at most               {rss}\n\
         start                         {startup_s} s\n\
         single records, 32 clients    {single_per_s}/s, 99 of 100 within {single_p99_ms} ms\n\
         revocation to new checkpoint  {revoke_to_root_ms} ms\n\
         tiles read                    {reads_per_s}/s\n\
         fsck of a million leaves      {fsck_s_per_million} s"
    )
}
