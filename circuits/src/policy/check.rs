//! The rules of a policy around its formulas.

use std::collections::{BTreeMap, BTreeSet};

use super::clauses::NormalForm;
use super::slot::Names;
use super::{Catalogue, CheckedQuery, CredentialQuery, Formula, Policy, PolicyError, Pseudonym, Subject};
use crate::model::ScoringModel;
use crate::schema::{Localized, Schema, SchemaId};
use crate::show::ISSUERS;

const CREDENTIALS: usize = 4;
const NAME_BYTES: usize = 64;
const RETENTION_DAYS: u32 = 3_650;
const ROOT_AGE_S: u64 = 31 * 86_400;

/// Checks everything and compiles each credential query.
pub(super) fn queries(policy: &Policy, catalogue: &dyn Catalogue) -> Result<Vec<CheckedQuery>, PolicyError> {
    envelope(policy)?;
    let mut ids = BTreeSet::new();
    let each = policy.credentials.iter().enumerate();
    each.map(|(i, query)| {
        let path = format!("$.credentials[{i}]");
        require(is_name(&query.id, "_-"), &path, ".id", "is not `[A-Za-z0-9_-]` of 1 to 64 characters")?;
        require(ids.insert(&query.id), &path, ".id", "is the id of an earlier credential")?;
        checked(query, catalogue, &path)
    })
    .collect()
}

fn envelope(policy: &Policy) -> Result<(), PolicyError> {
    let basis = Localized::try_from(policy.legal_basis.clone());
    basis.map_err(|e| PolicyError::new("$.legal_basis", e.to_string()))?;
    require(policy.retention_days <= RETENTION_DAYS, "$", ".retention_days", "is more than 3,650 days")?;
    let age = (1..=ROOT_AGE_S).contains(&policy.max_root_age_s);
    require(age, "$", ".max_root_age_s", "is not between 1 second and 31 days")?;
    if let Pseudonym::Named { scope, uses } = &policy.pseudonym {
        let reason = "is not `[A-Za-z0-9._-]` of 1 to 64 characters";
        require(is_name(scope, "._-"), "$", ".pseudonym.scope", reason)?;
        require(*uses > 0, "$", ".pseudonym.uses", "is zero; a citizen needs at least one use")?;
    }
    let count = (1..=CREDENTIALS).contains(&policy.credentials.len());
    require(count, "$", ".credentials", "has not 1 to 4 credentials")
}

fn checked(
    query: &CredentialQuery,
    catalogue: &dyn Catalogue,
    path: &str,
) -> Result<CheckedQuery, PolicyError> {
    let Some(schema) = catalogue.schema(&query.schema).filter(|schema| schema.schema == query.schema) else {
        return Err(PolicyError::new(format!("{path}.schema"), "is not a published schema"));
    };
    let issuers: BTreeSet<_> = query.issuers.iter().collect();
    let distinct = issuers.len() == query.issuers.len() && (1..=ISSUERS).contains(&issuers.len());
    require(distinct, path, ".issuers", "is not a list of 1 to 4 different departments")?;
    reveal(query, schema, path)?;
    let mut models = BTreeMap::new();
    query.require.iter().for_each(|formula| collect_models(formula, catalogue, &mut models));
    let normal_form = NormalForm::new(query, Names { schema, models: &models }, path)?;
    Ok(CheckedQuery { schema: schema.clone(), models, normal_form })
}

fn reveal(query: &CredentialQuery, schema: &Schema, path: &str) -> Result<(), PolicyError> {
    let mut names = BTreeSet::new();
    query.reveal.iter().enumerate().try_for_each(|(i, name)| {
        let place = format!(".reveal[{i}]");
        require(schema.attribute(name).is_some(), path, &place, "is not an attribute of the schema")?;
        require(names.insert(name), path, &place, "is revealed twice")
    })
}

/// Keeps the models that the formula names and that exist; the compiler points at the others.
fn collect_models(
    formula: &Formula,
    catalogue: &dyn Catalogue,
    models: &mut BTreeMap<SchemaId, ScoringModel>,
) {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => {
            for part in parts {
                collect_models(part, catalogue, models);
            }
        }
        Formula::Not(inner) => collect_models(inner, catalogue, models),
        Formula::Condition(condition) => {
            if let Subject::Model(id) = &condition.subject
                && let Some(model) = catalogue.model(id).filter(|model| model.model == *id)
            {
                models.insert(id.clone(), model.clone());
            }
        }
    }
}

fn is_name(name: &str, punctuation: &str) -> bool {
    (1..=NAME_BYTES).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c))
}

fn require(holds: bool, path: &str, field: &str, reason: &str) -> Result<(), PolicyError> {
    if holds { Ok(()) } else { Err(PolicyError::new(format!("{path}{field}"), reason)) }
}
