//! Witnesses on loopback, and an engine that asks them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ledger::genesis::Genesis;
use ledger::note::{NoteKey, NoteKind};
use ledger::samples;
use ledger::sm2::{Need, Sm2Key};
use ledger::witness::Quorum;
use service::clock::{Clock, ManualClock};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{CREDIT, NOW, TAX};
use crate::config::StartClock;
use crate::cosign::{Patience, Waiting, WitnessAddress, Witnesses};
use crate::data_dir::DataDir;
use crate::engine::{ClockGuard, Engine, EngineParts, RecoverError, Role};
use crate::init::{GenesisParameters, SecondKey, init};
use crate::sequencer::SequencerConfig;
use service::http::Exposure;

use crate::witness::{Witness, WitnessConfig, serve_witness};

/// A witness that serves until it is dropped.
pub(crate) struct Served {
    pub(crate) address: WitnessAddress,
    pub(crate) url: String,
    runtime: Option<Runtime>,
}

impl Served {
    /// Nobody listens at the address from now on.
    pub(crate) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The vkey of the log that tests write to.
pub(crate) fn log_vkey() -> NoteKey {
    let key = samples::insecure_key("ledger.test/1").public();
    NoteKey { name: samples::origin(), kind: NoteKind::Ed25519, key }
}

/// The configuration of a witness with a known key that keeps its memory in `folder`.
pub(crate) fn config(folder: &Path, name: &str) -> WitnessConfig {
    let key = folder.join(format!("{name}.key"));
    if !key.exists() {
        samples::insecure_key(name).save(&key).unwrap();
    }
    WitnessConfig {
        data: folder.join(name),
        key: key.into(),
        name: name.parse().unwrap(),
        logs: vec![log_vkey()],
        replay: Vec::new(),
        listen: ([127, 0, 0, 1], 0).into(),
        trusted_proxies: service::http::TrustedProxies::default(),
        tls: None,
    }
}

/// The same of a witness that replays the log of this genesis.
pub(crate) fn replaying_config(folder: &Path, name: &str, genesis: &Genesis) -> WitnessConfig {
    let file = folder.join("genesis.json");
    std::fs::write(&file, genesis.to_bytes()).unwrap();
    WitnessConfig { replay: vec![file], ..config(folder, name) }
}

/// Serves a witness that replays the log of this genesis.
pub(crate) fn replaying(folder: &Path, name: &str, genesis: &Genesis) -> Served {
    let config = replaying_config(folder, name, genesis);
    let witness = Witness::open_with_clock(&config, ManualClock::new(NOW).clock()).unwrap();
    serve(name, |listener| {
        serve_witness(Arc::new(witness), listener, Exposure::this_machine(), std::future::pending())
    })
}

/// Serves the witness of this name, with what it remembers in `folder`.
pub(crate) fn witness(folder: &Path, name: &str) -> Served {
    witness_at(folder, name, ManualClock::new(NOW).clock())
}

/// The same by this clock.
pub(crate) fn witness_at(folder: &Path, name: &str, clock: Clock) -> Served {
    let witness = Witness::open_with_clock(&config(folder, name), clock).unwrap();
    serve(name, |listener| {
        serve_witness(Arc::new(witness), listener, Exposure::this_machine(), std::future::pending())
    })
}

/// Serves something else in the name of a witness.
pub(crate) fn impostor(name: &str, app: axum::Router) -> Served {
    serve(name, |listener| async { axum::serve(listener, app).await.unwrap() })
}

fn serve<F: Future<Output = ()> + Send + 'static>(
    name: &str,
    run: impl FnOnce(tokio::net::TcpListener) -> F,
) -> Served {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(run(listener));
    let address = WitnessAddress { name: name.parse().unwrap(), url: url.parse().unwrap() };
    Served { address, url, runtime: Some(runtime) }
}

/// A new data directory of a ledger with the witnesses w1, w2 and w3, of whom two must cosign.
pub(crate) fn data() -> TempDir {
    data_with(two_of_three(), None)
}

/// The same where the log's second key must be under each checkpoint too.
pub(crate) fn data_with_a_second_key() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("second.pem");
    Sm2Key::from_pem(samples::INSECURE_SM2_PEM).unwrap().save(&file).unwrap();
    data_with(two_of_three(), Some(SecondKey { file, need: Need::Required }))
}

/// The same where those of `names` replay the log, and one of them must be among those who cosign.
pub(crate) fn replayed_data(names: &[&str]) -> TempDir {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    data_with(two_of_three().replayed_by(1, names).unwrap(), None)
}

fn two_of_three() -> Quorum {
    Quorum::new(2, ["w1", "w2", "w3"].map(samples::witness).to_vec()).unwrap()
}

fn data_with(quorum: Quorum, sm2: Option<SecondKey>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let genesis = samples::genesis(&[CREDIT, TAX], 2);
    let parameters = GenesisParameters {
        witnesses: Some(quorum),
        sm2,
        ..GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 2)
    };
    init(folder.path(), parameters, &samples::insecure_key("ledger.test/1")).unwrap();
    folder
}

/// The genesis of a data directory.
pub(crate) fn genesis(folder: &Path) -> Genesis {
    DataDir::at(folder).read_genesis().unwrap()
}

/// Opens the engine of a data directory, which asks each witness once and waits for nobody.
pub(crate) fn open(folder: &Path, witnesses: &[&Served]) -> Result<Engine, RecoverError> {
    open_at(folder, witnesses, ManualClock::new(NOW).clock())
}

/// The same by this clock.
pub(crate) fn open_at(folder: &Path, witnesses: &[&Served], clock: Clock) -> Result<Engine, RecoverError> {
    let data = DataDir::at(folder);
    let genesis = genesis(folder);
    let addresses: Vec<_> = witnesses.iter().map(|served| served.address.clone()).collect();
    let storage: Arc<dyn crate::files::Storage> = Arc::new(data.files());
    let waiting = Waiting { at_start: Duration::ZERO, running: Patience::For(Duration::ZERO) };
    Engine::open(EngineParts {
        role: Role::Node(data.read_log_keys(&genesis).unwrap()),
        witnesses: Witnesses::new(&genesis, &addresses, storage.clone(), waiting).unwrap(),
        storage,
        sequencer: SequencerConfig::Sqlite.open(&data, &genesis).unwrap(),
        clock: ClockGuard::new(clock, StartClock::default()),
        genesis,
    })
}
