//! The `wallet` command line.

pub(crate) mod consent;
mod credentials;
mod files;
mod history;
mod init;
mod pair;
mod present;
mod recover;
mod serve;
mod settings;
mod show_offline;
mod terminal;
mod trustees;

#[cfg(feature = "fuzzing")]
pub(crate) use settings::read_config_for_fuzzing;

use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;
use clap::{Args, Parser, Subcommand};
use ledger::registry::Development;
use openid4vc::offline::VerifierId;
use service::cli::{Authority, CommandError, Explain, Options, OrFail as _, Shell, Verdict};
use url::Url;

use self::settings::Settings;
use crate::error::WalletError;

/// Runs the command line: exit code 0 yes, 1 no, 2 error.
pub fn main() -> ExitCode {
    service::cli::run(execute)
}

fn execute(cli: Cli, shell: Shell) -> Result<Verdict, CommandError> {
    let settings = Settings::gather(&cli.place, cli.options.language())?;
    let shell = shell.with_language(settings.language);
    for ca in [cli.authority.file(), settings.ca.as_deref()] {
        ledger::client::trust(ca).or_fail("bad_ca", "certificate authorities", Authority::REMEDY)?;
    }
    if settings.development == Development::Accepted {
        shell.say(
            "开发密钥：此钱包的证明可能被伪造，仅供演示。",
            "Development keys: what this wallet proves can be forged. For trying out only.",
        );
    }
    match cli.command {
        Command::Init(args) => init::init(&settings, &args, shell),
        Command::Restore(args) => init::restore(&settings, &args, shell),
        Command::Backup { file } => init::backup(&settings, &file, shell),
        Command::Receive(args) => credentials::receive(&settings, &args, shell),
        Command::List { values } => credentials::list(&settings, values, shell),
        Command::Sync => credentials::sync(&settings, shell),
        Command::Holder { department, schema } => credentials::holder(&settings, &department, &schema, shell),
        Command::Present(args) => present::present(&settings, &args, shell),
        Command::Show(args) => show_offline::show(&settings, &args, shell),
        Command::Pair(args) => pair::pair(&settings, &args, shell),
        Command::Trustees(args) => trustees::trustees(&settings, &args, shell),
        Command::Recover => recover::recover(&settings, shell),
        Command::History(args) => history::history(&settings, &args, shell),
        Command::App(args) => serve::app(settings, &args, shell),
        Command::Assist(args) => serve::assist(&settings, &args, shell),
    }
}

impl Explain for WalletError {
    fn code(&self) -> Cow<'static, str> {
        Self::code(self).into()
    }
    fn remedy(&self) -> Cow<'static, str> {
        Self::remedy(self).into()
    }
}

/// Keeps your credentials, shows you who asks for what and why, and proves it without saying more.
#[derive(Parser)]
#[command(name = "wallet", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    authority: Authority,
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

impl service::cli::Command for Cli {
    fn options(&self) -> &Options {
        &self.options
    }
}

/// Where the wallet and its ledger are.
#[derive(Args)]
struct Place {
    /// The wallet's folder (default: in the user's data folder).
    #[arg(long, global = true, env = "YONG_WALLET_HOME")]
    home: Option<PathBuf>,
    /// Address of the ledger, or of a mirror of it (default: the one given to `init`).
    #[arg(long, global = true, env = "YONG_LEDGER")]
    ledger: Option<Url>,
    /// Uses development keys too, whose proofs can be forged, and talks to services of this machine; only to try things out.
    #[arg(long, global = true, env = "YONG_DEVELOPMENT")]
    development: bool,
    /// Configuration file with `home`, `ledger`, `language`, `development`, `ca`.
    #[arg(long, global = true, env = "YONG_WALLET_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a wallet and shows its recovery phrase once.
    Init(InitArgs),
    /// Brings a wallet back, from a backup file or from its recovery phrase.
    Restore(RestoreArgs),
    /// Copies the sealed wallet to a new file; the passphrase stays the same.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Receives the credential that a department's desk offers.
    Receive(ReceiveArgs),
    /// Lists the credentials, their validity and whether they are in the tree.
    List {
        /// Also shows the values.
        #[arg(long)]
        values: bool,
    },
    /// Catches up with the ledger. Do this now and then, not right before presenting.
    Sync,
    /// Prints the pseudonym by which a department will know you, for its assisted enrolment.
    Holder {
        /// The department, such as `gongan.nanning`.
        department: DepartmentId,
        /// The credential, such as `identity/1`.
        schema: SchemaId,
    },
    /// Answers a counter's request: shows who asks what and why, and proves it if you agree.
    Present(PresentArgs),
    /// Shows a QR code to a counter without a network; asks you first, like `present`. Sync before you go.
    Show(ShowArgs),
    /// Makes another wallet of yours a further device of the same person: gives it the person secret, or takes it. Messages
    /// go by QR code or as lines to be copied, and both wallets show the same six digits.
    Pair(PairArgs),
    /// Shows which departments keep shares of your person secret, and shares it among them where that is due.
    Trustees(TrusteesArgs),
    /// When every wallet is lost: makes a new, empty wallet yours again. First it shows a key for the desk; after the desk and
    /// a second department have asked for you, the same command gets your person secret back from the departments.
    Recover,
    /// Shows who asked for what, and how it ended; names of attributes, never values.
    History(HistoryArgs),
    /// Opens the wallet as a page in the browser of this machine, until Ctrl-C.
    App(AppArgs),
    /// Answers requests from sealed papers at a counter, for citizens without a phone, until Ctrl-C. It keeps nothing.
    Assist(serve::AssistArgs),
}

#[derive(Args)]
struct InitArgs {
    /// Asks for an existing recovery phrase instead of making a new one.
    #[arg(long)]
    restore: bool,
    #[command(flatten)]
    trust: TrustArgs,
    /// With --json: also prints the recovery phrase, under `phrase`.
    #[arg(long)]
    show_phrase: bool,
}

/// Which ledger is trusted.
#[derive(Args)]
struct TrustArgs {
    /// The genesis file of the ledger, from a source you trust. Without it the ledger itself is asked once.
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

#[derive(Args)]
struct RestoreArgs {
    /// A backup file; without it the recovery phrase is asked for.
    file: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Args)]
struct ReceiveArgs {
    /// The desk's link: `openid-credential-offer://…`.
    offer: String,
    /// The number that the clerk tells; asked for if needed.
    #[arg(long)]
    tx_code: Option<String>,
    /// Agrees without asking that the desk is shown who you are, where it wants that. What it is shown is still said.
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
struct PresentArgs {
    /// The counter's link: `openid4vp://…`.
    link: String,
    /// Agrees without asking, also to go where the link leads. The screen is still shown.
    #[arg(long)]
    yes: bool,
    /// Catches up with the ledger first. This tells the ledger that somebody is about to present.
    #[arg(long)]
    sync: bool,
    #[command(flatten)]
    saving: SaveArgs,
}

#[derive(Args)]
struct ShowArgs {
    /// What is to be proved: a policy on the ledger, such as `adult/1`.
    #[arg(long, value_name = "POLICY")]
    offline: SchemaId,
    /// To whom: what the counter's printed code says, `yong-counter:x509_hash:…`, with or without its beginning.
    #[arg(long, value_name = "ID")]
    counter: VerifierId,
    /// Agrees without asking. The screen is still shown.
    #[arg(long)]
    yes: bool,
    /// Also draws the code into a new SVG file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Also draws the code into a new PNG file.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// Which of the two wallets this is.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct PairArgs {
    /// The wallet that you have: it gives its person secret.
    #[arg(long)]
    offer: bool,
    /// The new wallet, with a phrase of its own and without credentials: it takes the person secret.
    #[arg(long)]
    accept: bool,
}

/// Whether and where an answer is saved.
#[derive(Args)]
struct SaveArgs {
    /// Writes `proof.json`, `public.json`, `verification_key.json` (as snarkjs reads them) and `presentation.json`
    /// into a folder; the second credential and further ones into folders of their own below it, and so the proofs across
    /// credentials (`join.across`) and of scores (`score.1` and on), which have no `presentation.json`.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Lets --save write over files.
    #[arg(long, requires = "save")]
    force: bool,
    /// Saves the answer and sends nothing: another program does.
    #[arg(long, requires = "save")]
    keep: bool,
}

#[derive(Args)]
struct TrusteesArgs {
    /// Shares anew though the departments have what they should.
    #[arg(long, conflicts_with = "list")]
    again: bool,
    /// Only shows; nothing is shared.
    #[arg(long)]
    list: bool,
}

#[derive(Args)]
struct HistoryArgs {
    /// Writes the history to a new file, as JSON.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Forgets the history.
    #[arg(long)]
    delete: bool,
}

#[derive(Args)]
struct AppArgs {
    /// Port on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 7007)]
    port: u16,
    /// Only prints the address, which works once.
    #[arg(long)]
    no_open: bool,
    /// Minutes without use after which the wallet locks itself.
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=240))]
    idle: u64,
    #[command(flatten)]
    trust: TrustArgs,
}

const EXAMPLES: &str = "\
Examples:
  wallet init --language zh
  wallet receive 'openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A7002%2Foffer%2F…' --tx-code 482913
  wallet list
  wallet sync
  wallet present 'openid4vp://?client_id=x509_hash%3A…&request_uri=…'
  wallet present LINK --yes --save proof && snarkjs groth16 verify proof/verification_key.json proof/public.json proof/proof.json
  wallet present LINK --development                    # with keys of a demonstration; or set YONG_DEVELOPMENT=true
  wallet show --offline adult/1 --counter 'yong-counter:x509_hash:…/window-3'
  wallet pair --offer                                  # and on the new device: wallet pair --accept
  wallet trustees                                      # who can give your person secret back
  wallet recover --home ~/new-wallet                   # every wallet is lost: at the desk, and again afterwards
  wallet backup ~/wallet-copy.yong
  wallet app

The passphrase is asked for on the terminal, or taken from YONG_PASSPHRASE.
Exit code: 0 presented and accepted (or done), 1 refused, declined or not satisfiable, 2 error.";
