//! Ledger, desk and counter behind a real nginx: one name, a certificate of a private authority, HTTP/2, a path for each,
//! and in `Host` the upstream's own name, which is what nginx sends unless it is told otherwise, or the client's. The
//! configuration is `docs/nginx.conf` with other ports.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::credential::DepartmentId;
use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger::key::DepartmentKey;
use ledger::record::{Approval, ApprovalTerms, Entry};
use ledger::samples;
use openid4vc::vci::IssuerMetadata;
use serde_json::{Value, json};
use service::clock::{Clock, ManualClock};
use service::http::{Exposure, Limits, TrustedProxies};
use tokio::runtime::Runtime;
use verifier::Development;
use verifier_service::http::{LedgerAddress, Settings, VerifierToken};
use yong_tests::authority::{Authority, Pair};
use yong_tests::nginx::{self, Nginx};
use yong_tests::old_city;

const CITY: &str = "https://city.example";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn everything_stays_under_the_path_of_its_service() {
    for host in [Host::Upstream, Host::Passed] {
        let Some(city) = City::behind_nginx(host) else { return };
        stays_under_its_paths(&city);
        speaks_http_2(&city);
    }
}

/// Without its authority's certificate nobody believes it, and the words say what to do.
#[test]
fn a_private_authority_is_believed_only_by_whom_it_was_named_to() {
    let Some(city) = City::behind_nginx(Host::Upstream) else { return };
    let url = format!("https://127.0.0.1:{}/ledger/", city.port).parse::<url::Url>().unwrap();
    assert!(Client::new(url.clone()).status().is_ok());
    let unknown = ledger::client::agent_builder().tls_config(
        ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build(),
    );
    let unknown: ureq::Agent = unknown.build().into();
    let error = ledger::client::unreachable(&unknown.get(url.as_str()).call().unwrap_err());
    assert!(error.contains("not signed by an authority") && error.contains("--ca"), "{error}");
    let named = url.as_str().replace("127.0.0.1", "localhost");
    let error = ledger::client::unreachable(&city.agent.get(named).call().unwrap_err());
    assert!(error.contains("for another name"), "{error}");
    let plain = format!("https://127.0.0.1:{}/", city.desk_port);
    let error = ledger::client::unreachable(&city.agent.get(plain).call().unwrap_err());
    assert!(error.contains("speaks no TLS"), "{error}");
}

/// A client that others wrote speaks HTTP/2 and checks the certificate.
fn speaks_http_2(city: &City) {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("CI").is_none(), "curl is missing: install it");
        eprintln!("skipped: needs curl");
        return;
    }
    let ca = city.folder.path().join("ca.pem").display().to_string();
    let resolve = format!("city.example:{}:127.0.0.1", city.port);
    for page in ["ledger/departments", "desk/sign-in", "window/sign-in"] {
        let url = format!("https://city.example:{}/{page}", city.port);
        let curl = ["-sS", "--http2", "--cacert", &ca, "--resolve", &resolve, "-o", "/dev/null"];
        let written = ["-w", "%{http_version} %{http_code}", &url];
        let said = Command::new("curl").args(curl).args(written).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), "2 200", "{page}: {said:?}");
    }
}

fn stays_under_its_paths(city: &City) {
    for (service, paths) in [
        ("ledger", &["/", "/departments", "/records", "/policies/adult/1"][..]),
        ("desk", &["/sign-in", "/"]),
        ("window", &["/sign-in"]),
    ] {
        let base = format!("/{service}");
        for path in paths {
            let page = city.get(&format!("{base}{path}"), "");
            assert!(page.status == 200 || page.location.starts_with(&format!("{base}/")), "{base}{path}");
            page.stays_under(&base);
        }
        assert_eq!(city.get(&format!("{base}/readyz"), "").status, 200, "{service}");
        for closed in ["/metrics".to_owned(), format!("{base}/metrics")] {
            assert_eq!(city.get(&format!("{base}{closed}"), "").status, 404, "{service} {closed}");
        }
        assert_eq!(city.get(&format!("{base}/assets/yong.css"), "").status, 200, "{service}");
    }
    assert_eq!(city.get("/ledger/checkpoint", "").status, 200);

    let cookie = city.signs_in("desk");
    for path in ["/desk/", "/desk/lists", "/desk/people/1"] {
        let page = city.get(path, &cookie);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.stays_under("/desk");
    }
    let metadata = city.get("/.well-known/openid-credential-issuer/desk", "").text;
    let metadata: IssuerMetadata = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata.credential_issuer.as_str(), format!("{CITY}/desk"));
    assert_eq!(metadata.nonce_endpoint.as_str(), format!("{CITY}/desk/nonce"));
    assert_eq!(city.post("/desk/nonce", "", &[], &[]).status, 200);
    let server = city.get("/.well-known/oauth-authorization-server/desk", "").text;
    let server: Value = serde_json::from_str(&server).unwrap();
    assert_eq!(server["issuer"], format!("{CITY}/desk"));
}

#[test]
fn strangers_beyond_nginx_are_nobody_and_lock_nobody_out() {
    let Some(city) = City::behind_nginx(Host::Upstream) else { return };
    let ask = json!({ "schema": "identity/1", "person": "450199199609118925" }).to_string();
    let sly = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Host"];
    for name in sly {
        let json = [("content-type", "application/json"), (name, "localhost")];
        // nginx is told to keep the interface for programs inside; the desk does not rely on it.
        assert_eq!(city.send("/desk/admin/offers", &json, &ask).status, 404, "{name}");
        for around in ["/desk//admin/offers", "/desk/desk/admin/offers"] {
            assert_eq!(city.send(around, &json, &ask).status, 404, "{name} {around}");
        }
        assert_eq!(city.send("/window/requests", &json, &ask).status, 401, "{name}");
        assert_eq!(city.send_to_desk("/admin/offers", &json, &ask), 401, "{name}");
    }
    for n in 0..6 {
        let claimed = format!("203.0.113.{n}");
        let headers =
            [("x-forwarded-for", claimed.as_str()), ("origin", CITY), ("sec-fetch-site", "same-origin")];
        let tried = city.post("/desk/sign-in", "", &headers, &[("name", "wei"), ("password", "wrong")]);
        assert_eq!(tried.status, if n < 5 { 401 } else { 429 }, "who claims another address is the same");
    }
    for (origin, site) in [("https://evil.example", "cross-site"), (CITY, "cross-site"), ("null", "none")] {
        let headers = [("origin", origin), ("sec-fetch-site", site)];
        assert_eq!(city.post("/desk/sign-in", "", &headers, &[("name", "lu")]).status, 403, "{origin}");
    }
    assert_eq!(city.post("/desk/lists/1/run", "", &[], &[]).status, 403);
}

#[test]
fn a_counter_is_reached_from_elsewhere() {
    let Some(city) = City::behind_nginx(Host::Upstream) else { return };
    let asked = city.counter.relying_party().ask(&"adult/1".parse().unwrap()).unwrap();
    let path = asked.request_uri.as_str().strip_prefix(CITY).unwrap().to_owned();
    assert!(path.starts_with("/window/request/"), "{path}");
    let object = city.get(&path, "").text;
    let claims = object.split('.').nth(1).unwrap();
    let claims = base64_url(claims);
    assert_eq!(claims["response_uri"], format!("{CITY}/window/response"));
    let state = claims["state"].as_str().unwrap();
    let declined = city.post("/window/response", "", &[], &[("error", "access_denied"), ("state", state)]);
    assert_eq!((declined.status, declined.text.as_str()), (200, "{}"));

    // The page's event stream comes through at once, though nginx keeps what upstreams send.
    let cookie = city.signs_in("window");
    let own = [("origin", CITY), ("sec-fetch-site", "same-origin")];
    let page = city.post("/window/ask", &cookie, &own, &[("policy", "adult/1")]).location;
    assert!(page.starts_with("/window/counter/"), "{page}");
    let shown = city.get(&page, &cookie);
    shown.stays_under("/window");
    let events = city.request("GET", &format!("{page}/events")).header("cookie", &cookie);
    let events = city.agent.run(events.body(()).unwrap()).unwrap();
    let cancelled = city.post(&format!("{page}/cancel"), &cookie, &own, &[]);
    assert_eq!(cancelled.status, 303, "{}", cancelled.text);
    let started = Instant::now();
    let lines = BufReader::new(events.into_body().into_reader()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "event: verdict"));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// The services on a copy of an old city's data, with the clocks where those services stopped, and nginx before them.
struct City {
    folder: tempfile::TempDir,
    agent: ureq::Agent,
    port: u16,
    desk_port: u16,
    expected: Value,
    counter: Arc<verifier_service::http::State>,
    _runtime: Runtime,
    _nginx: Nginx,
}

/// A key that counters still accept: those in the old city's log are of statements that nobody proves any more.
fn current_key(folder: &Path, expected: &Value) -> Entry {
    let genesis: Genesis = serde_json::from_slice(&fs::read(folder.join("genesis.json")).unwrap()).unwrap();
    let number = |name: &str| expected["ledger"][name].as_u64().unwrap();
    let mut record = samples::record(samples::key("show", 2, 207));
    let terms = samples::terms(number("size"));
    record.bind(ApprovalTerms { expires: number("time") + 86_400, ..terms });
    let of = |name: &str| {
        let key = DepartmentKey::load(&folder.join(format!("keys/{name}.key"))).unwrap();
        (format!("{name}.nanning").parse::<DepartmentId>().unwrap(), key)
    };
    for (department, key) in ["credit", "gongan"].map(of) {
        let approval = Approval::sign(genesis.origin(), &record, department, &key).unwrap();
        record.approve(approval);
    }
    let (signer, key) = of("credit");
    Entry::sign(genesis.origin(), record, signer.into(), &key).unwrap()
}

/// What stands in `Host` before a service.
#[derive(Clone, Copy, Debug)]
enum Host {
    /// The upstream's own name, which is what nginx sends unless it is told otherwise.
    Upstream,
    /// The client's.
    Passed,
}

struct Page {
    status: u16,
    location: String,
    cookie: String,
    text: String,
}

impl City {
    /// `None` on a machine without nginx, unless everything must be tried there.
    fn behind_nginx(host: Host) -> Option<Self> {
        Nginx::is_here().then(|| Self::start(host))
    }

    fn start(host: Host) -> Self {
        let folder = tempfile::tempdir().unwrap();
        old_city::copy_to(folder.path());
        let at = |below: &str| folder.path().join(below);
        let expected: Value = serde_json::from_slice(&fs::read(at("expected.json")).unwrap()).unwrap();
        let runtime = Runtime::new().unwrap();
        let (ledger, ledger_port) = listen(&runtime);
        let (desk, desk_port) = listen(&runtime);
        let (counter, counter_port) = listen(&runtime);
        let url = format!("http://127.0.0.1:{ledger_port}/").parse::<url::Url>().unwrap();

        let config = ledger_node::Config::new(at("ledger"));
        let time = expected["ledger"]["time"].as_u64().unwrap();
        let node = Arc::new(ledger_node::Node::open_with_clock(&config, clock_at(time)).unwrap());
        let serving =
            ledger_node::serve_exposed_node(node, ledger, exposure("ledger"), std::future::pending());
        runtime.spawn(serving);
        Client::new(url.clone()).submit(&[current_key(folder.path(), &expected)]).unwrap();

        fs::write(at("token"), TOKEN).unwrap();
        let mut config = issuer::Config::load(&at("issuer/desk.toml")).unwrap();
        config.ledger = url.clone();
        config.public_url = format!("{CITY}/desk").try_into().unwrap();
        config.trusted_proxies = trusted();
        config.admin_token = Some(at("token"));
        // In its day schemas did not say whose identity credential a desk asks for, and a desk that does ask ends.
        for grantable in &mut config.schemas {
            grantable.binding = issuer::config::Binding::Enroll;
        }
        let source = Box::new(Client::new(url.clone()));
        let clock = clock_at(expected["desk"]["time"].as_u64().unwrap());
        let issuer = Arc::new(issuer::Issuer::with(config, source, clock).unwrap());
        runtime.spawn(async {
            let ended = issuer::serve_issuer(issuer, desk, std::future::pending()).await;
            panic!("the desk ended: {ended:?}");
        });

        let genesis: Genesis = serde_json::from_slice(&fs::read(at("genesis.json")).unwrap()).unwrap();
        let mut settings = Settings::new(genesis, LedgerAddress::Http(url), at("verifier"));
        settings.development = Development::Accepted;
        settings.public_url = Some(format!("{CITY}/window").parse().unwrap());
        settings.trusted_proxies = trusted();
        settings.token = Some(VerifierToken::new(TOKEN).unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, counter_port));
        let clock = clock_at(expected["counter"]["time"].as_u64().unwrap());
        let state = verifier_service::http::open_with(settings, address, clock).unwrap();
        state.relying_party().follow().unwrap();
        let app = verifier_service::http::app(Arc::clone(&state));
        runtime.spawn(service::http::serve(counter, app, Limits::new(), std::future::pending()));

        let port = free_port();
        let authority = Authority::new();
        let pair = authority.issue(folder.path(), &["city.example", "127.0.0.1"]);
        let nginx = server(port, [ledger_port, desk_port, counter_port], &pair, host);
        let nginx = Nginx::start(folder.path(), &nginx);
        let ca = at("ca.pem");
        fs::write(&ca, authority.pem()).unwrap();
        ledger::client::trust(Some(&ca)).unwrap();
        let agent = ledger::client::agent_builder();
        let agent = agent.timeout_global(Some(Duration::from_secs(30))).build().into();
        let city = Self {
            folder,
            agent,
            port,
            desk_port,
            expected,
            counter: state,
            _runtime: runtime,
            _nginx: nginx,
        };
        city.until_ready();
        city
    }

    fn until_ready(&self) {
        let start = Instant::now();
        let waiting = |service: &&str| {
            let request = self.request("GET", &format!("/{service}/readyz")).body(()).unwrap();
            match self.agent.run(request) {
                Ok(answer) if answer.status() == 200 => None,
                Ok(mut answer) => Some(answer.body_mut().read_to_string().unwrap_or_default()),
                Err(error) => Some(error.to_string()),
            }
        };
        while let Some(why) = ["ledger", "desk", "window"].iter().find_map(waiting) {
            if start.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
                panic!("the services do not become ready: {why} {log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn request(&self, method: &str, path: &str) -> ureq::http::request::Builder {
        let address = format!("https://127.0.0.1:{}{path}", self.port);
        ureq::http::Request::builder().method(method).uri(address).header("host", "city.example")
    }

    fn get(&self, path: &str, cookie: &str) -> Page {
        let request = self.request("GET", path).header("cookie", cookie).body(()).unwrap();
        Page::read(self.agent.run(request).unwrap())
    }

    fn post(&self, path: &str, cookie: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie)];
        all.extend_from_slice(headers);
        self.send(path, &all, &body)
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = self.request("POST", path);
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("host") {
                request.headers_mut().unwrap().insert("host", value.parse().unwrap());
            } else {
                request = request.header(*name, *value);
            }
        }
        Page::read(self.agent.run(request.body(body.to_owned()).unwrap()).unwrap())
    }

    /// What a proxy passes on that lets everything through, such as nginx without the last lines of its configuration.
    fn send_to_desk(&self, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let mut request = self.agent.post(format!("http://127.0.0.1:{}{path}", self.desk_port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(body).unwrap().status().as_u16()
    }

    /// The cookie.
    fn signs_in(&self, service: &str) -> String {
        let member =
            &self.expected["staff"].as_array().unwrap().iter().find(|m| m["name"] == "nong").unwrap();
        let password = member["password"].as_str().unwrap();
        let own = [("origin", CITY), ("sec-fetch-site", "same-origin")];
        let form = [("name", "nong"), ("password", password)];
        let answer = self.post(&format!("/{service}/sign-in"), "", &own, &form);
        assert_eq!((answer.status, answer.location.as_str()), (303, format!("/{service}/").as_str()));
        let cookie = &answer.cookie;
        assert!(cookie.contains(&format!("; Path=/{service};")) && cookie.contains("; Secure"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }
}

impl Page {
    fn read(mut answer: ureq::http::Response<ureq::Body>) -> Self {
        let header = |name: &str| answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let (location, cookie) =
            (header("location").unwrap_or_default(), header("set-cookie").unwrap_or_default());
        let status = answer.status().as_u16();
        Self { status, location, cookie, text: answer.body_mut().read_to_string().unwrap() }
    }

    fn stays_under(&self, base: &str) {
        for attribute in ["href", "action", "src", "data-poll", "data-events"] {
            for link in self.text.split(&format!(" {attribute}=\"")).skip(1) {
                let link = link.split('"').next().unwrap();
                let away = link.starts_with("https://") || link.starts_with("http://");
                let stays = link.starts_with(&format!("{base}/")) || link.starts_with(['?', '#']);
                assert!(away || stays, "{attribute} {link}");
            }
        }
    }
}

/// The configuration that operators copy, with this test's ports and files.
fn server(port: u16, [ledger, desk, counter]: [u16; 3], pair: &Pair, host: Host) -> String {
    let here = |port: u16| format!("127.0.0.1:{port}");
    let server = nginx::replaced(
        nginx::EXAMPLE,
        &[
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("/etc/ssl/city.example.pem", pair.cert.display().to_string()),
            ("/etc/ssl/city.example.key", pair.key.display().to_string()),
            ("127.0.0.1:7001", here(ledger)),
            ("127.0.0.1:7002", here(desk)),
            ("127.0.0.1:7003", here(counter)),
        ],
    );
    match host {
        Host::Upstream => server,
        Host::Passed => {
            let line = "proxy_set_header X-Real-IP \"\";";
            nginx::replaced(&server, &[(line, format!("{line}\nproxy_set_header Host $host;"))])
        }
    }
}

fn exposure(service: &str) -> Exposure {
    let listener = SocketAddr::from((Ipv4Addr::LOCALHOST, 7001));
    Exposure::new(listener, Some(&format!("{CITY}/{service}")), trusted()).unwrap()
}

fn trusted() -> TrustedProxies {
    TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()])
}

fn base64_url(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn clock_at(time: u64) -> Clock {
    ManualClock::new(time).clock()
}

fn listen(runtime: &Runtime) -> (tokio::net::TcpListener, u16) {
    let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn free_port() -> u16 {
    StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
