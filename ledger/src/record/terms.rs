//! What approvals are bound to: one act, the log as it was when the act was proposed, and an end.

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use super::{Approval, NotAWord, Record};
use crate::canonical::{self, CanonicalError};
use crate::digest::Digest;

/// What approvals are bound to. A member of the record, hence of the message that approvers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTerms {
    /// Makes the same act, proposed again, another one.
    pub nonce: Nonce,
    /// Entries of the log when the act was proposed. What the act is about, and the standing of whoever approves it, must
    /// not have changed since.
    pub entries: u64,
    /// Unix seconds from which the approvals are good no more.
    pub expires: u64,
}

/// 16 bytes that nobody can foresee. JSON form: 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// A new one.
    pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
    /// The nonce whose bytes these are; it is as unforeseeable as they are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<String> for Nonce {
    type Error = NotAWord;
    fn try_from(s: String) -> Result<Self, NotAWord> {
        let bytes = hex::decode(&s).ok().and_then(|bytes| bytes.try_into().ok()).map(Self);
        bytes
            .filter(|nonce| nonce.to_string() == s)
            .ok_or(NotAWord("a nonce (32 lower-case hexadecimal digits)"))
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.to_string()
    }
}

impl std::fmt::Display for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Record {
    /// The approvals that a record carries; empty for records that can have none.
    pub fn approvals(&self) -> &[Approval] {
        self.agreement().map_or(&[], |(approvals, _)| approvals)
    }
    /// What its approvals are bound to, if they are.
    pub fn terms(&self) -> Option<&ApprovalTerms> {
        self.agreement().and_then(|(_, terms)| terms.as_ref())
    }
    /// Adds an approval; records that can have none stay as they are.
    pub fn approve(&mut self, approval: Approval) {
        if let Some((approvals, _)) = self.agreement_mut() {
            approvals.push(approval);
        }
    }
    /// Binds the approvals that are still to be given, and takes away those that were given for other terms. Records that
    /// can have none stay as they are.
    pub fn bind(&mut self, to: ApprovalTerms) {
        if let Some((approvals, terms)) = self.agreement_mut() {
            approvals.clear();
            *terms = Some(to);
        }
    }
    /// SHA-256 of what is done: the canonical record without approvals and without the submission's id, whoever signs it.
    pub fn act_digest(&self) -> Result<Digest, CanonicalError> {
        let mut act = serde_json::to_value(self.without_approvals()).map_err(CanonicalError::Malformed)?;
        if let Some(members) = act.as_object_mut() {
            members.remove("id");
        }
        canonical::to_vec(&act).map(|bytes| Digest::of(&bytes))
    }
    /// What approvers sign.
    pub(crate) fn without_approvals(&self) -> Self {
        let mut bare = self.clone();
        if let Some((approvals, _)) = bare.agreement_mut() {
            approvals.clear();
        }
        bare
    }

    fn agreement(&self) -> Option<(&Vec<Approval>, &Option<ApprovalTerms>)> {
        Some(match self {
            Self::Admit(r) => (&r.approvals, &r.terms),
            Self::Rotate(r) => (&r.approvals, &r.terms),
            Self::Suspend(r) => (&r.approvals, &r.terms),
            Self::Reinstate(r) => (&r.approvals, &r.terms),
            Self::Key(r) => (&r.approvals, &r.terms),
            Self::Retire(r) => (&r.approvals, &r.terms),
            Self::Status(r) => (&r.approvals, &r.terms),
            Self::Withdraw(r) => (&r.approvals, &r.terms),
            Self::Recovery(r) => (&r.approvals, &r.terms),
            Self::Schema(_)
            | Self::Policy(_)
            | Self::Model(_)
            | Self::Commit(_)
            | Self::Verifier(_)
            | Self::Trustee(_)
            | Self::Disclosure(_)
            | Self::Root(_) => return None,
        })
    }
    fn agreement_mut(&mut self) -> Option<(&mut Vec<Approval>, &mut Option<ApprovalTerms>)> {
        Some(match self {
            Self::Admit(r) => (&mut r.approvals, &mut r.terms),
            Self::Rotate(r) => (&mut r.approvals, &mut r.terms),
            Self::Suspend(r) => (&mut r.approvals, &mut r.terms),
            Self::Reinstate(r) => (&mut r.approvals, &mut r.terms),
            Self::Key(r) => (&mut r.approvals, &mut r.terms),
            Self::Retire(r) => (&mut r.approvals, &mut r.terms),
            Self::Status(r) => (&mut r.approvals, &mut r.terms),
            Self::Withdraw(r) => (&mut r.approvals, &mut r.terms),
            Self::Recovery(r) => (&mut r.approvals, &mut r.terms),
            Self::Schema(_)
            | Self::Policy(_)
            | Self::Model(_)
            | Self::Commit(_)
            | Self::Verifier(_)
            | Self::Trustee(_)
            | Self::Disclosure(_)
            | Self::Root(_) => return None,
        })
    }
}
