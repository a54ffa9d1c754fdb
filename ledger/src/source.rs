//! Where resources come from: a node over HTTP, a mirror's folder, or memory.

use crate::resource::Resource;

/// Why a resource could not be fetched. Never says that what was fetched is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no such resource.
    #[error("{0} is not there")]
    NotFound(String),
    /// The body is longer than the caller accepts.
    #[error("the body of {0} is longer than expected")]
    TooLarge(String),
    /// The node answered with an error.
    #[error("the node answered {0}")]
    Status(u16),
    /// The body is not what this resource is.
    #[error("the body of {0} is malformed")]
    Malformed(String),
    /// No answer: connection, name, time.
    #[error("the node cannot be reached: {0}")]
    Unreachable(String),
}

/// Fetches resources. What it gives is not trusted: it is checked.
pub trait Source {
    /// The body of a resource, of at most `limit` bytes.
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError>;
}

impl<S: Source + ?Sized> Source for &S {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        (**self).get(resource, limit)
    }
}

impl<S: Source + ?Sized> Source for std::sync::Arc<S> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        (**self).get(resource, limit)
    }
}
