//! `credential.withdraw`: governance takes away what a department committed that can no longer be trusted to do so itself.

use circuits::credential::DepartmentId;
use circuits::tree::Position;
use serde::{Deserialize, Serialize};

use super::{Approval, ApprovalTerms, ReasonCode, RecordId};

/// `credential.withdraw`: revokes every credential of one department within ranges of positions; by n-of-m of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialWithdraw {
    /// Idempotency key.
    pub id: RecordId,
    /// Who committed them. Credentials of other departments within the ranges stay as they are.
    pub department: DepartmentId,
    /// Where they are.
    pub ranges: Ranges,
    /// Why.
    pub reason: ReasonCode,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// 1 to [`MAX_RANGES`] ranges of positions, ascending and apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Range>", into = "Vec<Range>")]
pub struct Ranges(Vec<Range>);

/// Positions from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first position.
    pub first: Position,
    /// The last position; not before the first.
    pub last: Position,
}

/// The ranges are none, too many, empty, or not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a withdrawal names 1 to {MAX_RANGES} ranges of positions, ascending and apart, none of them empty")]
pub struct BadRanges;

impl Ranges {
    /// The ranges in order.
    pub fn iter(&self) -> impl Iterator<Item = &Range> {
        self.0.iter()
    }
    /// The last position of all.
    pub fn last(&self) -> Position {
        self.0.last().expect("there is at least one range").last
    }
}

impl TryFrom<Vec<Range>> for Ranges {
    type Error = BadRanges;
    fn try_from(ranges: Vec<Range>) -> Result<Self, BadRanges> {
        let counted = (1..=MAX_RANGES).contains(&ranges.len());
        let filled = ranges.iter().all(|range| range.first <= range.last);
        let apart = ranges.windows(2).all(|pair| matches!(pair, [one, next] if one.last < next.first));
        if counted && filled && apart { Ok(Self(ranges)) } else { Err(BadRanges) }
    }
}

impl From<Ranges> for Vec<Range> {
    fn from(ranges: Ranges) -> Self {
        ranges.0
    }
}

/// Ranges in one `credential.withdraw` at most.
pub const MAX_RANGES: usize = 256;
/// Credentials that one `credential.withdraw` revokes at most: a shard of the tree.
pub const MAX_WITHDRAWN: usize = 65_536;
