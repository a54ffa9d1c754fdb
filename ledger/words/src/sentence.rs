//! Policies in words: one sentence for a list, and its parts for a page.

use circuits::policy::{CheckedPolicy, CredentialQuery, Policy, Pseudonym};
use circuits::schema::Localized;

use crate::{Reader, grouped};

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
        self.t().say1("sentence-kept", "span", self.t().say1("span-days", "count", policy.retention_days))
    }

    /// How long a state of the ledger is still accepted after a newer one.
    pub fn fresh(&self, policy: &Policy) -> String {
        self.t().say1("policy-root-age", "span", self.span(policy.max_root_age_s))
    }

    /// Seconds in the largest unit that measures them whole.
    fn span(&self, seconds: u64) -> String {
        let units = [(86_400, "span-days"), (3600, "span-hours"), (60, "span-minutes"), (1, "span-seconds")];
        let whole = units.into_iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
        let (unit, key) = whole.unwrap_or((1, "span-seconds"));
        let count = seconds / unit;
        if count < 1000 {
            self.t().say1(key, "count", count)
        } else {
            self.t().say1(key, "count", grouped(count))
        }
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

#[cfg(test)]
mod tests {
    use ledger::registry::Registry;
    use ledger::samples::genesis;
    use service::web::Language;

    use super::*;

    #[test]
    fn a_span_is_said_in_the_largest_unit_with_its_plural() {
        let registry = Registry::new(genesis(&["credit.nanning"], 1));
        for (seconds, chinese, english) in [
            (86_400, "1 天", "1 day"),
            (172_800, "2 天", "2 days"),
            (3600, "1 小时", "1 hour"),
            (1200, "20 分钟", "20 minutes"),
            (60, "1 分钟", "1 minute"),
            (1, "1 秒", "1 second"),
            (5401, "5,401 秒", "5,401 seconds"),
            (0, "0 秒", "0 seconds"),
        ] {
            assert_eq!(Reader::new(&registry, Language::Chinese).span(seconds), chinese);
            assert_eq!(Reader::new(&registry, Language::English).span(seconds), english);
        }
    }
}
