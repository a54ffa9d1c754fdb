//! Starts the city's services in this process: each on its own port, over real HTTP.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use anyhow::Context;
use ledger::genesis::Genesis;
use ledger_node::Node;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use verifier::Development;
use verifier_service::http::{LedgerAddress, Settings};
use verifier_service::relying_party::Lifetime;

use crate::departments::{DEPARTMENTS, Department, bilingual};
use crate::page::{self, Links, Notice};
use crate::place::{Place, Service};

/// Requests of the hasty counter live so many seconds, the least that a counter allows.
pub(crate) const HASTY_SECONDS: u64 = 10;

/// The running services. Dropping it without [`Self::stop`] ends them at once.
pub(crate) struct Services {
    runtime: Runtime,
    node: Arc<Node>,
    notice: Notice,
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Services {
    /// Takes all ports, then starts everything; a taken port starts nothing.
    pub(crate) fn start(place: &Place, genesis: &Genesis) -> anyhow::Result<Self> {
        let ports = Ports::take(place)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let node = Node::open(&ledger_node::Config::new(place.at("ledger"))).context("the ledger node")?;
        let (stop, _) = watch::channel(false);
        let mut services =
            Self { runtime, node: Arc::new(node), notice: Notice::default(), stop, tasks: Vec::new() };
        services.start_all(place, genesis, ports)?;
        Ok(services)
    }

    /// The ledger node, for blobs and `fsck`.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// What the page shows of the story.
    pub(crate) fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Waits for Ctrl-C.
    pub(crate) fn wait_for_interrupt(&self) -> std::io::Result<()> {
        self.runtime.block_on(tokio::signal::ctrl_c())
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

    fn start_all(&mut self, place: &Place, genesis: &Genesis, ports: Ports) -> anyhow::Result<()> {
        let _inside = self.runtime.enter();
        let listener = TcpListener::from_std(ports.ledger)?;
        self.spawn("ledger", ledger_node::serve_node(self.node.clone(), listener, stopped(&self.stop)));
        for (department, listener) in DEPARTMENTS.iter().zip(ports.desks) {
            let desk = issuer::serve(
                desk(place, department)?,
                TcpListener::from_std(listener)?,
                stopped(&self.stop),
            );
            self.spawn(department.id, desk);
        }
        let counters =
            [(ports.counter, counter(place, genesis)), (ports.hasty, hasty_counter(place, genesis)?)];
        for (listener, settings) in counters {
            let counter = verifier_service::http::serve(
                settings,
                TcpListener::from_std(listener)?,
                stopped(&self.stop),
            );
            self.spawn("counter", counter);
        }
        let listener = TcpListener::from_std(ports.page)?;
        let app = page::app(self.notice.clone(), Links::of(place));
        self.spawn("page", serve_page(listener, app, stopped(&self.stop)));
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

/// Every port of the city, taken before anything starts.
struct Ports {
    page: std::net::TcpListener,
    ledger: std::net::TcpListener,
    counter: std::net::TcpListener,
    hasty: std::net::TcpListener,
    desks: Vec<std::net::TcpListener>,
}

impl Ports {
    fn take(place: &Place) -> anyhow::Result<Self> {
        Ok(Self {
            page: place.listen(Service::Page)?,
            ledger: place.listen(Service::Ledger)?,
            counter: place.listen(Service::Counter)?,
            hasty: place.listen(Service::HastyCounter)?,
            desks: DEPARTMENTS.iter().map(|d| place.listen(d.desk())).collect::<Result<_, _>>()?,
        })
    }
}

async fn serve_page(
    listener: TcpListener,
    app: axum::Router,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(stopped).await
}

fn stopped(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static + use<> {
    let mut stop = stop.subscribe();
    async move {
        // An error means that the sender is gone, which is a stop too.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}

fn desk(place: &Place, department: &Department) -> anyhow::Result<issuer::Config> {
    let folder = place.at("departments").join(department.id);
    let config = issuer::Config {
        department: department.department_id(),
        key: folder.join("department.key"),
        ledger: place.url(Service::Ledger),
        genesis: place.at("ledger/genesis.json"),
        listen: place.address(department.desk()),
        public_url: place.url(department.desk()).try_into()?,
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

fn counter(place: &Place, genesis: &Genesis) -> Settings {
    let ledger = LedgerAddress::Http(place.url(Service::Ledger));
    let mut settings = Settings::new(genesis.clone(), ledger, place.at("counter"));
    settings.name = bilingual("市民中心一号窗口", "Citizens' centre, counter 1");
    settings.complaint = bilingual("市民热线 12345", "Citizens' hotline 12345");
    settings.development = Development::Accepted;
    settings.follow_every = std::time::Duration::from_millis(500);
    settings.requests_per_s = 10_000;
    settings
}

/// A second counter, whose requests expire while the story is told.
fn hasty_counter(place: &Place, genesis: &Genesis) -> anyhow::Result<Settings> {
    let mut settings = counter(place, genesis);
    settings.data = place.at("hasty-counter");
    settings.name = bilingual("限时窗口（演示）", "Hasty counter (demonstration)");
    settings.lifetime = Lifetime::new(HASTY_SECONDS)?;
    Ok(settings)
}
