use std::future::{pending, ready};

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::*;
use crate::tls::testing::Pair;

/// Streams in memory, so that time can stand still.
struct InMemory(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for InMemory {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (stream, PEER),
            None => pending().await,
        }
    }
    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(PEER)
    }
}

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 7);

/// A running service, and its end.
struct Running {
    connect: mpsc::UnboundedSender<DuplexStream>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(limits: Limits) -> Self {
        Self::start_with(limits, None)
    }

    fn start_with(limits: Limits, tls: Option<Tls>) -> Self {
        let routes = Router::new()
            .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(5)).await))
            .route("/never", get(pending::<()>));
        let (connect, incoming) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { stopped.await.unwrap_or(()) };
        let served = tokio::spawn(serve_on(InMemory(incoming), tls, routes, limits, shutdown));
        Self { connect, stop, served }
    }

    async fn send(&self, request: &str) -> DuplexStream {
        let (mut ours, theirs) = duplex(1 << 16);
        self.connect.send(theirs).unwrap();
        ours.write_all(request.as_bytes()).await.unwrap();
        ours
    }
}

/// Everything until the other side closes.
async fn rest(mut stream: DuplexStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// One answer's header, and what came with it.
async fn answer(stream: &mut DuplexStream) -> String {
    let mut text = vec![0; 4096];
    let length = stream.read(&mut text).await.unwrap();
    String::from_utf8_lossy(&text[..length]).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_where_a_request_comes_from() {
    let service = Running::start(Limits::new());
    let said = rest(service.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("192.0.2.1:7"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_finish_a_header_is_cut() {
    let service = Running::start(Limits::new().header_within(Duration::from_secs(20)));
    let started = Instant::now();
    for beginning in ["", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let stream = service.send(beginning).await;
        rest(stream).await;
    }
    assert_eq!(started.elapsed().as_secs(), 40);
    // One byte a second does not help.
    let mut stream = service.send("GET / HTTP/1.1\r\nx: ").await;
    let started = Instant::now();
    while stream.write_all(b"y").await.is_ok() {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        assert!(started.elapsed().as_secs() < 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_is_asked_is_closed() {
    let service = Running::start(Limits::new().header_within(Duration::from_secs(20)));
    let mut stream = service.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    let started = Instant::now();
    assert_eq!(rest(stream).await, "");
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn connections_are_bounded_and_the_next_one_waits() {
    let service = Running::start(Limits::new().connections(1).header_within(Duration::from_secs(20)));
    let idle = service.send("").await;
    let started = Instant::now();
    let said = rest(service.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(started.elapsed().as_secs(), 20);
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn requests_that_were_begun_are_answered_and_idle_connections_do_not_hold_the_end() {
    let service = Running::start(Limits::new());
    let mut idle = service.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut idle).await;
    let slow = service.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let started = Instant::now();
    service.stop.send(()).unwrap();
    service.served.await.unwrap();
    assert!((3..=5).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert!(rest(slow).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_is_cut_after_the_grace() {
    let service = Running::start(Limits::new().grace(Duration::from_secs(10)));
    let stuck = service.send("GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let started = Instant::now();
    service.stop.send(()).unwrap();
    service.served.await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(rest(stuck).await, "");
}

#[tokio::test]
async fn a_listener_of_the_network_ends_when_it_is_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Router::new(), Limits::new(), ready(())).await;
}

/// What every service starts with.
#[tokio::test(start_paused = true)]
async fn half_a_header_is_closed_within_a_quarter_of_a_minute() {
    let service = Running::start(Limits::new());
    let started = Instant::now();
    let stream = service.send("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-half").await;
    rest(stream).await;
    assert!(started.elapsed() <= Duration::from_secs(15), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_to_shake_hands_is_cut_and_keeps_nobody_waiting() {
    let pair = Pair::new();
    let limits = Limits::new().header_within(Duration::from_secs(20));
    let service = Running::start_with(limits, Some(Tls::open(&pair.files).unwrap()));
    let started = Instant::now();
    let slow = service.send("").await;
    let in_the_clear = service.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut stream = pair.connect(service.send("").await).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("192.0.2.1:7"), "{said}");
    assert_eq!(started.elapsed().as_secs(), 0);
    assert!(!String::from_utf8_lossy(&everything(in_the_clear).await).contains("HTTP/1.1"));
    assert_eq!((everything(slow).await, started.elapsed().as_secs()), (Vec::new(), 20));
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_handshake_does_not_hold_the_end_and_counts_as_a_connection() {
    let pair = Pair::new();
    let limits = Limits::new().connections(1).header_within(Duration::from_secs(20));
    let service = Running::start_with(limits, Some(Tls::open(&pair.files).unwrap()));
    let slow = service.send("").await;
    let started = Instant::now();
    pair.connect(service.send("").await).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 20);
    let unfinished = service.send("").await;
    tokio::time::advance(Duration::from_secs(1)).await;
    service.stop.send(()).unwrap();
    service.served.await.unwrap();
    assert!(started.elapsed().as_secs() <= 22, "{:?}", started.elapsed());
    drop((slow, unfinished));
}

/// Everything until the other side closes, of any bytes.
async fn everything(mut stream: DuplexStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}
