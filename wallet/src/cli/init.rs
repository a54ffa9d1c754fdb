//! `init`, `restore`, `backup`.

use std::path::Path;

use ledger::client::Client;
use ledger::genesis::Genesis;
use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};

use super::settings::Settings;
use super::{InitArgs, RestoreArgs, TrustArgs, terminal};
use crate::contents::{Contents, Pinned, Trust};
use crate::error::WalletError;
use crate::phrase::Phrase;
use crate::store::{Cost, Store, StoreError, file};
use crate::wallet::Wallet;

pub(super) fn init(settings: &Settings, args: &InitArgs, shell: Shell) -> Result<Verdict, CommandError> {
    refuse_taken(settings)?;
    let phrase =
        if args.restore { terminal::phrase(settings.language)? } else { Phrase::generate(&mut OsRng) };
    let shown = !args.restore && (!shell.is_json() || args.show_phrase);
    make(settings, &args.trust, phrase, if shown { Words::Shown } else { Words::Kept }, shell)
}

pub(super) fn restore(
    settings: &Settings,
    args: &RestoreArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    refuse_taken(settings)?;
    let Some(backup) = &args.file else {
        let phrase = terminal::phrase(settings.language)?;
        return make(settings, &args.trust, phrase, Words::Kept, shell);
    };
    let passphrase = terminal::passphrase(settings.language)?;
    let restored = Store::restore(&settings.home, backup, &passphrase);
    let (store, contents) = restored.map_err(WalletError::from)?;
    let credentials = contents.wallet.credentials().len();
    let json = json!({"home": store.home(), "credentials": credentials});
    shell.answer(&json, || {
        let home = store.home().display();
        format!("Restored to {home} with {credentials} credential(s). Run `wallet sync` next.\n")
    })?;
    Ok(Verdict::Yes)
}

pub(super) fn backup(settings: &Settings, target: &Path, shell: Shell) -> Result<Verdict, CommandError> {
    // Opened first, so that a damaged wallet or a forgotten passphrase is noticed now.
    let passphrase = terminal::passphrase(settings.language)?;
    let (store, _) = Store::open(&settings.home, &passphrase).map_err(WalletError::from)?;
    store.backup(target).map_err(WalletError::from)?;
    shell.answer(&json!({"backup": target}), || format!("Saved to {}.\n", target.display()))?;
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
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let (trust, genesis) = trusted(settings, trust)?;
    let passphrase = terminal::new_passphrase(settings.language)?;
    if passphrase.chars() < ADVISED {
        shell.say(
            "提示：口令较短；建议用几个词组成的长口令。",
            "Advice: the passphrase is short; several words are better.",
        );
    }
    let contents = Contents { wallet: Wallet::new(phrase), trust };
    let made = Store::create(&settings.home, &passphrase, Cost::STANDARD, &contents, &mut OsRng);
    made.map_err(WalletError::from)?;
    report(settings, &contents, &genesis, words, shell)?;
    Ok(Verdict::Yes)
}

fn report(
    settings: &Settings,
    contents: &Contents,
    genesis: &Genesis,
    words: Words,
    shell: Shell,
) -> Result<(), CommandError> {
    let fingerprint = genesis.digest().to_string();
    let trust = &contents.trust;
    let mut json = json!({
        "home": settings.home, "ledger": trust.ledger, "genesis": fingerprint, "pinned": trust.pinned,
    });
    if words == Words::Shown {
        let phrase = contents.wallet.phrase().words(settings.word_list());
        if shell.is_json() {
            json["phrase"] = phrase.as_str().into();
        } else {
            show_phrase(&phrase, shell);
        }
    }
    if trust.pinned == Pinned::OnFirstUse {
        shell.say(
            "创世文件取自账本本身；请与可信来源公布的指纹核对：",
            "The genesis file came from the ledger itself (trust on first use). Compare its fingerprint with one from a \
             source you trust:",
        );
        shell.say(&fingerprint, &fingerprint);
    }
    shell.answer(&json, || settings.home.display().to_string())
}

/// On stderr, so that a redirected stdout does not keep it.
fn show_phrase(words: &str, shell: Shell) {
    shell.say(
        "这 24 个词就是您的钱包。抄在纸上，不要拍照，不要告诉任何人；它不会再显示。\n",
        "These 24 words are your wallet. Write them on paper; do not photograph them; tell nobody. They are not shown \
         again.\n",
    );
    for (i, word) in words.split(' ').enumerate() {
        let end = if i % 6 == 5 { "\n" } else { "  " };
        eprint!("{:>2} {word}{end}", i + 1);
    }
    eprintln!();
}

/// The genesis that the owner gives, else the ledger's own.
fn trusted(settings: &Settings, args: &TrustArgs) -> Result<(Trust, Genesis), CommandError> {
    let ledger = settings.ledger_or_default();
    let (genesis, pinned) = match &args.genesis {
        Some(path) => (read_genesis(path)?, Pinned::ByOwner),
        None => (Client::new(ledger.clone()).genesis().map_err(WalletError::from)?, Pinned::OnFirstUse),
    };
    let json = serde_json::to_value(&genesis).expect("a genesis holds text and one small number");
    Ok((Trust { ledger, genesis: json, pinned }, genesis))
}

pub(super) fn read_genesis(path: &Path) -> Result<Genesis, CommandError> {
    let bad = |what: String| {
        CommandError::new(
            "bad_genesis",
            format!("`{}`: {what}", path.display()),
            "Give the ledger's genesis file with --genesis.",
        )
    };
    let bytes = file::read(path, MAX_GENESIS).map_err(|e| bad(e.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))
}

/// Before anything is asked.
fn refuse_taken(settings: &Settings) -> Result<(), CommandError> {
    if Store::exists(&settings.home) {
        return Err(WalletError::from(StoreError::AlreadyThere(settings.home.clone())).into());
    }
    Ok(())
}

const MAX_GENESIS: u64 = 1024 * 1024;
/// Characters of a passphrase below which the owner is advised to take a longer one.
const ADVISED: usize = 12;
