//! `prover ceremony`.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rand::rngs::OsRng;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::{Circuit, describe, files, print_json, spinner, words};
use crate::ceremony::{self, Beacon, Verified, phase1};
use crate::iden3::ptau::Ptau;
use crate::iden3::zkey::{Name, Zkey};
use crate::key::Key;
use crate::matrices::Matrices;
use crate::setup::{self, Existing};
use crate::statement::{Enroll, Show, Statement};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Makes powers of tau alone, for trying out: whoever made them can forge. Real keys start from a public ceremony.
    Phase1(Phase1Args),
    /// Derives the key that the first contributor gets from a circuit and powers of tau.
    New(NewArgs),
    /// Adds a secret of this machine and of what you type, and forgets it.
    Contribute(ContributeArgs),
    /// Adds public randomness that nobody could foresee, as the last step.
    Beacon(BeaconArgs),
    /// Checks a ceremony from its beginning to its last contribution, and says who took part.
    Verify(CheckArgs),
    /// Checks a ceremony and writes the proving key and the verifying key that come out of it.
    Finish(FinishArgs),
}

#[derive(Args)]
pub(super) struct Phase1Args {
    /// For circuits of up to 2^POWER constraints: 13 for show, 9 for enroll.
    #[arg(long, default_value_t = 13, value_parser = clap::value_parser!(u32).range(1..=18))]
    power: u32,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct Source {
    /// Which circuit the key is for.
    #[arg(long)]
    circuit: Circuit,
    /// Powers of tau, prepared for phase 2.
    #[arg(long, value_name = "FILE")]
    ptau: PathBuf,
}

#[derive(Args)]
pub(super) struct NewArgs {
    #[command(flatten)]
    source: Source,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct ContributeArgs {
    /// The key as the one before you passed it on.
    input: PathBuf,
    /// The key to pass on.
    output: PathBuf,
    /// Who you are; the date and time are added.
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
    /// Also writes a record with the contribution's hash, for `ledger publish` to sign in your department's name.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct BeaconArgs {
    /// The key after the last contribution.
    input: PathBuf,
    /// The finished key.
    output: PathBuf,
    /// The public randomness in hexadecimal, 1 to 255 bytes.
    #[arg(long, value_parser = parse_hex)]
    value: Hex,
    /// It is hashed 2^ITERATIONS times.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(10..=24))]
    iterations: u8,
    /// What the randomness is.
    #[arg(long, value_parser = parse_name)]
    name: Option<String>,
}

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    source: Source,
    /// The key after the last contribution.
    input: PathBuf,
}

#[derive(Args)]
pub(super) struct FinishArgs {
    #[command(flatten)]
    check: CheckArgs,
    /// Directory for the keys; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace keys that are there: everything proved with them stops verifying.
    #[arg(long)]
    force: bool,
}

#[derive(Clone)]
struct Hex(Vec<u8>);

pub(super) fn run(command: &Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Phase1(args) => phase1(args, json),
        Command::New(args) => match args.source.circuit {
            Circuit::Show => new::<Show>(args, json),
            Circuit::Enroll => new::<Enroll>(args, json),
        },
        Command::Contribute(args) => contribute(args, json),
        Command::Beacon(args) => beacon(args, json),
        Command::Verify(args) => match args.source.circuit {
            Circuit::Show => verify::<Show>(args, json),
            Circuit::Enroll => verify::<Enroll>(args, json),
        },
        Command::Finish(args) => match args.check.source.circuit {
            Circuit::Show => finish::<Show>(args, json),
            Circuit::Enroll => finish::<Enroll>(args, json),
        },
    }
}

fn phase1(args: &Phase1Args, json: bool) -> Result<(), Failure> {
    let spinner = spinner("making powers of tau");
    let name = Name::new("made alone by prover ceremony phase1").expect("short and plain");
    let bytes = phase1::make(args.power, Some(name), &mut OsRng);
    spinner.finish_and_clear();
    files::write(&args.out, &bytes)?;
    eprintln!("MADE ALONE: whoever ran this can forge proofs of every key that starts from it.");
    answer(json, &json!({ "ptau": args.out, "power": args.power, "alone": true }), || {
        format!("{}: powers of tau for up to 2^{} constraints", args.out.display(), args.power)
    });
    Ok(())
}

fn new<S: Statement>(args: &NewArgs, json: bool) -> Result<(), Failure> {
    let bytes = files::ptau(&args.source.ptau)?;
    let ptau = Ptau::parse(&bytes).map_err(ceremony::CeremonyError::from)?;
    let matrices = Matrices::of::<S>().expect("a circuit of this program can be synthesised");
    let spinner = spinner("deriving the first key");
    let zkey = ceremony::begin(&matrices, &ptau);
    spinner.finish_and_clear();
    let zkey = zkey?;
    files::write(&args.out, &zkey.to_bytes())?;
    let hash = hex::encode(zkey.record.circuit_hash);
    answer(json, &json!({ "zkey": args.out, "circuit": S::NAME, "circuit_hash": hash }), || {
        format!("{}: {} {}, circuit hash\n{}", args.out.display(), S::NAME, S::VERSION, words::hash(&hash))
    });
    Ok(())
}

fn contribute(args: &ContributeArgs, json: bool) -> Result<(), Failure> {
    let before = files::zkey(&args.input)?;
    let name = args.name.as_deref().map(dated);
    let typed = typed()?;
    let (after, hash) = ceremony::contribute(&before, name.clone(), &typed, &mut OsRng);
    drop(typed);
    passed_on(args.record.as_deref(), &args.output, &after, &hash, name.as_ref(), json)
}

fn beacon(args: &BeaconArgs, json: bool) -> Result<(), Failure> {
    let beacon = Beacon::new(args.value.0.clone(), args.iterations)
        .map_err(|e| Failure::new("bad_beacon", &e, "Give 1 to 255 bytes of public randomness."))?;
    let before = files::zkey(&args.input)?;
    let name = args.name.as_deref().map(|text| Name::new(text).expect("checked while parsing arguments"));
    let (after, hash) = ceremony::apply_beacon(&before, name.clone(), &beacon);
    passed_on(None, &args.output, &after, &hash, name.as_ref(), json)
}

fn passed_on(
    record: Option<&Path>,
    output: &Path,
    after: &Zkey,
    hash: &[u8; 64],
    name: Option<&Name>,
    json: bool,
) -> Result<(), Failure> {
    files::write(output, &after.to_bytes())?;
    let number = after.record.contributions.len();
    let (hash, circuit_hash) = (hex::encode(hash), hex::encode(after.record.circuit_hash));
    if let Some(path) = record {
        let record = words::record(number, &hash, &circuit_hash);
        files::write(path, format!("{record:#}\n").as_bytes())?;
    }
    let name = name.map(Name::as_str);
    let document =
        json!({ "zkey": output, "number": number, "name": name, "hash": hash, "circuit_hash": circuit_hash });
    answer(json, &document, || words::contributed(number, name, &hash, output));
    Ok(())
}

fn verify<S: Statement>(args: &CheckArgs, json: bool) -> Result<(), Failure> {
    let verified = verified::<S>(args)?;
    answer(json, verified.report(), || words::report(verified.report()));
    Ok(())
}

fn finish<S: Statement>(args: &FinishArgs, json: bool) -> Result<(), Failure> {
    let verified = verified::<S>(&args.check)?;
    let report = verified.report().clone();
    let key = Key::from_ceremony(verified)?;
    std::fs::create_dir_all(&args.out)
        .map_err(|source| setup::SetupError::Write { path: args.out.clone(), source })?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let written = setup::write_key::<S>(&key, &args.out, existing)?;
    if written.development {
        eprintln!("DEVELOPMENT KEY: one party made the powers of tau alone and can forge proofs.");
    }
    if json {
        print_json(&json!({ "written": written, "report": report }));
    } else {
        println!("{}\n", words::report(&report));
        describe(&written);
    }
    Ok(())
}

fn verified<S: Statement>(args: &CheckArgs) -> Result<Verified<S>, Failure> {
    let bytes = files::ptau(&args.source.ptau)?;
    let ptau = Ptau::parse(&bytes).map_err(ceremony::CeremonyError::from)?;
    let zkey = files::zkey(&args.input)?;
    let spinner = spinner("checking everything from the beginning");
    let verified = ceremony::verify(zkey, &ptau, &mut OsRng);
    spinner.finish_and_clear();
    Ok(verified?)
}

/// A line of anything, from a person; nothing where nobody sits.
fn typed() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    if io::stdin().is_terminal() {
        eprintln!("Type anything, at length, and press Enter; it is mixed with this machine's randomness:");
    }
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| Failure::new("no_input", &e, "Type a line of text, or let the input be empty."))?;
    Ok(line)
}

/// The name with the time, which has room: names are at most 40 characters.
fn dated(name: &str) -> Name {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    Name::new(&format!("{name}, {now}")).expect("40 characters and a time are fewer than 64")
}

fn parse_name(text: &str) -> Result<String, String> {
    let short = text.chars().count() <= 40 && text.encode_utf16().count() <= 40;
    match Name::new(text) {
        Ok(name) if short => Ok(name.as_str().to_owned()),
        _ => Err("a name has 1 to 40 characters and no control characters".into()),
    }
}

fn parse_hex(text: &str) -> Result<Hex, String> {
    hex::decode(text).map(Hex).map_err(|_| "this is not hexadecimal".into())
}

fn answer(json: bool, document: &impl Serialize, text: impl FnOnce() -> String) {
    if json {
        print_json(document);
    } else {
        println!("{}", text());
    }
}

pub(super) const EXAMPLES: &str = "\
Examples:
  prover ceremony new --circuit show --ptau pot14.ptau --out show-0.zkey
  prover ceremony contribute show-0.zkey show-1.zkey --name credit.nanning
  snarkjs zkey contribute show-1.zkey show-2.zkey     either program continues the other
  prover ceremony beacon show-2.zkey show.zkey --value 0123abcd --name \"drand round 42\"
  prover ceremony verify --circuit show --ptau pot14.ptau show.zkey
  prover ceremony finish --circuit show --ptau pot14.ptau show.zkey --out keys";
