//! What must exist before the city's services start: circuit keys, department keys, the ledger's genesis.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use ledger::genesis::{Department as FoundingDepartment, Genesis};
use ledger::key::DepartmentKey;
use ledger::note::{KeyName, NoteKey, NoteKind};
use ledger::witness::Quorum;
use ledger_node::GenesisParameters;
use prover::Prover;
use prover::setup::{self, Existing};
use rand::rngs::OsRng;
use trustee::HpkePrivateKey;
use trustee_service::save_key;

use crate::data_dir::{DataDir, KEYS};
use crate::departments::{DEPARTMENTS, Department, PERSON_AUTHORITY};

/// What the city starts from.
pub(crate) struct Setup {
    /// The ledger's genesis, from which wallets, issuers and verifiers start.
    pub(crate) genesis: Genesis,
    /// Signing keys in the order of [`DEPARTMENTS`].
    pub(crate) keys: Vec<DepartmentKey>,
    /// Development keys of both circuits.
    pub(crate) prover: Prover,
}

/// Creates what is missing. A crash at any moment leaves something that the next call completes.
pub(crate) fn create_or_open(data_dir: &DataDir) -> anyhow::Result<Setup> {
    let prover = circuit_keys(data_dir)?;
    let keys: Vec<_> = DEPARTMENTS.iter().map(|d| department_key(data_dir, d)).collect::<Result<_, _>>()?;
    for department in DEPARTMENTS.iter().filter(|department| department.trustee().is_some()) {
        let path = trustee_key(data_dir, department);
        if !path.exists() {
            save_key(&HpkePrivateKey::generate(&mut OsRng), &path)?;
        }
    }
    let genesis = ledger(data_dir, &keys)?;
    Ok(Setup { genesis, keys, prover })
}

/// Keys are complete when both can be opened; half of a set is made again, because nothing rests on it yet.
fn circuit_keys(data_dir: &DataDir) -> anyhow::Result<Prover> {
    let folder = data_dir.path(KEYS);
    if data_dir.genesis().exists() {
        return Prover::open(&folder).context("the circuit keys; start anew with --fresh");
    }
    Prover::open(&folder).or_else(|_| {
        setup::run_with(&folder, Existing::Replace, &mut OsRng).context("cannot make the circuit keys")?;
        Prover::open(&folder).context("the circuit keys")
    })
}

fn department_key(data_dir: &DataDir, department: &Department) -> anyhow::Result<DepartmentKey> {
    secret_key(data_dir, department, "department.key")
}

/// The file of the key that wallets seal shares to.
pub(crate) fn trustee_key(data_dir: &DataDir, department: &Department) -> PathBuf {
    data_dir.path("departments").join(department.id).join("trustee.key")
}

/// A key of a department, made if it is not there.
fn secret_key(data_dir: &DataDir, department: &Department, file: &str) -> anyhow::Result<DepartmentKey> {
    let folder = data_dir.path("departments").join(department.id);
    let path = folder.join(file);
    if !path.exists() {
        fs::create_dir_all(&folder)?;
        DepartmentKey::generate(&mut OsRng).save(&path).with_context(|| path.display().to_string())?;
    }
    DepartmentKey::load(&path).with_context(|| path.display().to_string())
}

fn ledger(data_dir: &DataDir, keys: &[DepartmentKey]) -> anyhow::Result<Genesis> {
    let folder = data_dir.path("ledger");
    let file = data_dir.genesis();
    if file.exists() {
        let genesis: Genesis = serde_json::from_slice(&fs::read(&file)?).context("the genesis file")?;
        let ours = genesis.departments().iter().zip(keys).all(|(d, key)| d.key == key.public());
        if !ours {
            bail!("the departments' keys are not those of the ledger; start anew with --fresh");
        }
        return Ok(genesis);
    }
    if folder.exists() {
        // The genesis is written last, so a folder without it was never a ledger.
        fs::remove_dir_all(&folder)?;
    }
    let origin = ORIGIN.to_owned().try_into().expect("the origin is a key name");
    let departments =
        DEPARTMENTS.iter().zip(keys).map(|(d, key)| founding_department(data_dir, d, key)).collect();
    let founding = GenesisParameters {
        witnesses: Some(witnesses(data_dir)?),
        min_root_age_s: MIN_ROOT_AGE_S,
        person_authority: Some(PERSON_AUTHORITY.parse().expect("the table holds identifiers")),
        ..GenesisParameters::new(origin, departments, THRESHOLD)
    };
    Ok(ledger_node::init(&folder, founding, &DepartmentKey::generate(&mut OsRng))?)
}

/// Departments that replay the ledger: every checkpoint needs all of them, so that nobody believes what the log's key
/// states alone.
fn witnesses(data_dir: &DataDir) -> anyhow::Result<Quorum> {
    let keys = DEPARTMENTS.iter().filter(|department| department.witness().is_some()).map(|department| {
        let key = secret_key(data_dir, department, "witness.key")?.public();
        Ok(NoteKey { name: witness_name(department), kind: NoteKind::Cosignature, key })
    });
    let keys = keys.collect::<anyhow::Result<Vec<_>>>()?;
    let names: Vec<_> = keys.iter().map(|key| key.name.clone()).collect();
    let all = keys.len();
    Ok(Quorum::new(all, keys)?.replayed_by(all, names)?)
}

/// The name of a department's witness.
pub(crate) fn witness_name(department: &Department) -> KeyName {
    format!("{}/w1", department.id).parse().expect("the table holds identifiers")
}

fn founding_department(
    data_dir: &DataDir,
    department: &Department,
    key: &DepartmentKey,
) -> FoundingDepartment {
    FoundingDepartment {
        id: department.department_id(),
        title: department.title(),
        key: key.public(),
        desk: department.issuer().map(|desk| data_dir.url(desk)),
    }
}

/// Departments that must approve an act of governance.
const THRESHOLD: usize = 2;
/// What `adult-today/1` asks for, so that the demonstration need not wait twenty minutes for a root to be too old.
const MIN_ROOT_AGE_S: u64 = 10;
/// The demonstration log's name. The domain is reserved, so it is nobody's.
const ORIGIN: &str = "ledger.nanning.example/1";
