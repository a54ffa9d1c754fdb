//! A listener that no client can keep busy.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::serve::{Listener, ListenerExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::endpoint::Endpoint;
use crate::tls::Tls;

/// What one listener grants to its clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    connections: usize,
    header_within: Duration,
    grace: Duration,
}

impl Limits {
    /// 4,096 connections, 12 s for a request's header, 10 s for requests that were begun when the end was
    /// asked for.
    pub const fn new() -> Self {
        Self { connections: 4096, header_within: Duration::from_secs(12), grace: Duration::from_secs(10) }
    }
    /// Connections at most; further ones wait in the system's queue until one ends.
    #[must_use]
    pub const fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }
    /// From the beginning of a connection, or from the last answer on it, to the end of the next request's
    /// header. A connection on which nothing is asked for so long is closed too. A TLS handshake has as long, before that.
    #[must_use]
    pub const fn header_within(self, header_within: Duration) -> Self {
        Self { header_within, ..self }
    }
    /// How long requests that were begun may take after the end was asked for.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves HTTP/1 until `shutdown` ends, then lets requests that were begun end, and cuts those that do not
/// in time.
///
/// Every request carries its sender's address as `ConnectInfo<SocketAddr>`. Bodies and answers are the
/// routes' to bound: see [`super::Guards`]. It does not fail: a connection that cannot be taken is logged,
/// and the next one tried.
pub async fn serve(
    endpoint: impl Into<Endpoint>,
    routes: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let (listener, tls) = endpoint.into().into_parts();
    let listener = listener.tap_io(|stream| {
        // A connection that cannot be tuned is a connection still.
        stream.set_nodelay(true).ok();
    });
    serve_on(listener, tls, routes, limits, shutdown).await;
}

async fn serve_on(
    mut listener: impl Listener<Addr = SocketAddr>,
    tls: Option<Tls>,
    routes: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut handshakes = JoinSet::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            let (stream, peer) = listener.accept().await;
            (place, stream, peer)
        };
        tokio::select! {
            () = &mut shutdown => break,
            (place, stream, peer) = accepted => match tls.clone() {
                None => {
                    let connection = graceful.watch(connection(stream, peer, routes.clone(), limits));
                    connections.spawn(to_its_end(connection, place));
                }
                // In a task of its own: whoever is slow to shake hands keeps nobody else waiting.
                Some(tls) => {
                    handshakes.spawn(async move {
                        Some((handshake(&tls, stream, limits).await?, peer, place))
                    });
                }
            },
            Some(done) = handshakes.join_next() => if let Ok(Some((stream, peer, place))) = done {
                let connection = graceful.watch(connection(stream, peer, routes.clone(), limits));
                connections.spawn(to_its_end(connection, place));
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    // Nothing was asked on these yet.
    drop(handshakes);
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        while connections.try_join_next().is_some() {}
        tracing::warn!(connections = connections.len(), "some requests did not end in time");
    }
    connections.shutdown().await;
}

/// What a client and this service agreed on, in time.
async fn handshake<I: AsyncRead + AsyncWrite + Unpin>(
    tls: &Tls,
    stream: I,
    limits: Limits,
) -> Option<impl AsyncRead + AsyncWrite + Unpin + use<I>> {
    match tokio::time::timeout(limits.header_within, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

async fn to_its_end(connection: impl Future<Output = hyper::Result<()>>, place: OwnedSemaphorePermit) {
    // How a client ends its connection is its own affair.
    if let Err(error) = connection.await {
        tracing::trace!(%error, "a connection ended early");
    }
    drop(place);
}

fn connection<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: I,
    peer: SocketAddr,
    routes: Router,
    limits: Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Output = hyper::Result<()>> + Send {
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answered = routes.clone().oneshot(request);
        async { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_within)
        .serve_connection(TokioIo::new(stream), answer)
}

#[cfg(test)]
mod tests;
