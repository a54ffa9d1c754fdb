//! `verifier clerk`: the password file of the counter's page.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use service::staff::{Password, Role, Roster, StaffName, put_member, remove_member};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::serve::DATA;
use super::{Outcome, Talk, now};
use crate::http::{CLERKS, DATABASE};
use crate::store::{API, Act, COMMAND, Note, Store};

/// Where a password comes from that nobody types.
const PASSWORD: &str = "YONG_CLERK_PASSWORD";

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// Data directory of the service; the password file is `clerks` in it.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = DATA, global = true)]
    data: PathBuf,
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

pub(super) fn run(args: Args, talk: Talk) -> Outcome {
    let path = args.clerks.unwrap_or_else(|| args.data.join(CLERKS));
    match args.what {
        What::Add { name, role } => add(&args.data, &path, name, role)?,
        What::List => list(&Roster::load(&path).map_err(Failure::Clerks)?, talk),
        What::Remove { name } => remove(&args.data, &path, &name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(data: &Path, path: &Path, name: StaffName, role: Role) -> Result<(), Failure> {
    not_taken(&name)?;
    let password = password()?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| Failure::File { path: folder.to_owned(), source })?;
    }
    note(data, Act::AddedClerk, &format!("{} ({})", name.as_str(), role.word()))?;
    put_member(path, name, role, &password).map_err(Failure::Clerks)
}

/// In the audit list these names stand for programs and for this command line.
fn not_taken(name: &StaffName) -> Result<(), Failure> {
    match name.as_str() {
        taken @ (API | COMMAND) => Err(Failure::Usage(format!("nobody can be called `{taken}`"))),
        _ => Ok(()),
    }
}

/// Writes the change down before it is made, so that none is without its line. A data directory in which no service has
/// started has no list yet.
fn note(data: &Path, act: Act, whom: &str) -> Result<(), Failure> {
    let path = data.join(DATABASE);
    if !path.exists() {
        return Ok(());
    }
    let note = Note { time: now(), who: COMMAND, act, matter: None, number: Some(whom) };
    Ok(Store::open(&path)?.note(&note)?)
}

fn remove(data: &Path, path: &Path, name: &StaffName) -> Result<(), Failure> {
    let roster = Roster::load(path).map_err(Failure::Clerks)?;
    if roster.people().any(|(known, _)| known.as_str() == name.as_str()) {
        note(data, Act::RemovedClerk, name.as_str())?;
    }
    let removed = remove_member(path, name).map_err(Failure::Clerks)?;
    if removed { Ok(()) } else { Err(Failure::NoSuchClerk(name.as_str().to_owned())) }
}

fn list(roster: &Roster, talk: Talk) {
    let people = roster.people().map(|(name, role)| (name.as_str(), role.word()));
    match talk {
        Talk::Machine => {
            let people: Vec<_> = people.map(|(name, role)| json!({ "name": name, "role": role })).collect();
            println!("{}", json!(people));
        }
        Talk::People => people.for_each(|(name, role)| println!("{name}  {role}")),
    }
}

fn password() -> Result<Password, Failure> {
    let text = match std::env::var(PASSWORD) {
        Ok(text) => Zeroizing::new(text),
        Err(_) => typed_twice()?,
    };
    Password::chosen(text.to_string()).map_err(|error| Failure::Password(error.to_string()))
}

fn typed_twice() -> Result<Zeroizing<String>, Failure> {
    let ask = |question: &str| {
        let typed = rpassword::prompt_password(question).map(Zeroizing::new);
        typed.map_err(|error| Failure::Password(format!("it cannot be asked for ({error})")))
    };
    let (first, second) = (ask("Password 密码: ")?, ask("Again 再输一次: ")?);
    if first == second { Ok(first) } else { Err(Failure::Password("the two differ".to_owned())) }
}
