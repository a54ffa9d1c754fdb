//! Which ledger is trusted: a file that was handed over, or the ledger's own word the first time.

use std::fs;
use std::path::Path;

use ledger::client::Client;
use ledger::genesis::Genesis;
use url::Url;

use super::failure::Failure;

/// Where trust comes from when none was given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstContact {
    /// Refuse to start.
    Refuse,
    /// Believe whoever answers, and keep to it.
    Believe,
}

/// The genesis from `given`, else the one kept in the data directory, else the ledger's own if that is allowed.
pub(super) fn trusted(
    given: Option<&Path>,
    data: &Path,
    ledger: &Url,
    first: FirstContact,
) -> Result<Genesis, Failure> {
    let kept = data.join("genesis.json");
    if let Some(path) = given {
        return read(path);
    }
    if kept.exists() {
        return read(&kept);
    }
    if first == FirstContact::Refuse {
        return Err(Failure::NoGenesis);
    }
    let genesis =
        Client::new(ledger.clone()).genesis().map_err(|error| Failure::Ledger(error.to_string()))?;
    keep(&genesis, data, &kept).map_err(|source| Failure::File { path: kept, source })?;
    Ok(genesis)
}

fn read(path: &Path) -> Result<Genesis, Failure> {
    let bytes = fs::read(path).map_err(|source| Failure::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::Genesis(path.to_owned()))
}

/// Written beside its place and renamed: half a genesis is none.
fn keep(genesis: &Genesis, data: &Path, path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(data)?;
    let beside = path.with_extension("unfinished");
    fs::write(&beside, genesis.to_bytes())?;
    fs::rename(beside, path)
}
