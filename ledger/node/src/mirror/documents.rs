//! The documents that entries name.

use ledger::digest::Digest;
use ledger::follow::FollowError;
use ledger::record::Disclosed;
use ledger::registry::Registry;
use ledger::resource::Resource;
use ledger::source::FetchError;

use super::{OriginalError, Upstream};
use crate::blob::{self, BlobError, MAX_BLOB};

impl Upstream {
    /// Stores every disclosed document that is not here yet and that the original has. Those that are elsewhere are left
    /// there: their entries say where.
    pub(crate) fn fetch_documents(&self, registry: &Registry) -> Result<(), OriginalError> {
        registry.disclosures().try_for_each(|disclosure| match &disclosure.item.content {
            Disclosed::Linked { digest, .. } => self.fetch_document(digest),
            Disclosed::Inline(_) => Ok(()),
        })
    }

    /// A document that is not the one of its digest is left out, as one that is not there: readers compare the digest.
    fn fetch_document(&self, digest: &Digest) -> Result<(), OriginalError> {
        if blob::open(&self.data, digest)?.is_some() {
            return Ok(());
        }
        match self.source.get(&Resource::Blob(*digest), MAX_BLOB) {
            Ok(bytes) if Digest::of(&bytes) == *digest => match blob::put(&self.data, &bytes) {
                Err(BlobError::Io(error)) => Err(error.into()),
                _ => Ok(()),
            },
            Ok(_) | Err(FetchError::TooLarge(_)) => {
                tracing::warn!(%digest, "the original shows another document in place of this one");
                Ok(())
            }
            Err(FetchError::NotFound(_)) => Ok(()),
            Err(error) => Err(FollowError::Fetch(error).into()),
        }
    }
}
