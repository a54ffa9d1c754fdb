//! The scenario: the whole loop on real input, then everything that must be refused.
//!
//! Every step can be repeated: what is published, issued or enrolled already is left as it is.

mod context;
mod forgery;
mod governance;
mod issuing;
mod parallel;
mod persons;
mod presenting;
mod privacy;
mod publishing;
mod refusals;
mod replayed;
mod residents;
mod session;
mod verdict_counts;

use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::data_dir::DataDir;
use crate::genesis::Setup;
use crate::report::{StepRunner, Summary, median_ms};
use crate::services::Services;

use self::context::Context;

pub(crate) use self::residents::{AskedError, Description, Outcome, Residents};

/// Runs the scenario from its beginning. A step that fails ends it; the steps so far are kept.
pub(crate) fn run(data_dir: &DataDir, setup: &Setup, services: &Services) -> anyhow::Result<Summary> {
    let mut runner = StepRunner::default();
    let mut summary = Summary::default();
    run_steps(&mut runner, &mut summary, data_dir, setup, services)?;
    summary.steps = runner.into_steps();
    Ok(summary)
}

/// After an earlier run in which every step came out as it should: what it left must still be sound.
pub(crate) fn check_again(mut summary: Summary, services: &Services) -> Summary {
    let mut runner = StepRunner::default();
    eprintln!("the story was told before; what it left is checked again");
    runner.step("fsck", "账本自检 the ledger derives again", || fsck(services));
    summary.steps.retain(|step| step.name != "fsck");
    summary.steps.extend(runner.into_steps());
    summary
}

fn run_steps(
    runner: &mut StepRunner,
    summary: &mut Summary,
    data_dir: &DataDir,
    setup: &Setup,
    services: &Services,
) -> anyhow::Result<()> {
    let mut context = Context::new(data_dir, setup, services)?;
    let complete = runner
        .step("publish", "部门公布 departments publish", || publishing::publish(&context))
        && runner.step("follow", "各方跟上账本 everybody follows the ledger", || {
            context.wait_for_followers()
        })
        && runner.step("enrol", "到窗口登记身份 citizens enrol for identity/1", || {
            issuing::enrol(&mut context, summary)
        })
        && runner.step(
            "show_identity",
            "出示身份领取其他凭证 citizens show it for the others",
            || issuing::show_identity(&mut context, summary),
        )
        && runner.step("assist", "协助登记 the others enrol with help", || issuing::assist(&context))
        && runner
            .step("issue", "夜间批量签发 the nightly batch", || issuing::nightly(&context, summary))
        && runner.step("sync", "钱包跟上账本 wallets follow the ledger", || context.sync_wallets())
        && runner.step("present", "窗口核验 citizens at the counter", || {
            presenting::present(&mut context, summary)
        })
        && runner.step("survey", "匿名问卷每人一次 one survey answer each", || {
            presenting::survey(&mut context, summary)
        })
        && runner.step("permit", "十次卡互不关联 ten uses that nobody can link", || {
            presenting::permit(&mut context, summary)
        })
        && runner.step("devices", "一人两台设备 one person, two devices", || {
            persons::second_device(&mut context)
        })
        && runner.step("recover", "手机丢失后找回 a lost phone, recovered", || {
            persons::recover(&mut context)
        })
        && runner.step("reset", "本人与重置 one person, one secret", || persons::reset(&mut context))
        && runner.step("totals", "公布核验统计 totals of the counter are published", || {
            publishing::publish_verdict_counts(&context)
        })
        && refusals::all(runner, &mut context)
        && runner.step("replayed_approvals", "重用联署 approvals that were used before", || {
            governance::replayed_approvals(&context)
        })
        && runner.step("forged_root", "伪造账本树根 a root that only the log's key states", || {
            forgery::forged_root(&context)
        })
        && runner
            .step("measure", "单次证明与核验 one proof, one check", || measure(&context, summary));
    if complete {
        runner.step("privacy", "无人多知 nobody else learnt anything", || privacy::check(&context));
        runner.step("fsck", "账本自检 the ledger derives again", || fsck(services));
    }
    Ok(())
}

/// Times proving and verifying in the library alone, on a citizen's real statement.
fn measure(context: &Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let (public, private) = refusals::valid_statement(context)?;
    let key = context.setup.prover.show.verifying_key();
    let mut proving = Vec::new();
    let mut verifying = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let proof = context.setup.prover.show.prove(&public, &private, &mut rand::rngs::OsRng)?;
        proving.push(start.elapsed());
        let start = Instant::now();
        key.verify(&public.to_inputs(), &proof)?;
        verifying.push(start.elapsed());
    }
    summary.prove_ms = median_ms(proving);
    summary.verify_ms = median_ms(verifying);
    let prove = summary.prove_ms.unwrap_or_default();
    let verify = summary.verify_ms.unwrap_or_default();
    Ok(format!("prove {prove} ms, verify {verify} ms"))
}

fn fsck(services: &Services) -> anyhow::Result<String> {
    let report = services.node().fsck().context("fsck")?;
    match report.difference {
        Some(difference) => bail!("{}: {}", difference.what, difference.why),
        None if report.ok => Ok(format!("{} entries, {} leaves", report.size, report.leaves)),
        None => bail!("the ledger is not as its entries derive it"),
    }
}

const ROUNDS: usize = 15;
