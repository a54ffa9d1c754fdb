//! `prover ceremony`.

mod arguments;

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{CommandError, Shell};
use zeroize::Zeroizing;

use self::arguments::{BeaconArgs, CheckArgs, ContributeArgs, FinishArgs, NewArgs, Phase1Args, Source};
use super::{describe, files, spinner, words};
use crate::ceremony::{self, Beacon, Verified, phase1};
use crate::iden3::ptau::Ptau;
use crate::iden3::zkey::{Name, Zkey};
use crate::key::Key;
use crate::matrices::Matrices;
use crate::setup::{self, Existing};
use crate::statement::Statement;

pub(super) use arguments::{Command, EXAMPLES};

pub(super) fn run(command: &Command, shell: Shell) -> Result<(), CommandError> {
    match command {
        Command::Phase1(args) => phase1(args, shell),
        Command::New(args) => of_circuit!(args.source.circuit, new(args, shell)),
        Command::Contribute(args) => contribute(args, shell),
        Command::Beacon(args) => beacon(args, shell),
        Command::Verify(args) => of_circuit!(args.source.circuit, verify(args, shell)),
        Command::Finish(args) => of_circuit!(args.check.source.circuit, finish(args, shell)),
    }
}

fn phase1(args: &Phase1Args, shell: Shell) -> Result<(), CommandError> {
    let spinner = spinner("making powers of tau");
    let name = Name::new("made alone by prover ceremony phase1").expect("short and plain");
    let bytes = phase1::make(args.power, Some(name), &mut OsRng);
    spinner.finish_and_clear();
    files::write(&args.out, &bytes)?;
    eprintln!("MADE ALONE: whoever ran this can forge proofs of every key that starts from it.");
    shell.answer(&json!({ "ptau": args.out, "power": args.power, "alone": true }), || {
        format!("{}: powers of tau for up to 2^{} constraints", args.out.display(), args.power)
    })
}

fn new<S: Statement>(args: &NewArgs, shell: Shell) -> Result<(), CommandError> {
    let bytes = files::ptau(&args.source.ptau)?;
    let ptau = powers(&bytes, &args.source)?;
    let matrices = Matrices::new::<S>().expect("a circuit of this program can be synthesised");
    let spinner = spinner("deriving the first key");
    let zkey = ceremony::initialize(&matrices, &ptau);
    spinner.finish_and_clear();
    let zkey = zkey?;
    files::write(&args.out, &zkey.to_bytes())?;
    let hash = hex::encode(zkey.record.circuit_hash);
    shell.answer(&json!({ "zkey": args.out, "circuit": S::NAME, "circuit_hash": hash }), || {
        format!("{}: {} {}, circuit hash\n{}", args.out.display(), S::NAME, S::VERSION, words::hash(&hash))
    })
}

fn contribute(args: &ContributeArgs, shell: Shell) -> Result<(), CommandError> {
    let before = files::zkey(&args.input)?;
    let name = args.name.as_deref().map(dated);
    let typed = typed()?;
    let (after, hash) = ceremony::contribute(&before, name.clone(), &typed, &mut OsRng);
    drop(typed);
    passed_on(args.record.as_deref(), &args.output, &after, &hash, name.as_ref(), shell)
}

fn beacon(args: &BeaconArgs, shell: Shell) -> Result<(), CommandError> {
    let beacon = Beacon::new(args.value.0.clone(), args.iterations)
        .map_err(|e| CommandError::new("bad_beacon", e, "Give 1 to 255 bytes of public randomness."))?;
    let before = files::zkey(&args.input)?;
    let name = args.name.as_deref().map(|text| Name::new(text).expect("checked while parsing arguments"));
    let (after, hash) = ceremony::apply_beacon(&before, name.clone(), &beacon);
    passed_on(None, &args.output, &after, &hash, name.as_ref(), shell)
}

fn passed_on(
    record: Option<&Path>,
    output: &Path,
    after: &Zkey,
    hash: &[u8; 64],
    name: Option<&Name>,
    shell: Shell,
) -> Result<(), CommandError> {
    files::write(output, &after.to_bytes())?;
    let number = after.record.contributions.len();
    let hash = hex::encode(hash);
    let circuit_hash = hex::encode(after.record.circuit_hash);
    if let Some(path) = record {
        let record = words::record(number, &hash, &circuit_hash);
        files::write(path, format!("{record:#}\n").as_bytes())?;
    }
    let name = name.map(Name::as_str);
    let document =
        json!({ "zkey": output, "number": number, "name": name, "hash": hash, "circuit_hash": circuit_hash });
    shell.answer(&document, || words::contributed(number, name, &hash, output))
}

fn verify<S: Statement>(args: &CheckArgs, shell: Shell) -> Result<(), CommandError> {
    let verified = verified::<S>(args)?;
    shell.answer(verified.report(), || words::report(verified.report()))
}

fn finish<S: Statement>(args: &FinishArgs, shell: Shell) -> Result<(), CommandError> {
    let verified = verified::<S>(&args.check)?;
    let report = verified.report().clone();
    let key = Key::from_ceremony(verified)?;
    std::fs::create_dir_all(&args.out)
        .map_err(|source| setup::SetupError::Folder { path: args.out.clone(), source })?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let written = setup::write_key::<S>(&key, &args.out, existing)?;
    if written.development {
        eprintln!(
            "DEVELOPMENT KEY: one party contributed alone to one of the two phases and can forge proofs."
        );
    }
    shell.answer(&json!({ "written": written, "report": report }), || {
        format!("{}\n\n{}", words::report(&report), describe(&written))
    })
}

fn verified<S: Statement>(args: &CheckArgs) -> Result<Verified<S>, CommandError> {
    let bytes = files::ptau(&args.source.ptau)?;
    let ptau = powers(&bytes, &args.source)?;
    let zkey = files::zkey(&args.input)?;
    let spinner = spinner("checking everything from the beginning");
    let verified = ceremony::verify(zkey, &ptau, &mut OsRng);
    spinner.finish_and_clear();
    Ok(verified?)
}

/// Powers of τ; exactly the file that the operator named, if one was named.
fn powers<'a>(bytes: &'a [u8], source: &Source) -> Result<Ptau<'a>, CommandError> {
    let ptau = match &source.ptau_digest {
        Some(digest) => Ptau::parse_known(bytes, &digest.0),
        None => Ptau::parse(bytes),
    };
    Ok(ptau.map_err(ceremony::CeremonyError::from)?)
}

/// A line of anything, from a person; nothing where nobody sits.
fn typed() -> Result<Zeroizing<String>, CommandError> {
    let mut line = Zeroizing::new(String::new());
    if io::stdin().is_terminal() {
        eprintln!("Type anything, at length, and press Enter; it is mixed with this machine's randomness:");
    }
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| CommandError::new("no_input", e, "Type a line of text, or let the input be empty."))?;
    Ok(line)
}

/// The name with the time, which has room: names are at most 40 characters.
fn dated(name: &str) -> Name {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    Name::new(&format!("{name}, {now}")).expect("40 characters and a time are fewer than 64")
}
