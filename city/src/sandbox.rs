//! The sandbox: a city of six people who are not real, for whoever writes a program that asks or issues.
//!
//! Its ledger, desks and counter are the real services with development keys. What is different is the wallets: a person
//! agrees to whatever a program asks of them over HTTP, at the sandbox's own page. Everything is taken back by a reset.
//!
//! | path | takes | answers |
//! |---|---|---|
//! | `GET /people` | | who there is, what their credentials say, and what a plain evaluation expects of each policy |
//! | `POST /people/{id}/present` | `{"link": "openid4vp://…"}` | `{"outcome": "accepted"}`, `refused` with its reason, or `not_satisfiable`; with `redirect_uri` where a program wants the person back |
//! | `POST /people/{id}/receive` | `{"offer": "openid-credential-offer://…", "tx_code": "…"}` | `{"outcome": "received"}` |
//! | `POST /reset` | `{}` | 202; `GET /people` answers 503 until everything is as in the beginning |

mod http;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use verifier_service::webhook::Webhook;

pub use self::http::problem_types;
use crate::data_dir::{DataDir, OpenMode, Service};
use crate::genesis;
use crate::page::Links;
use crate::scenario::Residents;
use crate::services::{Purpose, Services, Woken};

/// Serves a sandbox until it is told to end; a reset begins another in the same folder.
pub(crate) fn serve(
    folder: &Path,
    ports: Option<u16>,
    mode: OpenMode,
    webhook: Option<Webhook>,
) -> anyhow::Result<()> {
    let purpose = Purpose::Sandbox { webhook };
    let mut mode = mode;
    loop {
        let data_dir = DataDir::open(folder, Some(ports.unwrap_or(DEFAULT_PORTS)), mode)?;
        match serve_once(&data_dir, &purpose)? {
            Woken::Shutdown => return Ok(()),
            Woken::Other => mode = OpenMode::Reset,
        }
        eprintln!("reset");
    }
}

fn serve_once(data_dir: &DataDir, purpose: &Purpose) -> anyhow::Result<Woken> {
    data_dir.refuse_taken_ports()?;
    eprintln!("邕 Yong, a sandbox: nobody in it is real, and nothing that it says may be relied on");
    let setup = genesis::create_or_open(data_dir)?;
    let sandbox = Sandbox::default();
    let page = http::app(sandbox.clone(), Links::new(data_dir));
    let services = Services::start(data_dir, &setup.genesis, purpose, page)?;
    let residents = Residents::move_in(data_dir, &setup, &services)?;
    sandbox.open(residents);
    print_addresses(data_dir);
    let woken = services.wait_for_shutdown_or(sandbox.reset_asked());
    services.stop();
    Ok(woken)
}

fn print_addresses(data_dir: &DataDir) {
    eprintln!("ready, until Ctrl-C");
    eprintln!("  people   {}", data_dir.url(Service::Page));
    eprintln!("  counter  {}", data_dir.url(Service::Verifier));
    eprintln!("  ledger   {}", data_dir.url(Service::Ledger));
}

/// What the page's handlers share. Clones share it.
#[derive(Clone, Default)]
struct Sandbox(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Empty until everybody has their credentials.
    residents: OnceLock<Residents>,
    reset: Notify,
}

impl Sandbox {
    fn open(&self, residents: Residents) {
        // It is called once for each sandbox.
        let _ = self.0.residents.set(residents);
    }

    fn residents(&self) -> Option<&Residents> {
        self.0.residents.get()
    }

    fn ask_for_reset(&self) {
        self.0.reset.notify_one();
    }

    async fn reset_asked(&self) {
        self.0.reset.notified().await;
    }
}

/// The first of the ports, unless another is asked for: beside those of the demonstration.
const DEFAULT_PORTS: u16 = 7100;
