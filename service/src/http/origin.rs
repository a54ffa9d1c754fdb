//! Where a request comes from, as its headers say it. Browsers cannot be made to lie there; programs can,
//! and are no browsers that were tricked.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};

/// Whether no page of another origin made a browser send this (cross-site request forgery).
///
/// Browsers name the origin with every request that may change something; a program that names none passes.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = text(headers, &SEC_FETCH_SITE);
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            authority.is_some_and(|(_, authority)| Some(authority) == text(headers, &header::HOST))
        }
    }
}

/// Whether `Host` is this machine. A page whose name was pointed at this machine sends that name (DNS
/// rebinding).
pub fn host_is_loopback(headers: &HeaderMap) -> bool {
    let host = text(headers, &header::HOST).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
        for (sent, same) in [
            (vec![host], true),
            (vec![host, ("origin", "http://127.0.0.1:7003")], true),
            (vec![host, ("origin", "http://127.0.0.1:7003"), ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("origin", "http://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![("origin", "http://127.0.0.1:7003")], false),
            (vec![host, ("origin", "http://127.0.0.1:7003"), ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
        ] {
            assert_eq!(is_same_origin(&headers(&sent)), same, "{sent:?}");
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
