//! Which credentials answer a request, or why none does.

use circuits::Fr;
use circuits::policy::{CheckedPolicy, CredentialQuery, PolicyError, Verdict};
use circuits::schema::Values;
use circuits::tree::Path;
use serde_json::{Map, Value};

use super::question::Question;
use crate::followed::View;
use crate::held::{CredentialStatus, Held};
use crate::wallet::Wallet;

/// One credential for every query of a question, with paths to one root.
pub struct Choice<'a> {
    pub(super) picks: Vec<Pick<'a>>,
    pub(super) root: Fr,
}

/// The credential that answers one query.
pub struct Pick<'a> {
    pub(super) query: &'a CredentialQuery,
    pub(super) held: &'a Held,
    pub(super) path: Path,
    pub(super) revealed: Map<String, Value>,
}

/// Why a query has no answer. For the owner alone; the counter is never told.
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
}

impl Lack {
    /// Its word on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoCredential => "no_credential",
            Self::Withdrawn => "withdrawn",
            Self::NotSynced => "not_synced",
            Self::NotValid => "not_valid",
            Self::Unprovable => "unprovable",
            Self::NotSatisfied => "not_satisfied",
        }
    }
}

/// What is missing, by the policy's name for the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The query.
    pub id: String,
    /// Why nothing answers it: the reason of the credential that came closest.
    pub lack: Lack,
}

impl<'a> Choice<'a> {
    /// Chooses for every query the newest credential that satisfies it; else says what is missing.
    /// The outer error is a policy that cannot be evaluated, which the registry does not take in.
    pub fn of(
        wallet: &'a Wallet,
        question: &'a dyn Question,
        view: &View,
    ) -> Result<Result<Self, Vec<Missing>>, PolicyError> {
        let (mut picks, mut missing) = (Vec::new(), Vec::new());
        for query in &question.policy().checked.policy().credentials {
            match pick(wallet, question, query, view)? {
                Ok(pick) => picks.push(pick),
                Err(lack) => missing.push(Missing { id: query.id.clone(), lack }),
            }
        }
        let root = view.root();
        Ok(match root {
            Some(root) if missing.is_empty() => Ok(Self { picks, root }),
            _ => Err(missing),
        })
    }

    /// The chosen credentials in the order of the policy, by its name for each.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &Held)> {
        self.picks.iter().map(|pick| (pick.query.id.as_str(), pick.held))
    }
}

fn pick<'a>(
    wallet: &'a Wallet,
    question: &dyn Question,
    query: &'a CredentialQuery,
    view: &View,
) -> Result<Result<Pick<'a>, Lack>, PolicyError> {
    let kind = |held: &&Held| {
        held.credential.schema == query.schema && query.issuers.contains(&held.credential.issuer)
    };
    let mut closest = Lack::NoCredential;
    for held in wallet.credentials().iter().rev().filter(kind) {
        match fits(question, &query.id, held, view)? {
            Ok(path) => {
                let revealed = revealed(&query.reveal, &held.credential.values);
                return Ok(Ok(Pick { query, held, path, revealed }));
            }
            Err(lack) => closest = closest.max(lack),
        }
    }
    Ok(Err(closest))
}

fn fits(
    question: &dyn Question,
    id: &str,
    held: &Held,
    view: &View,
) -> Result<Result<Path, Lack>, PolicyError> {
    let path = match view.standing(held) {
        CredentialStatus::Withdrawn => return Ok(Err(Lack::Withdrawn)),
        CredentialStatus::NotSynced => return Ok(Err(Lack::NotSynced)),
        CredentialStatus::Active => view.path(held),
    };
    let validity = held.credential.validity;
    if !(validity.from..=validity.until).contains(&question.now()) {
        return Ok(Err(Lack::NotValid));
    }
    let satisfied = verdict(&question.policy().checked, id, question.now(), &held.credential.values)?;
    Ok(satisfied.and(path.map(|(path, _)| path).ok_or(Lack::NotSynced)))
}

fn verdict(
    policy: &CheckedPolicy,
    id: &str,
    now: u64,
    values: &Values,
) -> Result<Result<(), Lack>, PolicyError> {
    Ok(match policy.evaluate(id, now, values)? {
        Verdict::Holds => Ok(()),
        Verdict::Fails => Err(Lack::NotSatisfied),
        Verdict::Unprovable => Err(Lack::Unprovable),
    })
}

/// Exactly the attributes that the policy reveals; `null` for one that is absent.
fn revealed(names: &[String], values: &Values) -> Map<String, Value> {
    let value = |name: &String| values.get(name).map_or(Value::Null, circuits::schema::Value::to_json);
    names.iter().map(|name| (name.clone(), value(name))).collect()
}
