//! What proxies say of the requests that they pass on: `Forwarded` (RFC 7239), and the names that came before it.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

use super::TrustedProxies;

/// Whether a proxy passed a request on, by any of the headers that say so.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    let of_a_proxy = |name: &str| name.starts_with("x-forwarded") || OF_PROXIES.contains(&name);
    headers.keys().any(|name| of_a_proxy(name.as_str()))
}

/// The right-most address that is no trusted proxy's: whoever the outermost trusted proxy spoke to. If all of them are
/// trusted, the left-most. `None` where nothing is said, something else than addresses, or two different things: a proxy
/// that writes one of the headers passes the other on as the sender wrote it.
pub(super) fn client(headers: &HeaderMap, proxies: &TrustedProxies) -> Option<IpAddr> {
    let standard = headers.contains_key(header::FORWARDED).then(|| outermost(forwarded(headers), proxies));
    let usual = headers.contains_key(X_FORWARDED_FOR).then(|| outermost(x_forwarded_for(headers), proxies));
    match (standard, usual) {
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) if one == other => one,
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Over hops from the service outwards.
fn outermost(hops: impl Iterator<Item = Option<IpAddr>>, proxies: &TrustedProxies) -> Option<IpAddr> {
    let mut last = None;
    for hop in hops.take(MAX_HOPS) {
        last = Some(hop?);
        if !proxies.contains(hop?) {
            break;
        }
    }
    last
}

/// The hops of `X-Forwarded-For: client, proxy`, the last one first.
fn x_forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    elements(headers, X_FORWARDED_FOR).map(address)
}

/// The hops of `Forwarded: for=client;proto=https, for="[2001:db8::1]:4711"`, the last one first.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    elements(headers, header::FORWARDED.as_str()).map(|element| {
        let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, node) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case("for"))?;
        address(node.trim().trim_matches('"'))
    })
}

/// The elements of a header that may stand in several lines, the last one first; a line that is no text is an element
/// that is no address. An element in quotes with a comma inside is none either.
fn elements<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    lines.into_iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim)
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// Beside everything that begins with `X-Forwarded`.
const OF_PROXIES: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
];
/// More proxies than stand in a row.
const MAX_HOPS: usize = 32;
