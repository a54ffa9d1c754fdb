//! What each role may do at the counter's page.

use service::staff::Role;

/// Something that is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Ask citizens, and see how they answered.
    Ask,
    /// Read the receipts of requests that one made oneself, of today.
    ReadOwn,
    /// Read the receipts of everybody, of any day.
    ReadAll,
    /// Read the audit list.
    ReadAudit,
}

impl Right {
    /// Whether a role has it.
    pub(super) fn is_of(self, role: Role) -> bool {
        match self {
            Self::Ask => matches!(role, Role::Clerk | Role::Supervisor),
            Self::ReadOwn => true,
            Self::ReadAll | Self::ReadAudit => matches!(role, Role::Supervisor | Role::Auditor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_and_does_not_ask_and_a_clerk_reads_only_the_own() {
        let rights = [Right::Ask, Right::ReadOwn, Right::ReadAll, Right::ReadAudit];
        let of = |role| rights.map(|right| right.is_of(role));
        assert_eq!(of(Role::Clerk), [true, true, false, false]);
        assert_eq!(of(Role::Supervisor), [true, true, true, true]);
        assert_eq!(of(Role::Auditor), [false, true, true, true]);
    }
}
