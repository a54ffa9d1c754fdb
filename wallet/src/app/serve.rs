//! Binding to this machine, telling the address, ending.

use std::future::IntoFuture as _;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::door::Door;
use super::place::{Machine, Place};
use super::state::App;
use super::{background, router};
use crate::cli::failure::Failure;

/// Who opens the printed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    /// This program asks the system to.
    Opened,
    /// The owner does.
    OwnersOwn,
}

/// Serves until Ctrl-C. `tell` prints an address that works once.
pub(crate) fn serve(
    place: Place,
    port: u16,
    browser: Browser,
    tell: impl Fn(&str) + Send + 'static,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::new("no_threads", e, "Close other programs and try again."))?;
    runtime.block_on(run(place, port, browser, tell))
}

async fn run(
    place: Place,
    port: u16,
    browser: Browser,
    tell: impl Fn(&str) + Send + 'static,
) -> Result<(), Failure> {
    let listeners = bind(port).await.map_err(|e| cannot_listen(port, &e))?;
    let port = listeners.first().and_then(|l| l.local_addr().ok()).map_or(port, |address| address.port());
    let app = App::new(place, Box::new(Machine), Door::new(port));
    announce(&app, browser, &tell);
    again_on_enter(app.clone(), tell);
    tokio::spawn(background::watch(app.clone()));
    for listener in listeners {
        tokio::spawn(axum::serve(listener, router(app.clone())).into_future());
    }
    // Without signals there is no other way to end than to be ended.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
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

fn cannot_listen(port: u16, error: &io::Error) -> Failure {
    Failure::new(
        "port_taken",
        format!("port {port} of this machine cannot be used: {error}"),
        "Close the other program, or choose another port with --port; 0 takes a free one.",
    )
}

fn announce(app: &App, browser: Browser, tell: &impl Fn(&str)) {
    let address = app.door().address();
    tell(&address);
    if browser == Browser::Opened {
        // Where no browser can be opened, the printed address is enough.
        let _ = open::that_detached(address.as_str());
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
            tell(&app.door().address());
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
