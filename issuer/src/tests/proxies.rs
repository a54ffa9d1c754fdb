//! The issuer behind a proxy on its machine: who is let in, and that everything stays under the path of `public_url`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use openid4vc::vci::{AuthorizationServerMetadata, IssuerMetadata};
use serde_json::json;
use service::http::TrustedProxies;
use service::staff::{Password, Role, put_member};
use tower::ServiceExt as _;

use super::world::{PERSON, World, id, identity_row, import, person};
use crate::config::Config;
use crate::issuer::OpenError;

const PUBLIC: &str = "https://city.example/desks/gongan";
const PASSWORD: &str = "one two three four";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// What a deployment behind a proxy has, each of which may be left out.
fn config(world: &World, public_url: &str) -> Config {
    let mut config = world.gongan.config().clone();
    config.public_url = public_url.to_owned().try_into().unwrap();
    config.admin_token = Some(token(&config.data));
    config.staff.clerks = Some(clerks(&config.data));
    config
}

fn token(beside: &Path) -> PathBuf {
    let path = beside.with_extension("token");
    std::fs::write(&path, TOKEN).unwrap();
    path
}

fn clerks(beside: &Path) -> PathBuf {
    let path = beside.with_extension("clerks");
    let password = Password::chosen(PASSWORD.to_owned()).unwrap();
    put_member(&path, "wei".parse().unwrap(), Role::Clerk, &password).unwrap();
    put_member(&path, "lu".parse().unwrap(), Role::Clerk, &password).unwrap();
    path
}

fn opened(world: &World, config: Config, listener: &str) -> Result<Router, OpenError> {
    let issuer = Arc::new(world.opened(config));
    let service = crate::serve::service(issuer, listener.parse().unwrap())?;
    Ok(crate::http::app(Arc::new(service)))
}

#[test]
fn what_others_can_reach_does_not_start_without_a_token_and_staff() {
    let world = World::new();
    let local = "http://127.0.0.1:7002";
    for (public_url, listener) in [(PUBLIC, "127.0.0.1:7002"), (local, "0.0.0.0:7002"), (local, "[::]:7002")]
    {
        assert!(opened(&world, config(&world, public_url), listener).is_ok(), "{public_url} {listener}");
        let without_token = Config { admin_token: None, ..config(&world, public_url) };
        let refused = opened(&world, without_token, listener).err().unwrap();
        assert!(matches!(refused, OpenError::TokenNeeded(_)), "{refused}");
        assert!(refused.to_string().contains("`admin_token`"), "{refused}");
        let mut without_staff = config(&world, public_url);
        without_staff.staff.clerks = None;
        let refused = opened(&world, without_staff, listener).err().unwrap();
        assert!(matches!(refused, OpenError::ClerksNeeded(_)), "{refused}");
        assert!(refused.to_string().contains("`clerks`"), "{refused}");
    }
    let mut alone = config(&world, local);
    (alone.admin_token, alone.staff.clerks) = (None, None);
    assert!(opened(&world, alone.clone(), "127.0.0.1:7002").is_ok());
    alone.trusted_proxies = trusted(&["127.0.0.1"]);
    assert!(matches!(opened(&world, alone, "127.0.0.1:7002"), Err(OpenError::TokenNeeded(_))));
}

/// nginx unless it is told otherwise: the upstream's own name in `Host`, and no other header.
#[test]
fn a_stranger_beyond_a_silent_proxy_is_nobody() {
    let desk = Desk::new(&[]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let body = json!({"schema": "identity/1", "person": PERSON}).to_string();
    let ask = |authorization: &str| {
        let request = Request::post("/admin/offers").header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, authorization);
        desk.send(request.body(body.clone().into()).unwrap(), "127.0.0.1")
    };
    assert_eq!(ask("").status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&format!("Bearer {TOKEN}")).status, StatusCode::OK);
    assert_eq!(desk.get("/", "").location, "/desks/gongan/sign-in?then=%2F");
}

#[test]
fn metadata_is_where_the_identifier_says() {
    let desk = Desk::new(&[]);
    for path in [
        "/.well-known/openid-credential-issuer/desks/gongan",
        "/.well-known/openid-credential-issuer",
        "/desks/gongan/.well-known/openid-credential-issuer",
    ] {
        let metadata: IssuerMetadata = serde_json::from_str(&desk.get(path, "").text).unwrap();
        assert_eq!(metadata.credential_issuer.as_str(), PUBLIC, "{path}");
        for endpoint in
            [&metadata.credential_endpoint, &metadata.nonce_endpoint, &metadata.notification_endpoint]
        {
            assert!(endpoint.as_str().starts_with(&format!("{PUBLIC}/")), "{endpoint}");
        }
    }
    let path = "/.well-known/oauth-authorization-server/desks/gongan";
    let metadata: AuthorizationServerMetadata = serde_json::from_str(&desk.get(path, "").text).unwrap();
    assert!(metadata.token_endpoint.as_str().starts_with(PUBLIC));
}

#[test]
fn offers_lead_under_the_path_and_are_answered_there() {
    let desk = Desk::new(&[]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let offered = desk.issuer.offer(&id("identity/1"), &person(PERSON)).unwrap();
    let link: openid4vc::vci::OfferLink = offered.offer.parse().unwrap();
    let path = link.offer_uri().path();
    assert!(path.starts_with("/desks/gongan/offer/"), "{path}");
    let stripped = path.strip_prefix("/desks/gongan").unwrap();
    for path in [path, stripped] {
        assert_eq!(desk.get(path, "").status, StatusCode::OK, "{path}");
    }
}

#[test]
fn pages_links_and_cookies_stay_under_the_path() {
    let desk = Desk::new(&[]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let signed_in = desk.sign_in("wei", PASSWORD, "203.0.113.9");
    assert_eq!((signed_in.status, signed_in.location.as_str()), (StatusCode::SEE_OTHER, "/desks/gongan/"));
    let cookie = signed_in.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Path=/desks/gongan;") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    for path in ["/", "/people/1", "/lists", "/proposals", "/sign-in", "/desks/gongan/people/1"] {
        let page = desk.get(path, cookie);
        for attribute in ["href", "action", "src", "data-poll"] {
            for link in page.text.split(&format!(" {attribute}=\"")).skip(1) {
                let link = link.split('"').next().unwrap();
                let stays = link.starts_with("/desks/gongan/") || link.starts_with(['?', '#']);
                assert!(stays, "{path}: {attribute} {link}");
            }
        }
    }
    let chosen = desk.get("/?lang=en", cookie);
    assert!(chosen.headers[header::SET_COOKIE].to_str().unwrap().contains("Path=/desks/gongan;"));
    for asset in ["/assets/desk.js", "/desks/gongan/assets/desk.css"] {
        assert_eq!(desk.get(asset, "").status, StatusCode::OK, "{asset}");
    }
}

/// The page's origin is the public one, whatever `Host` the proxy sends.
#[test]
fn a_form_of_the_own_page_is_taken_and_one_of_another_site_is_not() {
    let desk = Desk::new(&[]);
    let from = |origin: &str, site: &str| {
        let request = form("/sign-in").header(header::ORIGIN, origin);
        let request = request.header("sec-fetch-site", site).header("host", "127.0.0.1:7002");
        desk.send(request.body("name=wei&password=wrong".into()).unwrap(), "127.0.0.1").status
    };
    assert_eq!(from("https://city.example", "same-origin"), StatusCode::UNAUTHORIZED);
    assert_eq!(from("https://evil.example", "cross-site"), StatusCode::FORBIDDEN);
    assert_eq!(from("http://city.example", "cross-site"), StatusCode::FORBIDDEN);
}

#[test]
fn five_wrong_passwords_from_outside_lock_nobody_else_out() {
    let desk = Desk::new(&["127.0.0.1"]);
    let stranger = "198.51.100.7";
    for _ in 0..5 {
        assert_eq!(desk.sign_in("wei", "wrong", stranger).status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(desk.sign_in("wei", "wrong", stranger).status, StatusCode::TOO_MANY_REQUESTS);
    // What comes before the address that the proxy adds is the sender's to choose.
    let claimed = format!("203.0.113.9, {stranger}");
    assert_eq!(desk.sign_in("lu", PASSWORD, &claimed).status, StatusCode::TOO_MANY_REQUESTS);
    for name in ["wei", "lu"] {
        assert_eq!(desk.sign_in(name, PASSWORD, "203.0.113.9").status, StatusCode::SEE_OTHER, "{name}");
    }
}

#[test]
fn five_wrong_passwords_through_a_proxy_that_is_not_trusted_lock_one_name() {
    let desk = Desk::new(&[]);
    for _ in 0..5 {
        assert_eq!(desk.sign_in("wei", "wrong", "198.51.100.7").status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(desk.sign_in("wei", "wrong", "203.0.113.9").status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(desk.sign_in("lu", PASSWORD, "203.0.113.9").status, StatusCode::SEE_OTHER);
}

#[test]
fn wallets_are_counted_behind_a_proxy_too() {
    let nonces = |proxies: &[&str], forwarded: &dyn Fn(usize) -> String| {
        let desk = Desk::new(proxies);
        let mut statuses = (0..200).map(|n| {
            let request = Request::post("/nonce").header("x-forwarded-for", forwarded(n));
            desk.send(request.body(Body::empty()).unwrap(), "127.0.0.1").status
        });
        statuses.any(|status| status == StatusCode::TOO_MANY_REQUESTS)
    };
    assert!(nonces(&["127.0.0.1"], &|_| "203.0.113.9".to_owned()), "one address is one wallet");
    assert!(!nonces(&["127.0.0.1"], &|n| format!("203.0.113.{n}")), "each address is counted alone");
    assert!(nonces(&[], &|n| format!("203.0.113.{n}")), "who is not trusted gives no address");
}

/// An issuer behind a proxy at the same machine.
struct Desk {
    _world: World,
    issuer: Arc<crate::issuer::Issuer>,
    app: Router,
    runtime: tokio::runtime::Runtime,
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    location: String,
    text: String,
}

fn trusted(networks: &[&str]) -> TrustedProxies {
    TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()).collect())
}

fn form(path: &str) -> axum::http::request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

impl Desk {
    fn new(proxies: &[&str]) -> Self {
        let world = World::new();
        let mut config = config(&world, PUBLIC);
        config.trusted_proxies = trusted(proxies);
        let issuer = Arc::new(world.opened(config));
        let service = crate::serve::service(issuer.clone(), ([127, 0, 0, 1], 7002).into()).unwrap();
        let app = crate::http::app(Arc::new(service));
        Self { _world: world, issuer, app, runtime: tokio::runtime::Runtime::new().unwrap() }
    }

    fn get(&self, path: &str, cookie: &str) -> Page {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap(), "127.0.0.1")
    }

    fn sign_in(&self, name: &str, password: &str, forwarded_for: &str) -> Page {
        let fields = [("name", name), ("password", password)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = form("/sign-in").header("sec-fetch-site", "same-origin");
        let request = request.header("x-forwarded-for", forwarded_for);
        self.send(request.body(body.into()).unwrap(), "127.0.0.1")
    }

    fn send(&self, mut request: Request<Body>, peer: &str) -> Page {
        let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.headers_mut().entry(header::HOST).or_insert("127.0.0.1:7002".parse().unwrap());
        self.runtime.block_on(async {
            let response = self.app.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let location = parts.headers.get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
            let bytes = to_bytes(body, 1 << 22).await.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let location = location.unwrap_or_default();
            Page { status: parts.status, headers: parts.headers, location, text }
        })
    }
}
