//! Policies: JSON, their compiler to rows, and the plain evaluator that defines their meaning.
//!
//! A policy goes one way: [`Policy`] (as published) → [`Policy::check`] → [`CheckedPolicy`] → [`CheckedPolicy::rows`] for
//! each credential, [`CheckedPolicy::join_rows`] for a condition over several, [`CheckedPolicy::score_rows`] for each score.
//! What a verifier must check natively, because the circuit does not, is a property of the rows that a
//! [`CheckedPolicy`] makes; each point has its test in `policy/tests/rules.rs`:
//!
//! - every row is a function of the policy, the clock and the revealed values, and of nothing the wallet says;
//! - `(k_const, k_order, k_member)` is one of (0,1,0), (1,−1,0), (0,0,1), (1,0,−1), (1,0,0);
//! - literals and `order` are 0 or 1, and no literal names an unused slot;
//! - `low` and `high` are within ±2^63, and Σ|weight|·max < 2^63 by the schema's bounds;
//! - order atoms name only ordered attributes;
//! - sets, issuers and clauses are padded by repetition of a real member;
//! - weights of optional attributes cannot cancel, so an absent attribute always shows.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

pub use self::dates::{NotStarted, Offset, Unit, civil_date};
pub use self::error::{PolicyError, PolicyErrorKind};
pub use self::formula::{Condition, Formula, Literal, Subject, Test};
pub use self::scores::ScoreCondition;
pub use self::start::CLOCKS_DIFFER_S;
use crate::credential::{DepartmentId, Scope};
use crate::model::{AdditiveModel, Model};
use crate::schema::{Localized, LocalizedError, Schema, SchemaId, Values};
use crate::show::Rows;
use crate::{join, score};

mod across;
mod check;
mod clauses;
mod dates;
mod error;
mod evaluate;
mod formula;
mod rows;
mod scores;
mod slot;
mod start;
mod vocabulary;
mod words;

/// A policy as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `name/version`.
    pub policy: SchemaId,
    /// The matter (事项).
    pub title: Localized,
    /// What the answer is used for.
    pub purpose: Localized,
    /// Which rule allows to ask.
    pub legal_basis: LegalBasis,
    /// How long the receipt is kept; at most 3,650.
    pub retention_days: u32,
    /// Unlinkable, or a scope with a number of uses.
    pub pseudonym: Pseudonym,
    /// How long after it was superseded a root is still accepted, seconds; 1 to 31 days' worth.
    pub max_root_age_s: u64,
    /// One proof each, one holder; 1 to 4.
    pub credentials: Vec<CredentialQuery>,
    /// A formula over up to three of them, whose names are like `income.monthly`: the credential's id and its attribute.
    #[serde(
        default,
        deserialize_with = "formula::json::read_across",
        skip_serializing_if = "Option::is_none"
    )]
    pub across: Option<Formula>,
    /// Conditions on scores under additive models, at most four; a proof each.
    #[serde(default, deserialize_with = "scores::read", skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ScoreCondition>,
}

/// Which rule allows to ask: in each language, or as the rule is cited everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LegalBasis {
    /// The same citation in every language.
    Citation(String),
    /// A text in each language.
    Localized(Localized),
}

/// What the nullifier of a policy links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Pseudonym {
    /// `"session"`: nothing.
    Session(SessionWord),
    /// `{"scope": …, "uses": …, …}`: one person within the scope, whatever device is used.
    Named {
        /// Scope name: `[A-Za-z0-9._-]`, 1 to 64 characters.
        scope: String,
        /// How many times one person may answer, 1 to 65,535.
        uses: u32,
        /// Whether the uses of one person can be told to be of one person. If not, each has a pseudonym of its own.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        linkable: bool,
        /// The first day on which the scope may be asked for, `YYYY-MM-DD`, in UTC+8. Whoever got a new person secret since
        /// cannot answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<String>,
        /// The one store that counts the uses, named like the department whose it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        register: Option<String>,
    },
}

impl Pseudonym {
    /// How many answers with one and the same pseudonym count: all uses of a person who is linkable, else one. `None` where
    /// a pseudonym is of one session.
    pub fn uses_of_each(&self) -> Option<u32> {
        match self {
            Self::Session(SessionWord::Session) => None,
            Self::Named { uses, linkable: true, .. } => Some(*uses),
            Self::Named { linkable: false, .. } => Some(1),
        }
    }

    /// How many pseudonyms one person has: one for each use that cannot be linked, else one.
    pub fn pseudonyms(&self) -> NonZeroU16 {
        match self {
            Self::Session(SessionWord::Session) | Self::Named { linkable: true, .. } => NonZeroU16::MIN,
            Self::Named { uses, linkable: false, .. } => {
                u16::try_from(*uses).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
            }
        }
    }
}

/// The word `"session"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionWord {
    /// `"session"`.
    #[serde(rename = "session")]
    Session,
}

/// What one credential must satisfy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialQuery {
    /// Name within the policy, `[A-Za-z0-9_-]+` (a DCQL id).
    pub id: String,
    /// Which schema.
    pub schema: SchemaId,
    /// One to four accepted departments.
    pub issuers: Vec<DepartmentId>,
    /// The formula; absent means possession alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<Formula>,
    /// Attributes whose value the citizen hands over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reveal: Vec<String>,
}

/// Where a policy's schemas and models are looked up (the ledger's registry).
pub trait Catalogue {
    /// The one department whose credentials say since when a person has their secret; `None` where nobody is relied on for
    /// that.
    fn person_authority(&self) -> Option<&DepartmentId> {
        None
    }
    /// A published schema.
    fn schema(&self, id: &SchemaId) -> Option<&Schema>;
    /// A published model.
    fn model(&self, id: &SchemaId) -> Option<&Model>;
}

/// A policy that compiles: everything it names exists, fits its bounds, and needs at most 6 atoms and 6 clauses per
/// credential. Only [`Policy::check`] makes one.
#[derive(Clone)]
pub struct CheckedPolicy {
    policy: Policy,
    /// One for each of `policy.credentials`, in their order.
    queries: Vec<CheckedQuery>,
    across: Option<across::CheckedAcross>,
    /// One for each of `policy.models`, in their order.
    scores: Vec<scores::CheckedScore>,
    /// When the scope begins, if the policy says so.
    start: Option<start::Start>,
    /// Who counts the uses, if the policy says so.
    register: Option<DepartmentId>,
}

/// One credential query with everything it refers to.
#[derive(Clone)]
struct CheckedQuery {
    names: vocabulary::OneCredential,
    /// What must hold of the attributes: the query's own formula, and what the scope's first day adds to it.
    conditions: Conditions,
    normal_form: clauses::NormalForm,
}

/// All that must hold of one credential's attributes.
#[derive(Clone, Default)]
struct Conditions {
    /// The query's `require`.
    own: Option<Formula>,
    /// That the person has had their secret for long enough, of the identity credential under a policy with `start`.
    since: Option<Formula>,
}

impl Conditions {
    /// Each part with the JSON path that errors name, for a query at `path`.
    fn parts(&self, path: &str) -> impl Iterator<Item = (String, &Formula)> {
        let own = self.own.iter().map(move |formula| (format!("{path}.require"), formula));
        own.chain(self.since.iter().map(|formula| (start::PATH.to_owned(), formula)))
    }
}

/// The evaluator's answer for one credential, for a condition over several, or for a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The formula holds and can be proved.
    Holds,
    /// The formula is false.
    Fails,
    /// An order atom names an absent attribute: nothing can be proved.
    Unprovable,
}

impl Policy {
    /// Compiles the policy against its schemas and models.
    pub fn check(&self, catalogue: &dyn Catalogue) -> Result<CheckedPolicy, PolicyError> {
        check::envelope(self)?;
        let start = start::checked(self, catalogue)?;
        let queries = check::queries(self, catalogue, start.as_ref())?;
        let across = across::checked(self, &queries)?;
        let scores = scores::checked(self, &queries, catalogue)?;
        let register = check::register(self);
        Ok(CheckedPolicy { policy: self.clone(), queries, across, scores, start, register })
    }

    /// SHA-256 of the canonical JSON (RFC 8785).
    pub fn digest(&self) -> [u8; 32] {
        let canonical = serde_json_canonicalizer::to_vec(self).expect("a policy is texts and whole numbers");
        Sha256::digest(canonical).into()
    }
}

impl CheckedPolicy {
    /// The policy as published.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its legal basis in both languages.
    pub fn legal_basis(&self) -> Localized {
        self.policy.legal_basis.clone().try_into().expect("checked with the policy")
    }

    /// The schema that the policy was checked against, by the id of the credential query.
    pub fn schema(&self, credential: &str) -> Option<&Schema> {
        self.find(credential).ok().map(|(_, _, checked)| &checked.names.schema)
    }

    /// The scope of every proof of a session: the policy's named scope under its publisher, or the session's.
    pub fn scope(&self, publisher: &DepartmentId, context: &Fr) -> Scope {
        match &self.policy.pseudonym {
            Pseudonym::Session(SessionWord::Session) => Scope::session(context),
            Pseudonym::Named { scope, .. } => {
                Scope::named(scope, publisher, self.policy.pseudonym.pseudonyms())
            }
        }
    }

    /// Whether the policy's scope may be asked for at `now` (unix seconds). A policy without a first day always may.
    pub fn check_start(&self, now: u64) -> Result<(), NotStarted> {
        self.start.as_ref().map_or(Ok(()), |start| start.check(now))
    }

    /// The department whose store alone counts the uses of the policy's scope, if it names one. Only the verifier that is
    /// registered to it may ask.
    pub fn register(&self) -> Option<&DepartmentId> {
        self.register.as_ref()
    }

    /// Whether something must hold of the attributes of a credential, beyond that it is held.
    pub fn has_conditions(&self, credential: &str) -> bool {
        self.conditions(credential).next().is_some()
    }

    /// What must hold of the attributes of a credential: its query's `require`, and what the first day of the scope adds.
    pub fn conditions(&self, credential: &str) -> impl Iterator<Item = &Formula> {
        let found = self.find(credential).ok().map(|(_, _, checked)| &checked.conditions);
        found.into_iter().flat_map(|conditions| conditions.own.iter().chain(&conditions.since))
    }

    /// The rows of one credential at `now` (unix seconds), with the revealed values (a JSON object with exactly the
    /// attributes of `reveal`; `null` for an absent one) as equality atoms.
    pub fn rows(
        &self,
        credential: &str,
        now: u64,
        revealed: &serde_json::Map<String, Json>,
    ) -> Result<Rows, PolicyError> {
        let (path, query, checked) = self.find(credential)?;
        rows::rows(&path, query, checked, dates::today(now)?, revealed)
    }

    /// The ids of the credentials that `across` names, in the order of the links of its proof; fewer than three are padded by
    /// repeating the last. Empty without `across`.
    pub fn joined(&self) -> Vec<&str> {
        let members = self.across.iter().flat_map(|across| &across.names.members);
        members.map(|member| member.id.as_str()).collect()
    }

    /// Whether another proof of the answer speaks of this credential, so that its proof of `show` has a link.
    pub fn is_linked(&self, credential: &str) -> bool {
        self.joined().contains(&credential)
            || self.policy.models.iter().any(|score| score.credential == credential)
    }

    /// The rows of `across` at `now` (unix seconds); `None` if the policy has none.
    pub fn join_rows(&self, now: u64) -> Result<Option<join::Rows>, PolicyError> {
        let today = dates::today(now)?;
        self.across.as_ref().map(|across| across.rows(today)).transpose()
    }

    /// The rows of each condition of `models`, in their order.
    pub fn score_rows(&self) -> impl ExactSizeIterator<Item = (&ScoreCondition, &score::Rows)> {
        self.policy.models.iter().zip(self.scores.iter().map(scores::CheckedScore::rows))
    }

    /// The model of each condition of `models`, in their order.
    pub fn score_models(&self) -> impl ExactSizeIterator<Item = (&ScoreCondition, &AdditiveModel)> {
        self.policy.models.iter().zip(self.scores.iter().map(|score| &score.model))
    }

    /// The plain meaning of `across` at `now`, with the values of the credentials that it names by their ids; `None` if the
    /// policy has none.
    pub fn evaluate_across(
        &self,
        now: u64,
        values: &BTreeMap<&str, &Values>,
    ) -> Result<Option<Verdict>, PolicyError> {
        let today = dates::today(now)?;
        let across = self.policy.across.as_ref().zip(self.across.as_ref());
        across
            .map(|(formula, checked)| evaluate::evaluate_across(formula, checked, today, values))
            .transpose()
    }

    /// The plain meaning of condition number `index` of `models`, with the values of its credential.
    pub fn evaluate_score(&self, index: usize, values: &Values) -> Result<Verdict, PolicyError> {
        let path = format!("$.models[{index}]");
        match self.policy.models.get(index).zip(self.scores.get(index)) {
            Some((condition, score)) => score.evaluate(condition, values, &path),
            None => Err(PolicyError::new(path, PolicyErrorKind::UnknownScore)),
        }
    }

    /// The plain meaning: does this credential's values satisfy its formula at `now`? (Not: validity, issuer, tree.)
    pub fn evaluate(&self, credential: &str, now: u64, values: &Values) -> Result<Verdict, PolicyError> {
        let (path, query, checked) = self.find(credential)?;
        evaluate::evaluate(&path, query, checked, dates::today(now)?, values)
    }

    /// The formula of one credential in words, for consent screens; one sentence per condition. Empty for a credential
    /// that the policy does not ask for.
    pub fn in_words(&self, credential: &str, now: u64, language: &str) -> Vec<String> {
        let Ok((_, _, checked)) = self.find(credential) else { return Vec::new() };
        words::sentences(checked, dates::today(now).ok(), language)
    }

    /// The same for a reader on any day, as on a public page: a relative date is said as its distance from the day of
    /// asking.
    pub fn in_general(&self, credential: &str, language: &str) -> Vec<String> {
        let Ok((_, _, checked)) = self.find(credential) else { return Vec::new() };
        words::sentences(checked, None, language)
    }

    /// `across` in words, as [`Self::in_words`] says a formula; empty if the policy has none.
    pub fn across_in_words(&self, now: u64, language: &str) -> Vec<String> {
        self.say_across(dates::today(now).ok(), language)
    }

    /// `across` in words for a reader on any day.
    pub fn across_in_general(&self, language: &str) -> Vec<String> {
        self.say_across(None, language)
    }

    /// Each condition of `models` in words.
    pub fn scores_in_words(&self, language: &str) -> Vec<String> {
        let all = self.score_models();
        all.filter_map(|(condition, model)| {
            let (_, _, query) = self.find(&condition.credential).ok()?;
            Some(words::score(condition, model, &query.names.schema, language))
        })
        .collect()
    }

    fn say_across(&self, today: Option<jiff::civil::Date>, language: &str) -> Vec<String> {
        let across = self.policy.across.as_ref().zip(self.across.as_ref());
        across.map_or_else(Vec::new, |(formula, checked)| {
            words::formula_sentences(formula, &checked.names, today, language)
        })
    }

    fn find(&self, credential: &str) -> Result<(String, &CredentialQuery, &CheckedQuery), PolicyError> {
        let mut all = self.policy.credentials.iter().zip(&self.queries).enumerate();
        match all.find(|(_, (query, _))| query.id == credential) {
            Some((i, (query, checked))) => Ok((format!("$.credentials[{i}]"), query, checked)),
            None => Err(PolicyError::new("$.credentials", PolicyErrorKind::UnknownCredential)),
        }
    }
}

impl LegalBasis {
    /// The text in `language`, else in `zh-CN`, else the citation.
    pub fn text(&self, language: &str) -> &str {
        match self {
            Self::Citation(citation) => citation,
            Self::Localized(texts) => texts.text(language),
        }
    }
}

impl From<Localized> for LegalBasis {
    fn from(texts: Localized) -> Self {
        Self::Localized(texts)
    }
}

/// A citation is the same in every language; an error if it is too long or could disguise itself.
impl TryFrom<LegalBasis> for Localized {
    type Error = LocalizedError;
    fn try_from(basis: LegalBasis) -> Result<Self, LocalizedError> {
        match basis {
            LegalBasis::Citation(citation) => Self::same(&citation),
            LegalBasis::Localized(texts) => Ok(texts),
        }
    }
}

#[cfg(test)]
mod tests;
