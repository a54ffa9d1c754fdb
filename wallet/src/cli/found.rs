//! `init`, `restore`, `backup`.

use std::path::Path;

use ledger::client::Client;
use ledger::genesis::Genesis;
use rand::rngs::OsRng;
use serde_json::json;

use super::failure::Failure;
use super::settings::Settings;
use super::tell::{self, Output};
use super::{InitArgs, RestoreArgs, TrustArgs, Verdict, ask};
use crate::contents::{Contents, Pinned, Trust};
use crate::phrase::Phrase;
use crate::present::Tongue;
use crate::store::{Cost, Store, StoreError, file};
use crate::wallet::Wallet;

pub(super) fn init(settings: &Settings, args: &InitArgs, output: &Output) -> Result<Verdict, Failure> {
    refuse_taken(settings)?;
    let phrase = if args.restore { ask::phrase(settings.tongue())? } else { Phrase::generate(&mut OsRng) };
    let shown = !args.restore && (!output.is_json() || args.show_phrase);
    make(settings, &args.trust, phrase, if shown { Words::Shown } else { Words::Kept }, output)
}

pub(super) fn restore(settings: &Settings, args: &RestoreArgs, output: &Output) -> Result<Verdict, Failure> {
    refuse_taken(settings)?;
    let Some(backup) = &args.file else {
        let phrase = ask::phrase(settings.tongue())?;
        return make(settings, &args.trust, phrase, Words::Kept, output);
    };
    let passphrase = ask::passphrase(settings.tongue())?;
    let (store, contents) = Store::restore(&settings.home, backup, &passphrase)?;
    let credentials = contents.wallet.credentials().len();
    let json = json!({"home": store.home(), "credentials": credentials});
    output.result(
        &json,
        &format!(
            "Restored to {} with {credentials} credential(s). Run `wallet sync` next.\n",
            store.home().display()
        ),
    );
    Ok(Verdict::Yes)
}

pub(super) fn backup(settings: &Settings, target: &Path, output: &Output) -> Result<Verdict, Failure> {
    // Opened first, so that a damaged wallet or a forgotten passphrase is noticed now.
    let passphrase = ask::passphrase(settings.tongue())?;
    let (store, _) = Store::open(&settings.home, &passphrase)?;
    store.backup(target)?;
    output.result(&json!({"backup": target}), &format!("Saved to {}.\n", target.display()));
    Ok(Verdict::Yes)
}

/// Whether the new phrase is to be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Shown,
    Kept,
}

fn make(
    settings: &Settings,
    trust: &TrustArgs,
    phrase: Phrase,
    words: Words,
    output: &Output,
) -> Result<Verdict, Failure> {
    let (trust, genesis) = trusted(settings, trust)?;
    let passphrase = ask::new_passphrase(settings.tongue())?;
    if passphrase.chars() < ADVISED {
        tell::say(settings.tongue().pick(
            "提示：口令较短；建议用几个词组成的长口令。",
            "Advice: the passphrase is short; several words are better.",
        ));
    }
    let contents = Contents { wallet: Wallet::new(phrase), trust };
    Store::create(&settings.home, &passphrase, Cost::STANDARD, &contents, &mut OsRng)?;
    report(settings, &contents, &genesis, words, output);
    Ok(Verdict::Yes)
}

fn report(settings: &Settings, contents: &Contents, genesis: &Genesis, words: Words, output: &Output) {
    let tongue = settings.tongue();
    let fingerprint = genesis.digest().to_string();
    let mut json = json!({
        "home": settings.home, "ledger": contents.trust.ledger, "genesis": fingerprint, "pinned": contents.trust.pinned,
    });
    if words == Words::Shown {
        let phrase = contents.wallet.phrase().words(settings.language);
        if output.is_json() {
            json["phrase"] = phrase.as_str().into();
        } else {
            show_phrase(&phrase, tongue);
        }
    }
    if contents.trust.pinned == Pinned::OnFirstUse {
        tell::say(tongue.pick(
            "创世文件取自账本本身；请与可信来源公布的指纹核对：",
            "The genesis file came from the ledger itself (trust on first use). Compare its fingerprint with one from a \
             source you trust:",
        ));
        tell::say(&fingerprint);
    }
    output.result(&json, &format!("{}\n", settings.home.display()));
}

/// On stderr, so that a redirected stdout does not keep it.
fn show_phrase(words: &str, tongue: Tongue) {
    eprintln!(
        "{}\n",
        tongue.pick(
            "这 24 个词就是您的钱包。抄在纸上，不要拍照，不要告诉任何人；它不会再显示。",
            "These 24 words are your wallet. Write them on paper; do not photograph them; tell nobody. They are not shown \
             again.",
        )
    );
    for (i, word) in words.split(' ').enumerate() {
        let end = if i % 6 == 5 { "\n" } else { "  " };
        eprint!("{:>2} {word}{end}", i + 1);
    }
    eprintln!();
}

/// The genesis that the owner gives, else the ledger's own.
fn trusted(settings: &Settings, args: &TrustArgs) -> Result<(Trust, Genesis), Failure> {
    let ledger = settings.ledger_or_default();
    let (genesis, pinned) = match &args.genesis {
        Some(path) => (read_genesis(path)?, Pinned::ByOwner),
        None => (Client::new(ledger.clone()).genesis()?, Pinned::OnFirstUse),
    };
    let json = serde_json::to_value(&genesis).expect("a genesis holds text and one small number");
    Ok((Trust { ledger, genesis: json, pinned }, genesis))
}

pub(super) fn read_genesis(path: &Path) -> Result<Genesis, Failure> {
    let bad = |what: String| {
        Failure::new(
            "bad_genesis",
            format!("{}: {what}", path.display()),
            "Give the ledger's genesis file with --genesis.",
        )
    };
    let bytes = file::read(path, MAX_GENESIS).map_err(|e| bad(e.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))
}

/// Before anything is asked.
fn refuse_taken(settings: &Settings) -> Result<(), Failure> {
    if Store::exists(&settings.home) {
        return Err(StoreError::AlreadyThere(settings.home.clone()).into());
    }
    Ok(())
}

const MAX_GENESIS: u64 = 1024 * 1024;
/// Characters of a passphrase below which the owner is advised to take a longer one.
const ADVISED: usize = 12;
