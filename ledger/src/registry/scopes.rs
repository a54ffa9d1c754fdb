//! Named scopes: the first policy of one says what holds for all of them.
//!
//! A scope is a department's, and its pseudonyms are the same whatever policy asks for them. Were a later policy to count
//! otherwise, to begin on another day or to be asked by another store, what the first one promised would not hold.

use std::fmt;

use circuits::policy::{Policy, Pseudonym};

use super::moment::{Judged, Moment};
use super::{PublishedPolicy, Registry, RegistryError};
use crate::genesis::Department;

/// What the first policy of a scope fixes for all later ones of the department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeTerm {
    /// `uses`.
    Uses,
    /// `linkable`.
    Linkable,
    /// `start`.
    Start,
    /// `register`.
    Register,
    /// `max_root_age_s`.
    MaxRootAge,
}

impl fmt::Display for ScopeTerm {
    /// As the policy spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uses => "uses",
            Self::Linkable => "linkable",
            Self::Start => "start",
            Self::Register => "register",
            Self::MaxRootAge => "max_root_age_s",
        })
    }
}

impl Registry {
    /// Whether the policy says of its scope what the department's first policy of the scope said.
    ///
    /// A log from before the rule may hold others, and is read as it is. A genesis that names a person authority is of after
    /// it, so there everybody who reads the registry judges every entry.
    pub(super) fn check_scope(
        &self,
        at: Moment,
        author: &Department,
        policy: &Policy,
    ) -> Result<(), RegistryError> {
        let authority = self.genesis().person_authority();
        match (at.judged, authority) {
            (Judged::InLog, None) => return Ok(()),
            (Judged::InLog, Some(_)) | (Judged::Anew | Judged::Rehearsed, _) => {}
        }
        let Pseudonym::Named { scope, start, .. } = &policy.pseudonym else { return Ok(()) };
        let Some(first) = self.first_of_scope(author, scope) else {
            return match (authority, start) {
                (Some(_), None) => Err(RegistryError::ScopeWithoutStart(scope.clone())),
                (Some(_), Some(_)) | (None, _) => Ok(()),
            };
        };
        let first = first.checked.policy();
        let Some(term) = other_term(first, policy) else { return Ok(()) };
        Err(RegistryError::OtherScopeTerm { scope: scope.clone(), term, first: first.policy.clone() })
    }

    /// The first policy of a department with a scope of this name.
    fn first_of_scope(&self, department: &Department, name: &str) -> Option<&PublishedPolicy> {
        let of_scope = |found: &&PublishedPolicy| match &found.checked.policy().pseudonym {
            Pseudonym::Named { scope, .. } => scope == name && found.publisher == department.id,
            Pseudonym::Session(_) => false,
        };
        self.policies().filter(of_scope).min_by_key(|found| found.index)
    }
}

/// The first thing in which two policies of one scope differ.
fn other_term(first: &Policy, later: &Policy) -> Option<ScopeTerm> {
    match (&first.pseudonym, &later.pseudonym) {
        (
            Pseudonym::Named { scope: _, uses, linkable, start, register },
            Pseudonym::Named { scope: _, uses: u, linkable: l, start: s, register: r },
        ) => {
            let differ = [
                (ScopeTerm::Uses, uses != u),
                (ScopeTerm::Linkable, linkable != l),
                (ScopeTerm::Start, start != s),
                (ScopeTerm::Register, register != r),
                (ScopeTerm::MaxRootAge, first.max_root_age_s != later.max_root_age_s),
            ];
            differ.into_iter().find_map(|(term, differs)| differs.then_some(term))
        }
        (Pseudonym::Session(_), _) | (_, Pseudonym::Session(_)) => None,
    }
}
