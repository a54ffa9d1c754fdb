//! Addresses that a program may send something private to.

use url::{Host, Url};

/// Whether what is sent there stays between the two ends: `https`, or `http` to this very machine.
pub fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether the address is this very machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_private_only_on_loopback() {
        let private = |s: &str| is_private(&Url::parse(s).unwrap());
        for yes in ["https://a.example", "http://127.0.0.1:7003/x", "http://[::1]/", "http://localhost/"] {
            assert!(private(yes), "{yes}");
        }
        for no in [
            "http://a.example",
            "http://localhost.example/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "file:///etc",
        ] {
            assert!(!private(no), "{no}");
        }
    }
}
