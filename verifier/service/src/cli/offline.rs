//! A counter without a network: `verifier bundle`, `verifier scan`, `verifier reconcile`.

use std::io::{BufRead, Read as _};
use std::path::PathBuf;

use circuits::typed::FULL_WIDTH_BYTES;
use ledger::client::Client;
use openid4vc::offline::{MAX_TEXT, VerifierId};
use openid4vc::vp::{ReceiptName, Status};
use serde_json::json;
use service::civil_time::second;
use service::cli::{Shell, Verdict};
use service::clock::Clock;
use url::Url;
use verifier::Development;

use super::error::CliError;
use super::picture;
use crate::certificate::VerifierCertificate;
use crate::client::VerifierClient;
use crate::following::stored_follower;
use crate::offline::{Bundle, Device, DeviceError, Reconciled, Scanned, Shift};
use crate::store::{CounterStore as _, SqliteStore};

#[derive(clap::Args)]
pub(super) struct BundleArgs {
    /// Data directory of the service whose counter it is; only read.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = super::serve::DATA)]
    data: PathBuf,
    /// The file to write; one that is there is replaced.
    #[arg(long)]
    out: PathBuf,
    /// Name of the window, where the service has several: a-z, 0-9 and '-'.
    #[arg(long)]
    window: Option<String>,
    /// Hours that the counter believes what it fetched, 1 to 24 [default: 12].
    #[arg(long)]
    hours: Option<u64>,
    /// The ledger.
    #[arg(long, env = "YONG_LEDGER", default_value = super::serve::LEDGER)]
    ledger: Url,
    /// Accepts development keys, whose proofs can be forged; marks everything that rests on them.
    #[arg(long, env = "YONG_DEVELOPMENT")]
    development: bool,
}

pub(super) fn bundle(args: &BundleArgs, shell: Shell) -> Result<Verdict, CliError> {
    let shift = args.hours.map_or(Ok(Shift::default()), Shift::hours);
    let shift = shift.map_err(|error| CliError::Usage(error.to_string()))?;
    let counter = counter(args)?;
    let mut follower = stored_follower(&args.data.join("following.json"))?.ok_or(CliError::NoService)?;
    let now = Clock::system().now();
    let synced = follower.sync(&Client::new(args.ledger.clone()), now);
    synced.map_err(|error| CliError::Ledger(error.to_string()))?;
    let development = if args.development { Development::Accepted } else { Development::Refused };
    let bundle = Bundle::new(counter, follower, now, shift, development);
    bundle.check()?;
    bundle.write(&args.out)?;
    tell_bundle(&bundle, args, shell)?;
    Ok(Verdict::Yes)
}

fn counter(args: &BundleArgs) -> Result<VerifierId, CliError> {
    let certificate =
        VerifierCertificate::open(&args.data.join("certificate")).map_err(|_| CliError::NoService)?;
    VerifierId::new(certificate.client_id(), args.window.as_deref())
        .map_err(|error| CliError::Usage(error.to_string()))
}

fn tell_bundle(bundle: &Bundle, args: &BundleArgs, shell: Shell) -> Result<(), CliError> {
    let printed = bundle.counter().printed();
    if !shell.is_json() {
        eprintln!("The code that hangs at the counter 窗口码:");
        if let Some(picture) = picture(&printed) {
            eprintln!("{picture}");
        }
    }
    let answer = json!({
        "bundle": args.out, "counter": bundle.counter(), "printed": printed,
        "fetched_at": bundle.fetched_at(), "valid_until": bundle.valid_until(),
        "policies": bundle.registry().policies().count(),
    });
    Ok(shell.answer(&answer, || printed)?)
}

#[derive(clap::Args)]
pub(super) struct ScanArgs {
    /// What the QR code says, `yong:1:…`; `-` reads a line from a scanner on stdin.
    text: String,
    #[command(flatten)]
    files: Files,
}

/// The files of a counter without a network.
#[derive(clap::Args)]
pub(super) struct Files {
    /// The file that `verifier bundle` wrote.
    #[arg(long, env = "YONG_VERIFIER_BUNDLE")]
    bundle: PathBuf,
    /// The file of what was accepted, made if it is not there [default: beside the bundle, with `.sqlite`].
    #[arg(long)]
    kept: Option<PathBuf>,
}

impl Files {
    fn kept(&self) -> PathBuf {
        self.kept.clone().unwrap_or_else(|| self.bundle.with_extension("sqlite"))
    }
}

pub(super) fn scan(args: &ScanArgs, shell: Shell) -> Result<Verdict, CliError> {
    let text = if args.text == "-" { line_of_stdin()? } else { args.text.clone() };
    let bundle = Bundle::read(&args.files.bundle)?;
    let now = Clock::system().now();
    let scanned = Device::open(bundle, &args.files.kept(), now)?.scan(&text, now)?;
    if shell.is_json() {
        shell.answer(&json!(scanned), String::new)?;
    } else {
        tell_scanned(&scanned);
    }
    Ok((scanned.verdict == Status::Passed).into())
}

/// What a scanner types up to its Enter, which may be a carriage return alone; what comes after it is not waited for. A
/// text that is too long is refused as one; it is not read to its end.
fn line_of_stdin() -> Result<String, CliError> {
    line(std::io::stdin().lock()).map_err(|source| CliError::File { path: "stdin".into(), source })
}

fn line(input: impl BufRead) -> std::io::Result<String> {
    let most = (MAX_TEXT * FULL_WIDTH_BYTES + 2) as u64;
    let mut text = Vec::new();
    for byte in input.take(most).bytes() {
        match byte? {
            // A line end that the last scan left is not this one's.
            b'\r' | b'\n' if text.is_empty() => {}
            b'\r' | b'\n' => break,
            byte => text.push(byte),
        }
    }
    String::from_utf8(text).map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
}

fn tell_scanned(scanned: &Scanned) {
    let policy = scanned.policy.as_ref().map_or_else(String::new, |policy| format!(": {policy}"));
    let mark = if scanned.development { " [development keys 开发密钥]" } else { "" };
    match scanned.reason {
        None => eprintln!("PASSED 通过{policy}{mark}"),
        Some(reason) => eprintln!("NOT PASSED 未通过 ({}){policy}{mark}", reason.as_str()),
    }
    if let Some(detail) = &scanned.detail {
        eprintln!("{detail}");
    }
    for used in &scanned.used {
        eprintln!("Shown before 此前已出示: {} ({})", used.receipt, second(used.time));
    }
    if !scanned.revealed.is_empty() {
        println!("{}", json!(scanned.revealed));
    }
    if let Some(receipt) = &scanned.receipt {
        eprintln!("Receipt 回执: {}", ReceiptName::in_groups(&receipt.id));
    }
}

#[derive(clap::Args)]
pub(super) struct ReconcileArgs {
    #[command(flatten)]
    files: Files,
    /// The service.
    #[arg(long, env = "YONG_VERIFIER", default_value = "http://127.0.0.1:7003")]
    url: Url,
    /// File with the counter's token, where the service asks for one.
    #[arg(long, env = "YONG_VERIFIER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

pub(super) fn reconcile(args: &ReconcileArgs, shell: Shell) -> Result<Verdict, CliError> {
    let path = args.files.kept();
    if !path.exists() {
        return Err(CliError::NothingKept(path));
    }
    let store = SqliteStore::open(&path).map_err(DeviceError::from)?;
    let client = VerifierClient::new(args.url.clone(), super::ask::token(args.token_file.as_deref())?);
    let mut all = Vec::new();
    loop {
        let unsent = store.unsent(AT_ONCE).map_err(DeviceError::from)?;
        if unsent.is_empty() {
            break;
        }
        let judged = client.reconcile(&unsent)?;
        // Whatever the service judged is not sent again; a crash before this sends it again, and it is told the same.
        let ids: Vec<String> = judged.iter().map(|one| one.id.clone()).collect();
        store.sent(&ids).map_err(DeviceError::from)?;
        all.extend(judged);
    }
    let refused: Vec<&Reconciled> = all.iter().filter(|one| one.verdict != Status::Passed).collect();
    let accepted = all.len() - refused.len();
    shell.answer(&json!({ "accepted": accepted, "refused": refused }), || {
        let mut text = format!("{accepted} accepted 已入账, {} refused 未入账\n", refused.len());
        text.extend(refused.iter().map(|refused| describe(refused)));
        text
    })?;
    Ok(refused.is_empty().into())
}

fn describe(refused: &Reconciled) -> String {
    let reason = refused.reason.map_or("unknown", |reason| reason.as_str());
    let uses = refused.used.iter().map(|used| {
        let counter = used.counter.as_ref().and_then(VerifierId::window).unwrap_or("-");
        format!("    used before 此前已使用: {} {counter} {}\n", used.receipt, second(used.time))
    });
    let lines: Vec<String> = std::iter::once(format!("{}  {reason}\n", refused.id)).chain(uses).collect();
    lines.concat()
}

/// Scans that fit one request to the service.
const AT_ONCE: usize = 24;

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read as _, Write as _};

    use super::line;

    #[test]
    fn a_scan_ends_with_its_enter_and_not_with_the_file() {
        for end in ["\r", "\n", "\r\n"] {
            let (input, mut keys) = std::io::pipe().unwrap();
            keys.write_all(format!("yong:1:ABC{end}").as_bytes()).unwrap();
            // The writing end stays open, as a terminal does.
            assert_eq!(line(BufReader::new(input)).unwrap(), "yong:1:ABC", "{end:?}");
            drop(keys);
        }
        assert_eq!(line("\nyong:1:A B\nrest".as_bytes()).unwrap(), "yong:1:A B");
        assert_eq!(line("yong:1:A".as_bytes()).unwrap(), "yong:1:A");
        assert!(line(BufReader::new(std::io::repeat(b'A').take(1 << 20))).unwrap().len() < 10_000);
    }
}
