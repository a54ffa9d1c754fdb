//! The story that the city tells: the whole loop on real input, then everything that must be refused.
//!
//! Every step can be told again: what is published, issued or enrolled already is found so.

mod citizens;
mod issuing;
mod presenting;
mod privacy;
mod publishing;
mod refusals;
mod side_by_side;
mod stage;
mod totals;

use std::time::Instant;

use anyhow::{Context, bail};

use crate::founding::Founded;
use crate::place::Place;
use crate::report::{Summary, Teller, median_ms};
use crate::services::Services;

use self::stage::Stage;

/// Tells the story from its beginning. A step that fails ends it; the steps so far are kept.
pub(crate) fn tell(place: &Place, founded: &Founded, services: &Services) -> anyhow::Result<Summary> {
    let mut teller = Teller::default();
    let mut summary = Summary::default();
    tell_steps(&mut teller, &mut summary, place, founded, services)?;
    summary.steps = teller.into_steps();
    Ok(summary)
}

/// A story told before: what it left must still be sound.
pub(crate) fn check_again(mut summary: Summary, services: &Services) -> Summary {
    let mut teller = Teller::default();
    eprintln!("the story was told before; what it left is checked again");
    teller.step("fsck", "账本自检 the ledger derives again", || fsck(services));
    summary.steps.retain(|step| step.name != "fsck");
    summary.steps.extend(teller.into_steps());
    summary
}

fn tell_steps(
    teller: &mut Teller,
    summary: &mut Summary,
    place: &Place,
    founded: &Founded,
    services: &Services,
) -> anyhow::Result<()> {
    let mut stage = Stage::set(place, founded, services)?;
    let told = teller.step("publish", "部门公布 departments publish", || publishing::publish(&stage))
        && teller
            .step("follow", "各方跟上账本 everybody follows the ledger", || stage.everybody_follows())
        && teller.step("enrol", "到窗口登记身份 citizens enrol for identity/1", || {
            issuing::enrol(&mut stage, summary)
        })
        && teller.step(
            "show_identity",
            "出示身份领取其他凭证 citizens show it for the others",
            || issuing::show_identity(&mut stage, summary),
        )
        && teller.step("assist", "协助登记 the others enrol with help", || issuing::assist(&stage))
        && teller.step("issue", "夜间批量签发 the nightly batch", || issuing::nightly(&stage, summary))
        && teller.step("sync", "钱包跟上账本 wallets follow the ledger", || stage.wallets_follow())
        && teller.step("present", "窗口核验 citizens at the counter", || {
            presenting::present(&mut stage, summary)
        })
        && teller.step("survey", "匿名问卷每人一次 one survey answer each", || {
            presenting::survey(&mut stage, summary)
        })
        && teller.step("totals", "公布核验统计 totals of the counter are published", || {
            totals::publish(&stage)
        })
        && refusals::all(teller, &mut stage)
        && teller.step("measure", "单次证明与核验 one proof, one check", || measure(&stage, summary));
    if told {
        teller.step("privacy", "无人多知 nobody else learnt anything", || privacy::nobody_learnt(&stage));
        teller.step("fsck", "账本自检 the ledger derives again", || fsck(services));
    }
    Ok(())
}

/// Times proving and verifying in the library alone, on a citizen's real statement.
fn measure(stage: &Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let (public, private) = refusals::sound_statement(stage)?;
    let key = stage.founded.prover.show.verifying_key();
    let (mut proving, mut verifying) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let proof = stage.founded.prover.show.prove(&public, &private, &mut rand::rngs::OsRng)?;
        proving.push(start.elapsed());
        let start = Instant::now();
        key.verify(&public.to_inputs(), &proof)?;
        verifying.push(start.elapsed());
    }
    summary.prove_ms = median_ms(proving);
    summary.verify_ms = median_ms(verifying);
    let (prove, verify) = (summary.prove_ms.unwrap_or_default(), summary.verify_ms.unwrap_or_default());
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
