//! Citizens present to the verifier: each verdict must be the plain evaluator's over the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use circuits::policy::{Catalogue as _, Verdict};
use openid4vc::vp::{Reason, Status};
use rand::rngs::OsRng;
use serde_json::{Map, Value};
use verifier_service::client::VerifierClient;
use wallet::Ledger;
use wallet::present::{Decision, Screen};

use super::context::{Citizen, Context, ENROLLED_IN_PERSON, HOLD_EVERYTHING, now};
use super::issuing::{receive, sources};
use super::parallel;
use crate::departments::schema_id;
use crate::fixtures::{Person, Sources, values};
use crate::report::{Summary, median_ms, progress_bar};

/// One citizen's answer to one request.
struct Presentation {
    verdict: Status,
    expected: Status,
    took: Duration,
}

/// Everybody who holds all credentials answers five policies; forty more prove their age.
pub(super) fn present(context: &mut Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let mut presentations = Vec::new();
    let everywhere = ["fast-lane/1", "fast-lane/2", "housing/1", "home-loan/1", "loan-desk/1"];
    let everywhere = everywhere.map(|policy| (policy, 0..HOLD_EVERYTHING));
    for (policy, who) in everywhere.into_iter().chain([("adult/1", HOLD_EVERYTHING..HOLD_EVERYTHING + 40)]) {
        let new = present_all(context, policy, who)?;
        context.verdict_counts.count(policy, new.iter().map(|presentation| presentation.verdict));
        if let Some(ms) = end_to_end_ms(&new) {
            summary.end_to_end_ms_by_policy.insert(policy.to_owned(), ms);
        }
        presentations.extend(new);
    }
    let agreed = presentations.iter().filter(|v| v.verdict == v.expected).count();
    let passed = presentations.iter().filter(|v| v.verdict == Status::Passed).count();
    summary.presentations += presentations.len() as u64;
    summary.agreed_with_evaluator += agreed as u64;
    let all = presentations.len();
    summary.end_to_end_ms = end_to_end_ms(&presentations);
    ensure!(agreed == all, "{} verdicts of {all} differ from the evaluator's", all - agreed);
    ensure!(passed > 0 && passed < all, "the verdicts must go both ways");
    Ok(format!("{all} presentations, {passed} passed, {} did not qualify, all as evaluated", all - passed))
}

/// Of those that passed, the median; a wallet that declines makes no proof.
fn end_to_end_ms(presentations: &[Presentation]) -> Option<f64> {
    let passed = presentations.iter().filter(|presentation| presentation.verdict == Status::Passed);
    median_ms(passed.map(|presentation| presentation.took).collect())
}

/// Twenty citizens answer a survey. Each restores the wallet from its phrase on another phone, and is refused a second answer.
pub(super) fn survey(context: &mut Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let who = ENROLLED_IN_PERSON - 20..ENROLLED_IN_PERSON;
    let seed = context.data_dir.wallet_seed()?;
    let issuer = context.issuer("identity/1").clone();
    for (citizen, person) in context.citizens[who.clone()].iter_mut().zip(&context.people[who]) {
        let first = answer(&context.verifier, &context.ledger, citizen, "survey-2026/1")?;
        // In a scenario that is repeated after a crash, the first answer may have been given before the crash.
        let counted = first.0 == Status::Passed || first.1 == Some(Reason::AlreadyUsed);
        ensure!(counted, "a first answer was refused: {:?}", first.1);
        context.verdict_counts.count("survey-2026/1", [first.0]);
        let mut restored = Citizen::new(person, &seed);
        receive(&issuer, &context.ledger, &mut restored, person, "identity/1")?;
        let second = answer(&context.verifier, &context.ledger, &mut restored, "survey-2026/1")?;
        ensure!(
            second == (Status::Refused, Some(Reason::AlreadyUsed)),
            "a second answer was not refused as used"
        );
        summary.presentations += 1;
        summary.agreed_with_evaluator += 1;
    }
    Ok("20 answers counted, 20 second answers refused as already_used".into())
}

/// A citizen uses a permit ten times under ten pseudonyms, and gets no further.
pub(super) fn permit(context: &mut Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let citizen = &mut context.citizens[PERMIT_HOLDER];
    let mut pseudonyms = BTreeSet::new();
    for _ in 0..PERMIT_USES {
        let asked = context.verifier.ask(&schema_id("permit-2026/1"))?;
        citizen.wallet.present(&context.ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
        let verdict = context.verifier.verdict(&asked)?;
        // In a scenario that is repeated after a crash, a use may have been counted before the crash.
        let counted = verdict.status == Status::Passed || verdict.reason == Some(Reason::AlreadyUsed);
        ensure!(counted, "a use was refused: {:?}", verdict.reason);
        let receipt = verdict.receipt.context("a use without a receipt")?;
        pseudonyms.insert(receipt.nullifier.context("a use without a pseudonym")?.to_string());
        context.verdict_counts.count("permit-2026/1", [verdict.status]);
        summary.presentations += 1;
        summary.agreed_with_evaluator += 1;
    }
    ensure!(pseudonyms.len() == PERMIT_USES, "two uses had one pseudonym");
    let another = answer(&context.verifier, &context.ledger, citizen, "permit-2026/1");
    ensure!(!matches!(another, Ok((Status::Passed, _))), "an eleventh use was accepted");
    Ok("10 uses under 10 pseudonyms, an eleventh refused".into())
}

/// The citizen consents; answers the verifier's verdict.
pub(super) fn answer(
    verifier: &VerifierClient,
    ledger: &Ledger,
    citizen: &mut Citizen,
    policy: &str,
) -> anyhow::Result<(Status, Option<Reason>)> {
    let asked = verifier.ask(&schema_id(policy))?;
    citizen.wallet.present(ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
    let verdict = verifier.verdict(&asked)?;
    Ok((verdict.status, verdict.reason))
}

pub(super) fn agree(_: &Screen<'_>) -> Decision {
    Decision::Agree
}

fn present_all(
    context: &mut Context<'_>,
    policy: &str,
    who: Range<usize>,
) -> anyhow::Result<Vec<Presentation>> {
    let sources = sources(context)?;
    let progress = progress_bar(who.len());
    let verifier = &context.verifier;
    let ledger = &context.ledger;
    let citizens = context.citizens[who.clone()].iter_mut().zip(&context.people[who]);
    let presentations = parallel::map(citizens, |(citizen, person)| {
        let presentation = presentation(verifier, ledger, citizen, person, policy, &sources);
        progress.inc(1);
        presentation.with_context(|| format!("at the counter with {policy}"))
    });
    progress.finish_and_clear();
    presentations
}

fn presentation(
    verifier: &VerifierClient,
    ledger: &Ledger,
    citizen: &mut Citizen,
    person: &Person,
    policy: &str,
    sources: &Sources,
) -> anyhow::Result<Presentation> {
    let start = Instant::now();
    let asked = verifier.ask(&schema_id(policy))?;
    citizen.wallet.present(ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
    let verdict = verifier.verdict(&asked)?;
    let took = start.elapsed();
    let expected = expected(ledger, person, policy, sources)?;
    if policy == "loan-desk/1" && verdict.status == Status::Passed {
        check_revealed(&verdict.revealed, ledger, person, sources)?;
    }
    Ok(Presentation { verdict: verdict.status, expected, took })
}

/// The plain evaluator's verdict over the records of the data files.
pub(super) fn expected(
    ledger: &Ledger,
    person: &Person,
    policy: &str,
    sources: &Sources,
) -> anyhow::Result<Status> {
    let view = ledger.view();
    let published = view.registry().policy(&schema_id(policy)).context("the policy is not on the ledger")?;
    let policy = &published.checked;
    let mut records = BTreeMap::new();
    for query in &policy.policy().credentials {
        let schema = view.registry().schema(&query.schema).context("the schema is not on the ledger")?;
        records.insert(query.id.as_str(), values(person, schema, sources)?);
    }
    let of_one = records.iter().map(|(id, values)| policy.evaluate(id, now(), values));
    let of_models = policy.policy().models.iter().enumerate();
    let of_models = of_models.map(|(i, asked)| policy.evaluate_score(i, &records[asked.credential.as_str()]));
    let mut verdicts: Vec<Verdict> = of_one.chain(of_models).collect::<Result<_, _>>()?;
    verdicts
        .extend(policy.evaluate_across(now(), &records.iter().map(|(id, values)| (*id, values)).collect())?);
    let holds = verdicts.iter().all(|verdict| *verdict == Verdict::Holds);
    Ok(if holds { Status::Passed } else { Status::Declined })
}

/// What the verifier learnt must be what the record says.
fn check_revealed(
    revealed: &BTreeMap<String, Map<String, Value>>,
    ledger: &Ledger,
    person: &Person,
    sources: &Sources,
) -> anyhow::Result<()> {
    let view = ledger.view();
    let schema =
        view.registry().schema(&schema_id("credit-report/1")).context("the schema is not on the ledger")?;
    let level = values(person, schema, sources)?.get("level").map(circuits::schema::Value::to_json);
    match revealed.get("credit").and_then(|credit| credit.get("level")) {
        shown if shown == level.as_ref() => Ok(()),
        _ => bail!("the counter was told another level than the record's"),
    }
}

/// Whose permit is used up.
const PERMIT_HOLDER: usize = ENROLLED_IN_PERSON - 21;
/// Uses of `permit-2026/1`.
const PERMIT_USES: usize = 10;
