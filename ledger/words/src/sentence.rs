//! Policies in words: one sentence for a list, and its parts for a page.

use circuits::policy::{CheckedPolicy, CredentialQuery, Policy, Pseudonym};
use circuits::schema::Localized;

use crate::Reader;

/// What one credential must show, in words.
pub struct CredentialTerms {
    /// Its title.
    pub schema: String,
    /// `name/version`.
    pub schema_id: String,
    /// Departments whose credential is accepted.
    pub issuers: Vec<String>,
    /// What must hold of it; empty where holding it is enough.
    pub conditions: Vec<String>,
    /// What the counter is given.
    pub revealed: Vec<String>,
}

impl Reader<'_> {
    /// What each credential must show.
    pub fn credential_terms(&self, policy: &CheckedPolicy) -> Vec<CredentialTerms> {
        let one = |query: &CredentialQuery| CredentialTerms {
            schema: self.schema(&query.schema),
            schema_id: query.schema.as_str().to_owned(),
            issuers: query.issuers.iter().map(|issuer| self.department(issuer)).collect(),
            conditions: self.conditions(policy, query),
            revealed: self.revealed(policy, query),
        };
        policy.policy().credentials.iter().map(one).collect()
    }

    /// The whole policy as one sentence.
    pub fn sentence(&self, policy: &CheckedPolicy) -> String {
        let terms = self.credential_terms(policy);
        let clauses: Vec<_> = terms.iter().map(|terms| self.clause(terms)).collect();
        let must = clauses.join(&self.say("list-semicolon"));
        let revealed: Vec<_> = terms.into_iter().flat_map(|terms| terms.revealed).collect();
        let learnt = if revealed.is_empty() {
            self.say("sentence-nothing-revealed")
        } else {
            self.t().say1("sentence-revealed", "titles", revealed.join(&self.say("list-comma")))
        };
        let kept = self.kept(policy.policy());
        [self.t().say1("sentence-must", "must", must), learnt, self.linked(policy), kept].concat()
    }

    /// Whether two answers of one person can be seen to be hers, from when on and by whom they are counted.
    pub fn linked(&self, policy: &CheckedPolicy) -> String {
        let pseudonym = &policy.policy().pseudonym;
        let counted = match pseudonym {
            Pseudonym::Session(_) => self.say("sentence-session"),
            Pseudonym::Named { scope, uses: 1, .. } => self.t().say1("sentence-once", "scope", scope),
            Pseudonym::Named { scope, uses, linkable, .. } => {
                let key = if *linkable { "sentence-uses" } else { "sentence-uses-apart" };
                self.t().say2(key, ("scope", scope), ("uses", uses))
            }
        };
        let register = policy.register();
        let register =
            register.map(|name| self.t().say1("sentence-register", "register", self.department(name)));
        let start = match pseudonym {
            Pseudonym::Named { start: Some(day), .. } => Some(self.t().say1("sentence-start", "day", day)),
            Pseudonym::Named { start: None, .. } | Pseudonym::Session(_) => None,
        };
        [Some(counted), register, start].into_iter().flatten().collect()
    }

    /// How long the receipt is kept.
    pub fn kept(&self, policy: &Policy) -> String {
        self.t().say1("sentence-kept", "days", policy.retention_days)
    }

    fn clause(&self, terms: &CredentialTerms) -> String {
        let issuers = terms.issuers.join(&self.say("list-or"));
        let held = self.t().say2("sentence-held", ("schema", &terms.schema), ("issuers", &issuers));
        if terms.conditions.is_empty() {
            return held;
        }
        let conditions = terms.conditions.join(&self.say("list-and"));
        self.t().say2("sentence-with", ("held", &held), ("conditions", &conditions))
    }

    /// Nothing beyond possession has no condition: the credential is named anyway.
    fn conditions(&self, policy: &CheckedPolicy, query: &CredentialQuery) -> Vec<String> {
        if policy.has_conditions(&query.id) {
            policy.in_general(&query.id, self.tongue())
        } else {
            Vec::new()
        }
    }

    fn revealed(&self, policy: &CheckedPolicy, query: &CredentialQuery) -> Vec<String> {
        let title = |name: &String| -> Option<&Localized> {
            policy.schema(&query.id)?.attribute(name).map(|(_, attribute)| &attribute.title)
        };
        query
            .reveal
            .iter()
            .map(|name| title(name).map_or_else(|| name.clone(), |title| self.text(title)))
            .collect()
    }
}
