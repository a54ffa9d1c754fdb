//! Shares of a person's secret: dealt by a wallet, kept by departments, put together again by a new wallet.
//!
//! A wallet splits `psk` among n trustees, t of whom give it back ([`deal()`]). Each trustee gets its share sealed, and
//! everybody gets the [`Bundle`]: who the trustees are, and a commitment to each share. When every wallet is lost, two
//! departments ask on the ledger for the shares of one bundle and one key (`recovery.request`), each trustee seals its
//! share to that key, once ([`Seat::answer`]), and the new wallet puts t of them together ([`Recovery`]). Who answers
//! with another share than it was dealt is named.
//!
//! | question | answer | rests on |
//! |---|---|---|
//! | What do t − 1 trustees know of the secret? | nothing: every secret fits their shares equally well | nothing: it is so for whoever computes without bounds |
//! | What does a bundle say of a share? | nothing | hiding of Poseidon under a uniform blind |
//! | Can a trustee answer with another share? | no: the new wallet refuses it and says whose it was | binding of Poseidon |
//! | Can somebody make another bundle under the same identifier? | no: it is the digest of the bundle | SHA-256 |
//! | Can a share be used in another bundle, by another trustee, in another place? | no: all of this is sealed with it | HPKE (RFC 9180); the bundle's commitments |
//! | Is what t trustees gave back the person's secret? | whoever dealt may have dealt another one | the person authority, which compares `person` |
//!
//! Pure: no clock, no file, no network; entropy is an argument. What a trustee remembers, and whom it answers, is its
//! service's.
#![forbid(unsafe_code)]

mod bundle;
mod deal;
mod polynomial;
mod recovery;
#[cfg(test)]
mod samples;
mod seal;
mod share;
mod threshold;
pub mod wire;

pub use self::bundle::{Bundle, BundleError, DepositError, Seat, Trustee};
pub use self::deal::{Candidate, Dealt, deal};
pub use self::recovery::{BadAnswer, Recovery, TooFewShares};
pub use self::seal::{HpkePrivateKey, NotSealed, SealedShare};
pub use self::threshold::{MAX_SHARES, ShareIndex, Threshold, ThresholdError};
pub use openid4vc::Entropy;
