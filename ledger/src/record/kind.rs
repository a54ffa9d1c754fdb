//! The kinds of records: what each is called, which part of the state it changes, and whose approval it needs.

/// A kind of record. `docs/records.md` says what each means; a test compares that page with this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// `department.admit`.
    Admit,
    /// `department.rotate`.
    Rotate,
    /// `department.suspend`.
    Suspend,
    /// `department.reinstate`.
    Reinstate,
    /// `schema.publish`.
    Schema,
    /// `policy.publish`.
    Policy,
    /// `model.publish`.
    Model,
    /// `key.publish`.
    Key,
    /// `key.retire`.
    Retire,
    /// `credential.commit`.
    Commit,
    /// `credential.status`.
    Status,
    /// `credential.withdraw`.
    Withdraw,
    /// `verifier.register`.
    Verifier,
    /// `trustee.publish`.
    Trustee,
    /// `recovery.request`.
    Recovery,
    /// `disclosure.publish`.
    Disclosure,
    /// `state.root`.
    Root,
}

/// Whose approval a record needs, besides its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalRule {
    /// Nobody's.
    Never,
    /// As many departments' as the genesis' threshold says.
    Threshold,
    /// One other department's, always.
    Second,
    /// One other department's, where it takes away more credentials than one department may.
    Bulk,
}

/// Which part of the state a record changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The registry: light clients fetch all of these, and the registry's chain covers them. One of them, the withdrawal
    /// of credentials by governance, changes the credential tree too.
    Registry,
    /// The credential tree.
    Credentials,
    /// None: it states what the others made.
    Root,
}

impl RecordKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 17] = [
        Self::Admit,
        Self::Rotate,
        Self::Suspend,
        Self::Reinstate,
        Self::Schema,
        Self::Policy,
        Self::Model,
        Self::Key,
        Self::Retire,
        Self::Commit,
        Self::Status,
        Self::Withdraw,
        Self::Verifier,
        Self::Trustee,
        Self::Recovery,
        Self::Disclosure,
        Self::Root,
    ];

    /// The text under `kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admit => "department.admit",
            Self::Rotate => "department.rotate",
            Self::Suspend => "department.suspend",
            Self::Reinstate => "department.reinstate",
            Self::Schema => "schema.publish",
            Self::Policy => "policy.publish",
            Self::Model => "model.publish",
            Self::Key => "key.publish",
            Self::Retire => "key.retire",
            Self::Commit => "credential.commit",
            Self::Status => "credential.status",
            Self::Withdraw => "credential.withdraw",
            Self::Verifier => "verifier.register",
            Self::Trustee => "trustee.publish",
            Self::Recovery => "recovery.request",
            Self::Disclosure => "disclosure.publish",
            Self::Root => "state.root",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Which part of the state a record of this kind changes. It also says who signs: the log what is of [`Part::Root`],
    /// departments everything else.
    pub const fn part(self) -> Part {
        match self {
            Self::Commit | Self::Status => Part::Credentials,
            Self::Root => Part::Root,
            Self::Admit
            | Self::Rotate
            | Self::Suspend
            | Self::Reinstate
            | Self::Schema
            | Self::Policy
            | Self::Model
            | Self::Key
            | Self::Retire
            | Self::Withdraw
            | Self::Verifier
            | Self::Trustee
            | Self::Recovery
            | Self::Disclosure => Part::Registry,
        }
    }

    /// Whose approval a record of this kind needs.
    pub const fn approval_rule(self) -> ApprovalRule {
        match self {
            Self::Admit
            | Self::Rotate
            | Self::Suspend
            | Self::Reinstate
            | Self::Key
            | Self::Retire
            | Self::Withdraw => ApprovalRule::Threshold,
            Self::Recovery => ApprovalRule::Second,
            Self::Status => ApprovalRule::Bulk,
            Self::Schema
            | Self::Policy
            | Self::Model
            | Self::Commit
            | Self::Verifier
            | Self::Trustee
            | Self::Disclosure
            | Self::Root => ApprovalRule::Never,
        }
    }

    /// Whether somebody's approval is always needed: then a record of this kind always has a list of them.
    pub fn needs_approval(self) -> bool {
        match self.approval_rule() {
            ApprovalRule::Threshold | ApprovalRule::Second => true,
            ApprovalRule::Bulk | ApprovalRule::Never => false,
        }
    }

    /// Whether it is an act of governance, which n of m departments must approve.
    pub fn is_governance(self) -> bool {
        self.approval_rule() == ApprovalRule::Threshold
    }
}
