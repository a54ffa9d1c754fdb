//! Wallets that post their answers: each on a connection of its own, one after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// When answers are sent.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pace {
    /// Each wallet sends its next answer when the last one was judged.
    AsFastAsAnswered,
    /// One answer is due after each such pause, whether or not those before it were judged.
    Every(Duration),
}

/// How an answer fared.
#[derive(Clone, Copy)]
pub(super) struct Answered {
    pub(super) status: u16,
    /// From the moment when it was due.
    pub(super) took: Duration,
}

/// What the wallets share.
struct Load {
    bodies: Vec<Bytes>,
    next: AtomicUsize,
    pace: Pace,
    started: Instant,
}

/// Sends all bodies over as many connections as there are wallets.
pub(super) async fn send(
    to: SocketAddr,
    bodies: &[String],
    pace: Pace,
    wallets: usize,
) -> Result<Vec<Answered>, String> {
    let mut connections = Vec::with_capacity(wallets);
    for _ in 0..wallets {
        connections.push(connect(to).await?);
    }
    let bodies = bodies.iter().map(|body| Bytes::from(body.clone())).collect();
    let load = Arc::new(Load { bodies, next: AtomicUsize::new(0), pace, started: Instant::now() });
    let mut all = JoinSet::new();
    for connection in connections {
        all.spawn(wallet(Arc::clone(&load), connection, to));
    }
    let mut answered = Vec::with_capacity(load.bodies.len());
    while let Some(of_wallet) = all.join_next().await {
        answered.extend(of_wallet.map_err(|error| error.to_string())??);
    }
    Ok(answered)
}

async fn wallet(
    load: Arc<Load>,
    mut connection: SendRequest<Full<Bytes>>,
    to: SocketAddr,
) -> Result<Vec<Answered>, String> {
    let mut answered = Vec::new();
    loop {
        let number = load.next.fetch_add(1, Relaxed);
        let Some(body) = load.bodies.get(number) else { return Ok(answered) };
        let due = match load.pace {
            Pace::AsFastAsAnswered => Instant::now(),
            Pace::Every(pause) => load.started + pause * u32::try_from(number).unwrap_or(u32::MAX),
        };
        sleep_until(due).await;
        let status = post(&mut connection, body.clone(), to).await?;
        answered.push(Answered { status, took: due.elapsed() });
    }
}

async fn connect(to: SocketAddr) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(to).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // Ends with the sender.
    tokio::spawn(connection);
    Ok(sender)
}

async fn post(connection: &mut SendRequest<Full<Bytes>>, body: Bytes, to: SocketAddr) -> Result<u16, String> {
    connection.ready().await.map_err(|error| error.to_string())?;
    let request = Request::post("/response")
        .header("host", to.to_string())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(body))
        .map_err(|error| error.to_string())?;
    let answer = connection.send_request(request).await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await.map_err(|error| error.to_string())?;
    Ok(status)
}
