//! `issuer clerk`: the password file of the desk's page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use service::staff::{Password, Role, Roster, StaffName, put_member, remove_member};
use zeroize::Zeroizing;

use super::Talk;
use super::failure::Failure;
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

pub(super) fn run(args: Args, talk: Talk) -> Result<ExitCode, Failure> {
    let path = args.clerks.map_or_else(|| configured(args.config), Ok)?;
    match args.what {
        What::Add { name, role } => put_member(&path, name, role, &password()?).map_err(Failure::Clerks)?,
        What::List => list(&Roster::load(&path).map_err(Failure::Clerks)?, talk),
        What::Remove { name } => {
            if !remove_member(&path, &name).map_err(Failure::Clerks)? {
                return Err(Failure::NoSuchClerk(name.as_str().to_owned()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn configured(path: PathBuf) -> Result<PathBuf, Failure> {
    let config = Config::load(&path).map_err(Failure::Config)?;
    config.staff.clerks.ok_or(Failure::NoClerks(path))
}

fn list(roster: &Roster, talk: Talk) {
    let people = roster.people().map(|(name, role)| (name.as_str(), role.word()));
    match talk {
        Talk::Machine => {
            let people: Vec<_> = people.map(|(name, role)| json!({"name": name, "role": role})).collect();
            println!("{}", json!(people));
        }
        Talk::People => people.for_each(|(name, role)| println!("{name}  {role}")),
    }
}

fn password() -> Result<Password, Failure> {
    let text = std::env::var(PASSWORD).map_or_else(|_| typed_twice(), Ok)?;
    Password::chosen(text).map_err(|e| Failure::Password(e.to_string()))
}

fn typed_twice() -> Result<String, Failure> {
    let ask = |question: &str| {
        let typed = rpassword::prompt_password(question);
        typed.map_err(|e| Failure::Password(format!("it cannot be asked for ({e})")))
    };
    let (first, second) = (ask("Password 密码: ")?, Zeroizing::new(ask("Again 再输一次: ")?));
    if first == *second { Ok(first) } else { Err(Failure::Password("the two differ".to_owned())) }
}
