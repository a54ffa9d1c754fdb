//! What stands above every page: which counter, who works at it, where one can go.

use service::staff::Clerk;
use service::web::Layout;

use super::keys;
use super::right::Right;
use super::visit::Visit;

/// The banner of one person.
pub(super) struct Banner {
    /// The counter's name.
    pub(super) counter: String,
    /// The person's name; `None` for whoever sits at the machine.
    pub(super) name: Option<String>,
    /// The person's role, in words.
    pub(super) role: String,
    /// May ask.
    pub(super) asks: bool,
    /// May read the audit list.
    pub(super) audits: bool,
}

impl Banner {
    pub(super) fn of(visit: &Visit, frame: &Layout) -> Self {
        let name = match &visit.clerk {
            Clerk::Local => None,
            Clerk::Member { name, .. } => Some(name.as_str().to_owned()),
        };
        Self {
            counter: visit.state().counter().about().name.text(visit.language()).to_owned(),
            name,
            role: frame.say(&keys::role(visit.clerk.role())),
            asks: visit.has(Right::Ask),
            audits: visit.has(Right::ReadAudit),
        }
    }
}
