//! The light client: follows a log and verifies everything.
//!
//! [`Follower`] holds what everybody follows: checkpoint, registry, credential root. [`ShardFollower`] holds what a
//! wallet needs to make paths. What either asks for depends on the ledger and on when it last asked, never on whose
//! credential it is for.

mod error;
mod evidence;
mod follower;
mod freshness;
mod hour;
mod log;
mod reading;
mod roots;
mod saved;
mod shard;

pub use self::error::{DamagedCopy, FollowError, Misbehaviour, NotThisLedger};
pub use self::evidence::{Archive, Included, NotThere, open_checkpoint};
pub use self::follower::{Follower, History};
pub use self::freshness::{CLOCKS_DIFFER_S, Freshness, STATED_WITHIN_S};
pub use self::hour::{HourPaths, HourRoot};
pub use self::reading::read_entries;
pub use self::roots::RootAge;
#[cfg(any(test, feature = "test-support"))]
pub(crate) use self::shard::sync_shards_with;
pub use self::shard::{ShardFollower, reach_hour, sync_shards};

#[cfg(test)]
mod tests;
