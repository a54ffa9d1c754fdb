//! What every service does over HTTP in the same way.
//!
//! - [`ErrorCode`], [`ProblemType`], [`Problem`]: errors as RFC 9457 problem documents, from one table per
//!   enum.
//! - [`RateLimiter`]: how often somebody may ask, or try a password; [`limit_addresses`] puts it before
//!   routes.
//! - [`Guards`]: bounded bodies, bounded time, no panic to the outside, the headers of every answer.
//! - [`serve`]: a listener with bounded connections, which cuts whoever does not finish a request's header.
//! - [`Endpoint`]: that listener, in the clear or with TLS.
//! - [`Exposure`]: who can reach a service, under which address, and who a request comes from; [`expose`] puts it
//!   around routes.
//! - [`is_from_own_page`], [`is_of_another_site`], [`is_of_this_machine`]: what a request says about where it comes from.

mod endpoint;
mod exposure;
mod guards;
mod origin;
mod problem;
mod rate_limiter;
mod serve;

pub use endpoint::{Endpoint, PlainPublicUrl};
pub use exposure::{
    BadPublicUrl, Base, Client, Exposed, Exposure, Network, NetworkError, Reach, TrustedProxies, client,
    expose, is_forwarded, is_of_this_machine,
};
pub use guards::{AddressLimiter, Guards, Loopback, limit_addresses};
pub use origin::{host_is_loopback, is_from_own_page, is_of_another_site};
pub use problem::{ErrorCode, Problem, ProblemType, TableError, check_table};
pub use rate_limiter::{Backoff, Policy, Rate, RateLimiter, Wait, network};
pub use serve::{Limits, serve};
