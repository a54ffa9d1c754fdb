//! The HTTP client of a node: synchronous, with timeouts and bounded bodies.

use circuits::field::Element;
use circuits::schema::Localized;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::digest::Digest;
use crate::genesis::Genesis;
use crate::note::KeyName;
use crate::record::Entry;
use crate::resource::Resource;
use crate::source::{FetchError, Source};
pub use crate::state::Accepted;

/// A connection to one node or mirror. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    base: Url,
    agent: ureq::Agent,
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
        /// More, such as which entry it was; `null` if there is nothing more.
        detail: serde_json::Value,
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
    pub fn new(_base: Url) -> Self {
        todo!()
    }
    /// Where the node is.
    pub fn base(&self) -> &Url {
        &self.base
    }
    /// The node's genesis. Trusting it is trusting whoever answers: compare its digest with one from elsewhere.
    pub fn genesis(&self) -> Result<Genesis, FetchError> {
        todo!()
    }
    /// How the node is.
    pub fn status(&self) -> Result<Status, FetchError> {
        todo!()
    }
    /// A file of at most `limit` bytes, checked against its digest.
    pub fn blob(&self, _digest: &Digest, _limit: u64) -> Result<Vec<u8>, BlobError> {
        todo!()
    }
    /// Submits entries that stand or fall together. `Ok` means durable, in the order given. The very same entries may
    /// be submitted again and get the first answer.
    pub fn submit(&self, _entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError> {
        todo!()
    }
}

impl Source for Client {
    fn get(&self, _resource: &Resource, _limit: u64) -> Result<Vec<u8>, FetchError> {
        let _ = &self.agent;
        todo!()
    }
}
