//! A browser of the tests: it keeps the cookie and follows what it is told.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use ledger::genesis::Genesis;
use ledger::registry::Development;
use ledger::source::{FetchError, Source};
use prover::ShowProver;
use service::clock::ManualClock;
use tempfile::TempDir;
use tower::ServiceExt as _;
use url::Url;

use crate::app::pairing::Pairing;
use crate::app::router;
use crate::app::state::{App, AppConfig, LedgerConnector};
use crate::contents::{Contents, Pinned, Trust};
use crate::history::{Act, Outcome};
use crate::store::{Cost, Passphrase, Store};
use crate::testing::{NOW, World, rng};
use crate::wallet::Wallet;

pub(super) const PASSPHRASE: &str = "osmanthus rain";
pub(super) const HOST: &str = "localhost:7007";
pub(super) const IDLE_S: u64 = 600;

/// Loaded and made quick once for all tests.
static PROVER: LazyLock<Arc<ShowProver>> =
    LazyLock::new(|| Arc::new(ShowProver::open(&prover::testing::keys_dir().join("show-2.key")).unwrap()));

/// A browser before an app.
pub(super) struct Browser {
    pub(super) app: App,
    pub(super) world: World,
    pub(super) clock: ManualClock,
    pub(super) folder: TempDir,
    router: Router,
    cookie: Option<String>,
}

/// An answer.
pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

/// Every address leads to the ledger in memory.
struct InMemory(World);

impl LedgerConnector for InMemory {
    fn source(&self, _: &Url) -> Box<dyn Source + Send + Sync> {
        Box::new(self.0.clone())
    }
    fn genesis(&self, _: &Url) -> Result<Genesis, FetchError> {
        Ok(self.0.genesis())
    }
}

impl Browser {
    /// Before an app without a wallet; the address was not opened yet.
    pub(super) fn outside(world: &World) -> Self {
        Self::outside_with(world, Development::Accepted)
    }

    fn outside_with(world: &World, development: Development) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(NOW);
        let config = AppConfig {
            home: folder.path().join("wallet"),
            ledger_override: None,
            ledger: Url::parse("http://127.0.0.1:7001").unwrap(),
            genesis: None,
            development,
            cost: Cost::insecure_for_tests_only(),
            idle_s: IDLE_S,
        };
        let connector = Box::new(InMemory(world.clone()));
        let app = App::new(config, connector, clock.clock(), Pairing::new(7007));
        app.keep_prover(Arc::clone(&PROVER));
        Self { router: router(app.clone()), app, world: world.clone(), clock, folder, cookie: None }
    }

    /// The address was opened.
    pub(super) async fn inside(world: &World) -> Self {
        Self::outside(world).entered().await
    }

    async fn entered(self) -> Self {
        let mut browser = self;
        let address = browser.app.pairing().address();
        let seen = browser.get(path(&address)).await;
        browser.cookie = Some(seen.cookie());
        browser
    }

    /// The wallet is in the folder, and open; all that was begun by opening it is done.
    pub(super) async fn with(world: &World, wallet: Wallet) -> Self {
        Self::inside(world).await.opened(wallet).await
    }

    /// The same without the development option.
    pub(super) async fn cautious(world: &World, wallet: Wallet) -> Self {
        Self::outside_with(world, Development::Refused).entered().await.opened(wallet).await
    }

    async fn opened(self, wallet: Wallet) -> Self {
        self.put(wallet);
        assert_eq!(self.unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
        self.app.tasks().done().await;
        self
    }

    /// Puts a wallet into the folder.
    pub(super) fn put(&self, wallet: Wallet) {
        let genesis = serde_json::to_value(self.world.genesis()).unwrap();
        let ledger = Url::parse("http://127.0.0.1:7001").unwrap();
        let contents = Contents { wallet, trust: Trust { ledger, genesis, pinned: Pinned::ByOwner } };
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let cost = Cost::insecure_for_tests_only();
        let home = self.folder.path().join("wallet");
        Store::create(&home, &passphrase, cost, &contents, &mut rng(1)).unwrap();
    }

    pub(super) async fn unlock(&self, passphrase: &str) -> Seen {
        self.post("/unlock", &[("passphrase", passphrase)]).await
    }

    pub(super) async fn get(&self, path: &str) -> Seen {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Seen {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.form(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A form with files: name, file name (empty for a text), content.
    pub(super) async fn upload(&self, path: &str, parts: &[(&str, &str, &[u8])]) -> Seen {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
            let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let request = self.form(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// What a browser sends for a form of the wallet's own page.
    fn form(&self, path: &str) -> axum::http::request::Builder {
        let request = self.request(Method::POST, path).header(header::ORIGIN, format!("http://{HOST}"));
        request.header("sec-fetch-site", "same-origin")
    }

    /// Gives the wallet a counter's link and goes where it leads.
    pub(super) async fn follows(&self, link: &str) -> Seen {
        let given = self.upload("/present", &[("link", "", link.as_bytes())]).await;
        assert_eq!(given.leads_to(), "/present/link");
        self.goes(&self.get("/present/link").await).await
    }

    /// Presses the button of a page that says where a link leads.
    pub(super) async fn goes(&self, page: &Seen) -> Seen {
        let id = page.attribute("name=\"request\" value").unwrap();
        self.post("/present/follow", &[("request", &id)]).await
    }

    /// A request with the browser's cookie and the right name.
    pub(super) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, format!("lang=en; {cookie}")),
            None => request.header(header::COOKIE, "lang=en"),
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Seen {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 26).await.unwrap().to_vec();
        Seen { status: parts.status, headers: parts.headers, bytes }
    }

    /// Decides what a consent screen asks, and waits for what comes of it. `way` is where the screen stands.
    pub(super) async fn decided(&self, way: &str, consent: &Seen, decision: &str) -> Seen {
        let id = consent.attribute("name=\"request\" value").unwrap();
        let decided = self.post(&format!("/{way}/{decision}"), &[("request", &id)]).await;
        assert_eq!(decided.leads_to(), format!("/{way}/outcome?of={id}"));
        self.after(decided.leads_to()).await
    }

    /// How the latest request ended, by the history.
    pub(super) fn outcome(&self) -> Outcome {
        let open = self.app.open().unwrap();
        let contents = open.read();
        match &contents.wallet.history().last().unwrap().act {
            Act::Asked(request) => request.outcome.clone(),
            Act::Received { .. }
            | Act::ShownToDesk(_)
            | Act::Paired { .. }
            | Act::Dealt(_)
            | Act::Recovered { .. } => panic!("nothing was received"),
        }
    }

    /// Waits for what was begun, then looks.
    pub(super) async fn after(&self, path: &str) -> Seen {
        self.app.tasks().done().await;
        self.get(path).await
    }

    pub(super) fn sleep(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

impl Seen {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub(super) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", String::from_utf8_lossy(&self.bytes));
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// `name=value` of the first cookie that is set.
    pub(super) fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// The value of an attribute, where it first stands.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    pub(super) fn error_code(&self) -> String {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text());
        self.attribute("data-trouble").unwrap()
    }
}

/// Path and query of an address.
pub(super) fn path(address: &str) -> &str {
    address.strip_prefix("http://localhost:7007").unwrap()
}
