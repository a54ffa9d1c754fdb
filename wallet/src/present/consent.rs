//! Consent: what the owner is shown, and what they decide.

use circuits::model::AdditiveModel;
use circuits::policy::{CredentialQuery, Policy, Pseudonym};
use circuits::schema::{Localized, Schema, Value};
use circuits::typed;
use ledger::record::KeyUse;
use url::Url;

use super::ProvingKey;
use super::choose::Selection;
use super::question::Question;
use crate::followed::View;
use crate::history::{Event, Outcome};
use crate::keys::Provers;
use crate::uses::{Left, Permit, Uses};

/// Asks the owner. Called once for every request that was checked, also where nothing can answer it, so that the time
/// until the answer tells nothing.
pub trait Consent {
    /// Shows the screen and waits. Where nothing can answer, either decision sends the same refusal.
    fn decide(&mut self, screen: &Screen<'_>) -> Decision;
}

/// What the owner decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// 同意
    Agree,
    /// 同意, but the answer is only made: another program sends it. Where nothing fits, nothing is sent either.
    Keep,
    /// 拒绝
    Refuse,
}

impl<F: FnMut(&Screen<'_>) -> Decision> Consent for F {
    fn decide(&mut self, screen: &Screen<'_>) -> Decision {
        self(screen)
    }
}

/// Everything the owner must know to decide. Holds values to be handed over: no `Debug`, for the owner's eyes only.
pub struct Screen<'a> {
    request: &'a dyn Question,
    view: &'a View,
    selection: &'a Selection<'a>,
    keys: Vec<ProvingKey>,
    uses: &'a Uses,
    history: &'a [Event],
}

/// Who counts the uses of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Each counter for itself.
    ByEach,
    /// The counter that asks, alone.
    HereAlone,
}

/// What links answers to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linkability {
    /// Nothing: every answer is under a fresh pseudonym.
    None,
    /// Answers within a scope have one pseudonym, and only so many are accepted.
    Within {
        /// The scope's name.
        scope: String,
        /// Answers accepted from one person.
        uses: u32,
        /// Who counts them.
        counted: Counted,
    },
    /// A person has so many uses of a scope, and each has a pseudonym of its own.
    Uses {
        /// The scope's name.
        scope: String,
        /// Answers accepted from one person.
        uses: u16,
        /// What this wallet can still show, this answer included.
        left: Left,
    },
}

/// One attribute to be handed over.
pub struct Revealed {
    /// The attribute, as the schema names it for programs.
    pub name: String,
    /// What people read.
    pub title: Localized,
    /// The value; `None` where the wallet cannot answer or the attribute is absent.
    pub value: Option<Value>,
}

/// A score that is proved to be within bounds. The verifier does not learn the score.
pub struct AskedScore<'a> {
    /// Of which credential under which model, and what it must be, in words.
    pub condition: String,
    /// The model as it is published.
    pub model: &'a AdditiveModel,
}

impl<'a> Screen<'a> {
    pub(super) fn new(
        request: &'a dyn Question,
        view: &'a View,
        selection: &'a Selection<'a>,
        provers: &Provers,
        (uses, history): (&'a Uses, &'a [Event]),
    ) -> Self {
        let keys = provers.verifying_keys().map(|key| ProvingKey::new(key, view)).collect();
        Self { request, view, selection, keys, uses, history }
    }

    /// The question: who asks, and the policy with purpose, legal basis and retention as published on the ledger.
    pub fn request(&self) -> &dyn Question {
        self.request
    }

    /// The policy as published.
    pub fn policy(&self) -> &Policy {
        self.request.policy().checked.policy()
    }

    /// With which credentials it can be answered, or what is missing.
    pub fn selection(&self) -> &Selection<'a> {
        self.selection
    }

    /// Whether proofs are made with development keys, which somebody may be able to forge.
    pub fn keys(&self) -> KeyUse {
        let uses = self.keys.iter().map(|key| key.key_use);
        uses.fold(KeyUse::Ceremony, |worst, each| match each {
            KeyUse::Development => KeyUse::Development,
            KeyUse::Ceremony => worst,
        })
    }

    /// The keys that proofs are made with, one for each kind of proof.
    pub fn proving_keys(&self) -> &[ProvingKey] {
        &self.keys
    }

    /// What links this answer to others.
    pub fn linkability(&self) -> Linkability {
        match (Permit::new(self.request.policy()), &self.policy().pseudonym) {
            (Some(permit), _) => Linkability::Uses {
                scope: permit.scope().to_owned(),
                uses: permit.uses(),
                left: self.uses.left(&permit),
            },
            (None, Pseudonym::Session(_)) => Linkability::None,
            (None, Pseudonym::Named { scope, uses, register, .. }) => {
                let counted = if register.is_some() { Counted::HereAlone } else { Counted::ByEach };
                Linkability::Within { scope: scope.clone(), uses: *uses, counted }
            }
        }
    }

    /// What is proved about a credential, in words: all that the verifier learns from the proof.
    pub fn conditions(&self, query: &CredentialQuery, language: &str) -> Vec<String> {
        self.request.policy().checked.in_words(&query.id, self.request.now(), language)
    }

    /// What is proved of several credentials together, in words; empty where that is nothing.
    pub fn across(&self, language: &str) -> Vec<String> {
        self.request.policy().checked.across_in_words(self.request.now(), language)
    }

    /// The scores that are proved.
    pub fn scores(&self, language: &str) -> Vec<AskedScore<'_>> {
        let checked = &self.request.policy().checked;
        let sentences = checked.scores_in_words(language);
        let models = checked.score_models().map(|(_, model)| model);
        models.zip(sentences).map(|(model, condition)| AskedScore { condition, model }).collect()
    }

    /// The schema of a query.
    pub fn schema(&self, query: &CredentialQuery) -> Option<&Schema> {
        self.view.registry().published_schema(&query.schema).map(|published| &published.item)
    }

    /// A department's name for people.
    pub fn department(&self, id: &circuits::credential::DepartmentId) -> Option<&Localized> {
        self.view.registry().department(id).map(|department| &department.title)
    }

    /// The departments that issue what a query asks for, by their names, and where their desks are on the web.
    pub fn issuers(&self, query: &CredentialQuery) -> impl Iterator<Item = (&Localized, Option<&Url>)> {
        let known = query.issuers.iter().filter_map(|id| self.view.registry().department(id));
        known.map(|department| (&department.title, department.desk.as_ref()))
    }

    /// When this wallet gave an answer that this policy's scope counts and this verifier would count, as far as the history
    /// says: in a scope that takes a few answers of a person, the latest of as many as it takes. `None` while one more may be
    /// accepted.
    pub fn answered_at(&self) -> Option<u64> {
        let Linkability::Within { scope, uses, counted } = self.linkability() else { return None };
        let publisher = &self.request.policy().publisher;
        let asker = &self.request.relying_party().client_id;
        let registry = self.view.registry();
        let counts = |event: &&Event| {
            event.request().is_some_and(|record| {
                let here = counted == Counted::HereAlone || record.client_id == *asker;
                let of = registry.policy(&record.policy).is_some_and(|policy| policy.publisher == *publisher);
                record.outcome == Outcome::Presented
                    && here
                    && of
                    && record.linked_in.as_deref() == Some(&scope)
            })
        };
        let answered: Vec<u64> = self.history.iter().filter(counts).map(|event| event.time).collect();
        let all = u32::try_from(answered.len()).is_ok_and(|answered| answered >= uses);
        answered.last().copied().filter(|_| all)
    }

    /// What is handed over from a credential.
    pub fn revealed(&self, query: &CredentialQuery) -> Vec<Revealed> {
        let held = match self.selection {
            Selection::Complete(choice) => {
                choice.credentials().find(|(id, _)| *id == query.id).map(|(_, held)| held)
            }
            Selection::Incomplete(_) => None,
        };
        let attribute = |name: &String| Revealed {
            name: name.clone(),
            title: self.title(query, name),
            value: held.and_then(|held| held.credential.values.get(name)).cloned(),
        };
        query.reveal.iter().map(attribute).collect()
    }

    fn title(&self, query: &CredentialQuery, name: &str) -> Localized {
        let attribute =
            self.schema(query).and_then(|schema| schema.attributes.iter().find(|a| a.name == name));
        let bare = || Localized::same(name).expect("a checked policy names attributes by plain identifiers");
        attribute.map_or_else(bare, |attribute| attribute.title.clone())
    }
}

/// A text from outside on a screen: no character that is not seen, no change of direction, not endless. What names are
/// written with stays, as desks take it.
pub fn printable(text: &str) -> String {
    let mut shown: String = typed::marked(text).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// A value as people write it.
pub(crate) fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Characters that are shown of a text.
const LONGEST: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_cannot_rewrite_the_screen() {
        let shown = printable("ok\u{1b}[2J\u{202e}\n\r\u{200b}x");
        assert!(shown.starts_with("ok\u{fffd}[2J") && shown.ends_with('x'));
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'));
    }

    #[test]
    fn what_is_not_seen_is_marked() {
        for hidden in [
            '\u{61c}',
            '\u{ad}',
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{34f}',
            '\u{180e}',
            '\u{e0041}',
        ] {
            assert_eq!(printable(&format!("市民{hidden}中心")), "市民\u{fffd}中心", "{hidden:?}");
        }
        assert_eq!(printable("葛\u{e0101}"), "葛\u{e0101}", "the shape of a name's character");
        assert_eq!(printable("王\u{e000}"), "王\u{e000}", "a rare character of an older encoding");
        assert_eq!(printable("\u{e0101}葛"), "\u{fffd}葛");
    }

    #[test]
    fn a_text_from_outside_ends() {
        assert_eq!(printable(&"邕".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
