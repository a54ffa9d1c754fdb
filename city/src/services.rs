//! Starts the city's services in this process: each on its own port, over real HTTP.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger_node::{Heartbeat, Node, StartClock, Witness, WitnessAddress, WitnessConfig, serve_witness};
use service::clock::Clock;
use service::http::{self, Exposure, Limits};
use service::shutdown;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use trustee_service::TrusteeService;
use verifier::Development;
use verifier_service::http::{LedgerAddress, Settings};
use verifier_service::relying_party::Lifetime;

use crate::data_dir::{DataDir, Service};
use crate::departments::{DEPARTMENTS, Department, bilingual};
use crate::genesis::{trustee_key, witness_name};

/// Lifetime of the short-lived verifier's requests, in seconds: the least that a verifier allows.
pub(crate) const SHORT_LIFETIME_S: u64 = 10;

/// Seconds after which the ledger states a root though nothing has happened; well below what `adult-today/1` asks for.
const HEARTBEAT_S: u64 = 2;

/// What a city is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The story, for whoever wants to see it.
    Demonstration,
    /// Programs that somebody writes, to be tried against.
    Sandbox,
}

/// Why somebody who waited for the end goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The process was asked to end.
    Shutdown,
    /// What was waited for besides has come.
    Other,
}

/// The running services. Dropping it without [`Self::stop`] ends them at once.
pub(crate) struct Services {
    runtime: Runtime,
    node: Arc<Node>,
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Services {
    /// Takes all ports, then starts everything; a taken port starts nothing. `page` is served at the city's own port.
    pub(crate) fn start(
        data_dir: &DataDir,
        genesis: &Genesis,
        purpose: Purpose,
        page: axum::Router,
    ) -> anyhow::Result<Self> {
        let ports = Ports::take(data_dir)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (stop, _) = watch::channel(false);
        // Before the node, which publishes nothing without them.
        let mut tasks = Vec::new();
        let witnesses = start_witnesses(data_dir, genesis, &runtime, &stop, &mut tasks)?;
        let config = ledger_node::Config {
            witnesses,
            heartbeat_s: Heartbeat::try_from(HEARTBEAT_S)?,
            // The demonstration lies still for weeks, and its witnesses have the same clock.
            start_clock: StartClock::Accepted,
            ..ledger_node::Config::new(data_dir.path("ledger"))
        };
        let node = Arc::new(Node::open(&config).context("the ledger node")?);
        let mut services = Self { runtime, node, stop, tasks };
        services.start_all(data_dir, genesis, purpose, page, ports)?;
        Ok(services)
    }

    /// The ledger node, for blobs and `fsck`.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Waits for SIGINT (Ctrl-C) or SIGTERM.
    pub(crate) fn wait_for_shutdown(&self) {
        self.runtime.block_on(shutdown::requested());
    }

    /// Waits for SIGINT (Ctrl-C) or SIGTERM, or for something else, whichever comes first.
    pub(crate) fn wait_for_shutdown_or(&self, other: impl Future<Output = ()>) -> Woken {
        self.runtime.block_on(async {
            tokio::select! {
                () = shutdown::requested() => Woken::Shutdown,
                () = other => Woken::Other,
            }
        })
    }

    /// Lets requests that were begun end, then stops.
    pub(crate) fn stop(self) {
        self.stop.send_replace(true);
        self.runtime.block_on(async {
            for task in self.tasks {
                // A task that panicked has said so already.
                let _ = task.await;
            }
        });
    }

    fn start_all(
        &mut self,
        data_dir: &DataDir,
        genesis: &Genesis,
        purpose: Purpose,
        page: axum::Router,
        ports: Ports,
    ) -> anyhow::Result<()> {
        let _inside = self.runtime.enter();
        let listener = TcpListener::from_std(ports.ledger)?;
        self.spawn("ledger", ledger_node::serve_node(self.node.clone(), listener, stopped(&self.stop)));
        for (department, desk, listener) in ports.issuers {
            let config = issuer(data_dir, department, desk)?;
            let issuer = issuer::serve(config, TcpListener::from_std(listener)?, stopped(&self.stop));
            self.spawn(department.id, issuer);
        }
        for (department, address, listener) in ports.trustees {
            let config = trustee(data_dir, department, address);
            let source = Arc::new(Client::new(config.ledger.clone()));
            let trustee = TrusteeService::open(&config, source, Clock::system())
                .with_context(|| format!("the trustee of {}", department.id))?;
            let serve = trustee_service::serve(
                Arc::new(trustee),
                TcpListener::from_std(listener)?,
                Exposure::this_machine(),
                Duration::from_secs(config.sync_seconds),
                stopped(&self.stop),
            );
            self.spawn("trustee", async {
                serve.await;
                Ok::<(), Infallible>(())
            });
        }
        let verifiers = [
            (ports.verifier, verifier(data_dir, genesis, purpose)),
            (ports.short_lived_verifier, short_lived_verifier(data_dir, genesis)?),
        ];
        for (listener, settings) in verifiers {
            let verifier = verifier_service::http::serve(
                settings,
                TcpListener::from_std(listener)?,
                stopped(&self.stop),
            );
            self.spawn("counter", verifier);
        }
        let listener = TcpListener::from_std(ports.page)?;
        self.spawn("page", serve_page(listener, page, stopped(&self.stop)));
        Ok(())
    }

    fn spawn<E: Display>(
        &mut self,
        name: &'static str,
        serve: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let task = async move {
            if let Err(error) = serve.await {
                eprintln!("✗ {name} stopped: {error}");
            }
        };
        self.tasks.push(self.runtime.spawn(task));
    }
}

/// Starts the witnesses that the genesis names; a city that was made without any goes on without.
fn start_witnesses(
    data_dir: &DataDir,
    genesis: &Genesis,
    runtime: &Runtime,
    stop: &watch::Sender<bool>,
    tasks: &mut Vec<tokio::task::JoinHandle<()>>,
) -> anyhow::Result<Vec<WitnessAddress>> {
    let _inside = runtime.enter();
    let mut addresses = Vec::new();
    for department in &DEPARTMENTS {
        let name = witness_name(department);
        let listed = genesis.witnesses().is_some_and(|quorum| quorum.place(&name).is_some());
        let Some(service) = department.witness().filter(|_| listed) else { continue };
        let folder = data_dir.path("departments").join(department.id);
        let config = WitnessConfig {
            data: folder.join("witness"),
            key: folder.join("witness.key"),
            name: name.clone(),
            logs: Vec::new(),
            replay: vec![data_dir.genesis()],
            listen: data_dir.address(service),
            trusted_proxies: http::TrustedProxies::default(),
            tls: None,
        };
        let witness = Witness::open(&config).with_context(|| format!("the witness of {}", department.id))?;
        let listener = TcpListener::from_std(data_dir.listen(service)?)?;
        tasks.push(runtime.spawn(serve_witness(
            Arc::new(witness),
            listener,
            Exposure::this_machine(),
            stopped(stop),
        )));
        addresses.push(WitnessAddress { name, url: data_dir.url(service) });
    }
    Ok(addresses)
}

/// Every port of the city, taken before anything starts.
struct Ports {
    page: std::net::TcpListener,
    ledger: std::net::TcpListener,
    verifier: std::net::TcpListener,
    short_lived_verifier: std::net::TcpListener,
    issuers: Vec<Taken>,
    trustees: Vec<Taken>,
}

/// A department's service with its port.
type Taken = (&'static Department, Service, std::net::TcpListener);

impl Ports {
    fn take(data_dir: &DataDir) -> anyhow::Result<Self> {
        Ok(Self {
            page: data_dir.listen(Service::Page)?,
            ledger: data_dir.listen(Service::Ledger)?,
            verifier: data_dir.listen(Service::Verifier)?,
            short_lived_verifier: data_dir.listen(Service::ShortLivedVerifier)?,
            issuers: Self::of_all(data_dir, Department::issuer)?,
            trustees: Self::of_all(data_dir, Department::trustee)?,
        })
    }
    fn of_all(data_dir: &DataDir, service: fn(&Department) -> Option<Service>) -> anyhow::Result<Vec<Taken>> {
        let running = DEPARTMENTS.iter().filter_map(|department| Some((department, service(department)?)));
        running.map(|(department, service)| Ok((department, service, data_dir.listen(service)?))).collect()
    }
}

async fn serve_page(
    listener: TcpListener,
    app: axum::Router,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Infallible> {
    http::serve(listener, app, Limits::new(), stopped).await;
    Ok(())
}

fn stopped(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static + use<> {
    let mut stop = stop.subscribe();
    async move {
        // An error means that the sender is gone, which is a stop too.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}

fn issuer(data_dir: &DataDir, department: &Department, desk: Service) -> anyhow::Result<issuer::Config> {
    let folder = data_dir.path("departments").join(department.id);
    let config = issuer::Config {
        department: department.department_id(),
        key: folder.join("department.key"),
        ledger: data_dir.url(Service::Ledger),
        genesis: data_dir.genesis(),
        listen: data_dir.address(desk),
        public_url: data_dir.url(desk).try_into()?,
        trusted_proxies: http::TrustedProxies::default(),
        ca: None,
        tls: None,
        data: folder.join("desk"),
        development: Development::Accepted,
        admin_token: None,
        offer_seconds: 1800,
        sync_seconds: 1,
        staff: issuer::config::StaffRules::default(),
        schemas: department.grants(),
    };
    config.check()?;
    Ok(config)
}

fn trustee(data_dir: &DataDir, department: &Department, address: Service) -> trustee_service::Config {
    trustee_service::Config {
        department: department.department_id(),
        keys: vec![trustee_key(data_dir, department)],
        ledger: data_dir.url(Service::Ledger),
        genesis: data_dir.genesis(),
        data: data_dir.path("departments").join(department.id).join("trustee"),
        listen: data_dir.address(address),
        public_url: None,
        trusted_proxies: http::TrustedProxies::default(),
        ca: None,
        tls: None,
        per_day: const { NonZeroU64::new(50).expect("fifty is not zero") },
        sync_seconds: 1,
    }
}

fn verifier(data_dir: &DataDir, genesis: &Genesis, purpose: Purpose) -> Settings {
    let ledger = LedgerAddress::Http(data_dir.url(Service::Ledger));
    let mut settings = Settings::new(genesis.clone(), ledger, data_dir.path("counter"));
    settings.name = match purpose {
        Purpose::Demonstration => bilingual("市民中心一号窗口", "Citizens' centre, counter 1"),
        Purpose::Sandbox => bilingual("沙盒窗口（测试用，非真实）", "Sandbox counter (for tests, not real)"),
    };
    settings.complaint = bilingual("市民热线 12345", "Citizens' hotline 12345");
    settings.development = Development::Accepted;
    settings.follow_every = Duration::from_millis(500);
    settings.requests_per_s = 10_000;
    settings
}

/// A second verifier, whose requests expire while the scenario runs.
fn short_lived_verifier(data_dir: &DataDir, genesis: &Genesis) -> anyhow::Result<Settings> {
    let mut settings = verifier(data_dir, genesis, Purpose::Demonstration);
    settings.data = data_dir.path("hasty-counter");
    settings.name = bilingual("限时窗口（演示）", "Hasty counter (demonstration)");
    settings.lifetime = Lifetime::new(SHORT_LIFETIME_S)?;
    Ok(settings)
}
