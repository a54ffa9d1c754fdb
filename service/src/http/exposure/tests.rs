use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use tower::ServiceExt as _;

use super::*;

const LOOPBACK: &str = "127.0.0.1:7002";

fn proxies(networks: &[&str]) -> TrustedProxies {
    TrustedProxies::new(networks.iter().map(|network| network.parse().expect("a network")).collect())
}

fn exposure(listener: &str, public_url: Option<&str>, trusted: &[&str]) -> Exposure {
    Exposure::new(listener.parse().expect("an address"), public_url, proxies(trusted)).expect("an exposure")
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn others_reach_what_listens_is_named_or_is_passed_on_elsewhere() {
    for (listener, public_url, trusted, wanted) in [
        (LOOPBACK, None, &[][..], true),
        (LOOPBACK, Some("http://127.0.0.1:7002"), &[], true),
        (LOOPBACK, Some("http://localhost:7002/desk"), &[], true),
        ("[::1]:7002", Some("http://[::1]:7002"), &[], true),
        ("0.0.0.0:7002", Some("http://127.0.0.1:7002"), &[], false),
        ("[::]:7002", None, &[], false),
        (LOOPBACK, Some("https://desk.example"), &[], false),
        (LOOPBACK, Some("https://127.0.0.1.desk.example"), &[], false),
        (LOOPBACK, Some("http://127.0.0.1:7002"), &["127.0.0.1"], false),
    ] {
        let exposure = exposure(listener, public_url, trusted);
        assert_eq!(*exposure.reach() == Reach::ThisMachine, wanted, "{listener} {public_url:?} {trusted:?}");
    }
}

#[test]
fn a_request_that_a_proxy_passed_on_is_not_of_this_machine() {
    let local = headers(&[("host", "127.0.0.1:7002")]);
    assert!(is_of_this_machine(&local));
    assert_eq!(exposure(LOOPBACK, None, &[]).client(address("127.0.0.1"), &local), Client::Local);
    for name in [
        "forwarded",
        "via",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-by",
        "x-forwarded",
        "true-client-ip",
    ] {
        let passed_on = headers(&[("host", "localhost:7002"), (name, "")]);
        assert!(!is_of_this_machine(&passed_on), "{name}");
        let client = exposure(LOOPBACK, None, &[]).client(address("::1"), &passed_on);
        assert_eq!(client, Client::Behind(address("::1")), "{name}");
    }
}

#[test]
fn without_trust_a_header_gives_no_address() {
    let claims = headers(&[("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")]);
    let open = exposure("0.0.0.0:7002", None, &[]);
    assert_eq!(open.client(address("192.0.2.1"), &claims), Client::At(address("192.0.2.1")));
    let named = exposure(LOOPBACK, Some("https://desk.example"), &[]);
    assert_eq!(named.client(address("127.0.0.1"), &claims), Client::Behind(address("127.0.0.1")));
    // nginx adds no header unless it is told to.
    assert_eq!(named.client(address("127.0.0.1"), &HeaderMap::new()), Client::Behind(address("127.0.0.1")));
    let trusting_another = exposure("0.0.0.0:7002", None, &["10.0.0.1"]);
    assert_eq!(trusting_another.client(address("10.0.0.2"), &claims), Client::At(address("10.0.0.2")));
}

#[test]
fn behind_a_trusted_proxy_the_right_most_other_hop_is_the_client() {
    let exposure = exposure(LOOPBACK, Some("https://desk.example"), &["127.0.0.1", "10.0.0.0/8"]);
    let at = |text| Client::At(address(text));
    let behind = Client::Behind(address("127.0.0.1"));
    for (sent, wanted) in [
        (vec![("x-forwarded-for", "203.0.113.9")], at("203.0.113.9")),
        (vec![("x-forwarded-for", "127.0.0.1, 203.0.113.9")], at("203.0.113.9")),
        (vec![("x-forwarded-for", "198.51.100.1, 203.0.113.9, 10.1.2.3")], at("203.0.113.9")),
        (vec![("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9")], at("203.0.113.9")),
        (vec![("x-forwarded-for", "203.0.113.9:4711")], at("203.0.113.9")),
        (vec![("x-forwarded-for", "10.1.1.1, 10.2.2.2")], at("10.1.1.1")),
        (vec![("x-forwarded-for", "::ffff:203.0.113.9")], at("203.0.113.9")),
        (
            vec![("forwarded", "for=198.51.100.1, For=\"[2001:db8::17]:4711\";proto=https")],
            at("2001:db8::17"),
        ),
        (vec![("forwarded", "proto=https;for=203.0.113.9")], at("203.0.113.9")),
        (vec![("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")], at("203.0.113.9")),
        (vec![("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "203.0.113.9")], behind),
        (vec![("forwarded", "for=_hidden")], behind),
        (vec![("forwarded", "for=unknown")], behind),
        (vec![("forwarded", "proto=https")], behind),
        (vec![("x-forwarded-for", "203.0.113.9, nonsense")], behind),
        (vec![("x-forwarded-for", "")], behind),
        (vec![("x-real-ip", "203.0.113.9")], behind),
        (vec![], behind),
    ] {
        assert_eq!(exposure.client(address("127.0.0.1"), &headers(&sent)), wanted, "{sent:?}");
    }
}

/// The address of the connection itself counts, and this machine has more than one.
#[tokio::test]
async fn a_proxy_at_the_other_loopback_address_is_the_one_that_is_trusted() {
    for (trusted, wanted) in [("::1", "At(203.0.113.9)"), ("127.0.0.1", "Behind(::1)")] {
        let asked = async |request: Request| format!("{:?}", client(request.extensions()));
        let routes = Router::new().route("/", get(asked));
        let exposure = exposure("[::1]:7002", None, &[trusted]);
        let mut request =
            Request::get("/").header("x-forwarded-for", "203.0.113.9").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>("[::1]:4711".parse().unwrap()));
        let answer = expose(routes, Arc::new(exposure)).oneshot(request).await.expect("infallible");
        assert_eq!(text(answer).await, wanted, "{trusted}");
    }
}

#[test]
fn a_public_address_has_one_spelling() {
    let of = |url| Exposure::new(LOOPBACK.parse().unwrap(), Some(url), TrustedProxies::default());
    let desk = of("https://Desk.Example:443/city/desk/").expect("an address");
    assert_eq!((desk.base().as_str(), desk.origin()), ("/city/desk", Some("https://desk.example")));
    assert_eq!(of("http://127.0.0.1:7002/").expect("an address").base(), Base::default());
    for bad in [
        "desk.example",
        "ftp://desk.example",
        "https://user@desk.example",
        "https://desk.example/?a",
        "https://desk.example/#a",
        "https://desk.example/a//b",
        "https://desk.example/../a",
        "https://desk.example/a;b",
        "https://desk.example/a%20b",
    ] {
        assert!(of(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn under_a_path_it_answers_whether_the_proxy_takes_the_path_away_or_not() {
    for path in ["/desk/lists?a=/desk", "/lists?a=/desk"] {
        assert_eq!(text(asked(path).await).await, "lists a=/desk At(203.0.113.9)", "{path}");
    }
    for home in ["/desk", "/desk/", "/"] {
        assert_eq!(text(asked(home).await).await, "home", "{home}");
    }
    assert_eq!(asked("/desktop").await.status(), 404);
}

#[tokio::test]
async fn under_a_path_redirects_and_cookies_stay_there() {
    let answer = asked("/desk/go").await;
    assert_eq!(answer.headers()[header::LOCATION], "/desk/lists?a=1");
    assert_eq!(answer.headers()[header::SET_COOKIE], "yong=1; Path=/desk; HttpOnly");
    assert_eq!(asked("/away").await.headers()[header::LOCATION], "https://other.example/");
    assert_eq!(asked("/sly").await.headers()[header::LOCATION], "//other.example/");
}

async fn asked(path: &str) -> Response {
    let lists = async |request: Request| {
        let client = client(request.extensions());
        format!("lists {} {client:?}", request.uri().query().unwrap_or_default())
    };
    let go = async || {
        ([(header::SET_COOKIE, "yong=1; Path=/; HttpOnly")], Redirect::to("/lists?a=1")).into_response()
    };
    let routes = Router::new()
        .route("/", get(async || "home"))
        .route("/lists", get(lists))
        .route("/go", get(go))
        .route("/away", get(async || Redirect::to("https://other.example/")))
        .route("/sly", get(async || Redirect::to("//other.example/")));
    let exposure = exposure(LOOPBACK, Some("https://city.example/desk"), &["127.0.0.1"]);
    let request = Request::get(path).header("x-forwarded-for", "203.0.113.9").body(Body::empty()).unwrap();
    expose(routes, Arc::new(exposure)).oneshot(request).await.expect("infallible")
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 16).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}
