//! Evidence that lasts: a receipt with everything that shows it to be true, checked years later without any service.
//!
//! [`export`] makes a [`Bundle`] from what the counter kept and from the ledger; [`verify`] needs the bundle and, to know
//! whose ledger it is about, a genesis file. Neither has personal data: what was revealed is left out unless somebody asks
//! for it, and then who checks brings it along.
//!
//! What is certain after a check: somebody who held credentials in the tree that the ledger stated proved the policy's
//! rows, in a session that the counter with this certificate had begun; and the counter says when. That each record was
//! signed and approved by those who may is a rule of the log, which everybody who replays it has checked.

mod bundle;
mod error;
mod evidence;
mod export;
mod seal;
mod verify;

pub use bundle::{Bundle, LinkedKey, LinkedShowing, MAX_BUNDLE, NotABundle, Revealed, Showing, Version};
pub use error::{Part, ReceiptError};
pub use evidence::{AllProofs, Evidence, Session, Shown, statement};
pub use export::{Disclose, ExportError, Kept, export};
pub use openid4vc::vp::{ReceiptName, ReceiptNumber, ReceiptNumberError};
pub use seal::{SEAL_TYP, Sealed};
pub use verify::{VerifiedReceipt, verify};
