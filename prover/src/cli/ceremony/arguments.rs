//! The arguments of `prover ceremony`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Circuit;
use crate::iden3::zkey::Name;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
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
pub(in crate::cli) struct Phase1Args {
    /// For circuits of up to 2^POWER rows: 13 for show, 12 for join and score, 10 for enroll.
    #[arg(long, default_value_t = 13, value_parser = clap::value_parser!(u32).range(1..=18))]
    pub(super) power: u32,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
}

#[derive(Args)]
pub(super) struct Source {
    /// Which circuit the key is for.
    #[arg(long)]
    pub(super) circuit: Circuit,
    /// Powers of tau, prepared for phase 2.
    #[arg(long, value_name = "FILE")]
    pub(super) ptau: PathBuf,
    /// BLAKE2b-512 of that file in hexadecimal, as those who ran its ceremony publish it. Another file is refused, and
    /// contributions in it that bear no name count as different parties.
    #[arg(long, value_name = "HEX", value_parser = parse_digest)]
    pub(super) ptau_digest: Option<Digest>,
}

#[derive(Args)]
pub(in crate::cli) struct NewArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
}

#[derive(Args)]
pub(in crate::cli) struct ContributeArgs {
    /// The key as the one before you passed it on.
    pub(super) input: PathBuf,
    /// The key to pass on.
    pub(super) output: PathBuf,
    /// Who you are; the date and time are added.
    #[arg(long, value_parser = parse_name)]
    pub(super) name: Option<String>,
    /// Also writes a record with the contribution's hash, for `ledger publish` to sign in your department's name.
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct BeaconArgs {
    /// The key after the last contribution.
    pub(super) input: PathBuf,
    /// The finished key.
    pub(super) output: PathBuf,
    /// The public randomness in hexadecimal, 1 to 255 bytes.
    #[arg(long, value_parser = parse_hex)]
    pub(super) value: Hex,
    /// It is hashed 2^ITERATIONS times.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(10..=24))]
    pub(super) iterations: u8,
    /// What the randomness is.
    #[arg(long, value_parser = parse_name)]
    pub(super) name: Option<String>,
}

#[derive(Args)]
pub(in crate::cli) struct CheckArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// The key after the last contribution.
    pub(super) input: PathBuf,
}

#[derive(Args)]
pub(in crate::cli) struct FinishArgs {
    #[command(flatten)]
    pub(super) check: CheckArgs,
    /// Directory for the keys; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Replace keys that are there: everything proved with them stops verifying.
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Clone)]
pub(super) struct Hex(pub(super) Vec<u8>);

/// A BLAKE2b-512.
#[derive(Clone)]
pub(super) struct Digest(pub(super) [u8; 64]);

fn parse_digest(text: &str) -> Result<Digest, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut digest = [0; 64];
    hex::decode_to_slice(digits, &mut digest).map_err(|_| "a BLAKE2b-512 has 128 hexadecimal digits")?;
    Ok(Digest(digest))
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

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  prover ceremony new --circuit show --ptau pot14.ptau --out show-0.zkey
  prover ceremony contribute show-0.zkey show-1.zkey --name credit.nanning
  snarkjs zkey contribute show-1.zkey show-2.zkey     either program continues the other
  prover ceremony beacon show-2.zkey show.zkey --value 0123abcd --name \"drand round 42\"
  prover ceremony verify --circuit show --ptau pot14.ptau show.zkey
  prover ceremony finish --circuit show --ptau pot14.ptau show.zkey --out keys";
