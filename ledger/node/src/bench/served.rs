//! A node on a port of its own, until it is dropped.

use std::net::Ipv4Addr;
use std::sync::Arc;

use ledger::client::Client;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::BenchError;
use crate::http::{ServeError, serve_node};
use crate::node::Node;

/// Serves on loopback.
pub(super) struct Served {
    pub(super) client: Client,
    pub(super) node: Arc<Node>,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Served {
    pub(super) fn start(node: Node) -> Result<Self, BenchError> {
        let node = Arc::new(node);
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let url = format!("http://{}", listener.local_addr()?);
        let client = Client::new(url.parse().expect("an address is a URL"));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = runtime.spawn(serve_node(node.clone(), listener, async { drop(stopped.await) }));
        Ok(Self { client, node, runtime, stop: Some(stop), server: Some(server) })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            // The measurements are taken; how the server ends changes none of them.
            let _ = self.runtime.block_on(server);
        }
    }
}
