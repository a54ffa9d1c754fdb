//! What every service does over HTTP in the same way.
//!
//! - [`ErrorCode`], [`ProblemType`], [`Problem`]: errors as RFC 9457 problem documents, from one table per
//!   enum.
//! - [`RateLimiter`]: how often somebody may ask, or try a password; [`limit_addresses`] puts it before
//!   routes.
//! - [`Guards`]: bounded bodies, bounded time, no panic to the outside, the headers of every answer.
//! - [`serve`]: a listener with bounded connections, which cuts whoever does not finish a request's header.
//! - [`is_same_origin`], [`host_is_loopback`]: what a request says about where it comes from.

mod guards;
mod origin;
mod problem;
mod rate_limiter;
mod serve;

pub use guards::{AddressLimiter, Guards, Loopback, limit_addresses, peer};
pub use origin::{host_is_loopback, is_same_origin};
pub use problem::{ErrorCode, Problem, ProblemType, TableError, check_table};
pub use rate_limiter::{Backoff, Policy, Rate, RateLimiter, Wait, network};
pub use serve::{Limits, serve};
