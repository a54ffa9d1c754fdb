//! The `issuer` command line: `serve` runs a desk, everything else asks a running one.

mod acts;
mod clerk;
mod error;
mod lists;
mod reconcile;
mod recovery;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use circuits::schema::SchemaId;
use clap::{Args, Parser, Subcommand};
use ledger::registry::Development;
use openid4vc::vci::Secret;
use service::cli::{Authority, CommandError, Options, Shell, Verdict};
use service::http::Endpoint;
use service::tls::{Tls, TlsArgs};
use tracing::level_filters::LevelFilter;
use url::Url;

use self::error::CliError;
use crate::admin::Enrolment;
use crate::client::IssuerClient;
use crate::config::Config;
use crate::issuer::Issuer;
use crate::person::PersonId;
use crate::rows::Encoding;

/// A department's desk: grants, corrects, suspends and revokes credentials.
#[derive(Parser)]
#[command(name = "issuer", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    authority: Authority,
    #[command(subcommand)]
    command: Command,
}

impl service::cli::Command for Cli {
    fn options(&self) -> &Options {
        &self.options
    }
}

#[derive(Subcommand)]
enum Command {
    /// Runs a desk until Ctrl-C.
    #[command(after_help = concat!("A configuration:\n\n", include_str!("../desk.example.toml")))]
    Serve(ServeArgs),
    /// Makes an offer: a link for the wallet, and a number to tell the citizen. When it is taken, credentials of the
    /// citizen's other devices end.
    Offer {
        #[command(flatten)]
        desk: DeskArgs,
        #[command(flatten)]
        of: Of,
        /// For a further device, at most the third: the others keep their credentials.
        #[arg(long)]
        add: bool,
    },
    /// Writes the records of a list and grants to everybody on it who is enrolled; columns `id_number` and the
    /// schema's attributes, an empty cell is an absent attribute. Run it again after an interruption: it continues,
    /// and grants nothing twice.
    Issue {
        /// Which credential, such as `identity/1`.
        #[arg(long)]
        schema: SchemaId,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Takes a credential away for good.
    Revoke(ChangeArgs),
    /// Takes a credential away until it is restored.
    Suspend(ChangeArgs),
    /// Gives a suspended credential back.
    Restore(ChangeArgs),
    /// Ends a person who lost wallet and recovery phrase, with all that was issued to them, so that the next enrolment may
    /// bring another person secret. What is issued then says since when; a running scope stays closed to the person.
    Reset(ChangeArgs),
    /// Proposes that the trustees give the secret of a person who lost every wallet to one new wallet. Another
    /// department has to approve it, and then it is completed.
    Recover(recovery::RecoverArgs),
    /// Signs and sends a request for shares that another department has approved. Run it again after a lost answer.
    CompleteRecovery(recovery::CompleteArgs),
    /// Approves another department's request for shares, in the name of this desk's department. Only for whoever has
    /// looked at the person and their document too.
    ApproveRecovery(recovery::ApproveArgs),
    /// Changes attributes: a new credential, and the old one revoked, in one batch.
    Correct {
        #[command(flatten)]
        change: ChangeArgs,
        /// `name=value`, once per attribute; an empty value makes it absent.
        #[arg(long, required = true, value_parser = name_and_value)]
        set: Vec<(String, String)>,
    },
    /// Compares a desk's database with the ledger, as after a restore from a backup; with `--revoke` brings the two
    /// together again. The desk need not run.
    Reconcile(reconcile::Args),
    /// The password file of the desk's page.
    Clerk(clerk::Args),
    /// Records of people.
    #[command(subcommand)]
    Records(Records),
    /// Holder values from assisted enrolment.
    #[command(subcommand)]
    Enrolments(Enrolments),
}

#[derive(Subcommand)]
enum Records {
    /// Writes records; columns `id_number` and the schema's attributes.
    Import {
        /// Which schema.
        #[arg(long)]
        schema: SchemaId,
        #[command(flatten)]
        list: ListArgs,
    },
}

#[derive(Subcommand)]
enum Enrolments {
    /// Writes holder values; columns `id_number` and `holder`, and `person` at a desk that issues on enrolment.
    Import {
        /// Which schema; may be left out at a desk that grants one only.
        #[arg(long)]
        schema: Option<SchemaId>,
        #[command(flatten)]
        list: ListArgs,
    },
}

#[derive(Args)]
struct ServeArgs {
    /// The desk's configuration.
    #[arg(long, env = "YONG_DESK_CONFIG", default_value = "desk.toml")]
    config: PathBuf,
    /// Instead of `listen` in the configuration.
    #[arg(long, env = "YONG_DESK_LISTEN")]
    listen: Option<std::net::SocketAddr>,
    /// Instead of `data` in the configuration.
    #[arg(long, env = "YONG_DESK_DATA")]
    data: Option<PathBuf>,
    /// Instead of `ledger` in the configuration.
    #[arg(long, env = "YONG_LEDGER")]
    ledger: Option<Url>,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Where the desk is.
#[derive(Args)]
struct DeskArgs {
    /// The desk's address.
    #[arg(long = "desk", env = "YONG_DESK", default_value = "http://127.0.0.1:7002")]
    url: Url,
    /// File with the staff token, for a desk on another machine.
    #[arg(long, env = "YONG_DESK_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

/// A list, and which desk it goes to.
#[derive(Args)]
struct ListArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The list: CSV with a header, as a spreadsheet saves it.
    #[arg(long)]
    csv: PathBuf,
    /// In which encoding the list is written [default: found out, and asked where it could be two].
    #[arg(long)]
    encoding: Option<Encoding>,
    /// Writes what every line came to, as CSV.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Whose credential.
#[derive(Args)]
struct Of {
    /// Which credential, such as `identity/1`.
    #[arg(long)]
    schema: SchemaId,
    /// The identity number.
    #[arg(long)]
    person: PersonId,
}

#[derive(Args)]
struct ChangeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    of: Of,
    /// Why: a code of the department's list. It is public on the ledger.
    #[arg(long)]
    reason: String,
}

/// Reads the arguments, executes the command, and says how it ended: 0 yes, 1 no, 2 error.
pub fn main() -> ExitCode {
    service::cli::run(|cli: Cli, shell| {
        ledger::client::trust(cli.authority.file()).map_err(CliError::Authority)?;
        execute(cli.command, shell)
    })
}

fn execute(command: Command, shell: Shell) -> Result<Verdict, CommandError> {
    use crate::admin::Act;
    match command {
        Command::Serve(args) => serve(args, shell),
        Command::Reconcile(args) => reconcile::run(&args, shell),
        Command::Clerk(args) => clerk::run(args, shell),
        Command::Offer { desk, of, add } => {
            let enrolment = if add { Enrolment::Add } else { Enrolment::ReplaceAll };
            acts::offer(&desk.open()?, &of, enrolment, shell)
        }
        Command::Issue { schema, list } => lists::issue(&schema, &list, shell),
        Command::Revoke(args) => acts::change(&args, Act::Revoke, shell),
        Command::Suspend(args) => acts::change(&args, Act::Suspend, shell),
        Command::Restore(args) => acts::change(&args, Act::Restore, shell),
        Command::Reset(args) => acts::reset(&args, shell),
        Command::Recover(args) => recovery::recover(&args, shell),
        Command::CompleteRecovery(args) => recovery::complete(&args, shell),
        Command::ApproveRecovery(args) => recovery::approve(&args, shell),
        Command::Correct { change, set } => acts::correct(&change, set, shell),
        Command::Records(Records::Import { schema, list }) => lists::records(&schema, &list, shell),
        Command::Enrolments(Enrolments::Import { schema, list }) => {
            lists::enrolments(schema.as_ref(), &list, shell)
        }
    }
}

fn serve(args: ServeArgs, shell: Shell) -> Result<Verdict, CommandError> {
    service::cli::log(LevelFilter::INFO);
    let mut config = Config::load(&args.config).map_err(CliError::Config)?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.data = args.data.unwrap_or(config.data);
    config.ledger = args.ledger.unwrap_or(config.ledger);
    config.tls = args.tls.or(config.tls);
    ledger::client::trust(config.ca.as_deref()).map_err(CliError::Authority)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|e| CliError::Serve(e.into()))?;
    runtime.block_on(listen_and_serve(config, shell))?;
    Ok(Verdict::Yes)
}

async fn listen_and_serve(config: Config, shell: Shell) -> Result<(), CliError> {
    let address = config.listen;
    let tls = config.tls.as_ref().map(Tls::open).transpose().map_err(CliError::Tls)?;
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|e| CliError::Listen(address, e))?;
    let endpoint = Endpoint::new(listener, tls);
    endpoint.check_public_url(Some(config.public_url.as_str())).map_err(CliError::PlainPublicUrl)?;
    let opening = tokio::task::spawn_blocking(move || Issuer::open(config));
    let issuer =
        opening.await.expect("opening an issuer does not panic").map_err(|e| CliError::Serve(e.into()))?;
    let department = &issuer.config().department;
    let url = &issuer.config().public_url;
    let scheme = endpoint.scheme();
    shell.say(
        &format!("{department} 的窗口在 {scheme}://{address} 上，对外地址为 {url}。"),
        &format!("The desk of {department} listens on {scheme}://{address} as {url}."),
    );
    if issuer.config().development == Development::Accepted {
        shell.say(
            "接受开发密钥，仅供演示：保有生成密钥时秘密的人可以伪造证明。",
            "Development keys are accepted: whoever kept the setup's secrets can forge proofs.",
        );
    }
    crate::serve_issuer(Arc::new(issuer), endpoint, service::shutdown::requested())
        .await
        .map_err(CliError::Serve)
}

impl DeskArgs {
    fn open(&self) -> Result<IssuerClient, CliError> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).map_err(|e| CliError::Token(path.clone(), e))?;
            Ok::<_, CliError>(Secret::from(service::spreadsheet::one_line(&text).to_owned()))
        };
        Ok(IssuerClient::new(self.url.clone(), self.token_file.as_ref().map(read).transpose()?))
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write `name=value`")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

const EXAMPLES: &str = "\
Examples:
  issuer serve --config desk.toml
  issuer offer --schema identity/1 --person 450199199609118925
  issuer issue --schema credit-report/1 --csv scores.csv --report outcome.csv --desk http://127.0.0.1:7012
  issuer suspend --schema identity/1 --person 450199199609118925 --reason court.order
  issuer reset --schema identity/1 --person 450199199609118925 --reason lost.phrase
  issuer recover --schema identity/1 --person 450199199609118925 --key KEY --out recovery.proposal
  issuer approve-recovery recovery.proposal --desk http://127.0.0.1:7012
  issuer complete-recovery recovery.proposal
  issuer correct --schema identity/1 --person 450199199609118925 --set residence_district=450105 --reason moved

Exit code: 0 yes, 1 no (the desk refused), 2 error.";
