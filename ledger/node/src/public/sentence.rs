//! Policies in words: one sentence for a list, and its parts for a page.

use circuits::policy::{CredentialQuery, Policy, Pseudonym};
use circuits::schema::Localized;
use ledger::registry::PublishedPolicy;

use super::render::View;

/// What one credential must show, in words.
pub(super) struct CredentialTerms {
    pub(super) schema: String,
    pub(super) schema_id: String,
    pub(super) issuers: Vec<String>,
    pub(super) conditions: Vec<String>,
    pub(super) revealed: Vec<String>,
}

/// What each credential must show.
pub(super) fn credential_terms(view: &View<'_>, policy: &PublishedPolicy) -> Vec<CredentialTerms> {
    let one = |query: &CredentialQuery| CredentialTerms {
        schema: view.schema(&query.schema),
        schema_id: query.schema.as_str().to_owned(),
        issuers: query.issuers.iter().map(|issuer| view.department(issuer)).collect(),
        conditions: conditions(view, policy, query),
        revealed: revealed(view, policy, query),
    };
    policy.checked.policy().credentials.iter().map(one).collect()
}

/// The whole policy as one sentence.
pub(super) fn sentence(view: &View<'_>, policy: &PublishedPolicy) -> String {
    let credential_terms = credential_terms(view, policy);
    let clauses: Vec<_> =
        credential_terms.iter().map(|credential_terms| clause(view, credential_terms)).collect();
    let must = clauses.join(&view.say("list-semicolon"));
    let revealed: Vec<_> =
        credential_terms.into_iter().flat_map(|credential_terms| credential_terms.revealed).collect();
    let learnt = if revealed.is_empty() {
        view.say("sentence-nothing-revealed")
    } else {
        view.t().say1("sentence-revealed", "titles", revealed.join(&view.say("list-comma")))
    };
    let kept = kept(view, policy.checked.policy());
    [view.t().say1("sentence-must", "must", must), learnt, linked(view, policy), kept].concat()
}

/// Whether two answers of one person can be seen to be hers, from when on and by whom they are counted.
pub(super) fn linked(view: &View<'_>, policy: &PublishedPolicy) -> String {
    let pseudonym = &policy.checked.policy().pseudonym;
    let counted = match pseudonym {
        Pseudonym::Session(_) => view.say("sentence-session"),
        Pseudonym::Named { scope, uses: 1, .. } => view.t().say1("sentence-once", "scope", scope),
        Pseudonym::Named { scope, uses, linkable, .. } => {
            let key = if *linkable { "sentence-uses" } else { "sentence-uses-apart" };
            view.t().say2(key, ("scope", scope), ("uses", uses))
        }
    };
    let register = policy.checked.register();
    let register = register.map(|name| view.t().say1("sentence-register", "register", view.department(name)));
    let start = match pseudonym {
        Pseudonym::Named { start: Some(day), .. } => Some(view.t().say1("sentence-start", "day", day)),
        Pseudonym::Named { start: None, .. } | Pseudonym::Session(_) => None,
    };
    [Some(counted), register, start].into_iter().flatten().collect()
}

/// How long the receipt is kept.
pub(super) fn kept(view: &View<'_>, policy: &Policy) -> String {
    view.t().say1("sentence-kept", "days", policy.retention_days)
}

fn clause(view: &View<'_>, credential_terms: &CredentialTerms) -> String {
    let issuers = credential_terms.issuers.join(&view.say("list-or"));
    let held = view.t().say2("sentence-held", ("schema", &credential_terms.schema), ("issuers", &issuers));
    if credential_terms.conditions.is_empty() {
        return held;
    }
    let conditions = credential_terms.conditions.join(&view.say("list-and"));
    view.t().say2("sentence-with", ("held", &held), ("conditions", &conditions))
}

/// Nothing beyond possession has no condition: the credential is named anyway.
fn conditions(view: &View<'_>, policy: &PublishedPolicy, query: &CredentialQuery) -> Vec<String> {
    if policy.checked.has_conditions(&query.id) {
        policy.checked.in_general(&query.id, view.tongue())
    } else {
        Vec::new()
    }
}

fn revealed(view: &View<'_>, policy: &PublishedPolicy, query: &CredentialQuery) -> Vec<String> {
    let title = |name: &String| -> Option<&Localized> {
        policy.checked.schema(&query.id)?.attribute(name).map(|(_, attribute)| &attribute.title)
    };
    query
        .reveal
        .iter()
        .map(|name| title(name).map_or_else(|| name.clone(), |title| view.text(title)))
        .collect()
}
