//! Why a question has no answer. For the owner alone; the verifier is never told.

use std::collections::BTreeMap;

use circuits::model::AdditiveModel;
use circuits::policy::{
    Catalogue, CheckedPolicy, Formula, Literal, Policy, PolicyError, ScoreCondition, Test, Verdict,
};
use circuits::schema::{Localized, SchemaId, Values};

/// What a wallet lacks for an answer.
pub enum Missing {
    /// A credential, by the policy's name for it.
    Credential {
        /// The query.
        id: String,
        /// Why nothing answers it: the reason of the credential that came closest.
        lack: Lack,
    },
    /// Conditions across credentials: each credential fits its own query, and together they do not fit.
    Across(FailedAcross),
    /// A score of a credential that fits its query otherwise.
    Score(FailedScore),
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// None of this kind from an accepted department.
    NoCredential,
    /// It was suspended, revoked or replaced.
    Withdrawn,
    /// The wallet has not looked for it in the tree yet.
    NotSynced,
    /// It is not yet, or no longer, valid.
    NotValid,
    /// A value that the condition compares is not in the credential.
    Unprovable,
    /// Its values do not satisfy the condition.
    NotSatisfied,
    /// All uses of the policy's scope are used.
    UsedUp,
}

/// The conditions across credentials that do not hold for the newest of them.
pub struct FailedAcross {
    /// The policy with nothing across its credentials but these.
    policy: CheckedPolicy,
    now: u64,
    lack: Lack,
}

/// A score that is not what the policy wants. Tells the owner's values: no `Debug`.
pub struct FailedScore {
    /// The policy with no other score.
    policy: CheckedPolicy,
    credential: String,
    model: SchemaId,
    lack: Lack,
    reached: Option<Points>,
    costs: Vec<Cost>,
}

/// What one attribute costs: by how much its points differ from the best that the model gives for it.
pub struct Cost {
    /// What people read.
    pub attribute: Localized,
    /// More than none.
    pub points: Points,
}

/// Points of a model, exactly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// In units of 1/scale.
    units: i64,
    scale: u64,
}

impl Missing {
    /// Why, whatever it is.
    pub fn lack(&self) -> Lack {
        match self {
            Self::Credential { lack, .. } => *lack,
            Self::Across(failed) => failed.lack,
            Self::Score(failed) => failed.lack,
        }
    }
}

impl Lack {
    /// Its code, which names its words on the pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCredential => "no_credential",
            Self::Withdrawn => "withdrawn",
            Self::NotSynced => "not_synced",
            Self::NotValid => "not_valid",
            Self::Unprovable => "unprovable",
            Self::NotSatisfied => "not_satisfied",
            Self::UsedUp => "used_up",
        }
    }
}

impl From<Verdict> for Lack {
    /// Of a condition that cannot be proved.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unprovable => Self::Unprovable,
            Verdict::Fails | Verdict::Holds => Self::NotSatisfied,
        }
    }
}

impl FailedAcross {
    /// Those of the conditions that must all hold which do not, for credentials with these values.
    pub(super) fn new(
        checked: &CheckedPolicy,
        now: u64,
        values: &BTreeMap<&str, &Values>,
        catalogue: &dyn Catalogue,
    ) -> Result<Self, PolicyError> {
        let with = |across: Formula| {
            Policy { across: Some(across), models: Vec::new(), ..checked.policy().clone() }.check(catalogue)
        };
        let mut lack = Lack::Unprovable;
        let mut failed = Vec::new();
        for condition in checked.policy().across.iter().flat_map(conditions) {
            match with(condition.clone())?.evaluate_across(now, values)? {
                Some(Verdict::Unprovable) => failed.push(condition.clone()),
                Some(Verdict::Fails) => {
                    lack = Lack::NotSatisfied;
                    failed.push(condition.clone());
                }
                Some(Verdict::Holds) | None => {}
            }
        }
        Ok(Self { policy: with(Formula::All(failed))?, now, lack })
    }

    /// Each in words.
    pub fn conditions(&self, language: &str) -> Vec<String> {
        self.policy.across_in_words(self.now, language)
    }
}

/// The conditions of a formula that must all hold.
fn conditions(formula: &Formula) -> Vec<&Formula> {
    match formula {
        Formula::All(parts) => parts.iter().flat_map(conditions).collect(),
        Formula::Any(_) | Formula::Not(_) | Formula::Condition(_) => vec![formula],
    }
}

impl FailedScore {
    /// For a condition of the policy that a credential with these values does not satisfy.
    pub(super) fn new(
        checked: &CheckedPolicy,
        condition: &ScoreCondition,
        model: &AdditiveModel,
        verdict: Verdict,
        values: &Values,
        catalogue: &dyn Catalogue,
    ) -> Result<Self, PolicyError> {
        let models = vec![condition.clone()];
        let policy = Policy { across: None, models, ..checked.policy().clone() }.check(catalogue)?;
        let units = model.score_units(values);
        let costs =
            units.map(|units| costs(checked, condition, model, side(condition, model, units), values));
        Ok(Self {
            policy,
            credential: condition.credential.clone(),
            model: condition.model.clone(),
            lack: verdict.into(),
            reached: units.map(|units| Points { units, scale: model.scale }),
            costs: costs.unwrap_or_default(),
        })
    }

    /// The policy's name for the credential.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The model that counts.
    pub fn model(&self) -> &SchemaId {
        &self.model
    }

    /// What is wanted, in words.
    pub fn condition(&self, language: &str) -> String {
        self.policy.scores_in_words(language).join(" ")
    }

    /// The score; `None` where a value that counts is absent.
    pub fn reached(&self) -> Option<Points> {
        self.reached
    }

    /// What each attribute costs, the dearest first; nothing of those that cost nothing.
    pub fn costs(&self) -> &[Cost] {
        &self.costs
    }
}

/// On which side of what is wanted a score is.
#[derive(Clone, Copy)]
enum Side {
    TooLow,
    TooHigh,
}

fn side(condition: &ScoreCondition, model: &AdditiveModel, units: i64) -> Side {
    match &condition.test {
        Test::AtMost(_) | Test::Less(_) => Side::TooHigh,
        Test::Between(Literal::Integer(low), _)
            if i128::from(units) >= i128::from(*low) * i128::from(model.scale) =>
        {
            Side::TooHigh
        }
        // A checked condition on a score has none of the others.
        Test::AtLeast(_)
        | Test::Greater(_)
        | Test::Between(..)
        | Test::Equal(_)
        | Test::NotEqual(_)
        | Test::NotBetween(..)
        | Test::OneOf(_)
        | Test::NoneOf(_)
        | Test::Present
        | Test::Absent => Side::TooLow,
    }
}

fn costs(
    checked: &CheckedPolicy,
    condition: &ScoreCondition,
    model: &AdditiveModel,
    side: Side,
    values: &Values,
) -> Vec<Cost> {
    let schema = checked.schema(&condition.credential);
    let title = |name: &str| {
        let attribute = schema.and_then(|schema| schema.attribute(name));
        attribute.map(|(_, attribute)| attribute.title.clone())
    };
    let cost = |(name, curve): (&String, &circuits::model::Curve)| {
        let given = curve.points_for(values.get(name))?;
        let units = match side {
            Side::TooLow => curve.range().end() - given,
            Side::TooHigh => given - curve.range().start(),
        };
        (units > 0).then_some(Cost { attribute: title(name)?, points: Points { units, scale: model.scale } })
    };
    let mut costs: Vec<Cost> = model.curves.iter().filter_map(cost).collect();
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.points.units));
    costs
}

/// With at most two digits after the point, rounded towards zero.
impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = i128::from(self.units) * 100 / i128::from(self.scale);
        let sign = if hundredths < 0 { "−" } else { "" };
        let amount = hundredths.unsigned_abs();
        let whole = amount / 100;
        match amount % 100 {
            0 => write!(f, "{sign}{whole}"),
            rest if rest % 10 == 0 => write!(f, "{sign}{whole}.{}", rest / 10),
            rest => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_with_at_most_two_digits() {
        let written = |units, scale| Points { units, scale }.to_string();
        assert_eq!(written(1250, 100), "12.5");
        assert_eq!(written(-1205, 100), "−12.05");
        assert_eq!(written(-2, 3), "−0.66");
        assert_eq!(written(600_000, 1000), "600");
        assert_eq!(written(i64::MIN, 1), "−9223372036854775808");
    }
}
