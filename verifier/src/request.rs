//! What was asked: everything that the rows are rebuilt from.

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::policy::{CheckedPolicy, CredentialQuery};
use circuits::show::Public;
use openid4vc::vp::Presentation;

use crate::VerifyError;

/// One request, as the verifier remembers it.
#[derive(Clone)]
pub struct SessionRequest {
    /// The policy, from the ledger.
    pub policy: CheckedPolicy,
    /// The department whose policy it is; a named scope is its.
    pub publisher: DepartmentId,
    /// Commits to client, nonce and response address.
    pub context: Fr,
    /// When the request was made, unix seconds: the `now` row of every proof.
    pub now: u64,
    /// Until when it may be answered, unix seconds.
    pub expires_at: u64,
}

impl SessionRequest {
    /// Not yet expired.
    pub(crate) fn alive_at(&self, now: u64) -> Result<(), VerifyError> {
        if now <= self.expires_at {
            Ok(())
        } else {
            Err(VerifyError::Expired { expired_at: self.expires_at })
        }
    }
    /// The public inputs of one proof. From the presentation come only the root, which must be known, the nullifier, and
    /// the revealed values, which become equality atoms.
    pub(crate) fn public(
        &self,
        query: &CredentialQuery,
        presentation: &Presentation,
    ) -> Result<Public, VerifyError> {
        Ok(Public {
            root: presentation.root.0,
            now: self.now.into(),
            context: self.context,
            scope: self.policy.scope(&self.publisher, &self.context),
            nullifier: presentation.nullifier.0,
            rows: self.policy.rows(&query.id, self.now, &presentation.revealed)?,
        })
    }
}
