//! Which credentials answer a request, or why none does.

use circuits::Fr;
use circuits::policy::{CredentialQuery, PolicyError, Verdict};
use circuits::schema::Values;
use circuits::tree::Path;
use ledger::resource::HOUR_S;
use serde_json::{Map, Value};

use super::question::Question;
use crate::followed::View;
use crate::held::{CredentialStatus, Held};
use crate::uses::Permit;
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

/// Why a query has no answer. For the owner alone; the verifier is never told.
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

/// What is missing, by the policy's name for the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The query.
    pub id: String,
    /// Why nothing answers it: the reason of the credential that came closest.
    pub lack: Lack,
}

/// What a wallet has for a question.
pub enum Selection<'a> {
    /// Credentials for every query.
    Complete(Choice<'a>),
    /// Queries that nothing answers.
    Incomplete(Vec<Missing>),
}

impl<'a> Selection<'a> {
    /// Chooses for every query the newest credential that satisfies it, at `now` (unix seconds); else says what is missing.
    /// With nothing missing but uses of the scope, each query says so.
    /// The error is a policy that cannot be evaluated, which the registry does not take in.
    pub fn choose(
        wallet: &'a Wallet,
        question: &'a dyn Question,
        view: &View,
        now: u64,
    ) -> Result<Self, PolicyError> {
        let mut picks = Vec::new();
        let mut missing = Vec::new();
        for query in &question.policy().checked.policy().credentials {
            match pick(wallet, question, query, view) {
                Ok(pick) => picks.push(pick),
                Err(NoPick::Lack(lack)) => missing.push(Missing { id: query.id.clone(), lack }),
                Err(NoPick::Policy(error)) => return Err(error),
            }
        }
        let permit = Permit::new(question.policy());
        if missing.is_empty() && permit.is_some_and(|permit| wallet.uses().left(&permit).is_none()) {
            let used_up = |pick: &Pick<'_>| Missing { id: pick.query.id.clone(), lack: Lack::UsedUp };
            return Ok(Self::Incomplete(picks.iter().map(used_up).collect()));
        }
        Ok(match view.root() {
            Some(root) if missing.is_empty() => {
                let max_age_s = question.policy().checked.policy().max_root_age_s;
                Self::Complete(Choice { picks, root }.on_the_hour(view, max_age_s, now))
            }
            _ => Self::Incomplete(missing),
        })
    }
}

impl Choice<'_> {
    /// The same with paths to the root before the last full hour, where the policy leaves the time and all credentials were
    /// there. The newest root would tell at which moment the wallet synced, and so which presentations are of one wallet.
    fn on_the_hour(self, view: &View, max_age_s: u64, now: u64) -> Self {
        let age_s = view.hour_stated_at().map(|stated| now.saturating_sub(stated));
        if max_age_s < COARSE_S || age_s.is_none_or(|age_s| age_s > max_age_s - MARGIN_S) {
            return self;
        }
        let paths: Option<Vec<_>> = self.picks.iter().map(|pick| view.hourly_path(pick.held)).collect();
        let Some(paths) = paths else { return self };
        let root = paths.first().map_or(self.root, |(_, root)| *root);
        let picks = self.picks.into_iter().zip(paths).map(|(pick, (path, _))| Pick { path, ..pick });
        Self { picks: picks.collect(), root }
    }

    /// The chosen credentials in the order of the policy, by its name for each.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &Held)> {
        self.picks.iter().map(|pick| (pick.query.id.as_str(), pick.held))
    }
}

/// Why a credential does not answer a query.
enum NoPick {
    Lack(Lack),
    Policy(PolicyError),
}

impl From<PolicyError> for NoPick {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

fn pick<'a>(
    wallet: &'a Wallet,
    question: &dyn Question,
    query: &'a CredentialQuery,
    view: &View,
) -> Result<Pick<'a>, NoPick> {
    let kind = |held: &&Held| {
        held.credential.schema == query.schema && query.issuers.contains(&held.credential.issuer)
    };
    let mut closest = Lack::NoCredential;
    for held in wallet.credentials().iter().rev().filter(kind) {
        match path_of_fitting(question, &query.id, held, view) {
            Ok(path) => {
                let revealed = revealed(&query.reveal, &held.credential.values);
                return Ok(Pick { query, held, path, revealed });
            }
            Err(NoPick::Lack(lack)) => closest = closest.max(lack),
            Err(error @ NoPick::Policy(_)) => return Err(error),
        }
    }
    Err(NoPick::Lack(closest))
}

/// The path of a credential that satisfies a query.
fn path_of_fitting(question: &dyn Question, id: &str, held: &Held, view: &View) -> Result<Path, NoPick> {
    let path = match view.status(held) {
        CredentialStatus::Withdrawn => return Err(NoPick::Lack(Lack::Withdrawn)),
        CredentialStatus::NotSynced => return Err(NoPick::Lack(Lack::NotSynced)),
        CredentialStatus::Active => view.path(held),
    };
    let validity = held.credential.validity;
    if !(validity.from..=validity.until).contains(&question.now()) {
        return Err(NoPick::Lack(Lack::NotValid));
    }
    match question.policy().checked.evaluate(id, question.now(), &held.credential.values)? {
        Verdict::Holds => path.map(|(path, _)| path).ok_or(NoPick::Lack(Lack::NotSynced)),
        Verdict::Fails => Err(NoPick::Lack(Lack::NotSatisfied)),
        Verdict::Unprovable => Err(NoPick::Lack(Lack::Unprovable)),
    }
}

/// Exactly the attributes that the policy reveals; `null` for one that is absent.
fn revealed(names: &[String], values: &Values) -> Map<String, Value> {
    let value = |name: &String| values.get(name).map_or(Value::Null, circuits::schema::Value::to_json);
    names.iter().map(|name| (name.clone(), value(name))).collect()
}

/// Policies that accept a root for so many seconds are shown the root of the hour: it is up to an hour old when the wallet
/// learns it, and a counter may judge the answer some time later.
const COARSE_S: u64 = 2 * HOUR_S;
/// Seconds before the end that are left for the counter: to follow, to be answered, and for clocks to differ.
const MARGIN_S: u64 = 1200;
