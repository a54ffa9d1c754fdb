//! The `ledger` command.

mod backup;
mod bench;
mod check;
mod copy;
mod example;
mod init;
mod inspect;
mod propose;
mod publish;
mod reading;
mod run;
mod witness;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use circuits::credential::DepartmentId;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use ledger::digest::Digest;
use ledger::note::{KeyName, NoteKey};
use ledger::proposal::MOST_DAYS;
use ledger::record::RecordKind;
use ledger_keys::KeySource;
use service::cli::{Authority, Command, CommandError, Options, OrFail as _, Shell, Verdict};
use service::http::Network;
use service::tls::TlsArgs;
use url::Url;

use crate::sequencer::SequencerConfig;

/// Runs the command line: exit code 0 yes, 1 no, 2 error.
pub fn main() -> ExitCode {
    service::cli::run(run)
}

fn run(cli: Cli, shell: Shell) -> Result<Verdict, CommandError> {
    trust(cli.authority.file())?;
    match cli.action {
        Action::Init(args) => init::init(args, shell),
        Action::Keygen(args) => init::keygen(&args, shell),
        Action::Example(args) => example::print(&args, shell),
        Action::Check(args) => check::check(&args, shell),
        Action::Publish(args) => publish::publish(&args, shell),
        Action::Propose(args) => propose::propose(&args, shell),
        Action::Sign(args) => propose::sign(&args, shell),
        Action::Submit(args) => propose::submit(&args, shell),
        Action::Witness(args) => witness::witness(args, shell),
        Action::Serve(args) => run::serve(args, shell),
        Action::Status(args) => inspect::status(args.url, shell),
        Action::Fsck(args) => inspect::fsck(&args, shell),
        Action::Export(args) => copy::export(args, shell),
        Action::Mirror(args) => copy::mirror(args, shell),
        Action::Backup(args) => backup::make(args, shell),
        Action::RestoreBackup(args) => backup::put_back(args, shell),
        Action::Bench(args) => bench::bench(&args, shell),
        Action::Blob(BlobCommand::Add(args)) => inspect::add_blob(&args, shell),
    }
}

/// Whom this process believes.
fn trust(ca: Option<&Path>) -> Result<(), CommandError> {
    ledger::client::trust(ca).or_fail("bad_ca", "certificate authorities", Authority::REMEDY)
}

/// A ledger node: one append-only log of what departments publish, and the credential tree derived from it.
#[derive(Parser)]
#[command(name = "ledger", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    authority: Authority,
    #[command(subcommand)]
    action: Action,
}

impl Command for Cli {
    fn options(&self) -> &Options {
        &self.options
    }
}

#[derive(Subcommand)]
enum Action {
    /// Makes a data directory: the log's key and the genesis file.
    Init(InitArgs),
    /// Makes a department's signing key, FILE (secret) and FILE.pub; or writes the public half of a key that is in a device.
    Keygen(KeygenArgs),
    /// Prints a complete record of a kind, to be changed; without a kind, lists the kinds.
    Example(ExampleArgs),
    /// Says what the public page would show of records, and what would be refused and why; signs and sends nothing.
    Check(CheckArgs),
    /// Signs records and submits them, all or none.
    Publish(PublishArgs),
    /// Makes a proposal of a record that several departments must approve: a file to be passed around.
    Propose(ProposeArgs),
    /// Says in words what a proposal does and, on a yes, adds one department's approval. Needs no network.
    #[command(visible_alias = "approve")]
    Sign(SignArgs),
    /// Signs an approved proposal as its submitter, and submits it.
    Submit(SubmitArgs),
    /// Runs a department's witness until Ctrl-C, or makes its key.
    Witness(WitnessArgs),
    /// Runs the node until Ctrl-C.
    Serve(ServeArgs),
    /// Says how a node is.
    Status(StatusArgs),
    /// Derives everything again and names the first thing that differs; the node must be stopped.
    Fsck(FsckArgs),
    /// Copies everything public of a ledger into one new folder that `fsck` accepts, proved while it is written.
    Export(ExportArgs),
    /// Runs a read-only copy until Ctrl-C: follows a ledger, believes nothing it is not proved, serves the same paths.
    Mirror(MirrorArgs),
    /// Writes everything of a ledger into one new file while the node runs; its key is not in it.
    Backup(backup::BackupArgs),
    /// Makes a data directory from a backup, every entry proved, and takes in what mirrors have beyond it.
    #[command(visible_alias = "restore")]
    RestoreBackup(backup::RestoreArgs),
    /// Measures a node here, on data of its own that is removed afterwards.
    Bench(BenchArgs),
    /// Documents served by their digest.
    #[command(subcommand)]
    Blob(BlobCommand),
}

#[derive(Args)]
struct InitArgs {
    /// The new data directory.
    #[arg(long, env = "YONG_LEDGER_DATA")]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArg,
    /// The log's name: a URL without its scheme.
    #[arg(long)]
    origin: String,
    /// The PKCS#11 URI of the key that the log signs with; without it a key is made and kept in the data directory.
    #[arg(long, value_name = "URI")]
    log_key: Option<KeySource>,
    /// A second key of the log, an SM2 key in PKCS#8 PEM (`openssl genpkey -algorithm SM2`): it signs checkpoints too.
    #[arg(long, value_name = "FILE.pem")]
    sm2_key: Option<PathBuf>,
    /// Nobody believes a checkpoint without the second key's signature.
    #[arg(long, requires = "sm2_key")]
    sm2_required: bool,
    /// A first department, `ID=FILE.pub`; may be repeated.
    #[arg(long = "department", value_name = "ID=FILE.pub")]
    departments: Vec<String>,
    /// First departments with titles and desks: a JSON array of `{id, title, key, desk}`.
    #[arg(long, value_name = "FILE.json")]
    founders: Option<PathBuf>,
    /// How many departments must approve an act of governance.
    #[arg(long)]
    threshold: usize,
    /// A witness's verifier key, as `ledger witness keygen` prints it; may be repeated.
    #[arg(long = "witness", value_name = "VKEY", requires = "quorum")]
    witnesses: Vec<NoteKey>,
    /// How many witnesses must have cosigned a checkpoint; more than half of them.
    #[arg(long, requires = "witnesses")]
    quorum: Option<usize>,
    /// The name of a `--witness` that replays the log; may be repeated.
    #[arg(long = "replaying", value_name = "NAME", requires_all = ["witnesses", "replay_quorum"])]
    replaying: Vec<KeyName>,
    /// How many of those that replay must be among the witnesses that cosigned.
    #[arg(long, requires = "replaying")]
    replay_quorum: Option<usize>,
    /// Credentials that one department may revoke or suspend in one record; default 1000.
    #[arg(long)]
    bulk_limit: Option<usize>,
    /// Seconds that a policy must at least accept a root for; less than the default is for development.
    #[arg(long, default_value_t = ledger::genesis::MIN_ROOT_AGE_S)]
    min_root_age_s: u64,
    /// The department, one of the first, that issues identity credentials with `person_since`. It cannot be changed later,
    /// and without it no scope has a first day.
    #[arg(long, value_name = "ID")]
    person_authority: Option<DepartmentId>,
}

#[derive(Args)]
struct KeygenArgs {
    /// The department that the key is for.
    #[arg(long)]
    id: DepartmentId,
    /// The secret key's file; never overwritten.
    #[arg(long)]
    out: PathBuf,
    /// The PKCS#11 URI of a key that was made in a device: only `OUT.pub` is written then.
    #[arg(long, value_name = "URI")]
    from: Option<KeySource>,
}

#[derive(Args)]
struct ExampleArgs {
    /// The kind of record, such as schema.publish.
    #[arg(value_parser = kinds())]
    kind: Option<RecordKind>,
}

#[derive(Args)]
struct CheckArgs {
    /// The ledger whose registry judges the records; without it only what they say by themselves is looked at.
    #[arg(long, visible_alias = "url", env = "YONG_LEDGER", value_name = "URL")]
    ledger: Option<Url>,
    /// Asks no ledger, though `YONG_LEDGER` names one.
    #[arg(long)]
    offline: bool,
    /// The department that would sign.
    #[arg(long = "as", value_name = "ID")]
    signer: Option<DepartmentId>,
    /// Records without signature, one or an array per file. `-` is stdin.
    #[arg(required = true, value_name = "FILE.json")]
    files: Vec<PathBuf>,
}

impl CheckArgs {
    /// Which ledger is asked, if one is.
    fn asked(&self) -> Option<&Url> {
        self.ledger.as_ref().filter(|_| !self.offline)
    }
    fn url(&self) -> Option<String> {
        self.asked().map(ToString::to_string)
    }
}

/// The kinds of records by name.
fn kinds() -> impl TypedValueParser<Value = RecordKind> {
    let names = RecordKind::ALL.map(RecordKind::as_str);
    PossibleValuesParser::new(names)
        .map(|name| RecordKind::from_name(&name).expect("the name is one of the possible values"))
}

/// The language of the talk as the words of pages have it.
fn spoken(language: service::cli::Language) -> service::web::Language {
    match language {
        service::cli::Language::Chinese => service::web::Language::Chinese,
        service::cli::Language::English => service::web::Language::English,
    }
}

#[derive(Args)]
struct PublishArgs {
    /// The signer's key file, or the PKCS#11 URI of a key in a device; for acts of governance repeated once per approving
    /// department, the signer first.
    #[arg(long = "key", required = true, value_name = "FILE|URI")]
    keys: Vec<KeySource>,
    #[command(flatten)]
    url: UrlArg,
    /// Records without signature, one or an array per file; without `id` it is the digest of the record, and for acts of
    /// governance a random one. `-` is stdin.
    #[arg(required = true, value_name = "FILE.json")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct ProposeArgs {
    /// A record without signature; without `id` it gets a random one.
    file: PathBuf,
    /// Days for which approvals are good.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=MOST_DAYS))]
    days: u64,
    /// The proposal's file; never overwritten.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    url: UrlArg,
}

#[derive(Args)]
struct SignArgs {
    /// The approving department's key file, or the PKCS#11 URI of its key.
    #[arg(long, value_name = "FILE|URI")]
    key: KeySource,
    /// Approve without being asked.
    #[arg(long)]
    yes: bool,
    /// The proposal.
    proposal: PathBuf,
}

#[derive(Args)]
struct SubmitArgs {
    /// The submitting department's key file, or the PKCS#11 URI of its key.
    #[arg(long, value_name = "FILE|URI")]
    key: KeySource,
    #[command(flatten)]
    url: UrlArg,
    /// The proposal.
    proposal: PathBuf,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
struct WitnessArgs {
    /// A TOML file with `data`, `key`, `name`, `logs` (verifier keys), `replay` (genesis files) and `listen`.
    #[arg(long, value_name = "FILE.toml", required = true)]
    config: Option<PathBuf>,
    /// The genesis file of a log to be replayed: its checkpoints are cosigned only if every entry keeps the rules and every
    /// root derives; may be repeated, and stand in the configuration as `replay`.
    #[arg(long, value_name = "GENESIS.json")]
    replay: Vec<PathBuf>,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(subcommand)]
    command: Option<WitnessCommand>,
}

#[derive(Subcommand)]
enum WitnessCommand {
    /// Makes a witness's key, and prints its verifier key for the genesis.
    Keygen(WitnessKeygenArgs),
}

#[derive(Args)]
struct WitnessKeygenArgs {
    /// The witness's name: a URL without its scheme.
    #[arg(long)]
    name: KeyName,
    /// The secret key's file; never overwritten.
    #[arg(long)]
    out: PathBuf,
    /// The PKCS#11 URI of a key that was made in a device: only `OUT.pub` is written then.
    #[arg(long, value_name = "URI")]
    from: Option<KeySource>,
}

#[derive(Args)]
struct ServeArgs {
    /// The data directory.
    #[arg(long, env = "YONG_LEDGER_DATA", required_unless_present = "config")]
    data: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArg,
    /// Where to listen; default 127.0.0.1:7001.
    #[arg(long, env = "YONG_LEDGER_LISTEN")]
    listen: Option<SocketAddr>,
    /// Where a witness of the genesis takes checkpoints; may be repeated.
    #[arg(long = "witness", value_name = "NAME=URL")]
    witnesses: Vec<String>,
    /// Where readers find the node behind a proxy, such as <https://city.example/ledger>.
    #[arg(long, env = "YONG_LEDGER_PUBLIC_URL")]
    public_url: Option<Url>,
    /// Networks of proxies whose word on a client's address counts, such as 10.0.0.0/8, with commas between.
    #[arg(long, env = "YONG_LEDGER_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<Network>,
    /// Takes this machine's clock for right at this start, though the ledger was silent for more than a day or the clock
    /// jumped. Compare it with another clock first: a root with a time that is ahead stops the ledger until then.
    #[arg(long)]
    accept_clock: bool,
    /// Goes on with a log that was restored from a backup and has no witnesses, because nobody has seen more of it. Ask every
    /// mirror first: a log that went on from less has two histories.
    #[arg(long)]
    accept_restore: bool,
    #[command(flatten)]
    tls: TlsArgs,
    /// A TOML file with `data`, `store`, `listen`, `queue`, `witnesses`, `public_url`, `trusted_proxies`,
    /// `requests_per_second`, `ca`, and `cert` and `key` under `[tls]`; the other options come before it.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct StatusArgs {
    #[command(flatten)]
    url: UrlArg,
}

#[derive(Args)]
struct FsckArgs {
    /// The data directory of a node or a mirror, or an export.
    data: PathBuf,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Args)]
struct StoreArg {
    /// Where the order is kept: `sqlite` in the data directory (default), or `postgres://…` for several nodes. An address with
    /// a password belongs into the environment or the configuration file, where other users do not see it.
    #[arg(long, env = "YONG_LEDGER_STORE", hide_env_values = true, value_name = "STORE")]
    store: Option<SequencerConfig>,
}

#[derive(Args)]
struct ExportArgs {
    /// The data directory of a node or a mirror that is stopped, or an export.
    #[arg(long, required_unless_present = "url", conflicts_with = "url")]
    data: Option<PathBuf>,
    /// A node or a mirror that runs.
    #[arg(long)]
    url: Option<Url>,
    /// SHA-256 of the genesis file, from somebody you trust.
    #[arg(long, value_name = "DIGEST", requires = "url")]
    genesis: Option<Digest>,
    /// The new folder; it is there whole or not at all.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Args)]
struct MirrorArgs {
    /// The ledger, or another mirror of it.
    url: Url,
    /// The mirror's data directory; made if it is not there.
    #[arg(long)]
    data: PathBuf,
    /// SHA-256 of the genesis file, from somebody you trust; without it the first one that is shown is believed.
    #[arg(long, value_name = "DIGEST")]
    genesis: Option<Digest>,
    /// Where to serve the copy; it is not served without.
    #[arg(long, value_name = "ADDRESS")]
    serve: Option<SocketAddr>,
    /// Where readers find the copy behind a proxy, such as <https://city.example/mirror>.
    #[arg(long, requires = "serve")]
    public_url: Option<Url>,
    /// Networks of proxies whose word on a client's address counts, such as 10.0.0.0/8, with commas between.
    #[arg(long, requires = "serve", value_delimiter = ',')]
    trusted_proxies: Vec<Network>,
    #[command(flatten)]
    tls: TlsArgs,
    /// Milliseconds between two looks at the ledger.
    #[arg(long, value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    every_ms: u64,
    /// Copy what is there now, then end.
    #[arg(long, conflicts_with = "serve")]
    once: bool,
}

#[derive(Args)]
struct BenchArgs {
    /// Leaves to commit in bulk, before everything else is measured.
    #[arg(long, default_value_t = 100_000)]
    leaves: u64,
    /// Where to make the data, on the disk to be measured; default the system's folder for temporary files.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum BlobCommand {
    /// Stores a file of at most 64 MB; prints its SHA-256. The node need not be stopped.
    Add(BlobArgs),
}

#[derive(Args)]
struct BlobArgs {
    /// The data directory.
    #[arg(long, env = "YONG_LEDGER_DATA")]
    data: PathBuf,
    /// The document.
    file: PathBuf,
}

#[derive(Args)]
struct UrlArg {
    /// The node.
    #[arg(long, env = "YONG_LEDGER", default_value = "http://127.0.0.1:7001")]
    url: Url,
}

const EXAMPLES: &str = "Examples:
  ledger keygen --id credit.nanning --out credit.key
  ledger keygen --id tax.nanning --out tax --from 'pkcs11:token=tax;object=department?module-path=/usr/lib/softhsm/libsofthsm2.so'
  ledger init --data /srv/ledger --origin ledger.nanning.example/1 \\
      --department credit.nanning=credit.key.pub --threshold 1
  ledger serve --data /srv/ledger
  ledger backup --data /srv/ledger --to ledger.backup
  ledger restore-backup --from ledger.backup --data /srv/ledger --key log.key --catch-up https://mirror.example/
  ledger example policy.publish > policy.json
  ledger check --ledger https://ledger.nanning.example --as credit.nanning schema.json policy.json
  ledger publish --key credit.key schema.json policy.json
  ledger publish --key gongan.key --key credit.key admit-tax.json
  ledger propose suspend-tax.json --out suspend-tax.proposal
  ledger sign --key credit.key suspend-tax.proposal
  ledger submit --key gongan.key suspend-tax.proposal
  ledger witness keygen --name credit.nanning/w1 --out witness.key
  ledger witness --config witness.toml
  ledger witness --config witness.toml --replay genesis.json
  ledger status --json
  ledger fsck /srv/ledger
  ledger serve --data /srv/ledger --store postgres://ledger@db1,db2/ledger?target_session_attrs=read-write
  ledger export --url https://ledger.nanning.example --out ledger-copy
  ledger mirror https://ledger.nanning.example --data /srv/mirror --serve 127.0.0.1:7002
  ledger bench --leaves 1000000 --dir /srv

Exit code: 0 yes, 1 no (refused, or would be, or fsck found a difference), 2 error.";
