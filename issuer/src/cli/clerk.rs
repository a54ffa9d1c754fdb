//! `issuer clerk`: the password file of the desk's page.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};
use service::staff::{Password, Role, Roster, StaffName, put_member, remove_member};
use zeroize::Zeroizing;

use super::error::CliError;
use crate::config::Config;

/// Where a password comes from that nobody types.
const PASSWORD: &str = "YONG_CLERK_PASSWORD";

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// The desk's configuration, which names the password file.
    #[arg(long, env = "YONG_DESK_CONFIG", default_value = "desk.toml", global = true)]
    config: PathBuf,
    /// The password file itself, instead.
    #[arg(long, env = "YONG_DESK_CLERKS", global = true)]
    clerks: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Adds a person, or gives a person another role and password. Asks for the password on the terminal, unless it is
    /// in `YONG_CLERK_PASSWORD`.
    Add {
        /// The name to sign in with.
        name: StaffName,
        /// `clerk` serves people; `supervisor` also reads the audit list; `auditor` only reads.
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

pub(super) fn run(args: Args, shell: Shell) -> Result<Verdict, CommandError> {
    let path = args.clerks.map_or_else(|| configured(args.config), Ok)?;
    match args.what {
        What::Add { name, role } => put_member(&path, name, role, &password()?).map_err(CliError::Clerks)?,
        What::List => list(&Roster::load(&path).map_err(CliError::Clerks)?, shell)?,
        What::Remove { name } => {
            if !remove_member(&path, &name).map_err(CliError::Clerks)? {
                return Err(CliError::NoSuchClerk(name.as_str().to_owned()).into());
            }
        }
    }
    Ok(Verdict::Yes)
}

fn configured(path: PathBuf) -> Result<PathBuf, CliError> {
    let config = Config::load(&path).map_err(CliError::Config)?;
    config.staff.clerks.ok_or(CliError::NoClerks(path))
}

fn list(roster: &Roster, shell: Shell) -> Result<(), CommandError> {
    let people: Vec<(&str, &str)> =
        roster.people().map(|(name, role)| (name.as_str(), role.word())).collect();
    let json: Vec<_> = people.iter().map(|(name, role)| json!({"name": name, "role": role})).collect();
    shell.answer(&json, || {
        let lines: Vec<String> = people.iter().map(|(name, role)| format!("{name}  {role}")).collect();
        lines.join("\n")
    })
}

fn password() -> Result<Password, CliError> {
    let text = std::env::var(PASSWORD).map_or_else(|_| typed_twice(), Ok)?;
    Password::chosen(text).map_err(|e| CliError::Password(e.to_string()))
}

fn typed_twice() -> Result<String, CliError> {
    let ask = |question: &str| {
        let typed = rpassword::prompt_password(question);
        typed.map_err(|e| CliError::Password(format!("it cannot be asked for ({e})")))
    };
    let first = ask("Password 密码: ")?;
    let second = Zeroizing::new(ask("Again 再输一次: ")?);
    if first == *second { Ok(first) } else { Err(CliError::Password("the two differ".to_owned())) }
}
