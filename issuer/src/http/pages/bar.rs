//! What stands at the top of every page of the desk: whose desk, who works at it, and where to go.

use service::staff::Clerk;
use service::web::Layout;

use super::right::Right;
use crate::issuer::Issuer;

/// The top.
pub(super) struct Bar {
    /// The department's name.
    pub(super) desk: String,
    /// Who works here; empty where nobody has a name.
    pub(super) clerk: String,
    /// The role in words.
    pub(super) role: String,
    /// How many proposals wait.
    pub(super) waiting: u64,
    pub(super) serves: bool,
    pub(super) audits: bool,
}

impl Bar {
    pub(super) fn new(office: &Issuer, page: &Layout, clerk: &Clerk) -> Self {
        let department = &office.config().department;
        let title = office.registry().department(department).map(|d| d.title.text(page.tag()).to_owned());
        let role = clerk.role();
        Self {
            desk: title.unwrap_or_else(|| department.as_str().to_owned()),
            clerk: if matches!(clerk, Clerk::Local) { String::new() } else { clerk.name().to_owned() },
            role: page.say(role_key(clerk)),
            waiting: office.waiting().unwrap_or_default(),
            serves: Right::Serve.is_of(role),
            audits: Right::ReadAudit.is_of(role),
        }
    }
}

fn role_key(clerk: &Clerk) -> &'static str {
    use service::staff::Role;
    match clerk.role() {
        Role::Clerk => "staff-role-clerk",
        Role::Supervisor => "staff-role-supervisor",
        Role::Auditor => "staff-role-auditor",
    }
}
