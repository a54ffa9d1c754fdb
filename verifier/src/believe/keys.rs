//! The verifying key of `show`, which knows what it is for and whether its proofs can be forged.

use std::fmt;
use std::sync::Arc;

use circuits::show;
use circuits::wire::proof::VerifyingKey;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use ledger::registry::{PublishedKey, Registry};

use super::prepared::Prepared;

/// Whether keys are accepted whose toxic waste somebody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Development {
    /// Only keys of a ceremony.
    Refused,
    /// Development keys too; everything that rests on one is marked.
    Accepted,
}

/// Why there is no usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The ledger publishes none for this circuit and version.
    #[error("the ledger has no key for the circuit `{}` version {}", show::NAME, show::VERSION)]
    NotPublished,
    /// The key is not the one that the digest names.
    #[error("the key is not the one that its digest names")]
    OtherDigest,
    /// It is a key for another number of public inputs.
    #[error("the key is for {given} public inputs, the statement has {}", show::PUBLIC_INPUTS)]
    OtherStatement {
        /// By the key.
        given: usize,
    },
    /// It is a development key, and those are not accepted here.
    #[error("the ledger's key is a development key, which this verifier does not accept")]
    Development,
}

/// A checked verifying key of the statement `show`.
#[derive(Clone)]
pub struct ShowKey {
    engine: Arc<Prepared>,
    digest: Digest,
    key_use: KeyUse,
}

impl ShowKey {
    /// The newest key that the ledger publishes for the statement, if it may be used here.
    pub fn from_registry(registry: &Registry, development: Development) -> Result<Self, KeyError> {
        let published = registry.key(show::NAME, show::VERSION).ok_or(KeyError::NotPublished)?;
        Self::from_published(published, development)
    }

    /// [`Self::from_registry`], which keeps this key and what its engine has learned if the ledger still publishes it.
    pub fn renewed(&self, registry: &Registry, development: Development) -> Result<Self, KeyError> {
        let published = registry.key(show::NAME, show::VERSION).ok_or(KeyError::NotPublished)?;
        let same = published.record.vk_digest == self.digest && published.record.key_use == self.key_use;
        if same { Ok(self.clone()) } else { Self::from_published(published, development) }
    }

    /// Compares a published key with its digest and the statement before anything is checked with it.
    pub fn from_published(published: &PublishedKey, development: Development) -> Result<Self, KeyError> {
        Self::new(
            published.verifying_key.clone(),
            &published.record.vk_digest,
            published.record.key_use,
            development,
        )
    }

    /// Compares a key with its digest and the statement.
    pub fn new(
        key: VerifyingKey,
        digest: &Digest,
        key_use: KeyUse,
        development: Development,
    ) -> Result<Self, KeyError> {
        if key.digest() != *digest.as_bytes() {
            return Err(KeyError::OtherDigest);
        }
        let given = key.as_ark().gamma_abc_g1.len().saturating_sub(1);
        if given != show::PUBLIC_INPUTS {
            return Err(KeyError::OtherStatement { given });
        }
        if key_use == KeyUse::Development && development == Development::Refused {
            return Err(KeyError::Development);
        }
        Ok(Self { engine: Arc::new(Prepared::new(key)), digest: *digest, key_use })
    }

    /// What checks proofs.
    pub fn engine(&self) -> &Prepared {
        &self.engine
    }
    /// SHA-256 of the key, as the ledger publishes it.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
    /// Whether somebody may be able to forge proofs under it.
    pub fn key_use(&self) -> KeyUse {
        self.key_use
    }
}

impl fmt::Debug for ShowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShowKey")
            .field("digest", &self.digest)
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}
