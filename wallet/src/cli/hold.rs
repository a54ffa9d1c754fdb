//! `receive`, `list`, `sync`, `holder`.

use std::fmt::Write as _;

use circuits::credential::{DepartmentId, Scope, Validity};
use circuits::field::Element;
use circuits::schema::SchemaId;
use openid4vc::vci::TxCode;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use super::failure::Failure;
use super::session::{Session, now};
use super::settings::Settings;
use super::tell::{self, Output, civil};
use super::{ReceiveArgs, Verdict, ask};
use crate::followed::View;
use crate::held::{CredentialStatus, Held};
use crate::present::{Tongue, printable};

pub(super) fn receive(settings: &Settings, args: &ReceiveArgs, output: &Output) -> Result<Verdict, Failure> {
    let mut session = Session::open(settings)?;
    // Nothing may turn over the question for the number.
    let waiting = args.tx_code.is_some().then(|| tell::waiting("…"));
    let mut tx_code = |wanted: &TxCode| ask::tx_code(args.tx_code.as_deref(), wanted);
    let received =
        session.contents.wallet.receive(&session.ledger, &args.offer, &mut tx_code, now()?, &mut OsRng);
    drop(waiting);
    let told = received.map(|held| (described(held), line(held, settings.tongue())));
    // What was learned from the ledger is kept even where the desk failed.
    session.save()?;
    let (json, text) = told?;
    output.result(&json, &text);
    Ok(Verdict::Yes)
}

pub(super) fn list(settings: &Settings, values: bool, output: &Output) -> Result<Verdict, Failure> {
    let session = Session::open(settings)?;
    let (view, now) = (session.ledger.view(), now()?);
    let (mut rows, mut text) = (Vec::new(), String::new());
    for held in session.contents.wallet.credentials() {
        rows.push(row(held, &view, now, values));
        text.push_str(&paragraph(held, &view, now, values, settings.tongue()));
    }
    if rows.is_empty() {
        text.push_str(settings.tongue().pick("还没有凭证。\n", "No credentials yet.\n"));
    }
    let json = json!({"credentials": rows, "synced_at": view.synced_at(), "entries": view.size()});
    output.result(&json, &text);
    Ok(Verdict::Yes)
}

pub(super) fn sync(settings: &Settings, output: &Output) -> Result<Verdict, Failure> {
    let mut session = Session::open(settings)?;
    session.sync()?;
    session.save_ledger()?;
    let view = session.ledger.view();
    let credentials = session.contents.wallet.credentials();
    let withdrawn: Vec<Value> = credentials
        .iter()
        .filter(|held| view.standing(held) == CredentialStatus::Withdrawn)
        .map(described)
        .collect();
    let mut text = format!("{} entries\n", view.size());
    for held in credentials.iter().filter(|held| view.standing(held) == CredentialStatus::Withdrawn) {
        text.push_str(settings.tongue().pick("已不在凭证树中：", "No longer in the tree: "));
        text.push_str(&line(held, settings.tongue()));
    }
    let root = view.root().map(Element);
    let json = json!({
        "entries": view.size(), "root": root, "synced_at": view.synced_at(),
        "credentials": credentials.len(), "withdrawn": withdrawn,
    });
    output.result(&json, &text);
    Ok(Verdict::Yes)
}

pub(super) fn holder(
    settings: &Settings,
    department: &DepartmentId,
    schema: &SchemaId,
    output: &Output,
) -> Result<Verdict, Failure> {
    let session = Session::open(settings)?;
    let scope = Scope::enrolment(department, schema);
    let holder = Element(session.contents.wallet.secret().pseudonym(&scope));
    output.result(
        &json!({"department": department, "schema": schema, "holder": holder}),
        &format!("{holder}\n"),
    );
    Ok(Verdict::Yes)
}

fn described(held: &Held) -> Value {
    let c = &held.credential;
    json!({"schema": c.schema, "issuer": c.issuer, "position": held.position, "entry": held.entry})
}

fn row(held: &Held, view: &View, now: u64, values: bool) -> Value {
    let mut row = described(held);
    row["title"] = json!(held.schema.title);
    row["validity"] = json!(held.credential.validity);
    row["valid"] = timeliness(held.credential.validity, now).into();
    row["standing"] = json!(view.standing(held));
    row["received"] = held.received.into();
    if values {
        row["attributes"] = Value::Object(held.credential.values.to_json());
    }
    row
}

fn line(held: &Held, tongue: Tongue) -> String {
    let (c, title) = (&held.credential, printable(held.schema.title.text(tongue.tag())));
    format!("{title} ({}, {})\n", c.schema, c.issuer)
}

fn paragraph(held: &Held, view: &View, now: u64, values: bool, tongue: Tongue) -> String {
    let validity = held.credential.validity;
    let standing = match view.standing(held) {
        CredentialStatus::Active => tongue.pick("有效", "active"),
        CredentialStatus::Withdrawn => {
            tongue.pick("不在树中（已暂停或撤销）", "not in the tree (suspended or revoked)")
        }
        CredentialStatus::NotSynced => tongue.pick("尚未同步", "not synced yet"),
    };
    let timely = match timeliness(validity, now) {
        "valid" => "",
        "expired" => tongue.pick("（已过期）", " (expired)"),
        _ => tongue.pick("（未生效）", " (not yet valid)"),
    };
    let mut text = line(held, tongue);
    writeln!(text, "  {} – {}{timely}; {standing}", civil(validity.from), civil(validity.until))
        .expect("a string takes all text");
    if values {
        for (attribute, (_, value)) in held.schema.attributes.iter().zip(held.credential.values.iter()) {
            let title = printable(attribute.title.text(tongue.tag()));
            let value = value.map_or_else(|| "—".to_owned(), |v| printable(&plain(&v.to_json())));
            writeln!(text, "  {title}: {value}").expect("a string takes all text");
        }
    }
    text
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn timeliness(validity: Validity, now: u64) -> &'static str {
    if now < validity.from {
        "not_yet"
    } else if now > validity.until {
        "expired"
    } else {
        "valid"
    }
}
