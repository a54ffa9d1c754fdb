//! Trustees: departments that keep shares of the person secret, for the day on which every wallet of the person is lost.
//!
//! | step | where | what is on the disk before |
//! |---|---|---|
//! | the wallet deals its secret to the trustees on the ledger, and tells the person authority's desk | [`Dealing`] | the bundle, and who has its shares |
//! | two departments ask for the shares of the bundle, for one new wallet | `recovery.request` on the ledger | the new wallet's key |
//! | the new wallet asks the trustees, and is the person again | [`Recovery`] | |
//! | any wallet that dealt warns of a request that it did not make | [`ForeignRequest`] | |
//!
//! A share leaves sealed to one trustee, and what trustees answer comes sealed to one wallet, so no server between them
//! learns any. The wallet that has its person secret from its phrase or from trustees deals; a further device that was paired
//! does not, or a person would have as many dealings as devices.

mod asking;
mod dealing;
mod dealt;
mod key;
mod recovery;
mod warning;

pub use asking::Reason;
pub use dealing::{AfterReceiving, DealError, Dealing, NotKept};
pub use dealt::{Dealings, Keeper, Kept, Stage, WhyDeal};
pub(crate) use key::{RecoveryKey, StoredKey};
pub use recovery::{Fault, Lie, RecoverError, Recovered, Recovery, Unhelpful};
pub use warning::ForeignRequest;

#[cfg(test)]
pub(crate) mod tests;
