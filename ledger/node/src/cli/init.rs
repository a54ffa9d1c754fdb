//! `ledger init` and `ledger keygen`.

use std::path::{Path, PathBuf};

use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use ledger::genesis::Department;
use ledger::key::{DepartmentKey, PublicKey};
use ledger::note::{NoteKey, NoteKind};
use ledger::signer::DepartmentSigner;
use ledger::sm2::Need;
use ledger::witness::Quorum;
use ledger_keys::KeySource;
use rand::rngs::OsRng;
use serde_json::json;

use super::{InitArgs, KeygenArgs, StoreArg};
use crate::init::{GenesisParameters, InitError, LogKey, SecondKey, init_in as init_data};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};

pub(super) fn init(args: InitArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let InitArgs {
        data,
        store: StoreArg { store },
        origin,
        log_key,
        sm2_key,
        sm2_required,
        departments: given,
        founders: listed,
        threshold,
        witnesses,
        quorum,
        replaying,
        replay_quorum,
        bulk_limit,
        min_root_age_s,
        person_authority,
    } = args;
    let quorum = quorum.map(|needed| Quorum::new(needed, witnesses)).transpose();
    let witnesses = match (quorum, replay_quorum) {
        (Ok(Some(quorum)), Some(needed)) => quorum.replayed_by(needed, replaying).map(Some),
        (quorum, _) => quorum,
    };
    let remedy = "Give each witness once, a quorum of more than half of them, and for --replaying names of witnesses, \
                  no fewer than --replay-quorum.";
    let witnesses = witnesses.or_fail("bad_quorum", "the witnesses", remedy)?;
    let origin = origin.parse();
    let origin = origin.or_fail(
        "bad_origin",
        "the origin",
        "Give a URL without its scheme, such as ledger.example/1.",
    )?;
    let departments = departments(listed.as_deref(), &given)?;
    let made = DepartmentKey::generate(&mut OsRng);
    let log_key = match &log_key {
        None => LogKey::File(&made),
        Some(source @ KeySource::Token(uri)) => LogKey::Token(uri, open(source)?.public()),
        Some(KeySource::File(_)) => return Err(not_in_a_device()),
    };
    let need = if sm2_required { Need::Required } else { Need::Offered };
    let parameters = GenesisParameters {
        witnesses,
        bulk_limit,
        min_root_age_s,
        person_authority,
        sm2: sm2_key.map(|file| SecondKey { file, need }),
        ..GenesisParameters::new(origin, departments, threshold)
    };
    let genesis =
        init_data(&data, &store.unwrap_or_default(), parameters, log_key).map_err(|error| unmade(&error))?;
    let vkey = NoteKey { name: genesis.origin().clone(), kind: NoteKind::Ed25519, key: *genesis.log_key() }
        .to_string();
    let machine = json!({ "genesis": genesis.digest(), "origin": genesis.origin(), "log_key": vkey });
    shell.answer(&machine, || {
        format!(
            "genesis {}\nlog key {vkey}\n\nTell the genesis digest to everybody who follows.",
            genesis.digest()
        )
    })?;
    Ok(Verdict::Yes)
}

pub(super) fn keygen(args: &KeygenArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let (key, public) = match &args.from {
        None => new_key(&args.out).map(|(key, public)| (key.public(), public))?,
        Some(source) => public_of_device(source, &args.out)?,
    };
    let secret = args.from.as_ref().map_or_else(|| args.out.display().to_string(), ToString::to_string);
    let machine = json!({ "id": args.id, "key": key, "secret": secret, "public": public });
    shell.answer(&machine, || format!("--department {}={}", args.id, public.display()))?;
    Ok(Verdict::Yes)
}

/// Makes a key and writes both halves, never over others.
pub(super) fn new_key(out: &Path) -> Result<(DepartmentKey, PathBuf), CommandError> {
    let key = DepartmentKey::generate(&mut OsRng);
    let public = public_file(out)?;
    key.save(out).or_fail("key_not_written", format_args!("`{}`", out.display()), NOT_WRITTEN)?;
    key.public().save(&public).or_fail(
        "key_not_written",
        format_args!("`{}`", public.display()),
        NOT_WRITTEN,
    )?;
    Ok((key, public))
}

/// Opens a key file, or a key in a device.
pub(super) fn open(source: &KeySource) -> Result<Box<dyn DepartmentSigner>, CommandError> {
    let remedy = "Give a file that `ledger keygen` wrote, or the PKCS#11 URI of a key in a device.";
    source.open().or_fail("bad_key", format_args!("`{source}`"), remedy)
}

/// Writes the public half of a key that stays in its device.
pub(super) fn public_of_device(source: &KeySource, out: &Path) -> Result<(PublicKey, PathBuf), CommandError> {
    if source.file().is_some() {
        return Err(not_in_a_device());
    }
    let key = open(source)?.public();
    let public = public_file(out)?;
    key.save(&public).or_fail("key_not_written", format_args!("`{}`", public.display()), NOT_WRITTEN)?;
    Ok((key, public))
}

/// The file of the public half, which is not there yet.
fn public_file(out: &Path) -> Result<PathBuf, CommandError> {
    let mut public = out.to_path_buf().into_os_string();
    public.push(".pub");
    let public = PathBuf::from(public);
    if public.exists() {
        let message = format!("{} is there already", public.display());
        let remedy = "Keys are never overwritten; choose another name.";
        return Err(CommandError::new("key_exists", message, remedy));
    }
    Ok(public)
}

fn not_in_a_device() -> CommandError {
    let remedy = "Give a URI that begins with `pkcs11:`; without the option a key file is made.";
    CommandError::new("bad_key", "the key is a file, not one in a device", remedy)
}

const NOT_WRITTEN: &str = "Choose a new file in a folder that you may write to; keys are never overwritten.";

fn departments(listed: Option<&Path>, given: &[String]) -> Result<Vec<Department>, CommandError> {
    let mut departments = listed.map(founders).transpose()?.unwrap_or_default();
    for given in given {
        departments.push(department(given)?);
    }
    Ok(departments)
}

fn founders(path: &Path) -> Result<Vec<Department>, CommandError> {
    let remedy = "Give a JSON array of {id, title: {zh-CN, en}, key, desk}.";
    let bytes = std::fs::read(path).or_fail("bad_founders", format_args!("`{}`", path.display()), remedy)?;
    serde_json::from_slice(service::spreadsheet::unmarked(&bytes)).or_fail(
        "bad_founders",
        format_args!("`{}`", path.display()),
        remedy,
    )
}

/// `ID=FILE.pub`; the title is the identifier.
fn department(given: &str) -> Result<Department, CommandError> {
    let remedy = "Give ID=FILE.pub, with the file that `ledger keygen` wrote.";
    let (id, file) = given.split_once('=').ok_or_else(|| {
        CommandError::new("bad_department", format!("`{given}` is not a department"), remedy)
    })?;
    let id: DepartmentId = id.parse().or_fail("bad_department", given, remedy)?;
    let key = PublicKey::load(Path::new(file)).or_fail("bad_department", file, remedy)?;
    let title = Localized::same(id.as_str()).expect("an identifier is plain");
    Ok(Department { id, title, key, desk: None })
}

fn unmade(error: &InitError) -> CommandError {
    match error {
        InitError::NotEmpty => {
            CommandError::new("not_empty", error, "Choose a new folder; a ledger is never overwritten.")
        }
        InitError::Sequencer(_) => {
            let remedy =
                "Start the database, and give the address of a new, empty one that you may write to.";
            CommandError::new("store_not_made", error, remedy)
        }
        InitError::Genesis(_) | InitError::Desk(_) => CommandError::new(
            "bad_genesis",
            error,
            "Correct the departments, the threshold or the person authority.",
        ),
        InitError::SecondKey(_) => {
            CommandError::new("bad_key", error, "Give the PEM file of an SM2 key, its owner's alone.")
        }
        _ => CommandError::new(
            "not_written",
            error,
            "Choose a folder that you may write to, on a disk with room.",
        ),
    }
}
