//! Which page a request comes from, as its headers say it. Browsers cannot be made to lie there.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};

/// Whether one of the service's own pages made a browser send this. It is asked for where a form changes something: a
/// program that posts wherever a link tells it to is no browser, and names no page.
///
/// Browsers say `Sec-Fetch-Site: same-origin`, those that do not know the header name the page in `Origin`. `public` is
/// the service's origin as browsers see it; behind a proxy, `Host` may be another.
pub fn is_from_own_page(headers: &HeaderMap, public: Option<&str>) -> bool {
    match (text(headers, &SEC_FETCH_SITE), origin(headers, public)) {
        (_, Origin::Another) => false,
        (Some("same-origin"), _) | (None | Some("none"), Origin::Ours) => true,
        (_, Origin::Ours | Origin::Unnamed) => false,
    }
}

/// Whether a page of another origin made a browser send this (cross-site request forgery). Browsers name the origin with
/// every request that may change something; a program that names none passes, so this is for what asks for a token,
/// for JSON, or for a signature besides.
pub fn is_of_another_site(headers: &HeaderMap, public: Option<&str>) -> bool {
    let site = text(headers, &SEC_FETCH_SITE);
    site.is_some_and(|site| site != "same-origin" && site != "none")
        || origin(headers, public) == Origin::Another
}

/// What `Origin` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// This service.
    Ours,
    /// A page of somebody else, or one that hides.
    Another,
    /// Nothing.
    Unnamed,
}

fn origin(headers: &HeaderMap, public: Option<&str>) -> Origin {
    let Some(origin) = headers.get(header::ORIGIN) else { return Origin::Unnamed };
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let by_host = authority.is_some() && authority == text(headers, &header::HOST);
    if by_host || Some(origin) == public { Origin::Ours } else { Origin::Another }
}

/// Whether `Host` is this machine. A page whose name was pointed at this machine sends that name (DNS
/// rebinding).
pub fn host_is_loopback(headers: &HeaderMap) -> bool {
    let host = text(headers, &header::HOST).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    names_this_machine(name)
}

/// Whether a host, without its port and the brackets of IPv6, is this machine.
pub(super) fn names_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_page_of_another_site_is_known_by_its_origin() {
        let host = ("host", "127.0.0.1:7003");
        let public = ("origin", "https://counter.example");
        for (sent, own, other) in [
            (vec![host], false, false),
            (vec![host, ("origin", "http://127.0.0.1:7003")], true, false),
            (vec![host, ("sec-fetch-site", "same-origin")], true, false),
            (vec![host, ("origin", "http://127.0.0.1:7003"), ("sec-fetch-site", "same-origin")], true, false),
            (vec![host, public, ("sec-fetch-site", "same-origin")], true, false),
            (vec![host, public], true, false),
            (vec![host, ("sec-fetch-site", "none")], false, false),
            (vec![host, ("origin", "http://evil.example")], false, true),
            (vec![host, ("origin", "http://counter.example")], false, true),
            (vec![host, ("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")], false, true),
            (vec![host, ("origin", "null")], false, true),
            (vec![("origin", "http://127.0.0.1:7003")], false, true),
            (vec![host, ("origin", "http://127.0.0.1:7003"), ("sec-fetch-site", "cross-site")], false, true),
            (vec![host, ("sec-fetch-site", "same-site")], false, true),
        ] {
            let public = Some("https://counter.example");
            assert_eq!(is_from_own_page(&headers(&sent), public), own, "{sent:?}");
            assert_eq!(is_of_another_site(&headers(&sent), public), other, "{sent:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for (host, wanted) in [
            ("localhost", true),
            ("localhost:7002", true),
            ("127.0.0.1:7002", true),
            ("[::1]:7002", true),
            ("::1", false),
            ("localhost.evil.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(host_is_loopback(&headers(&[("host", host)])), wanted, "{host}");
        }
        assert!(!host_is_loopback(&HeaderMap::new()));
    }
}
