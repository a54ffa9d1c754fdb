//! Policies in words: one sentence for a list, and its parts for a page.

use circuits::policy::{CredentialQuery, Policy, Pseudonym};
use circuits::schema::Localized;
use ledger::registry::PublishedPolicy;

use super::view::View;

/// What one credential must show, in words.
pub(super) struct Asked {
    pub(super) schema: String,
    pub(super) schema_id: String,
    pub(super) issuers: Vec<String>,
    pub(super) conditions: Vec<String>,
    pub(super) revealed: Vec<String>,
}

/// What each credential must show.
pub(super) fn asked(view: &View<'_>, policy: &PublishedPolicy) -> Vec<Asked> {
    let one = |query: &CredentialQuery| Asked {
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
    let asked = asked(view, policy);
    let clauses: Vec<_> = asked.iter().map(|asked| clause(view, asked)).collect();
    let must = clauses.join(&view.say("list-semicolon"));
    let revealed: Vec<_> = asked.into_iter().flat_map(|asked| asked.revealed).collect();
    let learnt = if revealed.is_empty() {
        view.say("sentence-nothing-revealed")
    } else {
        view.t().say1("sentence-revealed", "titles", revealed.join(&view.say("list-comma")))
    };
    let kept = kept(view, policy.checked.policy());
    [view.t().say1("sentence-must", "must", must), learnt, linked(view, policy.checked.policy()), kept]
        .concat()
}

/// Whether two answers of one person can be seen to be hers.
pub(super) fn linked(view: &View<'_>, policy: &Policy) -> String {
    match &policy.pseudonym {
        Pseudonym::Session(_) => view.say("sentence-session"),
        Pseudonym::Named { scope, uses: 1 } => view.t().say1("sentence-once", "scope", scope),
        Pseudonym::Named { scope, uses } => view.t().say2("sentence-uses", ("scope", scope), ("uses", uses)),
    }
}

/// How long the receipt is kept.
pub(super) fn kept(view: &View<'_>, policy: &Policy) -> String {
    view.t().say1("sentence-kept", "days", policy.retention_days)
}

fn clause(view: &View<'_>, asked: &Asked) -> String {
    let issuers = asked.issuers.join(&view.say("list-or"));
    let held = view.t().say2("sentence-held", ("schema", &asked.schema), ("issuers", &issuers));
    if asked.conditions.is_empty() {
        return held;
    }
    let conditions = asked.conditions.join(&view.say("list-and"));
    view.t().say2("sentence-with", ("held", &held), ("conditions", &conditions))
}

/// Nothing beyond possession has no condition: the credential is named anyway.
fn conditions(view: &View<'_>, policy: &PublishedPolicy, query: &CredentialQuery) -> Vec<String> {
    match query.require {
        None => Vec::new(),
        Some(_) => policy.checked.in_general(&query.id, view.tongue()),
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
