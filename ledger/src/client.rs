//! The HTTP client of a node: synchronous, with timeouts and bounded bodies.

mod http;
mod trust;
mod unreachable;

use std::time::Duration;

use circuits::field::Element;
use circuits::schema::Localized;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use self::http::{Http, Response};
pub use self::http::{agent_builder, below};
pub use self::trust::{TrustError, trust};
pub use self::unreachable::unreachable;
use crate::digest::Digest;
use crate::genesis::Genesis;
use crate::note::KeyName;
use crate::record::{Entry, encode_batch};
use crate::resource::Resource;
use crate::source::{FetchError, Source};
pub use crate::state::Accepted;

/// A connection to one node or mirror. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    base: Url,
    http: Http,
}

/// How a node is: the body of `/status`. Tells nothing that is not public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The log's name.
    pub origin: KeyName,
    /// SHA-256 of the genesis file.
    pub genesis: Digest,
    /// Entries of the newest checkpoint.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// Leaves of the credential tree, removed ones included.
    pub leaves: u64,
    /// Root of the credential tree.
    pub credential_root: Element,
    /// Time of the newest state root, unix seconds; 0 before the first.
    pub time: u64,
}

/// Why entries were not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The ledger refused them: to try again is of no use.
    #[error("the ledger refused the entries ({code}): {}", message.text("en"))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Machine-readable reason.
        code: String,
        /// For people.
        message: Localized,
        /// Which of the entries it was (from 0), if it was one of them.
        entry: Option<usize>,
    },
    /// The node has more to do than it can; try again after a while.
    #[error("the ledger is busy; try again in {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// It is not known whether the entries were accepted: submit the very same entries again.
    #[error("no answer from the ledger: {0}")]
    NoAnswer(#[from] FetchError),
    /// The answer is not what a ledger answers.
    #[error("the ledger's answer is malformed")]
    Malformed,
}

/// Why a file cannot be had by its digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What was fetched is another file.
    #[error("the file does not have the digest {0}")]
    OtherFile(Digest),
}

impl Client {
    /// A client of the node at `base`.
    pub fn new(base: Url) -> Self {
        Self { base, http: Http::new() }
    }
    /// Where the node is.
    pub fn base(&self) -> &Url {
        &self.base
    }
    /// The node's genesis. Trusting it is trusting whoever answers: compare its digest with one from elsewhere.
    pub fn genesis(&self) -> Result<Genesis, FetchError> {
        self.json(&Resource::Genesis)
    }
    /// How the node is.
    pub fn status(&self) -> Result<Status, FetchError> {
        self.json(&Resource::Status)
    }
    /// A file of at most `limit` bytes, checked against its digest.
    pub fn blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, BlobError> {
        let file = self.get(&Resource::Blob(*digest), limit)?;
        if Digest::of(&file) == *digest { Ok(file) } else { Err(BlobError::OtherFile(*digest)) }
    }
    /// Submits entries that stand or fall together. `Ok` means durable, in the order given. The very same entries may
    /// be submitted again and get the first answer.
    pub fn submit(&self, entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError> {
        let answer = self.http.post(&self.address("/entries"), &encode_batch(entries), MAX_ANSWER)?;
        match answer.status {
            200..300 => accepted(&answer.body, entries.len()),
            429 | 503 => {
                Err(SubmitError::Busy { retry_after_s: answer.retry_after_s.unwrap_or(RETRY_AFTER_S) })
            }
            400..500 => Err(refused(&answer)),
            status => Err(SubmitError::NoAnswer(FetchError::Status(status))),
        }
    }

    fn json<T: DeserializeOwned>(&self, resource: &Resource) -> Result<T, FetchError> {
        let body = self.get(resource, MAX_ANSWER)?;
        serde_json::from_slice(&body).map_err(|_| FetchError::Malformed(resource.to_string()))
    }
    fn address(&self, path: &str) -> String {
        below(&self.base, path)
    }
}

impl Source for Client {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = resource.to_string();
        let mut answer = self.http.get(&self.address(&path), limit)?;
        for _ in 0..PATIENCE {
            if answer.status != 429 {
                break;
            }
            // A node counts the requests of an address; who reads everything waits now and then.
            let wait = answer.retry_after_s.unwrap_or(RETRY_AFTER_S).min(MAX_WAIT_S);
            std::thread::sleep(Duration::from_secs(wait));
            answer = self.http.get(&self.address(&path), limit)?;
        }
        let Response { status, body, .. } = answer;
        match status {
            200 => Ok(body),
            404 => Err(FetchError::NotFound(path)),
            413 => Err(FetchError::TooLarge(path)),
            status => Err(FetchError::Status(status)),
        }
    }
}

fn accepted(body: &[u8], submitted: usize) -> Result<Vec<Accepted>, SubmitError> {
    let accepted: Vec<Accepted> = serde_json::from_slice(body).map_err(|_| SubmitError::Malformed)?;
    if accepted.len() == submitted { Ok(accepted) } else { Err(SubmitError::Malformed) }
}

fn refused(answer: &Response) -> SubmitError {
    /// The body of an error.
    #[derive(Deserialize)]
    struct Problem {
        error: String,
        message: Localized,
        #[serde(default)]
        entry: Option<usize>,
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Problem { error: code, message, entry }) => {
            SubmitError::Refused { status: answer.status, code, message, entry }
        }
        Err(_) => SubmitError::Malformed,
    }
}

/// Bytes of a JSON answer at most.
const MAX_ANSWER: u64 = 4 << 20;
/// How often a request is made again that came too early.
const PATIENCE: usize = 30;
/// Seconds waited at most before that.
const MAX_WAIT_S: u64 = 10;
/// What a busy node means that does not say how long to wait.
const RETRY_AFTER_S: u64 = 1;

#[cfg(test)]
mod tests;
