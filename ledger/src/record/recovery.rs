//! `trustee.publish` and `recovery.request`: who keeps shares of person secrets, and whose share goes to which new wallet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circuits::credential::DepartmentId;
use circuits::policy::CLOCKS_DIFFER_S;
use serde::{Deserialize, Serialize};

use super::{Approval, ApprovalTerms, NotAWord, RecordId, WebAddress};
use crate::digest::{Digest, NotADigest};

/// `trustee.publish`: the department that signs keeps shares of person secrets. A later one replaces it; the department
/// keeps its older private keys, for shares that were sealed to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteePublish {
    /// Idempotency key.
    pub id: RecordId,
    /// What wallets seal shares to.
    pub key: HpkePublicKey,
    /// The service that takes shares and answers requests.
    pub url: WebAddress,
}

/// `recovery.request`: a person without any wallet stood at a desk. Trustees give the shares of this bundle to one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// Idempotency key.
    pub id: RecordId,
    /// Whose shares, without saying who it is.
    pub bundle: BundleId,
    /// [`HpkePublicKey::digest`] of the new wallet's key.
    pub key_digest: Digest,
    /// The department at whose desk the person stood; it signs the record. A member too, so that the second department
    /// agrees to a request of this desk and of no other.
    pub desk: DepartmentId,
    /// When the person stood there, unix seconds.
    pub time: u64,
    /// What the approvals are bound to. A request without is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// The second department, which looked at the person too.
    pub approvals: Vec<Approval>,
}

impl RecoveryRequest {
    /// Whether it is too old at `now`, unix seconds, to be taken or approved.
    pub fn is_old_at(&self, now: u64) -> bool {
        self.time.saturating_add(MAX_REQUEST_AGE_S) <= now
    }
    /// Whether it says a time after `now`, unix seconds, by more than honest clocks differ.
    pub fn is_to_come_at(&self, now: u64) -> bool {
        self.time > now.saturating_add(CLOCKS_DIFFER_S)
    }
}

/// Seconds after which a request is not taken any more: a week, so that the second department may sit elsewhere.
pub const MAX_REQUEST_AGE_S: u64 = 7 * 86_400;

/// Names one dealing of a person's secret: the digest of what wallet, desk and trustees keep of it, which is unforeseeable
/// because blinded commitments are in it. JSON form: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BundleId(Digest);

impl BundleId {
    /// The identifier of what has this digest.
    pub const fn new(digest: Digest) -> Self {
        Self(digest)
    }
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; Digest::LENGTH] {
        self.0.as_bytes()
    }
}

impl std::fmt::Display for BundleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for BundleId {
    type Err = NotADigest;
    fn from_str(s: &str) -> Result<Self, NotADigest> {
        s.parse().map(Self)
    }
}

/// A public key of HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256): a canonical coordinate outside the small subgroups.
/// JSON form: 32 bytes in base64.
///
/// With a point of small order everybody would know what two parties agree on, and another spelling of a coordinate would
/// be another key to whoever compares keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HpkePublicKey([u8; 32]);

impl HpkePublicKey {
    /// Checks 32 bytes, little endian (RFC 7748 §5).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, NotAWord> {
        if is_canonical(&bytes) && !SMALL_ORDER.contains(&bytes) { Ok(Self(bytes)) } else { Err(NOT_A_KEY) }
    }
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// SHA-256 of `"yong/hpke-key/v1\n"` and the key: what a `recovery.request` says of it, and what people compare.
    pub fn digest(&self) -> Digest {
        Digest::of_parts(&[KEY, &self.0])
    }
}

impl std::fmt::Display for HpkePublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl std::fmt::Debug for HpkePublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for HpkePublicKey {
    type Err = NotAWord;
    fn from_str(s: &str) -> Result<Self, NotAWord> {
        let bytes = STANDARD.decode(s).map_err(|_| NOT_A_KEY)?;
        Self::from_bytes(bytes.as_slice().try_into().map_err(|_| NOT_A_KEY)?)
    }
}

impl TryFrom<String> for HpkePublicKey {
    type Error = NotAWord;
    fn try_from(s: String) -> Result<Self, NotAWord> {
        s.parse()
    }
}

impl From<HpkePublicKey> for String {
    fn from(key: HpkePublicKey) -> Self {
        key.to_string()
    }
}

/// Whether the coordinate is below p = 2^255 − 19; RFC 7748 would ignore the highest bit and reduce the rest.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    let from_p_on = *last == 0x7f && middle.iter().all(|byte| *byte == 0xff) && *first >= 0xed;
    *last < 0x80 && !from_p_on
}

/// The coordinates of all points of small order on the curve and on its twist: 0, 1, −1, and the two of order eight.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    ends_with(1, 0, 0),
    ends_with(0xec, 0xff, 0x7f),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
        0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
];

/// These bytes at the two ends, and 30 times the one between.
const fn ends_with(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Begins what a key's digest is taken over.
const KEY: &[u8] = b"yong/hpke-key/v1\n";
const NOT_A_KEY: NotAWord = NotAWord("an X25519 public key (canonical, not of small order, in base64)");

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hex: &str) -> Result<HpkePublicKey, NotAWord> {
        HpkePublicKey::from_bytes(hex::decode(hex).unwrap().try_into().unwrap())
    }

    #[test]
    fn a_key_reads_back_in_its_one_spelling() {
        // RFC 9180, A.2.1: pkRm.
        let good = key("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a").unwrap();
        assert_eq!(good.to_string().parse(), Ok(good));
        assert_eq!(serde_json::to_value(good).unwrap(), serde_json::json!(good.to_string()));
        for bad in ["", "AAAA", &good.to_string()[..43], &format!("{good} "), &format!("{good}AAAA")] {
            assert!(bad.parse::<HpkePublicKey>().is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<HpkePublicKey>("7").is_err());
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        for bad in SMALL_ORDER {
            assert_eq!(HpkePublicKey::from_bytes(bad), Err(NOT_A_KEY), "{bad:?}");
        }
        assert!(HpkePublicKey::from_bytes(ends_with(9, 0, 0)).is_ok(), "the base point");
    }

    #[test]
    fn another_spelling_of_a_coordinate_is_refused() {
        let greatest = ends_with(0xeb, 0xff, 0x7f);
        assert!(HpkePublicKey::from_bytes(greatest).is_ok(), "p − 2");
        for first in 0xed..=0xff {
            assert!(HpkePublicKey::from_bytes(ends_with(first, 0xff, 0x7f)).is_err(), "p and what follows");
        }
        assert!(HpkePublicKey::from_bytes(ends_with(9, 0, 0x80)).is_err(), "a bit that nobody reads");
        assert!(HpkePublicKey::from_bytes(ends_with(0xec, 0xff, 0xff)).is_err());
    }

    #[test]
    fn a_digest_is_of_one_key_and_of_nothing_else() {
        let [one, two] = [9, 10].map(|first| HpkePublicKey::from_bytes(ends_with(first, 0, 0)).unwrap());
        assert_ne!(one.digest(), two.digest());
        assert_ne!(one.digest(), Digest::of(one.as_bytes()));
    }

    #[test]
    fn a_bundle_is_named_by_a_digest() {
        let id = BundleId::new(Digest::of(b"bundle"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::from_value::<BundleId>(serde_json::to_value(id).unwrap()).unwrap(), id);
        assert!(id.to_string().to_uppercase().parse::<BundleId>().is_err());
    }
}
