//! A record in words before it is published: what the public page will show of it.

use circuits::model::Model;
use circuits::policy::Policy;
use circuits::schema::Schema;
use ledger::record::{
    Disclosed, DisclosurePublish, KeyPublish, KeyUse, Record, StatusAct, StatusChange, VerifierRegister,
};
use serde_json::Value;
use service::civil_time::minute;

use crate::{Reader, WORDS, grouped};

/// What the public page will show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The kind of record.
    pub kind: String,
    /// What it is called, with its identifier where it has one.
    pub title: String,
    /// The rest, in the order of the page.
    pub facts: Vec<Fact>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it says.
    pub label: String,
    /// Of this record.
    pub text: String,
}

impl Reader<'_> {
    /// A record in words. A policy's conditions are in words where its schemas are in the registry.
    pub fn told(&self, record: &Record) -> Told {
        let kind = self.say(&format!("kind-{}", record.kind().replace('.', "-")));
        let (title, facts) = self.title_and_facts(record);
        Told { kind, title, facts }
    }

    fn title_and_facts(&self, record: &Record) -> (String, Vec<Fact>) {
        match record {
            Record::Admit(r) => {
                let department = &r.department;
                let desk =
                    department.desk.as_ref().map(|desk| self.fact("department-desk", desk.to_string()));
                let key = self.fact("department-key", department.key.to_string());
                (
                    named(&self.text(&department.title), &department.id),
                    [Some(key), desk].into_iter().flatten().collect(),
                )
            }
            Record::Rotate(r) => {
                (self.department(&r.department), vec![self.fact("department-key", r.key.to_string())])
            }
            Record::Suspend(r) => (self.department(&r.department), vec![self.why(r.reason.as_str())]),
            Record::Reinstate(r) => (self.department(&r.department), vec![self.why(r.reason.as_str())]),
            Record::Schema(r) => self.schema_told(&r.schema),
            Record::Policy(r) => self.policy_told(&r.policy),
            Record::Model(r) => self.model_told(&r.model),
            Record::Key(r) => (format!("{}/{}", r.circuit, r.version), self.key_told(r)),
            Record::Retire(r) => {
                let until = self.fact("key-until", minute(r.retire_at));
                (r.vk_digest.short(), vec![until, self.why(r.reason.as_str())])
            }
            Record::Commit(r) => {
                let said = self.t().say2(
                    "summary-commit",
                    ("schema", &self.schema(&r.schema)),
                    ("count", &r.inner.len()),
                );
                (self.schema(&r.schema), vec![self.fact("told-says", said)])
            }
            Record::Status(r) => {
                (self.t().say1("summary-status", "count", r.changes.len()), self.changes(&r.changes))
            }
            Record::Withdraw(r) => {
                let said = self.t().say1("summary-withdraw", "department", self.department(&r.department));
                let ranges =
                    r.ranges.iter().map(|range| format!("{}–{}", range.first.get(), range.last.get()));
                let places =
                    self.fact("told-places", ranges.collect::<Vec<_>>().join(&self.say("list-comma")));
                (
                    self.department(&r.department),
                    vec![self.fact("told-says", said), places, self.why(r.reason.as_str())],
                )
            }
            Record::Verifier(r) => (self.text(&r.name), self.verifier_told(r)),
            Record::Trustee(r) => {
                let facts = vec![
                    self.fact("department-trustee", r.url.to_string()),
                    self.fact("department-trustee-key", r.key.to_string()),
                ];
                (self.say("told-trustee"), facts)
            }
            Record::Recovery(r) => {
                let said = self.t().say1("summary-recovery", "department", self.department(&r.desk));
                (self.department(&r.desk), vec![self.fact("told-says", said)])
            }
            Record::Disclosure(r) => (self.text(&r.title), self.disclosure_told(r)),
            Record::Root(r) => {
                let said = self.t().say1("summary-root", "leaves", r.leaves);
                (r.id.to_string(), vec![self.fact("told-says", said)])
            }
        }
    }

    fn schema_told(&self, schema: &Schema) -> (String, Vec<Fact>) {
        let optional =
            |optional| if optional { format!(" {}", self.say("schema-optional")) } else { String::new() };
        let attributes = schema.attributes.iter().map(|attribute| Fact {
            label: self.text(&attribute.title),
            text: format!(
                "{}{} · {}",
                self.form(&attribute.kind),
                optional(attribute.optional),
                attribute.name
            ),
        });
        let identity = schema.identity.iter().map(|identity| {
            let issuers: Vec<_> = identity.issuers.iter().map(|issuer| self.department(issuer)).collect();
            let issuers = issuers.join(&self.say("list-or"));
            let schema = self.schema(&identity.schema);
            self.fact(
                "told-identity",
                self.t().say2("sentence-held", ("schema", &schema), ("issuers", &issuers)),
            )
        });
        (named(&self.text(&schema.title), &schema.schema), attributes.chain(identity).collect())
    }

    fn policy_told(&self, policy: &Policy) -> (String, Vec<Fact>) {
        let basis = policy.legal_basis.text(self.language.tag()).to_owned();
        let mut facts =
            vec![self.fact("policy-purpose", self.text(&policy.purpose)), self.fact("policy-basis", basis)];
        match policy.check(self.registry) {
            Ok(checked) => {
                for terms in self.credential_terms(&checked) {
                    let or = |words: Vec<String>, none: &str| {
                        if words.is_empty() { self.say(none) } else { words.join(&self.say("list-and")) }
                    };
                    facts.push(Fact { label: terms.schema, text: or(terms.conditions, "policy-possession") });
                    facts.push(self.fact("policy-revealed", or(terms.revealed, "policy-nothing")));
                }
                facts.push(self.fact("policy-linked", self.linked(&checked)));
                facts.push(self.fact("told-sentence", self.sentence(&checked)));
            }
            Err(_) => facts.push(self.fact("told-sentence", self.say("told-uncompiled"))),
        }
        facts.push(self.fact("policy-retention", self.kept(policy)));
        facts.push(self.fact("policy-fresh", self.fresh(policy)));
        (named(&self.text(&policy.title), &policy.policy), facts)
    }

    fn model_told(&self, model: &Model) -> (String, Vec<Fact>) {
        let mut facts = vec![
            self.fact("told-meaning", self.text(model.meaning())),
            self.fact("model-schema", self.schema(model.schema())),
        ];
        match model {
            Model::Linear(linear) => {
                facts.push(self.fact("model-base", per(linear.base, linear.scale)));
                let weights = linear.weights.iter().map(|(name, weight)| Fact {
                    label: name.clone(),
                    text: self.t().say1("model-weight", "points", per(*weight, linear.scale)),
                });
                facts.extend(weights);
            }
            Model::Additive(additive) => {
                facts.push(self.fact("model-base", per(additive.base, additive.scale)));
                facts.push(self.fact("told-says", self.say("model-additive")));
            }
        }
        (named(&self.text(model.title()), model.id()), facts)
    }

    fn key_told(&self, key: &KeyPublish) -> Vec<Fact> {
        let made = match key.key_use {
            KeyUse::Development => "key-development",
            KeyUse::Ceremony => "key-ceremony",
        };
        let facts = [
            Some(self.fact("told-says", self.say(made))),
            Some(self.fact("key-digest", key.vk_digest.to_string())),
            key.valid_from.map(|at| self.fact("key-from", minute(at))),
            key.retire_at.map(|at| self.fact("key-until", minute(at))),
        ];
        facts.into_iter().flatten().collect()
    }

    fn changes(&self, changes: &[StatusChange]) -> Vec<Fact> {
        let shown = changes.iter().take(SHOWN).map(|change| Fact {
            label: format!("#{}", change.position.get()),
            text: format!("{} · {}", self.say(act_key(change.status)), self.reason(change.reason.as_str())),
        });
        let rest = changes.len().saturating_sub(SHOWN);
        let more = (rest > 0).then(|| self.fact("told-more", grouped(rest as u64)));
        shown.chain(more).collect()
    }

    fn verifier_told(&self, verifier: &VerifierRegister) -> Vec<Fact> {
        let register = verifier.register.as_ref().map(|register| {
            let what = self.t().say1("verifier-register-what", "register", self.department(register));
            self.fact("verifier-register", what)
        });
        let facts = [
            Some(self.fact("verifier-until", minute(verifier.until))),
            register,
            Some(self.fact("verifier-address", self.text(&verifier.address))),
            Some(self.fact("verifier-complaints", verifier.complaints.to_string())),
            Some(self.fact("policy-basis", self.text(&verifier.legal_basis))),
            Some(self.fact("verifier-id", verifier.client_id.to_string())),
        ];
        facts.into_iter().flatten().collect()
    }

    fn disclosure_told(&self, disclosure: &DisclosurePublish) -> Vec<Fact> {
        let category = self.fact("told-category", self.known("category", disclosure.category.as_str()));
        let content = match &disclosure.content {
            Disclosed::Linked { url, digest } => {
                vec![
                    self.fact("disclosure-linked", url.to_string()),
                    self.fact("told-digest", digest.to_string()),
                ]
            }
            Disclosed::Inline(Value::Object(members)) => {
                members.iter().flat_map(|(key, value)| self.member(key, value)).collect()
            }
            Disclosed::Inline(other) => vec![self.fact("told-document", other.to_string())],
        };
        [vec![category], content].concat()
    }

    /// A member of a document: a list of like things has a line for each.
    fn member(&self, key: &str, value: &Value) -> Vec<Fact> {
        let label = self.known("column", key);
        let Some(rows) = value.as_array().filter(|rows| rows.iter().all(Value::is_object)) else {
            return vec![Fact { label, text: self.phrase(value) }];
        };
        let row = |row: &Value| {
            let cells = row.as_object().into_iter().flatten();
            let cells =
                cells.map(|(key, value)| format!("{} {}", self.known("column", key), self.phrase(value)));
            Fact { label: label.clone(), text: cells.collect::<Vec<_>>().join(" · ") }
        };
        rows.iter().take(SHOWN).map(row).collect()
    }

    fn phrase(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Bool(truth) => self.say(if *truth { "yes" } else { "no" }),
            Value::Object(texts) => {
                let text =
                    texts.get(self.language.tag()).or_else(|| texts.get("zh-CN")).and_then(Value::as_str);
                text.map_or_else(|| value.to_string(), str::to_owned)
            }
            Value::Null | Value::Number(_) | Value::Array(_) => value.to_string(),
        }
    }

    fn why(&self, reason: &str) -> Fact {
        self.fact("told-reason", self.reason(reason))
    }
    fn fact(&self, key: &str, text: String) -> Fact {
        debug_assert!(WORDS.knows(key), "{key}");
        Fact { label: self.say(key), text }
    }
}

fn named(title: &str, id: &impl std::fmt::Display) -> String {
    format!("{title} ({id})")
}

const fn act_key(act: StatusAct) -> &'static str {
    match act {
        StatusAct::Revoke => "told-revoke",
        StatusAct::Suspend => "told-suspend",
        StatusAct::Restore => "told-restore",
    }
}

/// Units of a model as points.
fn per(units: i64, scale: u64) -> String {
    if scale == 1 { units.to_string() } else { format!("{units}/{scale}") }
}

/// Lines of one list at most; the public page shows all.
const SHOWN: usize = 50;

#[cfg(test)]
mod tests {
    use ledger::record::RecordKind;
    use ledger::registry::{Moment, Registry};
    use ledger::samples::{genesis, policy, schema, status};
    use service::web::Language;

    use super::*;

    fn registry() -> Registry {
        let mut registry = Registry::new(genesis(&["credit.nanning"], 1));
        let author = "credit.nanning".parse().unwrap();
        registry.rehearse(Moment::rehearsed(0, 1, 1), &author, &schema("score/1")).unwrap();
        registry
    }

    #[test]
    fn a_policy_is_told_as_the_public_page_tells_it() {
        let registry = registry();
        let record = policy("good/1", "score/1", "credit.nanning");
        for (language, word) in [(Language::English, "at least 500"), (Language::Chinese, "500")] {
            let told = Reader::new(&registry, language).told(&record);
            assert!(told.title.contains("good/1"));
            assert!(told.facts.iter().any(|fact| fact.text.contains(word)), "{told:?}");
        }
        let unknown =
            Reader::new(&registry, Language::English).told(&policy("p/1", "other/1", "credit.nanning"));
        assert!(
            unknown
                .facts
                .iter()
                .any(|fact| fact.text == WORDS.spoken(Language::English).say("told-uncompiled"))
        );
    }

    #[test]
    fn every_kind_and_every_act_has_words() {
        for kind in RecordKind::ALL {
            assert!(WORDS.knows(&format!("kind-{}", kind.as_str().replace('.', "-"))), "{kind:?}");
        }
        let registry = registry();
        for act in ["revoke", "suspend", "restore"] {
            let told = Reader::new(&registry, Language::English).told(&status("s", 3, act));
            assert_eq!(told.facts[0].label, "#3");
        }
    }
}
