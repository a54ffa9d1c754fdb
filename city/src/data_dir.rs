//! The city's data directory and ports. One process at a time has it.
//!
//! | path | what | the worst a thief can do with it |
//! |---|---|---|
//! | `city.json` | ports of this city | nothing |
//! | `keys/` | development keys of the circuits | nothing; whoever made them could forge proofs already |
//! | `departments/<id>/department.key` | signing keys | issue or revoke in the department's name |
//! | `departments/<id>/desk/` | an issuer's database | learn the records |
//! | `departments/<id>/trustee.key`, `trustee/` | a department's shares of person secrets | see the table of the trustee |
//! | `departments/<id>/witness.key`, `witness/` | a department's replaying witness | see the table of the witness |
//! | `ledger/` | the ledger node | see the table of the node's data directory |
//! | `counter/`, `hasty-counter/` | receipts and certificate of a verifier | speak as this verifier |
//! | `people.seed` | seed of the demonstration's wallets | present as any of its invented citizens |
//! | `story.json` | outcome of the scenario | nothing |

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rand::RngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use service::durable::{self, Readers};
use zeroize::Zeroizing;

use crate::departments::DEPARTMENTS;

/// The first of the city's ports unless it is told another.
pub(crate) const DEFAULT_PORTS: u16 = 7000;

/// Ports of the city's services, counted from the page's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// The city's page.
    Page,
    /// The ledger node.
    Ledger,
    /// The verifier that people use.
    Verifier,
    /// A second verifier, whose requests live as shortly as they may; not listed for people.
    ShortLivedVerifier,
    /// A department's witness, by its number.
    Witness(u16),
    /// A department's issuer, by its number.
    Issuer(u16),
    /// A department's trustee, by its number, which is not that of the person authority.
    Trustee(u16),
}

impl Service {
    fn offset(self) -> u16 {
        match self {
            Self::Page => 0,
            Self::Ledger => 1,
            Self::Verifier => 3,
            Self::ShortLivedVerifier => 4,
            // Beyond those where `wallet assist` and `wallet app` begin, which somebody tries beside the city.
            Self::Witness(number) => 8 + number,
            Self::Issuer(number) => 2 + 10 * number,
            Self::Trustee(number) => 4 + 10 * number,
        }
    }
}

/// A city's data directory, locked for this process.
pub(crate) struct DataDir {
    folder: PathBuf,
    ports: u16,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    ports: u16,
}

/// What to do with a city that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// Go on with it.
    Continue,
    /// Remove it and start anew.
    Fresh,
    /// Remove all but the circuits' keys and the ports, and start anew: what a sandbox does between two tests.
    Reset,
}

impl DataDir {
    /// Locks the directory and creates it where it is missing.
    pub(crate) fn open(folder: &Path, ports: Option<u16>, mode: OpenMode) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        refuse_foreign(folder)?;
        let lock = lock(folder)?;
        match mode {
            OpenMode::Continue => {}
            OpenMode::Fresh => clear(folder, &[LOCK])?,
            OpenMode::Reset => clear(folder, &[LOCK, SETTINGS, KEYS])?,
        }
        durable::sweep(folder)?;
        let ports = resolve_ports(folder, ports)?;
        Ok(Self { folder: folder.to_owned(), ports, _lock: lock })
    }

    /// A path below the directory.
    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.folder.join(below)
    }

    /// What the city is founded with.
    pub(crate) fn genesis(&self) -> PathBuf {
        self.path(GENESIS)
    }

    /// A service's address.
    pub(crate) fn address(&self, service: Service) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports + service.offset()).into()
    }

    /// A service's address as a URL.
    pub(crate) fn url(&self, service: Service) -> url::Url {
        url::Url::parse(&format!("http://{}", self.address(service))).expect("an address makes a URL")
    }

    /// Looks before a city is founded whether its ports are free: other ones can be chosen until the departments' addresses
    /// are in its genesis.
    pub(crate) fn refuse_taken_ports(&self) -> anyhow::Result<()> {
        if self.genesis().exists() {
            return Ok(());
        }
        let departments = DEPARTMENTS.iter().flat_map(|d| [d.issuer(), d.witness(), d.trustee()]).flatten();
        let services = [Service::Page, Service::Ledger, Service::Verifier, Service::ShortLivedVerifier]
            .into_iter()
            .chain(departments);
        for address in services.map(|service| self.address(service)) {
            TcpListener::bind(address).with_context(|| {
                format!(
                    "port {} is taken; stop what runs there, or choose other ports with --ports",
                    address.port()
                )
            })?;
        }
        Ok(())
    }

    /// Listens at a service's address.
    pub(crate) fn listen(&self, service: Service) -> anyhow::Result<TcpListener> {
        let address = self.address(service);
        let listener = TcpListener::bind(address).with_context(|| {
            format!(
                "port {} is taken; stop what runs there, or begin another city with --data FOLDER --ports PORT",
                address.port()
            )
        })?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// The 32 bytes from which all wallets of the demonstration are derived; drawn at the first call.
    pub(crate) fn wallet_seed(&self) -> anyhow::Result<Zeroizing<[u8; 32]>> {
        let path = self.path("people.seed");
        let mut seed = Zeroizing::new([0; 32]);
        if path.exists() {
            let bytes = Zeroizing::new(fs::read(&path)?);
            if bytes.len() != seed.len() {
                bail!("{} is damaged; start anew with --fresh", path.display());
            }
            seed.copy_from_slice(&bytes);
        } else {
            OsRng.fill_bytes(seed.as_mut());
            durable::create_secret(&path, seed.as_ref())?;
        }
        Ok(seed)
    }
}

/// A folder with other files in it is refused: `--fresh` must not remove what is not the city's.
fn refuse_foreign(folder: &Path) -> anyhow::Result<()> {
    let is_city = folder.join(SETTINGS).exists() || folder.join(LOCK).exists();
    if !is_city && fs::read_dir(folder)?.next().is_some() {
        bail!("{} has files in it but is no city; choose an empty folder with --data", folder.display());
    }
    Ok(())
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let file = File::create(&path).with_context(|| format!("cannot write to {}", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another city runs in {}; stop it, or choose another folder with --data", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the folder"),
    }
}

/// The genesis goes before the rest, so that what is left after a crash is no city but a beginning.
fn clear(folder: &Path, keep: &[&str]) -> anyhow::Result<()> {
    match fs::remove_file(folder.join(GENESIS)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).context("cannot remove the genesis");
        }
        _ => {}
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| keep.iter().any(|kept| name == *kept)) {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// A city keeps its ports once it is founded: the departments' addresses are in the genesis.
fn resolve_ports(folder: &Path, asked: Option<u16>) -> anyhow::Result<u16> {
    let path = folder.join(SETTINGS);
    if !path.exists() || (asked.is_some() && !folder.join(GENESIS).exists()) {
        let ports = asked.unwrap_or(DEFAULT_PORTS);
        if !(1024..=u16::MAX - 100).contains(&ports) {
            bail!("--ports must be from 1024 to {}", u16::MAX - 100);
        }
        durable::replace(&path, &serde_json::to_vec(&Settings { ports })?, Readers::Everybody)?;
        return Ok(ports);
    }
    let kept: Settings = serde_json::from_slice(&fs::read(&path)?)
        .with_context(|| format!("{} is damaged; start anew with --fresh", path.display()))?;
    match asked {
        Some(ports) if ports != kept.ports => {
            bail!("this city lives at ports {}…; leave --ports away, or start anew with --fresh", kept.ports)
        }
        _ => Ok(kept.ports),
    }
}

const SETTINGS: &str = "city.json";
/// What a city is founded with, below its folder.
const GENESIS: &str = "ledger/genesis.json";
const LOCK: &str = "lock";
/// The circuits' keys, below its folder.
pub(crate) const KEYS: &str = "keys";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        for mode in [OpenMode::Continue, OpenMode::Fresh] {
            assert!(DataDir::open(folder.path(), None, mode).is_err());
        }
        assert!(folder.path().join("thesis.txt").exists());
    }

    #[test]
    fn a_reset_keeps_the_circuits_keys_and_the_ports() {
        let folder = tempfile::tempdir().unwrap();
        drop(DataDir::open(folder.path(), Some(8100), OpenMode::Continue).unwrap());
        found(folder.path());
        fs::create_dir(folder.path().join(KEYS)).unwrap();
        fs::write(folder.path().join("people.seed"), "seed").unwrap();
        let city = DataDir::open(folder.path(), None, OpenMode::Reset).unwrap();
        assert_eq!(city.url(Service::Page).port(), Some(8100));
        assert!(folder.path().join(KEYS).exists() && !city.genesis().exists());
        assert!(!folder.path().join("people.seed").exists());
    }

    #[test]
    fn two_cities_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(folder.path(), None, OpenMode::Continue).unwrap();
        assert!(DataDir::open(folder.path(), None, OpenMode::Continue).is_err());
        drop(first);
        assert!(DataDir::open(folder.path(), None, OpenMode::Continue).is_ok());
    }

    #[test]
    fn a_city_keeps_its_ports() {
        let folder = tempfile::tempdir().unwrap();
        drop(DataDir::open(folder.path(), Some(8100), OpenMode::Continue).unwrap());
        found(folder.path());
        assert!(DataDir::open(folder.path(), Some(9100), OpenMode::Continue).is_err());
        assert_eq!(DataDir::open(folder.path(), None, OpenMode::Continue).unwrap().ports, 8100);
        assert_eq!(DataDir::open(folder.path(), Some(9100), OpenMode::Fresh).unwrap().ports, 9100);
    }

    fn found(folder: &Path) {
        fs::create_dir_all(folder.join("ledger")).unwrap();
        fs::write(folder.join(GENESIS), "{}").unwrap();
    }

    /// What an error says to do is done.
    #[test]
    fn other_ports_can_be_chosen_where_the_first_ones_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let first = taken.local_addr().unwrap().port();
        let open = |ports| DataDir::open(folder.path(), Some(ports), OpenMode::Continue).unwrap();
        // The last port that a city can begin at, and one that is free or the next.
        let data_dir = open(first.min(u16::MAX - 100));
        if data_dir.ports == first {
            let error = data_dir.refuse_taken_ports().unwrap_err().to_string();
            assert!(error.contains(&first.to_string()) && error.contains("--ports"), "{error}");
        }
        drop(data_dir);
        let other = open(8_800);
        assert_eq!(other.ports, 8_800);
        drop(other);
        found(folder.path());
        assert!(DataDir::open(folder.path(), Some(first), OpenMode::Continue).is_err());
    }

    #[test]
    fn the_ports_of_witnesses_and_trustees_are_looked_at_too() {
        let folder = tempfile::tempdir().unwrap();
        let others = DEPARTMENTS.iter().flat_map(|d| [d.witness(), d.trustee()]).flatten();
        for witness in others {
            let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let first = taken.local_addr().unwrap().port() - witness.offset();
            let ports = Some(first.min(u16::MAX - 100));
            let data_dir = DataDir::open(folder.path(), ports, OpenMode::Continue).unwrap();
            if data_dir.ports == first {
                assert!(data_dir.refuse_taken_ports().is_err(), "{witness:?}");
            }
        }
    }

    #[test]
    fn the_seed_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), None, OpenMode::Continue).unwrap();
        let seed = data_dir.wallet_seed().unwrap();
        assert_eq!(*seed, *data_dir.wallet_seed().unwrap());
        fs::write(data_dir.path("people.seed"), "short").unwrap();
        assert!(data_dir.wallet_seed().is_err());
    }

    #[test]
    fn desks_listen_where_the_manual_says() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), None, OpenMode::Continue).unwrap();
        let ports = [
            Service::Page,
            Service::Ledger,
            Service::Verifier,
            Service::Issuer(0),
            Service::Issuer(1),
            Service::Issuer(2),
        ];
        assert_eq!(ports.map(|s| data_dir.address(s).port()), [7000, 7001, 7003, 7002, 7012, 7022]);
    }
}
