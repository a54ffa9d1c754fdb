//! How credentials come to the citizens: one by one with the full protocol, and overnight for the rest.

use anyhow::{Context, bail};
use circuits::credential::Scope;
use circuits::field::Element;
use circuits::policy::Catalogue as _;
use issuer::admin::{MAX_ROWS, Row, RowOutcome};
use issuer::client::IssuerClient;
use rand::rngs::OsRng;

use super::citizens::{AT_THE_DESK, Citizen, EVERYWHERE, Sources, record};
use super::side_by_side::side_by_side;
use super::stage::{Stage, now, schema};
use crate::departments::{DEPARTMENTS, Department, schema_id};
use crate::people::Person;
use crate::report::{Summary, bar};

/// A few hundred come to the 公安 desk: record, offer, `enroll` proof, credential found in the tree.
pub(super) fn enrol(stage: &mut Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let issued = by_protocol(stage, "identity/1", AT_THE_DESK)?;
    summary.issued += issued;
    Ok(format!("{issued} credentials, each with an enrolment proof"))
}

/// Some of them go on to the other desks, where they show their identity instead of enrolling again.
pub(super) fn show_identity(stage: &mut Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let mut issued = 0;
    for other in OTHERS {
        issued += by_protocol(stage, other, EVERYWHERE)?;
    }
    summary.issued += issued;
    Ok(format!("{issued} credentials, each for a shown identity"))
}

/// Those who come with help leave a holder value for each department; their device keeps the secret.
pub(super) fn assist(stage: &Stage<'_>) -> anyhow::Result<String> {
    let mut enrolled = 0;
    for id in all_schemas() {
        let scope = Scope::enrolment(&Department::granting(id).department_id(), &schema_id(id));
        let rows = assisted(stage, id).map(|(person, citizen)| {
            let holder = Element(citizen.wallet.secret().pseudonym(&scope)).to_string();
            Row::from([(PERSON.to_owned(), person.id_number().to_owned()), ("holder".to_owned(), holder)])
        });
        enrolled += in_chunks(&rows.collect::<Vec<_>>(), |chunk| {
            stage.desk(id).import_enrolments(Some(&schema(id)), chunk)
        })?
        .0;
    }
    Ok(format!("{enrolled} holder values"))
}

/// Every department commits to what it knows of everybody who enrolled with help.
pub(super) fn nightly(stage: &Stage<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let sources = sources(stage)?;
    let (mut issued, mut unchanged) = (0, 0);
    for id in all_schemas() {
        let rows = assisted(stage, id)
            .map(|(person, _)| row(person, id, &sources))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (new, old) = in_chunks(&rows, |chunk| stage.desk(id).issue(&schema(id), chunk))?;
        (issued, unchanged) = (issued + new, unchanged + old);
    }
    summary.issued += issued + unchanged;
    Ok(format!("{issued} credentials issued, {unchanged} unchanged, 0 refused"))
}

/// Model and schema that a credit report is computed from, as published.
pub(super) fn sources(stage: &Stage<'_>) -> anyhow::Result<Sources> {
    let view = stage.ledger.view();
    let model =
        view.registry().model(&schema_id("credit-scorecard/1")).context("no scorecard on the ledger")?;
    Ok(Sources { factors: stage.schema("credit-factors/1")?, model: model.clone() })
}

fn by_protocol(stage: &mut Stage<'_>, id: &str, count: usize) -> anyhow::Result<u64> {
    let sources = sources(stage)?;
    let rows = stage.people[..count]
        .iter()
        .map(|person| row(person, id, &sources))
        .collect::<anyhow::Result<Vec<_>>>()?;
    in_chunks(&rows, |chunk| stage.desk(id).import_records(&schema(id), chunk))?;
    let progress = bar(count);
    let desk = stage.desk(id).clone();
    let (people, ledger) = (&stage.people[..count], &stage.ledger);
    side_by_side(stage.citizens[..count].iter_mut().zip(people), |(citizen, person)| {
        receive(&desk, ledger, citizen, person, id)?;
        progress.inc(1);
        Ok(())
    })?;
    progress.finish_and_clear();
    Ok(count as u64)
}

/// The clerk makes an offer and tells the citizen its number; the wallet does the rest.
pub(super) fn receive(
    desk: &IssuerClient,
    ledger: &wallet::Ledger,
    citizen: &mut Citizen,
    person: &Person,
    id: &str,
) -> anyhow::Result<()> {
    let offered = desk.offer(&schema(id), &person.id_number().parse()?)?;
    let code = offered.tx_code;
    citizen.wallet.receive(ledger, &offered.offer, &mut |_: &_| Some(code.clone()), now(), &mut OsRng)?;
    Ok(())
}

/// Those who enrol for a schema with help.
fn assisted<'a>(stage: &'a Stage<'_>, id: &str) -> impl Iterator<Item = (&'a Person, &'a Citizen)> {
    let first = if id == "identity/1" { AT_THE_DESK } else { EVERYWHERE };
    stage.people.iter().zip(&stage.citizens).skip(first)
}

fn row(person: &Person, id: &str, sources: &Sources) -> anyhow::Result<Row> {
    let mut row: Row =
        record(person, id, sources)?.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    row.insert(PERSON.to_owned(), person.id_number().to_owned());
    Ok(row)
}

/// Hands rows over in chunks; answers how many were done and how many unchanged. A refused row ends it.
fn in_chunks<E: std::error::Error + Send + Sync + 'static>(
    rows: &[Row],
    mut hand_over: impl FnMut(Vec<Row>) -> Result<Vec<RowOutcome>, E>,
) -> anyhow::Result<(u64, u64)> {
    let progress = bar(rows.len());
    let (mut done, mut unchanged) = (0, 0);
    for chunk in rows.chunks(MAX_ROWS) {
        for outcome in hand_over(chunk.to_vec())? {
            match outcome {
                RowOutcome::Issued | RowOutcome::Written => done += 1,
                RowOutcome::Unchanged => unchanged += 1,
                RowOutcome::Refused(why) => bail!("a row was refused: {why}"),
            }
        }
        progress.inc(chunk.len() as u64);
    }
    progress.finish_and_clear();
    Ok((done, unchanged))
}

pub(super) fn all_schemas() -> impl Iterator<Item = &'static str> {
    DEPARTMENTS.iter().flat_map(|d| d.schemas.iter().copied())
}

const OTHERS: [&str; 3] = ["credit-factors/1", "credit-report/1", "tax-standing/1"];
const PERSON: &str = "id_number";
