//! A browser without a window: it keeps the cookie, and follows nothing by itself.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use service::staff::{Password, Role, put_member};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::config::StaffRules;
use crate::issuer::{Issuer, Ran};
use crate::tests::world::World;

pub(super) const PASSWORD: &str = "one two three four";

/// An issuer's page, and the issuer behind it.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) issuer: Arc<Issuer>,
    pub(super) app: Router,
    runtime: Runtime,
}

/// One clerk's browser.
pub(super) struct Browser<'a> {
    desk: &'a Desk,
    cookie: String,
    language: &'static str,
}

/// An answer.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) location: String,
    pub(super) html: String,
}

/// Which issuer of the world.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Identity,
    Credit,
}

impl Desk {
    /// An issuer whose staff have names: the clerks `wei` and `lu`, the supervisor `nong`, the auditor `qin`.
    pub(super) fn staffed(which: Which, rules: &StaffRules) -> Self {
        let world = World::new();
        let mut config = which.issuer(&world).config().clone();
        let clerks = config.data.with_extension("clerks");
        let password = Password::chosen(PASSWORD.to_owned()).unwrap();
        for (name, role) in
            [("wei", Role::Clerk), ("lu", Role::Clerk), ("nong", Role::Supervisor), ("qin", Role::Auditor)]
        {
            put_member(&clerks, name.parse().unwrap(), role, &password).unwrap();
        }
        config.staff = StaffRules { clerks: Some(clerks), ..*rules };
        let issuer = Arc::new(world.opened(config));
        Self::over(world, issuer, [127, 0, 0, 1])
    }

    /// An issuer without a password file, listening at this address of this machine.
    pub(super) fn unnamed(which: Which, ip: [u8; 4]) -> Self {
        let world = World::new();
        let issuer = which.issuer(&world).clone();
        Self::over(world, issuer, ip)
    }

    fn over(world: World, issuer: Arc<Issuer>, ip: [u8; 4]) -> Self {
        let service = crate::serve::service(issuer.clone(), SocketAddr::from((ip, 7_002))).unwrap();
        let app = crate::http::app(Arc::new(service));
        Self { world, issuer, app, runtime: Runtime::new().unwrap() }
    }

    /// Somebody at this machine who has not signed in.
    pub(super) fn stranger(&self) -> Browser<'_> {
        Browser { desk: self, cookie: String::new(), language: "en" }
    }

    /// Somebody who has.
    pub(super) fn clerk(&self, name: &str) -> Browser<'_> {
        let mut browser = self.stranger();
        assert_eq!(browser.sign_in(name, PASSWORD).status, StatusCode::SEE_OTHER);
        browser
    }

    /// Does whatever lists are running, as the service's worker does.
    pub(super) fn work(&self) {
        while self.issuer.run_a_part().unwrap() == Ran::Part {}
    }
}

impl Which {
    fn issuer(self, world: &World) -> &Arc<Issuer> {
        match self {
            Self::Identity => &world.gongan,
            Self::Credit => &world.credit,
        }
    }
}

impl Browser<'_> {
    /// The same browser, set to another language.
    pub(super) fn speaking(self, language: &'static str) -> Self {
        Self { language, ..self }
    }

    pub(super) fn sign_in(&mut self, name: &str, password: &str) -> Page {
        let (page, cookie) = self.send(self.form("/sign-in", &[("name", name), ("password", password)]));
        self.cookie = cookie.unwrap_or_default();
        page
    }

    pub(super) fn get(&self, path: &str) -> Page {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).0
    }

    pub(super) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.form(path, fields)).0
    }

    /// A form that a page of another site sends.
    pub(super) fn post_from_elsewhere(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut request = self.form(path, fields);
        request.headers_mut().insert(header::ORIGIN, "https://evil.example".parse().unwrap());
        self.send(request).0
    }

    /// A page for somebody beyond a proxy on this machine.
    pub(super) fn get_through_a_proxy(&self, path: &str) -> Page {
        let request = self.request("GET", path).header("x-forwarded-for", "203.0.113.9");
        self.send(request.body(Body::empty()).unwrap()).0
    }

    /// A form that a program sends, led by a link.
    pub(super) fn post_by_a_program(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut request = self.form(path, fields);
        request.headers_mut().remove("sec-fetch-site");
        self.send(request).0
    }

    /// Uploads a list.
    pub(super) fn upload(&self, fields: &[(&str, &str)], csv: &str) -> Page {
        let mut body = String::new();
        for (name, value) in fields {
            write!(body, "--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .unwrap();
        }
        body += "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
                 Content-Type: text/csv\r\n\r\n";
        let body = format!("{body}{csv}\r\n--B--\r\n");
        let request = self.request("POST", "/lists");
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=B");
        self.send(request.body(body.into()).unwrap()).0
    }

    /// Finds one person; the answer is where the person's page is.
    pub(super) fn find(&self, text: &str) -> String {
        let found = self.post("/find", &[("person", text)]);
        assert_eq!(found.status, StatusCode::SEE_OTHER, "{}", found.html);
        found.location
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.request("POST", path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(body.into()).unwrap()
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7002");
        let request = request.header("sec-fetch-site", "same-origin");
        request.header(header::COOKIE, &self.cookie).header(header::ACCEPT_LANGUAGE, self.language)
    }

    fn send(&self, mut request: Request<Body>) -> (Page, Option<String>) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        self.desk.runtime.block_on(async {
            let response = self.desk.app.clone().oneshot(request).await.unwrap();
            let header = |name| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
            let status = response.status();
            let location = header(header::LOCATION).unwrap_or_default();
            let cookie = header(header::SET_COOKIE).map(|c| c.split(';').next().unwrap().to_owned());
            let headers = response.headers().clone();
            let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
            let html = String::from_utf8(bytes.to_vec()).unwrap();
            (Page { status, headers, location, html }, cookie)
        })
    }
}

impl Page {
    /// The value of an attribute of the first element that has it.
    pub(super) fn attribute(&self, name: &str) -> &str {
        let begins = format!(" {name}=\"");
        let rest = self.html.split_once(&begins).unwrap_or_else(|| panic!("{name}: {}", self.html)).1;
        rest.split('"').next().unwrap()
    }

    /// The text of the element with this id.
    pub(super) fn text(&self, id: &str) -> &str {
        let rest = self.html.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id}")).1;
        rest.split_once('>').unwrap().1.split('<').next().unwrap()
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    /// What was refused, by code.
    pub(super) fn refusal(&self) -> &str {
        self.attribute("data-code")
    }
}
