//! `verifier clerk`: the password file of the counter's page.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use service::cli::{Shell, Verdict};
use service::clock::Clock;
use service::staff::{Password, Role, Roster, StaffName, put_member, remove_member};
use zeroize::Zeroizing;

use super::config::{given_store, store_of};
use super::error::CliError;
use super::serve::DATA;
use crate::http::CLERKS;
use crate::store::{API, AuditAction, AuditEvent, COMMAND, StoreAddress};

/// Where a password comes from that nobody types.
const PASSWORD: &str = "YONG_CLERK_PASSWORD";

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Data directory of the service; the password file is `clerks` in it.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = DATA, global = true)]
    data: PathBuf,
    /// Where the service remembers, if not in the data directory: a file, or `postgres://…`.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true, global = true)]
    store: Option<String>,
    /// The password file, if it is elsewhere.
    #[arg(long, env = "YONG_VERIFIER_CLERKS", global = true)]
    clerks: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Adds a person, or gives a person another role and password. Asks for the password on the terminal, unless it is
    /// in `YONG_CLERK_PASSWORD`.
    Add {
        /// The name to sign in with.
        name: StaffName,
        /// `clerk` asks citizens; `supervisor` also reads everybody's receipts and the audit list; `auditor` only reads.
        #[arg(long)]
        role: Role,
    },
    /// Lists names and roles.
    List,
    /// Removes a person, whose sessions end at once.
    Remove {
        /// The name.
        name: StaffName,
    },
}

pub(super) fn run(args: Args, shell: Shell) -> Result<Verdict, CliError> {
    let path = args.clerks.unwrap_or_else(|| args.data.join(CLERKS));
    let store = store_of(given_store(args.store, None)?, &args.data);
    match args.what {
        What::Add { name, role } => add(&store, &path, name, role)?,
        What::List => list(&Roster::load(&path).map_err(CliError::Clerks)?, shell)?,
        What::Remove { name } => remove(&store, &path, &name)?,
    }
    Ok(Verdict::Yes)
}

fn add(store: &StoreAddress, path: &Path, name: StaffName, role: Role) -> Result<(), CliError> {
    not_taken(&name)?;
    let password = password()?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| CliError::File { path: folder.to_owned(), source })?;
    }
    note(store, AuditAction::AddedClerk, &format!("{} ({})", name.as_str(), role.word()))?;
    put_member(path, name, role, &password).map_err(CliError::Clerks)
}

/// In the audit list these names stand for programs and for this command line.
fn not_taken(name: &StaffName) -> Result<(), CliError> {
    match name.as_str() {
        taken @ (API | COMMAND) => Err(CliError::Usage(format!("nobody can be called `{taken}`"))),
        _ => Ok(()),
    }
}

/// Writes the change down before it is made, so that none is without its line. A data directory in which no service has
/// started has no list yet.
fn note(store: &StoreAddress, act: AuditAction, whom: &str) -> Result<(), CliError> {
    if store.file().is_some_and(|path| !path.exists()) {
        return Ok(());
    }
    let note =
        AuditEvent { time: Clock::system().now(), who: COMMAND, act, matter: None, number: Some(whom) };
    Ok(store.open()?.note(&note)?)
}

fn remove(store: &StoreAddress, path: &Path, name: &StaffName) -> Result<(), CliError> {
    let roster = Roster::load(path).map_err(CliError::Clerks)?;
    if roster.people().any(|(known, _)| known.as_str() == name.as_str()) {
        note(store, AuditAction::RemovedClerk, name.as_str())?;
    }
    let removed = remove_member(path, name).map_err(CliError::Clerks)?;
    if removed { Ok(()) } else { Err(CliError::NoSuchClerk(name.as_str().to_owned())) }
}

fn list(roster: &Roster, shell: Shell) -> Result<(), CliError> {
    let people = || roster.people().map(|(name, role)| (name.as_str(), role.word()));
    let answer: Vec<_> = people().map(|(name, role)| json!({ "name": name, "role": role })).collect();
    let text = || people().map(|(name, role)| [name, "  ", role, "\n"].concat()).collect();
    Ok(shell.answer(&answer, text)?)
}

fn password() -> Result<Password, CliError> {
    let text = match std::env::var(PASSWORD) {
        Ok(text) => Zeroizing::new(text),
        Err(_) => typed_twice()?,
    };
    Password::chosen(text.to_string()).map_err(|error| CliError::Password(error.to_string()))
}

fn typed_twice() -> Result<Zeroizing<String>, CliError> {
    let ask = |question: &str| {
        let typed = rpassword::prompt_password(question).map(Zeroizing::new);
        typed.map_err(|error| CliError::Password(format!("it cannot be asked for ({error})")))
    };
    let first = ask("Password 密码: ")?;
    let second = ask("Again 再输一次: ")?;
    if first == second { Ok(first) } else { Err(CliError::Password("the two differ".to_owned())) }
}
