//! What a counter's page or command line uses to talk to the service. Synchronous, with timeouts and bounded bodies.

use std::time::Duration;

use circuits::schema::{Localized, SchemaId};
use ledger::client::{agent_builder, below, unreachable};
use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, Status, TransactionStatus};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::http::Response;
use ureq::typestate::WithBody;
use ureq::{Agent, Body, RequestBuilder};
use url::Url;

use crate::http::Scans;
use crate::offline::Reconciled;
use crate::relying_party::{CreatedRequest, ListedPolicy};
use crate::store::Unsent;

/// Seconds that one request for a verdict waits at the service.
const WAIT_S: u64 = 20;
/// Bytes of the list of policies at most.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// A counter's service.
#[derive(Clone)]
pub struct VerifierClient {
    url: Url,
    token: Option<String>,
    agent: Agent,
}

/// Why the service did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The service said no.
    #[error("{}", message.text("en"))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Machine-readable reason.
        error: String,
        /// For people.
        message: Localized,
        /// More, if there is more.
        detail: Option<String>,
    },
    /// No answer.
    #[error("{url} does not answer: {reason}")]
    Unreachable {
        /// Who.
        url: Url,
        /// Why.
        reason: String,
    },
    /// Whatever answers there is not a verifier.
    #[error("{0} does not answer like a verifier")]
    NotAVerifier(Url),
}

/// The JSON body of an error.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    message: Localized,
    detail: Option<String>,
}

impl VerifierClient {
    /// A client of the service at `url`; `token` where the service asks for one.
    pub fn new(url: Url, token: Option<String>) -> Self {
        let config = agent_builder()
            .timeout_global(Some(Duration::from_secs(WAIT_S + 20)))
            .timeout_connect(Some(Duration::from_secs(5)));
        Self { url, token, agent: config.build().into() }
    }

    /// All policies of the ledger.
    pub fn policies(&self) -> Result<Vec<ListedPolicy>, ClientError> {
        let answer = self.agent.get(self.at("/policies").as_str()).call();
        self.read(answer, MAX_LIST)
    }

    /// Makes a request.
    pub fn ask(&self, policy: &SchemaId) -> Result<CreatedRequest, ClientError> {
        let request = self.authorized(self.agent.post(self.at("/requests").as_str()));
        self.read(request.send_json(json!({ "policy": policy })), MAX_MESSAGE)
    }

    /// How a request stands; waits some seconds for a verdict.
    pub fn status(&self, transaction: &str) -> Result<TransactionStatus, ClientError> {
        let url = self.at(&format!("/transactions/{transaction}?wait={WAIT_S}"));
        self.read(self.agent.get(url.as_str()).call(), MAX_MESSAGE)
    }

    /// Waits until the request has ended, at the latest when it expires.
    pub fn verdict(&self, asked: &CreatedRequest) -> Result<TransactionStatus, ClientError> {
        loop {
            let status = self.status(&asked.transaction)?;
            if status.status != Status::Pending {
                return Ok(status);
            }
        }
    }

    /// Brings what an offline counter accepted. One verdict for each, in their order, or the service is none: whoever asks
    /// until all are judged would ask for ever.
    pub fn reconcile(&self, scans: &[Unsent]) -> Result<Vec<Reconciled>, ClientError> {
        let request = self.authorized(self.agent.post(self.at("/reconcile").as_str()));
        let answer = request.send_json(json!({ "scans": scans }));
        let Scans::<Reconciled> { scans: judged } = self.read(answer, MAX_MESSAGE)?;
        let each =
            judged.len() == scans.len() && judged.iter().zip(scans).all(|(one, scan)| one.id == scan.id);
        if each { Ok(judged) } else { Err(ClientError::NotAVerifier(self.url.clone())) }
    }

    /// The `client_id` that the counter's requests carry, for a department to register.
    pub fn client_id(&self) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Identity {
            client_id: String,
        }
        let answer = self.agent.get(self.at("/client").as_str()).call();
        self.read(answer, MAX_MESSAGE).map(|identity: Identity| identity.client_id)
    }

    fn authorized(&self, request: RequestBuilder<WithBody>) -> RequestBuilder<WithBody> {
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn at(&self, path: &str) -> String {
        below(&self.url, path)
    }

    fn read<T: DeserializeOwned>(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
        limit: usize,
    ) -> Result<T, ClientError> {
        let mut answer = answer.map_err(|e| self.unreachable(&e))?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(limit as u64)
            .read_to_vec()
            .map_err(|e| self.unreachable(&e))?;
        if answer.status().is_success() {
            return json::from_slice(&body, limit).map_err(|_| ClientError::NotAVerifier(self.url.clone()));
        }
        Err(self.refused(answer.status().as_u16(), &body))
    }

    fn refused(&self, status: u16, body: &[u8]) -> ClientError {
        match json::from_slice(body, MAX_MESSAGE) {
            Ok(ErrorBody { error, message, detail }) => {
                ClientError::Refused { status, error, message, detail }
            }
            Err(_) => ClientError::NotAVerifier(self.url.clone()),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        ClientError::Unreachable { url: self.url.clone(), reason: unreachable(error) }
    }
}

/// What a transaction says in one line, for people.
pub fn in_words(status: &TransactionStatus) -> String {
    let verdict = match (status.status, status.reason) {
        (Status::Pending, _) => "waiting 等待中".to_owned(),
        (Status::Passed, _) => "PASSED 通过".to_owned(),
        (Status::Declined, _) => "DECLINED 未出示".to_owned(),
        (Status::Expired, _) => "EXPIRED 已过期".to_owned(),
        (Status::Refused, reason) => {
            format!("NOT PASSED 未通过 ({})", reason.map_or("unknown", |reason| reason.as_str()))
        }
    };
    let key = status.key.map_or_else(String::new, |key| format!(", key 密钥 {}", key.short()));
    let mark = if status.development { " [development keys 开发密钥]" } else { "" };
    format!("{verdict}: {}{key}{mark}", status.policy)
}

/// The revealed values of a transaction as JSON.
pub fn revealed(status: &TransactionStatus) -> Value {
    serde_json::to_value(&status.revealed).expect("string keys and JSON values are JSON")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use axum::Router;
    use axum::routing::post;

    use super::*;

    /// A service that answers every report so.
    fn answering(body: Value) -> VerifierClient {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        listener.set_nonblocking(true).unwrap();
        let app = Router::new().route("/reconcile", post(async move || axum::Json(body.clone())));
        thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await
            })
        });
        VerifierClient::new(url, None)
    }

    #[test]
    fn a_report_is_judged_whole_or_the_service_is_none() {
        let unsent = |id: &str| {
            let counter = format!("x509_hash:{}", "A".repeat(43));
            json!({ "id": id, "counter": counter, "scanned_at": 1, "text": "yong:1:" })
        };
        let scans: Vec<Unsent> = ["r1", "r2"].map(|id| serde_json::from_value(unsent(id)).unwrap()).into();
        let judged = |ids: &[&str]| {
            let one = |id: &&str| json!({ "id": id, "verdict": "passed" });
            json!({ "scans": ids.iter().map(one).collect::<Vec<_>>() })
        };
        assert_eq!(answering(judged(&["r1", "r2"])).reconcile(&scans).unwrap().len(), 2);
        for other in [&[][..], &["r1"], &["r2", "r1"], &["r1", "r3"], &["r1", "r2", "r3"]] {
            let refused = answering(judged(other)).reconcile(&scans);
            assert!(matches!(refused, Err(ClientError::NotAVerifier(_))), "{other:?}");
        }
    }
}
