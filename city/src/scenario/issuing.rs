//! How credentials come to the citizens: one by one with the full protocol, and overnight for the rest.

use anyhow::{Context as _, bail};
use circuits::field::Element;
use circuits::policy::Catalogue as _;
use issuer::admin::{Enrolment, MAX_ROWS, Row, RowOutcome};
use issuer::client::IssuerClient;
use rand::rngs::OsRng;
use wallet::receive::{Offer, OfferDecision};

use super::context::{Citizen, Context, ENROLLED_IN_PERSON, HOLD_EVERYTHING, now};
use super::parallel;
use crate::departments::{DEPARTMENTS, Department, schema_id};
use crate::fixtures::{Person, Sources, department_record};
use crate::report::{Summary, progress_bar};

/// A few hundred enrol with 公安: record, offer, `enroll` proof, credential found in the tree.
pub(super) fn enrol(context: &mut Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let issued = by_protocol(context, "identity/1", ENROLLED_IN_PERSON)?;
    summary.issued += issued;
    Ok(format!("{issued} credentials, each with an enrolment proof"))
}

/// Some of them go on to the other issuers, where they show their identity instead of enrolling again.
pub(super) fn show_identity(context: &mut Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let mut issued = 0;
    for other in OTHERS {
        issued += by_protocol(context, other, HOLD_EVERYTHING)?;
    }
    summary.issued += issued;
    Ok(format!("{issued} credentials, each for a shown identity"))
}

/// Those who come with help leave a holder value for each department, and their person with 公安; their device keeps the
/// secrets.
pub(super) fn assist(context: &Context<'_>) -> anyhow::Result<String> {
    let mut enrolled = 0;
    for id in all_schemas() {
        let department = Department::granting(id).department_id();
        let schema = schema_id(id);
        let rows = assisted(context, id).map(|(person, citizen)| {
            let secrets = citizen.wallet.secrets();
            let holder = Element(secrets.holder(&department, &schema)).to_string();
            let value = Element(secrets.person.person(&department)).to_string();
            let number = person.id_number().to_owned();
            let cells = [(PERSON, number), ("holder", holder), ("person", value)];
            cells.into_iter().map(|(column, cell)| (column.to_owned(), cell)).collect::<Row>()
        });
        enrolled += in_chunks(&rows.collect::<Vec<_>>(), |chunk| {
            context.issuer(id).import_enrolments(Some(&schema_id(id)), chunk)
        })?
        .0;
    }
    Ok(format!("{enrolled} holder values"))
}

/// Every department commits to what it knows of everybody who enrolled with help.
pub(super) fn nightly(context: &Context<'_>, summary: &mut Summary) -> anyhow::Result<String> {
    let sources = sources(context)?;
    let mut issued = 0;
    let mut unchanged = 0;
    for id in all_schemas() {
        let rows = assisted(context, id)
            .map(|(person, _)| row(person, id, &sources))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (new, old) = in_chunks(&rows, |chunk| context.issuer(id).issue(&schema_id(id), chunk))?;
        issued += new;
        unchanged += old;
    }
    summary.issued += issued + unchanged;
    Ok(format!("{issued} credentials issued, {unchanged} unchanged, 0 refused"))
}

/// Everybody receives every credential with the full protocol.
pub(super) fn everything(context: &mut Context<'_>) -> anyhow::Result<u64> {
    let everybody = context.people.len();
    let mut issued = by_protocol(context, "identity/1", everybody)?;
    for other in OTHERS {
        issued += by_protocol(context, other, everybody)?;
    }
    Ok(issued)
}

/// Model and schema that a credit report is computed from, as published.
pub(super) fn sources(context: &Context<'_>) -> anyhow::Result<Sources> {
    let view = context.ledger.view();
    let model =
        view.registry().model(&schema_id("credit-scorecard/1")).context("no scorecard on the ledger")?;
    Ok(Sources { factors: context.schema("credit-factors/1")?, model: model.clone() })
}

fn by_protocol(context: &mut Context<'_>, id: &str, count: usize) -> anyhow::Result<u64> {
    let sources = sources(context)?;
    let rows = context.people[..count]
        .iter()
        .map(|person| row(person, id, &sources))
        .collect::<anyhow::Result<Vec<_>>>()?;
    in_chunks(&rows, |chunk| context.issuer(id).import_records(&schema_id(id), chunk))?;
    let progress = progress_bar(count);
    let issuer = context.issuer(id).clone();
    let people = &context.people[..count];
    let ledger = &context.ledger;
    parallel::map(context.citizens[..count].iter_mut().zip(people), |(citizen, person)| {
        receive(&issuer, ledger, citizen, person, id)?;
        progress.inc(1);
        Ok(())
    })?;
    progress.finish_and_clear();
    Ok(count as u64)
}

/// The clerk makes an offer and tells the citizen its transaction code; the wallet does the rest.
pub(super) fn receive(
    issuer: &IssuerClient,
    ledger: &wallet::Ledger,
    citizen: &mut Citizen,
    person: &Person,
    id: &str,
) -> anyhow::Result<()> {
    receive_as(issuer, ledger, citizen, person, id, Enrolment::ReplaceAll)
}

/// Says at the desk what becomes of the person's other devices.
pub(super) fn receive_as(
    issuer: &IssuerClient,
    ledger: &wallet::Ledger,
    citizen: &mut Citizen,
    person: &Person,
    id: &str,
    enrolment: Enrolment,
) -> anyhow::Result<()> {
    let offered = issuer.offer_to(&schema_id(id), &person.id_number().parse()?, enrolment)?;
    let code = offered.tx_code;
    let mut accept = |_: &Offer| OfferDecision::Accept { tx_code: Some(code.clone()) };
    citizen.wallet.receive(ledger, &offered.offer, &mut accept, now(), &mut OsRng)?;
    Ok(())
}

/// Those who enrol for a schema with help.
fn assisted<'a>(context: &'a Context<'_>, id: &str) -> impl Iterator<Item = (&'a Person, &'a Citizen)> {
    let first = if id == "identity/1" { ENROLLED_IN_PERSON } else { HOLD_EVERYTHING };
    context.people.iter().zip(&context.citizens).skip(first)
}

fn row(person: &Person, id: &str, sources: &Sources) -> anyhow::Result<Row> {
    let mut row: Row = department_record(person, id, sources)?
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    row.insert(PERSON.to_owned(), person.id_number().to_owned());
    Ok(row)
}

/// Hands rows over in chunks; answers how many were done and how many unchanged. A refused row ends it.
fn in_chunks<E: std::error::Error + Send + Sync + 'static>(
    rows: &[Row],
    mut hand_over: impl FnMut(Vec<Row>) -> Result<Vec<RowOutcome>, E>,
) -> anyhow::Result<(u64, u64)> {
    let progress = progress_bar(rows.len());
    let mut done = 0;
    let mut unchanged = 0;
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
