//! The page as a browser sees it, against a real counter with real proofs.

mod door;
mod offline;
mod papers;
mod proxies;
mod receipts;
mod rules;
mod screen;
mod start;
mod story;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use openid4vc::vp::{RequestObject, VpToken};
use serde_json::json;
use service::clock::ManualClock;
use service::http::{Exposure, TrustedProxies};
use service::staff::{Door, Password, Role, Transport, put_member};
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

use crate::http::{State, VerifierToken, app};
use crate::relying_party::CreatedRequest;
use crate::relying_party::tests::{Scene, asking, claims, encrypted};
use yong_tests::small_city::{Citizen, Tree, checked};

const HOST: &str = "127.0.0.1:7003";
const SECRET: &str = "correct horse battery";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A service whose page is opened.
struct TestService {
    app: Router,
    state: Arc<State>,
    clock: ManualClock,
    good: Citizen,
    tree: Tree,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl TestService {
    /// On loopback, without a password file.
    fn local() -> Self {
        Self::new(|service, _| State::new(service, None, 10_000))
    }

    /// With a person of each role, called like it, and a second clerk called 韦秀英.
    fn staffed() -> Self {
        Self::behind(Transport::Plain)
    }

    fn behind(transport: Transport) -> Self {
        Self::new(|service, folder| {
            let path = folder.join("clerks");
            for role in Role::ALL {
                put(&path, role.word(), role);
            }
            put(&path, "韦秀英", Role::Clerk);
            let door = Door::with_roster(&path, "yong_counter", transport).unwrap();
            let token = VerifierToken::new(TOKEN).unwrap();
            State::with_door(service, Some(token), 10_000, door)
        })
    }

    /// With the same people, behind a proxy on this machine, under this address.
    fn beyond(public_url: &str, trusted: &[&str]) -> Self {
        let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let listener = ([127, 0, 0, 1], 7003).into();
        let exposure = Exposure::new(listener, Some(public_url), TrustedProxies::new(networks)).unwrap();
        Self::new(|service, folder| {
            let path = folder.join("clerks");
            for role in Role::ALL {
                put(&path, role.word(), role);
            }
            let door = Door::with_roster(&path, "yong_counter", Transport::Tls).unwrap();
            let token = VerifierToken::new(TOKEN).unwrap();
            State::exposed(service, Some(token), 10_000, door, exposure.clone())
        })
    }

    fn new(state: impl Fn(crate::relying_party::RelyingParty, &Path) -> Arc<State>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (scene, good, _, tree) = Scene::with_citizens();
        let state = state(scene.relying_party, folder.path());
        Self { app: app(Arc::clone(&state)), state, clock: scene.clock, good, tree, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Seen { status: parts.status, headers: parts.headers, text }
    }
    async fn get(&self, path: &str, cookie: &str) -> Seen {
        self.send(request("GET", path, cookie, &[])).await
    }
    async fn post(&self, path: &str, fields: &[(&str, &str)], cookie: &str) -> Seen {
        self.send(request("POST", path, cookie, fields)).await
    }

    async fn sign_in(&self, name: &str) -> String {
        let seen = self.post("/sign-in", &[("name", name), ("password", SECRET)], "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        seen.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// Presses a matter's button; the address of the request's page.
    async fn ask(&self, policy: &str, cookie: &str) -> String {
        let seen = self.post("/ask", &[("policy", policy)], cookie).await;
        let location = seen.location();
        assert!(seen.status == StatusCode::SEE_OTHER && location.starts_with("/counter/"), "{location}");
        location
    }

    fn asked(&self, path: &str) -> CreatedRequest {
        self.state.relying_party.view(path.rsplit('/').next().unwrap()).unwrap().unwrap().asked
    }

    /// What the wallet reads.
    fn object(&self, path: &str) -> RequestObject {
        let uri = self.asked(path).request_uri;
        let id = uri.path_segments().unwrap().next_back().unwrap();
        claims(&self.state.relying_party.request_object(id, None).unwrap())
    }

    /// A true answer, or one that proves the easy policy instead of what was asked.
    fn token(&self, path: &str, honest: bool) -> VpToken {
        let mut asking = asking(&self.object(path));
        if !honest {
            asking.policy = checked("easy/1");
        }
        asking.present(&self.good, &self.tree)
    }

    /// The wallet answers.
    async fn answer(&self, path: &str, token: &VpToken) -> Seen {
        let jwe = encrypted(&self.object(path), &json!({ "vp_token": token }));
        self.post("/response", &[("response", &jwe)], "").await
    }

    /// The wallet declines.
    async fn decline(&self, path: &str) -> Seen {
        let object = self.object(path);
        let jwe = encrypted(&object, &json!({ "error": "access_denied" }));
        self.post("/response", &[("response", &jwe)], "").await
    }

    fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

impl Seen {
    fn location(&self) -> String {
        let location = self.headers.get(header::LOCATION);
        location.map_or_else(String::new, |location| location.to_str().unwrap().to_owned())
    }
    fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

fn put(path: &Path, name: &str, role: Role) {
    let password = Password::chosen(SECRET.to_owned()).unwrap();
    put_member(path, name.parse().unwrap(), role, &password).unwrap();
}

fn request(method: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap()
}

/// The same from an address.
fn from_address(mut request: Request<Body>, address: [u8; 4]) -> Request<Body> {
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 50_000))));
    request
}
