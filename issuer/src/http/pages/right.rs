//! What each role may do at the desk's page.

use service::staff::Role;

/// Something that is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// See people, offer, change, upload, approve.
    Serve,
    /// See what waits for a second pair of eyes.
    ReadProposals,
    /// Read the audit list.
    ReadAudit,
}

impl Right {
    /// Whether a role has it.
    pub(super) fn is_of(self, role: Role) -> bool {
        match self {
            Self::Serve => matches!(role, Role::Clerk | Role::Supervisor),
            Self::ReadProposals => true,
            Self::ReadAudit => matches!(role, Role::Supervisor | Role::Auditor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_and_changes_nothing_and_a_clerk_does_not_read_the_audit() {
        let rights = [Right::Serve, Right::ReadProposals, Right::ReadAudit];
        let of = |role| rights.map(|right| right.is_of(role));
        assert_eq!(of(Role::Clerk), [true, true, false]);
        assert_eq!(of(Role::Supervisor), [true, true, true]);
        assert_eq!(of(Role::Auditor), [false, true, true]);
    }
}
