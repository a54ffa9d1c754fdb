//! Citizens at the counter: each verdict must be the plain evaluator's over the same records.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use circuits::policy::Verdict;
use openid4vc::vp::{Reason, Status};
use rand::rngs::OsRng;
use verifier_service::client::VerifierClient;
use wallet::Ledger;
use wallet::present::{Decision, Screen};

use super::citizens::{AT_THE_DESK, Citizen, EVERYWHERE, Sources, values};
use super::issuing::sources;
use super::side_by_side::side_by_side;
use super::stage::{Stage, now};
use crate::departments::schema_id;
use crate::people::Person;
use crate::report::{Summary, bar, median_ms};

/// One citizen, one matter.
struct Visit {
    verdict: Status,
    expected: Status,
    took: Duration,
}

/// Everybody who holds all credentials comes with three matters, and forty more to prove their age.
pub(super) fn present(stage: &mut Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let mut visits = Vec::new();
    let everywhere = ["fast-lane/1", "housing/1", "loan-desk/1"].map(|policy| (policy, 0..EVERYWHERE));
    for (policy, who) in everywhere.into_iter().chain([("adult/1", EVERYWHERE..EVERYWHERE + 40)]) {
        let new = visit_all(stage, policy, who)?;
        stage.tally.count(policy, new.iter().map(|visit| visit.verdict));
        visits.extend(new);
    }
    let agreed = visits.iter().filter(|v| v.verdict == v.expected).count();
    let passed = visits.iter().filter(|v| v.verdict == Status::Passed).count();
    summary.presentations += visits.len() as u64;
    summary.agreed_with_evaluator += agreed as u64;
    let all = visits.len();
    let quickest = visits.into_iter().filter(|v| v.verdict == Status::Passed).map(|v| v.took).collect();
    summary.end_to_end_ms = median_ms(quickest);
    ensure!(agreed == all, "{} verdicts of {all} differ from the evaluator's", all - agreed);
    ensure!(passed > 0 && passed < all, "the verdicts must go both ways");
    Ok(format!("{all} presentations, {passed} passed, {} did not qualify, all as evaluated", all - passed))
}

/// Twenty citizens answer a survey; the second answer of each is refused.
pub(super) fn survey(stage: &mut Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let who = AT_THE_DESK - 20..AT_THE_DESK;
    for citizen in &mut stage.citizens[who] {
        let first = answer(&stage.clerk, &stage.ledger, citizen, "survey-2026/1")?;
        // In a story that is told again after a crash, the first answer may have been given before the crash.
        let counted = first.0 == Status::Passed || first.1 == Some(Reason::AlreadyUsed);
        ensure!(counted, "a first answer was refused: {:?}", first.1);
        stage.tally.count("survey-2026/1", [first.0]);
        let second = answer(&stage.clerk, &stage.ledger, citizen, "survey-2026/1")?;
        ensure!(
            second == (Status::Refused, Some(Reason::AlreadyUsed)),
            "a second answer was not refused as used"
        );
        summary.presentations += 1;
        summary.agreed_with_evaluator += 1;
    }
    Ok("20 answers counted, 20 second answers refused as already_used".into())
}

/// The citizen agrees; what the counter made of it.
pub(super) fn answer(
    clerk: &VerifierClient,
    ledger: &Ledger,
    citizen: &mut Citizen,
    policy: &str,
) -> anyhow::Result<(Status, Option<Reason>)> {
    let asked = clerk.ask(&schema_id(policy))?;
    citizen.wallet.present(ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
    let verdict = clerk.verdict(&asked)?;
    Ok((verdict.status, verdict.reason))
}

fn agree(_: &Screen<'_>) -> Decision {
    Decision::Agree
}

fn visit_all(stage: &mut Stage<'_>, policy: &str, who: std::ops::Range<usize>) -> anyhow::Result<Vec<Visit>> {
    let sources = sources(stage)?;
    let progress = bar(who.len());
    let (clerk, ledger) = (&stage.clerk, &stage.ledger);
    let citizens = stage.citizens[who.clone()].iter_mut().zip(&stage.people[who]);
    let visits = side_by_side(citizens, |(citizen, person)| {
        let visit = visit(clerk, ledger, citizen, person, policy, &sources);
        progress.inc(1);
        visit.with_context(|| format!("at the counter with {policy}"))
    });
    progress.finish_and_clear();
    visits
}

fn visit(
    clerk: &VerifierClient,
    ledger: &Ledger,
    citizen: &mut Citizen,
    person: &Person,
    policy: &str,
    sources: &Sources,
) -> anyhow::Result<Visit> {
    let start = Instant::now();
    let asked = clerk.ask(&schema_id(policy))?;
    citizen.wallet.present(ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
    let verdict = clerk.verdict(&asked)?;
    let took = start.elapsed();
    let expected = expected(ledger, person, policy, sources)?;
    if policy == "loan-desk/1" && verdict.status == Status::Passed {
        check_revealed(&verdict.revealed, ledger, person, sources)?;
    }
    Ok(Visit { verdict: verdict.status, expected, took })
}

/// The plain evaluator's verdict over the records of the data files.
fn expected(ledger: &Ledger, person: &Person, policy: &str, sources: &Sources) -> anyhow::Result<Status> {
    use circuits::policy::Catalogue as _;
    let view = ledger.view();
    let published = view.registry().policy(&schema_id(policy)).context("the policy is not on the ledger")?;
    for query in &published.checked.policy().credentials {
        let schema = view.registry().schema(&query.schema).context("the schema is not on the ledger")?;
        let values = values(person, schema, sources)?;
        if published.checked.evaluate(&query.id, now(), &values)? != Verdict::Holds {
            return Ok(Status::Declined);
        }
    }
    Ok(Status::Passed)
}

/// What the counter was told must be what the record says.
fn check_revealed(
    revealed: &std::collections::BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    ledger: &Ledger,
    person: &Person,
    sources: &Sources,
) -> anyhow::Result<()> {
    use circuits::policy::Catalogue as _;
    let view = ledger.view();
    let schema =
        view.registry().schema(&schema_id("credit-report/1")).context("the schema is not on the ledger")?;
    let level = values(person, schema, sources)?.get("level").map(circuits::schema::Value::to_json);
    match revealed.get("credit").and_then(|credit| credit.get("level")) {
        told if told == level.as_ref() => Ok(()),
        _ => bail!("the counter was told another level than the record's"),
    }
}
