//! Which servers a wallet talks to on the word of others: a link, a request, an address on the ledger.
//!
//! Whoever makes a link chooses an address, and the wallet stands where the maker cannot go: beside the services of its
//! machine, behind a home's router. So it goes to the public internet only, by https, unless its owner started it to try
//! things out. A name is judged twice: as it is written, and by the addresses that it leads to when a connection is made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use openid4vc::url::is_private;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use url::{Host, Url};

use crate::http::HttpError;

/// How far a wallet goes on the word of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To servers on the public internet, by https.
    Internet,
    /// To services of this machine and its network too: only to try things out.
    LocalToo,
}

impl Reach {
    /// Whether a request may go there. Nothing is looked up.
    pub(crate) fn check(self, url: &Url) -> Result<(), HttpError> {
        match self {
            Self::Internet if names_local(url) => Err(HttpError::Local(url.clone())),
            Self::Internet if url.scheme() != "https" => Err(HttpError::NotPrivate(url.clone())),
            Self::LocalToo if !is_private(url) => Err(HttpError::NotPrivate(url.clone())),
            Self::Internet | Self::LocalToo => Ok(()),
        }
    }
}

/// Whether an address is written as one of this machine or its network. `Url` has brought every spelling of a number,
/// such as `127.1` or `0x7f000001`, to one form.
fn names_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

/// Names lead to public addresses only, whatever the name server says.
#[derive(Debug, Default)]
pub(crate) struct PublicResolver(DefaultResolver);

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        if found.iter().all(|address| is_public(address.ip())) {
            Ok(found)
        } else {
            Err(ureq::Error::Other(Box::new(LeadsHere)))
        }
    }
}

/// A name leads to this machine or its network.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to an address of this machine or its network")]
pub(crate) struct LeadsHere;

/// Whether an address is one of the public internet (IANA special-purpose address registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && b & 0b1100_0000 == 64;
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && b & 0b1111_1110 == 18;
    let local = ip.is_loopback() || ip.is_private() || ip.is_link_local() || a == 0;
    !(local || shared || protocols || benchmarks || ip.is_documentation() || a >= 224)
}

/// Global unicast addresses (`2000::/3`) are public, and those that carry a public `IPv4` address.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(embedded(high, low))
        }
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Teredo, and documentation.
        [0x2001, 0 | 0xdb8, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// An IPv4 address in two groups of an IPv6 address.
fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::DefaultConnector;

    use super::*;

    fn judged(reach: Reach, url: &str) -> Result<(), HttpError> {
        reach.check(&Url::parse(url).unwrap())
    }

    #[test]
    fn no_spelling_of_this_machine_or_its_network_is_reached() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.255.0.9:8443",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "0",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "desk.localhost",
            "desk.localhost.",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[fe80::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[2001:db8::1]",
        ] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}/lists/1/run");
                assert!(matches!(judged(Reach::Internet, &url), Err(HttpError::Local(_))), "{url}");
            }
        }
    }

    #[test]
    fn the_public_internet_is_reached_by_https_alone() {
        for host in
            ["counter.example", "8.8.8.8:8443", "172.32.0.1", "[2606:4700::1111]", "localhost.example"]
        {
            assert_eq!(judged(Reach::Internet, &format!("https://{host}/r")), Ok(()), "{host}");
            let clear = judged(Reach::Internet, &format!("http://{host}/r"));
            assert!(matches!(clear, Err(HttpError::NotPrivate(_))), "{host}");
        }
    }

    #[test]
    fn a_name_that_leads_here_is_not_reached_whatever_it_is_called() {
        let config = ledger::client::agent_builder().build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), PublicResolver::default());
        let refused = agent.get("https://localhost:1/").call().unwrap_err();
        assert!(matches!(&refused, ureq::Error::Other(other) if other.is::<LeadsHere>()), "{refused}");
    }

    #[test]
    fn who_tries_things_out_reaches_this_machine_and_nobody_else_in_the_clear() {
        for url in ["http://127.0.0.1:7003/r", "http://127.1/r", "http://[::1]/r", "http://localhost/r"] {
            assert_eq!(judged(Reach::LocalToo, url), Ok(()), "{url}");
        }
        for url in ["http://10.0.0.1/r", "http://counter.example/r", "ftp://127.0.0.1/r"] {
            assert!(matches!(judged(Reach::LocalToo, url), Err(HttpError::NotPrivate(_))), "{url}");
        }
    }
}
