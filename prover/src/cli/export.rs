//! `prover export`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use groth16::{VerifyingKey, public_to_json};
use rand::rngs::OsRng;
use serde_json::Value;
use service::cli::{CommandError, Shell};

use super::{Circuit, files};
use crate::bench::Sample;
use crate::iden3::{circom, solidity};
use crate::key::{Key, KeyError, MAX_FILE_BYTES};
use crate::matrices::Matrices;
use crate::statement::{Assignment, Statement};

#[derive(Subcommand)]
pub(super) enum Command {
    /// The constraint system, as circom writes it.
    R1cs(CircuitArgs),
    /// All variables of an invented example, and its public inputs beside them as `.public.json`.
    Wtns(CircuitArgs),
    /// A proving key for snarkjs and other provers.
    Zkey(ZkeyArgs),
    /// A contract for Ethereum that checks proofs.
    Solidity(SolidityArgs),
}

#[derive(Args)]
pub(super) struct CircuitArgs {
    /// Which circuit.
    #[arg(long)]
    circuit: Circuit,
    /// The new file.
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct ZkeyArgs {
    /// Which circuit the key is for.
    #[arg(long)]
    circuit: Circuit,
    /// The proving key's file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The new file.
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct SolidityArgs {
    /// The verifying key's file.
    #[arg(long, value_name = "FILE")]
    vk: PathBuf,
    /// Name of the contract.
    #[arg(long, default_value = "YongVerifier")]
    name: String,
    /// The new file.
    out: PathBuf,
}

pub(super) fn run(command: &Command, shell: Shell) -> Result<(), CommandError> {
    let out = match command {
        Command::R1cs(args) => of_circuit!(args.circuit, constraints(&args.out))?,
        Command::Wtns(args) => of_circuit!(args.circuit, witness(&args.out))?,
        Command::Zkey(args) => of_circuit!(args.circuit, zkey(args))?,
        Command::Solidity(args) => contract(args)?,
    };
    shell.answer(&serde_json::json!({ "written": out }), || out.display().to_string())
}

fn constraints<S: Statement>(out: &Path) -> Result<&Path, CommandError> {
    let matrices = Matrices::new::<S>().expect("a circuit of this program can be synthesised");
    files::write(out, &circom::r1cs(&matrices))?;
    Ok(out)
}

fn witness<S: Sample>(out: &Path) -> Result<&Path, CommandError> {
    let (public, private) = S::sample(&mut OsRng);
    let assignment = Assignment::new::<S>(&public, &private).expect("the examples satisfy their circuits");
    files::write(out, &circom::wtns(&assignment))?;
    let public = public_to_json(assignment.public());
    files::write(&out.with_extension("public.json"), format!("{public}\n").as_bytes())?;
    Ok(out)
}

fn zkey<S: Statement>(args: &ZkeyArgs) -> Result<&Path, CommandError> {
    let bytes = files::read(&args.key, MAX_FILE_BYTES)?;
    let key = Key::from_bytes::<S>(&bytes).map_err(|e| refused(&e))?;
    files::write(&args.out, &key.to_zkey().to_bytes())?;
    Ok(&args.out)
}

fn contract(args: &SolidityArgs) -> Result<&Path, CommandError> {
    let bytes = files::read(&args.vk, MAX_FILE_BYTES)?;
    let malformed = |what: &dyn std::fmt::Display| {
        CommandError::new(
            "bad_key",
            what,
            "Name a verifying key as `prover setup` or `prover ceremony finish` writes it.",
        )
    };
    let json: Value = serde_json::from_slice(&bytes).map_err(|e| malformed(&e))?;
    let vk = VerifyingKey::from_json(&json).map_err(|e| malformed(&e))?;
    files::write(&args.out, solidity::contract(&vk, &args.name).as_bytes())?;
    Ok(&args.out)
}

fn refused(error: &KeyError) -> CommandError {
    CommandError::new("bad_key", error, "Name the key of this circuit and of this version of the program.")
}

pub(super) const EXAMPLES: &str = "\
Examples:
  prover export r1cs --circuit enroll enroll.r1cs
  prover export wtns --circuit enroll enroll.wtns     an invented example
  prover export zkey --circuit enroll --key keys/enroll-2.key enroll.zkey
  snarkjs groth16 prove enroll.zkey enroll.wtns proof.json public.json
  prover export solidity --vk keys/enroll-2.vk.json Enroll.sol";
