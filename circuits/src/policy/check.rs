//! The rules of a policy around its formulas.

use std::collections::{BTreeMap, BTreeSet};

use super::clauses::NormalForm;
use super::start::{self, Start};
use super::vocabulary::OneCredential;
use super::{
    Catalogue, CheckedQuery, Conditions, CredentialQuery, Formula, Policy, PolicyError, PolicyErrorKind,
    Pseudonym, Subject,
};
use crate::credential::DepartmentId;
use crate::model::Model;
use crate::schema::{AttributeType, Localized, Schema, SchemaId, Value};
use crate::show::{INDEX_BITS, ISSUERS};

const CREDENTIALS: usize = 4;
const NAME_BYTES: usize = 64;
const RETENTION_DAYS: u32 = 3_650;
/// An index of a pseudonym has sixteen bits, and so has `uses`.
const USES: u32 = (1 << INDEX_BITS) - 1;
const ROOT_AGE_S: u64 = 31 * 86_400;

/// Compiles each credential query.
pub(super) fn queries(
    policy: &Policy,
    catalogue: &dyn Catalogue,
    start: Option<&Start>,
) -> Result<Vec<CheckedQuery>, PolicyError> {
    let mut ids = BTreeSet::new();
    let queries = policy.credentials.iter().enumerate();
    queries
        .map(|(i, query)| {
            let path = format!("$.credentials[{i}]");
            require(is_name(&query.id, "_-"), &path, ".id", PolicyErrorKind::CredentialId)?;
            require(ids.insert(&query.id), &path, ".id", PolicyErrorKind::RepeatedCredentialId)?;
            let since = start.and_then(|start| start.condition_of(i));
            checked(query, since, catalogue, &path)
        })
        .collect()
}

/// Checks what stands around the credential queries.
pub(super) fn envelope(policy: &Policy) -> Result<(), PolicyError> {
    let basis = Localized::try_from(policy.legal_basis.clone());
    basis.map_err(|e| PolicyError::new("$.legal_basis", PolicyErrorKind::LegalBasis(e)))?;
    require(policy.retention_days <= RETENTION_DAYS, "$", ".retention_days", PolicyErrorKind::Retention)?;
    let age = (1..=ROOT_AGE_S).contains(&policy.max_root_age_s);
    require(age, "$", ".max_root_age_s", PolicyErrorKind::RootAge)?;
    if let Pseudonym::Named { scope, uses, linkable: _, start, register } = &policy.pseudonym {
        require(is_name(scope, "._-"), "$", ".pseudonym.scope", PolicyErrorKind::ScopeName)?;
        require((1..=USES).contains(uses), "$", ".pseudonym.uses", PolicyErrorKind::Uses)?;
        let is_day = start.as_ref().is_none_or(|day| Value::from_text(&AttributeType::Date, day).is_ok());
        require(is_day, start::PATH, "", PolicyErrorKind::StartDay)?;
        // A register is named like a department, whose store it is.
        let is_register = register.as_ref().is_none_or(|name| name.parse::<DepartmentId>().is_ok());
        require(is_register, "$", ".pseudonym.register", PolicyErrorKind::RegisterName)?;
    }
    let count = (1..=CREDENTIALS).contains(&policy.credentials.len());
    require(count, "$", ".credentials", PolicyErrorKind::CredentialCount)
}

/// The register of a checked policy.
pub(super) fn register(policy: &Policy) -> Option<DepartmentId> {
    match &policy.pseudonym {
        Pseudonym::Session(_) => None,
        Pseudonym::Named { register, .. } => register.as_ref().and_then(|name| name.parse().ok()),
    }
}

fn checked(
    query: &CredentialQuery,
    since: Option<Formula>,
    catalogue: &dyn Catalogue,
    path: &str,
) -> Result<CheckedQuery, PolicyError> {
    let Some(schema) = catalogue.schema(&query.schema).filter(|schema| schema.schema == query.schema) else {
        return Err(PolicyError::new(format!("{path}.schema"), PolicyErrorKind::UnknownSchema));
    };
    let issuers: BTreeSet<_> = query.issuers.iter().collect();
    let distinct = issuers.len() == query.issuers.len() && (1..=ISSUERS).contains(&issuers.len());
    require(distinct, path, ".issuers", PolicyErrorKind::Issuers)?;
    reveal(query, schema, path)?;
    let mut models = BTreeMap::new();
    query.require.iter().for_each(|formula| collect_models(formula, catalogue, &mut models));
    let names = OneCredential { schema: schema.clone(), models };
    let conditions = Conditions { own: query.require.clone(), since };
    let normal_form = NormalForm::new(&conditions, query.reveal.len(), &names, path)?;
    Ok(CheckedQuery { names, conditions, normal_form })
}

fn reveal(query: &CredentialQuery, schema: &Schema, path: &str) -> Result<(), PolicyError> {
    let mut names = BTreeSet::new();
    query.reveal.iter().enumerate().try_for_each(|(i, name)| {
        let place = format!(".reveal[{i}]");
        let unknown = PolicyErrorKind::UnknownAttribute(schema.schema.clone());
        require(schema.attribute(name).is_some(), path, &place, unknown)?;
        require(names.insert(name), path, &place, PolicyErrorKind::RevealedTwice)
    })
}

/// Keeps the models that the formula names and that exist; the compiler points at the others.
fn collect_models(formula: &Formula, catalogue: &dyn Catalogue, models: &mut BTreeMap<SchemaId, Model>) {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => {
            for part in parts {
                collect_models(part, catalogue, models);
            }
        }
        Formula::Not(inner) => collect_models(inner, catalogue, models),
        Formula::Condition(condition) => {
            if let Subject::Model(id) = &condition.subject
                && let Some(model) = catalogue.model(id).filter(|model| model.id() == id)
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

fn require(holds: bool, path: &str, field: &str, kind: PolicyErrorKind) -> Result<(), PolicyError> {
    if holds { Ok(()) } else { Err(PolicyError::new(format!("{path}{field}"), kind)) }
}
