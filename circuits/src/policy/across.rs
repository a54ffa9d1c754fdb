//! A condition over several credentials: which they are, and the rows of [`join`](crate::join).

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::clauses::NormalForm;
use super::rows::{atom, literals, unused};
use super::vocabulary::{Member, SeveralCredentials};
use super::{CheckedQuery, Formula, Policy, PolicyError, PolicyErrorKind, Subject};
use crate::join::{LINKS, Rows};

/// Where the formula stands in a policy.
pub(super) const PATH: &str = "$.across";

/// The policy's `across` with everything it refers to.
#[derive(Clone)]
pub(super) struct CheckedAcross {
    pub(super) names: SeveralCredentials,
    normal_form: NormalForm,
}

/// Checks and compiles `across`, if the policy has one; `queries` are those of its credentials.
pub(super) fn checked(
    policy: &Policy,
    queries: &[CheckedQuery],
) -> Result<Option<CheckedAcross>, PolicyError> {
    let Some(formula) = &policy.across else { return Ok(None) };
    let mut named = BTreeSet::new();
    collect_ids(formula, &mut named);
    let places: Vec<usize> = (0..policy.credentials.len())
        .filter(|i| named.contains(policy.credentials[*i].id.as_str()))
        .collect();
    refuse_overlap(policy, &places)?;
    let member = |i: &usize| Member {
        id: policy.credentials[*i].id.clone(),
        schema: queries[*i].names.schema.clone(),
    };
    let names = SeveralCredentials { members: places.iter().map(member).collect() };
    let normal_form = NormalForm::across(formula, &names, PATH)?;
    if places.len() > LINKS {
        return Err(PolicyError::new(PATH, PolicyErrorKind::TooManyLinked(places.len())));
    }
    Ok(Some(CheckedAcross { names, normal_form }))
}

/// The ids before the points of all names.
fn collect_ids<'a>(formula: &'a Formula, ids: &mut BTreeSet<&'a str>) {
    let mut add = |name: &'a str| ids.extend(name.split_once('.').map(|(id, _)| id));
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| collect_ids(part, ids)),
        Formula::Not(inner) => collect_ids(inner, ids),
        Formula::Condition(condition) => match &condition.subject {
            Subject::Attribute(name) => add(name),
            Subject::Sum(weights) => weights.keys().for_each(|name| add(name)),
            Subject::Model(_) => {}
        },
    }
}

/// One credential that fits two queries would count twice.
fn refuse_overlap(policy: &Policy, places: &[usize]) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    for i in places {
        let query = &policy.credentials[*i];
        for (k, issuer) in query.issuers.iter().enumerate() {
            if !seen.insert((&query.schema, issuer)) {
                let path = format!("$.credentials[{i}].issuers[{k}]");
                return Err(PolicyError::new(path, PolicyErrorKind::AcrossOverlap));
            }
        }
    }
    Ok(())
}

impl CheckedAcross {
    /// Unused slots, clauses and links are padded as in `show`.
    pub(super) fn rows(&self, today: Date) -> Result<Rows, PolicyError> {
        let atoms = self.normal_form.slots.iter().map(|slot| atom(slot, today));
        let atoms = atoms.collect::<Option<Vec<_>>>();
        let atoms = atoms.ok_or_else(|| PolicyError::new(PATH, PolicyErrorKind::DateOutOfRange))?;
        let clauses = &self.normal_form.clauses;
        Ok(Rows {
            atoms: std::array::from_fn(|j| atoms.get(j).cloned().unwrap_or_else(unused)),
            literal: std::array::from_fn(|c| {
                literals(*clauses.get(c).or(clauses.first()).expect("a formula has a clause"))
            }),
        })
    }
}
