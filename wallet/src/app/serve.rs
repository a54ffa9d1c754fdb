//! Binding to this machine, telling the address, ending.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use service::clock::Clock;
use service::http::Limits;
use service::shutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::handoff::Handoff;
use super::pairing::Pairing;
use super::state::{App, AppConfig, HttpConnector};
use super::{background, router};

/// Who opens the printed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    /// This program asks the system to.
    Opened,
    /// The owner does.
    OwnersOwn,
}

/// Serves until the process is asked to end. `tell` prints an address that works once. Fails where the port cannot be
/// used.
pub(crate) async fn serve(
    config: AppConfig,
    port: u16,
    browser: Browser,
    tell: impl Fn(&str) + Send + 'static,
) -> io::Result<()> {
    let listeners = bind(port).await?;
    let port = listeners.first().and_then(|l| l.local_addr().ok()).map_or(port, |address| address.port());
    let app = App::new(config, Box::new(HttpConnector), Clock::system(), Pairing::new(port));
    // Kept until the end: how long a browser takes to read it is not known.
    let _handoff = announce(&app, browser, &tell);
    again_on_enter(app.clone(), tell);
    tokio::spawn(background::watch(app.clone()));
    let (end, _) = watch::channel(());
    let mut servers = JoinSet::new();
    for listener in listeners {
        let mut ended = end.subscribe();
        // The sender is dropped to end, which is what `changed` then fails with.
        let ended = async move { drop(ended.changed().await) };
        servers.spawn(service::http::serve(listener, router(app.clone()), Limits::new(), ended));
    }
    shutdown::requested().await;
    app.lock();
    drop(end);
    servers.join_all().await;
    // What was asked for before may have opened the wallet again.
    app.lock();
    Ok(())
}

/// Both loopback addresses that `localhost` may mean: where only one was taken, another program could take the other
/// and be sent the address's secret.
async fn bind(port: u16) -> io::Result<Vec<TcpListener>> {
    let four = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = four.local_addr()?.port();
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(six) => Ok(vec![four, six]),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        // This machine has no IPv6.
        Err(_) => Ok(vec![four]),
    }
}

fn announce(app: &App, browser: Browser, tell: &impl Fn(&str)) -> Option<Handoff> {
    let address = app.pairing().address();
    tell(&address);
    match browser {
        Browser::OwnersOwn => None,
        // Where no browser can be opened, or it cannot read the page, the printed address is enough.
        Browser::Opened => {
            let handoff = Handoff::new(&address).ok()?;
            open::that_detached(handoff.path()).ok();
            Some(handoff)
        }
    }
}

/// Who lost the browser's window needs a new address.
fn again_on_enter(app: App, tell: impl Fn(&str) + Send + 'static) {
    if !io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(move || {
        let mut line = String::new();
        while io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            tell(&app.pairing().address());
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_else_in_the_network_can_connect() {
        let listeners = bind(0).await.unwrap();
        assert!(!listeners.is_empty());
        for listener in listeners {
            assert!(listener.local_addr().unwrap().ip().is_loopback());
        }
    }
}
