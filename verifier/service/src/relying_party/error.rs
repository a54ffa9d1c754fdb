//! Why the counter could not do what it was asked to.

use std::sync::Arc;

use circuits::schema::SchemaId;
use openid4vc::vp::Reason;

use super::readiness::Unready;
use crate::store::StoreError;

/// Why the counter could not do what it was asked to, by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelyingPartyError {
    /// The ledger has no such policy.
    #[error("the ledger has no policy `{0}`")]
    UnknownPolicy(SchemaId),
    /// There is nothing of that name.
    #[error("not found")]
    NotFound,
    /// The request object is no longer given out: answered, expired, or fetched too often.
    #[error("the request is over")]
    Gone,
    /// The answer is not believed.
    #[error("refused: {}", .0.as_str())]
    Refused(Reason),
    /// The counter cannot work now; nothing was spent.
    #[error("not ready: {0}")]
    NotReady(Unready),
    /// The counter's own fault. Shared by all whose writes failed together.
    #[error("{0}")]
    Store(Arc<StoreError>),
}

impl From<StoreError> for RelyingPartyError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
