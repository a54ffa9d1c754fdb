//! `receive`, `list`, `sync`, `holder`.

use std::fmt::Write as _;

use circuits::credential::DepartmentId;
use circuits::field::Element;
use circuits::schema::SchemaId;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use service::civil_time::minute;
use service::cli::{CommandError, Language, Shell, Verdict};

use super::ReceiveArgs;
use super::settings::{Settings, now};
use super::terminal::{self, Agreed};
use super::trustees;
use crate::error::WalletError;
use crate::followed::View;
use crate::held::{CredentialStatus, Held, Timeliness};
use crate::names;
use crate::present::{Decision, printable};
use crate::receive::ReceiveError;
use crate::renewal::Asking;
use crate::session::Session;
use crate::trustees::AfterReceiving;
use crate::wallet::Wallet;

pub(super) fn receive(
    settings: &Settings,
    args: &ReceiveArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let agreed = if args.yes { Agreed::OnTheCommandLine } else { Agreed::NotYet };
    let mut session = settings.open()?;
    let received = accept(settings, args, &mut session, agreed);
    // What was learned from the ledger is kept even where the desk failed.
    let saved = session.save();
    let (mut json, text, after) = received?;
    saved?;
    // The credential is here, whatever becomes of the shares.
    if let Some(shares) = trustees::after_receiving(&mut session, after, shell) {
        json["shares"] = shares;
    }
    shell.answer(&json, || text)?;
    Ok(Verdict::Yes)
}

/// From the offer to the credential in the wallet. What the desk is about to be shown is in the history on the disk
/// before it is.
fn accept(
    settings: &Settings,
    args: &ReceiveArgs,
    session: &mut Session,
    agreed: Agreed,
) -> Result<(Value, String, AfterReceiving), CommandError> {
    let now = now()?;
    let waiting = terminal::waiting("…");
    let mut offer =
        session.contents.wallet.offer(&session.ledger, &args.offer, now).map_err(WalletError::from)?;
    // Nothing may turn over a question.
    drop(waiting);
    if offer.identity().is_some() {
        terminal::must_reach_owner(agreed)?;
    }
    if terminal::offer(&offer, &session.ledger.view(), settings.language, agreed) == Decision::Refuse {
        return Err(WalletError::from(ReceiveError::Declined).into());
    }
    let tx_code = offer.tx_code().and_then(|wanted| terminal::tx_code(args.tx_code.as_deref(), wanted));
    let reserved = session.reserve(|wallet| Ok(wallet.reserve_showing(&offer, now)))?;
    let waiting = terminal::waiting("…");
    let wallet = &mut session.contents.wallet;
    let held = wallet.collect(&session.ledger, &mut offer, tx_code, now, &mut OsRng);
    drop(waiting);
    wallet.remember_showing(reserved.as_ref(), &offer, &held);
    let held = held.map_err(WalletError::from)?;
    let kept = wallet.keep_received(held.clone(), now);
    let (json, text) = (described(kept), line(kept, settings.language));
    let after = wallet.after_receiving(&held, &session.ledger.view());
    Ok((json, text, after))
}

pub(super) fn list(settings: &Settings, values: bool, shell: Shell) -> Result<Verdict, CommandError> {
    let session = settings.open()?;
    let view = session.ledger.view();
    let now = now()?;
    let foreign = session.contents.wallet.foreign_requests(&view);
    trustees::warn(&foreign, shell, settings.language);
    let mut rows = Vec::new();
    let mut text = String::new();
    for held in session.contents.wallet.credentials() {
        let mut row = row(held, &view, now, values);
        if let Some(ending) = session.contents.wallet.ending_of(held, &view, now) {
            row["ending"] = json!(ending);
        }
        rows.push(row);
        text.push_str(&paragraph(held, &view, now, values, settings.language));
        text.push_str(&why(&session.contents.wallet, held, &view, now, settings.language));
    }
    if rows.is_empty() {
        text.push_str(settings.language.pick("还没有凭证。\n", "No credentials yet.\n"));
    }
    let json = json!({"credentials": rows, "synced_at": view.synced_at(), "entries": view.size(),
        "foreign_recoveries": trustees::foreign(&foreign)});
    shell.answer(&json, || text)?;
    Ok(Verdict::Yes)
}

pub(super) fn sync(settings: &Settings, shell: Shell) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    let waiting = terminal::waiting("ledger …");
    let now = now()?;
    session.sync(now)?;
    session.save_ledger()?;
    let renewed = session.renew(Asking::ByOwner, now)?;
    drop(waiting);
    let view = session.ledger.view();
    let credentials = session.contents.wallet.credentials();
    let withdrawn: Vec<Value> = credentials
        .iter()
        .filter(|held| view.status(held) == CredentialStatus::Withdrawn)
        .map(described)
        .collect();
    let mut text = format!("{} entries\n", view.size());
    for held in credentials.iter().filter(|held| view.status(held) == CredentialStatus::Withdrawn) {
        text.push_str(settings.language.pick("已失效：", "No longer valid: "));
        text.push_str(&line(held, settings.language));
    }
    for held in &renewed {
        text.push_str(settings.language.pick("已换发：", "Renewed: "));
        text.push_str(&line(held, settings.language));
    }
    for held in credentials {
        text.push_str(&why(&session.contents.wallet, held, &view, now, settings.language));
    }
    let renewed: Vec<Value> = renewed.iter().map(described).collect();
    let root = view.root().map(Element);
    let foreign = session.contents.wallet.foreign_requests(&view);
    trustees::warn(&foreign, shell, settings.language);
    if session.contents.wallet.needs_dealing(&view).is_some() {
        shell.say(
            "个人密钥还没有分存到现在的受托部门：请运行 `wallet trustees`，丢失全部钱包时才能找回。",
            "Your person secret is not with the departments that keep shares now: run `wallet trustees`, so that it can be \
             given back when every wallet is lost.",
        );
    }
    let json = json!({
        "entries": view.size(), "root": root, "synced_at": view.synced_at(),
        "credentials": credentials.len(), "withdrawn": withdrawn,
        "renewed": renewed,
        "foreign_recoveries": trustees::foreign(&foreign),
    });
    shell.answer(&json, || text)?;
    Ok(Verdict::Yes)
}

pub(super) fn holder(
    settings: &Settings,
    department: &DepartmentId,
    schema: &SchemaId,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let session = settings.open()?;
    let secrets = session.contents.wallet.secrets();
    let holder = Element(secrets.holder(department, schema));
    let person = Element(secrets.person.person(department));
    let json = json!({"department": department, "schema": schema, "holder": holder, "person": person});
    shell.answer(&json, || holder.to_string())?;
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
    row["valid"] = Timeliness::new(held.credential.validity, now).as_str().into();
    row["standing"] = json!(view.status(held));
    row["received"] = held.received.into();
    if values {
        row["attributes"] = Value::Object(held.credential.values.to_json());
    }
    row
}

fn line(held: &Held, language: Language) -> String {
    let c = &held.credential;
    let title = printable(held.schema.title.text(language.tag()));
    format!("{title} ({}, {})\n", c.schema, c.issuer)
}

/// Why it cannot be used any more, and where to go; nothing of one that has not ended.
fn why(wallet: &Wallet, held: &Held, view: &View, now: u64, language: Language) -> String {
    let Some(ending) = wallet.ending_of(held, view, now) else { return String::new() };
    let issuer = &held.credential.issuer;
    let department = view.registry().department(issuer);
    let department =
        department.map_or_else(|| issuer.to_string(), |known| printable(known.title.text(language.tag())));
    format!("  {}\n", ending.text(&department, language))
}

fn paragraph(held: &Held, view: &View, now: u64, values: bool, language: Language) -> String {
    let validity = held.credential.validity;
    let status = match view.status(held) {
        CredentialStatus::Active => language.pick("有效", "active"),
        CredentialStatus::Withdrawn => {
            language.pick("已失效（暂停、撤销或更换）", "no longer valid (suspended, revoked or replaced)")
        }
        CredentialStatus::NotSynced => language.pick("尚未同步", "not synced yet"),
    };
    let timely = match Timeliness::new(validity, now) {
        Timeliness::Valid => "",
        Timeliness::Expired => language.pick("（已过期）", " (expired)"),
        Timeliness::NotYet => language.pick("（未生效）", " (not yet valid)"),
    };
    let mut text = line(held, language);
    writeln!(text, "  {} – {}{timely}; {status}", minute(validity.from), minute(validity.until))
        .expect("a string takes all text");
    if values {
        for (attribute, (_, value)) in held.schema.attributes.iter().zip(held.credential.values.iter()) {
            let title = printable(attribute.title.text(language.tag()));
            let value = value.map_or_else(
                || "—".to_owned(),
                |v| names::value(&attribute.name, &v.to_json(), language.tag()),
            );
            writeln!(text, "  {title}: {value}").expect("a string takes all text");
        }
    }
    text
}
