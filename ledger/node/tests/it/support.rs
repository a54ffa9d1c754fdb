//! A data directory with known keys, a node on a port of its own, and plain HTTP.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use ledger::record::{Entry, encode_batch};
use ledger::samples;
use ledger_node::{Config, GenesisParameters, Node, ServeError, init, serve_node};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) const CREDIT: &str = "credit.nanning";
pub(crate) const TAX: &str = "tax.nanning";

/// A new data directory with two departments; governance needs both.
pub(crate) fn data() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    init_at(folder.path());
    folder
}

pub(crate) fn init_at(folder: &Path) {
    let genesis = samples::genesis(&[CREDIT, TAX], 2);
    let departments = genesis.departments().to_vec();
    let parameters = GenesisParameters::new(genesis.origin().clone(), departments, 2);
    init(folder, parameters, &samples::insecure_key("ledger.test/1")).unwrap();
}

/// A node that serves in this process, until it is dropped.
pub(crate) struct Served {
    pub(crate) node: Arc<Node>,
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

pub(crate) fn serve(folder: &Path) -> Served {
    serve_this(Arc::new(Node::open(&Config::new(folder)).unwrap()))
}

/// An open node or mirror that serves until it is dropped.
pub(crate) fn serve_this(node: Arc<Node>) -> Served {
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, address) = std::sync::mpsc::channel();
    let served = node.clone();
    let run = move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            serve_node(served, listener, async { drop(stopped.await) }).await
        })
    };
    let thread = std::thread::spawn(run);
    let url = format!("http://{}", address.recv().unwrap());
    Served { node, url, stop: Some(stop), thread: Some(thread) }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: ureq::http::HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Served {
    pub(crate) fn get(&self, path: &str) -> Answer {
        get(&self.url, path).unwrap()
    }
    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Answer {
        post(&self.url, path, body).unwrap()
    }
    pub(crate) fn submit(&self, entries: &[Entry]) -> Answer {
        self.post("/entries", &encode_batch(entries))
    }
    pub(crate) fn accept(&self, entries: &[Entry]) -> Value {
        let answer = self.submit(entries);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }
}

pub(crate) fn get(url: &str, path: &str) -> Result<Answer, ureq::Error> {
    agent().get(format!("{url}{path}")).call().and_then(read)
}

pub(crate) fn get_with(url: &str, path: &str, name: &str, value: &str) -> Result<Answer, ureq::Error> {
    agent().get(format!("{url}{path}")).header(name, value).call().and_then(read)
}

pub(crate) fn post(url: &str, path: &str, body: &[u8]) -> Result<Answer, ureq::Error> {
    agent().post(format!("{url}{path}")).send(body).and_then(read)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let body = response.body_mut().with_config().limit(100 << 20).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), body, headers: response.headers().clone() })
}

pub(crate) fn schema(id: &str) -> Entry {
    samples::sign(samples::schema(id), CREDIT)
}

/// `count` commitments from `first` on.
pub(crate) fn commit(id: &str, first: u64, count: u64) -> Entry {
    samples::sign(samples::commit(id, "score/1", first..first + count), CREDIT)
}

pub(crate) fn status(id: &str, position: u64, act: &str) -> Entry {
    samples::sign(samples::status(id, position, act), CREDIT)
}
