//! A counter without a network: what it fetches in the morning, what it accepts by day, what it brings back in the evening.
//!
//! It knows the ledger as it was in the morning. A credential that was revoked since still counts, and a wallet that has
//! synced since shows a root that is not known yet; fetching anew ends both.

mod bundle;
mod device;
mod scanned;

pub use bundle::{Bundle, BundleError, Shift, ShiftError};
pub(crate) use device::AsOf;
pub use device::{Device, DeviceError};
pub use scanned::{Reconciled, Scanned, accepted, refused};

#[cfg(test)]
pub(crate) mod tests;
