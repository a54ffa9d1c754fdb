//! The JSON forms of what a trustee takes and answers, for its description. `serde` reads and writes other types, most of them
//! in the library.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A share, and what everybody keeps of the dealing that it is of.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct BroughtShare {
    bundle: Bundle,
    share: Sealed,
}

/// What wallet, desk and trustees keep of one dealing. `docs/formats.md` says how its identifier is made.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Bundle {
    /// Trustees that suffice.
    #[schema(minimum = 2, maximum = 16)]
    needed: u8,
    /// In the order of their shares.
    #[schema(min_items = 2, max_items = 16)]
    trustees: Vec<Trustee>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Trustee {
    department: String,
    key: Key,
    /// A field element: decimal digits, below r.
    #[schema(pattern = "^(0|[1-9][0-9]*)$")]
    commitment: String,
}

/// Under which identifier the share is kept.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TakenShare {
    bundle: BundleId,
}

/// For which bundle, and which wallet.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AnswerQuestion {
    bundle: BundleId,
    key: Key,
}

/// The share, sealed to the wallet, and the dealing that it is of.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct GivenAnswer {
    bundle: Bundle,
    answer: Sealed,
}

/// SHA-256 in lower-case hex.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9a-f]{64}$")]
pub(in crate::http) struct BundleId(String);

/// An X25519 public key of HPKE in base64.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{43}=$")]
pub(in crate::http) struct Key(String);

/// A share sealed by HPKE: the encapsulated key and the ciphertext, 112 bytes in base64.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{150}==$")]
pub(in crate::http) struct Sealed(String);

/// An error (RFC 9457), with `error` and `message` for this system's programs and pages.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// `urn:yong:problem:<error>`.
    #[serde(rename = "type")]
    kind: String,
    /// One sentence in English about this kind of error.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The word for programs.
    error: String,
    /// A text by BCP 47 tag: `zh-CN` and `en`.
    message: BTreeMap<String, String>,
    /// What this occurrence adds, for programmers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// Of `too_many_recoveries`: which department.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    department: Option<String>,
}
