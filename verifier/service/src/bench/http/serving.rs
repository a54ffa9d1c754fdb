//! The service that is measured: a counter's, over a data directory of its own that is deleted afterwards.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openid4vc::vp::Status;
use service::clock::Clock;
use service::http::Limits;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::sample::{LoadSample, Scene};
use crate::certificate::KEY;
use crate::http::{LedgerAddress, Settings, State, app, open_with};
use crate::store::{StoreAddress, Transaction};
use verifier::Development;

/// A running service with open requests.
pub(super) struct Serving {
    /// Serves as long as it lives.
    _runtime: Runtime,
    state: Arc<State>,
    address: SocketAddr,
    requests: Vec<Transaction>,
    _data: TempDir,
}

/// How many of these were accepted.
pub(super) fn accepted_of(
    requests: &[Transaction],
    accepted: impl Fn(&Transaction) -> Result<bool, String>,
) -> Result<usize, String> {
    requests.iter().try_fold(0, |count, request| Ok(count + usize::from(accepted(request)?)))
}

impl Serving {
    /// Starts a service that made these requests of the sample just now, over a file of its own or this store.
    pub(super) fn start(
        sample: &LoadSample,
        store: Option<StoreAddress>,
        requests: Vec<Transaction>,
    ) -> Result<Self, String> {
        let (scene, data) = (&sample.scene, tempfile::tempdir().map_err(|error| error.to_string())?);
        certificate(scene, &data.path().join("certificate"))?;
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let listener =
            runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let state = open_with(settings(scene, data.path(), store), address, clock(scene))
            .map_err(|error| error.to_string())?;
        state.relying_party().follow().map_err(|error| error.to_string())?;
        state.relying_party().import(&requests).map_err(|error| error.to_string())?;
        let service = app(Arc::clone(&state));
        runtime.spawn(service::http::serve(listener, service, Limits::new(), std::future::pending()));
        Ok(Self { _runtime: runtime, state, address, requests, _data: data })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests have passed, as the database has it.
    pub(super) fn passed(&self) -> Result<usize, String> {
        accepted_of(&self.requests, |request| {
            let status = self.state.relying_party().status(request.id.as_str());
            let status = status.map_err(|error| error.to_string())?;
            Ok(status.is_some_and(|status| status.status == Status::Passed))
        })
    }
}

fn settings(scene: &Scene, data: &Path, store: Option<StoreAddress>) -> Settings {
    let ledger = LedgerAddress::Source(Arc::new(scene.clone()));
    Settings {
        public_url: Some(scene.public_url.clone()),
        development: Development::Accepted,
        // Each round begins with a database that has counted nothing.
        marker: Some(data.join("counter.uses")),
        // All wallets of the measurement have one address.
        requests_per_s: u32::MAX,
        store,
        ..Settings::new(scene.genesis.clone(), ledger, data.to_owned())
    }
}

/// A clock that showed the time of the requests when it was started.
fn clock(scene: &Scene) -> Clock {
    let then = Duration::from_secs(scene.time);
    let started = Instant::now();
    Clock::from_fn(move || then + started.elapsed())
}

fn certificate(scene: &Scene, dir: &Path) -> Result<(), String> {
    fs::create_dir(dir).map_err(|error| error.to_string())?;
    for (name, body) in &scene.certificate {
        let kind = if name == KEY { "PRIVATE KEY" } else { "CERTIFICATE" };
        let text = format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n");
        fs::write(dir.join(name), text).map_err(|error| error.to_string())?;
    }
    Ok(())
}
