//! Which credentials answer a request, or why none does.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::policy::{CredentialQuery, PolicyError, Verdict};
use circuits::schema::Values;
use circuits::tree::Path;
use ledger::resource::HOUR_S;
use serde_json::{Map, Value};

use super::missing::{FailedAcross, FailedScore, Lack, Missing};
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
#[derive(Clone)]
pub struct Pick<'a> {
    pub(super) query: &'a CredentialQuery,
    pub(super) held: &'a Held,
    pub(super) path: Path,
    pub(super) revealed: Map<String, Value>,
}

/// What a wallet has for a question.
pub enum Selection<'a> {
    /// Credentials for every query.
    Complete(Choice<'a>),
    /// What nothing in the wallet satisfies.
    Incomplete(Vec<Missing>),
}

impl<'a> Selection<'a> {
    /// Chooses for every query the newest credential that satisfies it, at `now` (unix seconds), and where the policy has
    /// conditions across credentials, the newest that satisfy them together; else says what is missing. With nothing missing
    /// but uses of the scope, each query says so.
    /// The error is a policy that cannot be evaluated, which the registry does not take in.
    pub fn choose(
        wallet: &'a Wallet,
        question: &'a dyn Question,
        view: &View,
        now: u64,
    ) -> Result<Self, PolicyError> {
        let search = Search { wallet, question, view };
        let mut candidates = Vec::new();
        let mut missing = Vec::new();
        for query in &question.policy().checked.policy().credentials {
            match search.candidates(query)? {
                Candidates::Some(picks) => candidates.push(picks),
                Candidates::None(lacks) => missing.extend(lacks),
            }
        }
        let Some(root) = view.root().filter(|_| missing.is_empty()) else {
            return Ok(Self::Incomplete(missing));
        };
        let Some(picks) = search.together(&candidates)? else {
            return Ok(Self::Incomplete(vec![Missing::Across(search.failed_across(&candidates)?)]));
        };
        let permit = Permit::new(question.policy());
        if permit.is_some_and(|permit| wallet.uses().left(&permit).is_none()) {
            let used_up =
                |pick: &Pick<'_>| Missing::Credential { id: pick.query.id.clone(), lack: Lack::UsedUp };
            return Ok(Self::Incomplete(picks.iter().map(used_up).collect()));
        }
        let max_age_s = question.policy().checked.policy().max_root_age_s;
        Ok(Self::Complete(Choice { picks, root }.on_the_hour(view, max_age_s, now)))
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

/// A wallet that is searched for the answer to a question.
struct Search<'a, 'v> {
    wallet: &'a Wallet,
    question: &'a dyn Question,
    view: &'v View,
}

/// What answers one query, whatever the others are answered with.
enum Candidates<'a> {
    /// The newest first; more than one only where conditions across credentials choose among them.
    Some(Vec<Pick<'a>>),
    None(Vec<Missing>),
}

impl<'a> Search<'a, '_> {
    fn candidates(&self, query: &'a CredentialQuery) -> Result<Candidates<'a>, PolicyError> {
        let is_joined = self.question.policy().checked.joined().contains(&query.id.as_str());
        let most = if is_joined { usize::MAX } else { 1 };
        let kind = |held: &&Held| {
            held.credential.schema == query.schema && query.issuers.contains(&held.credential.issuer)
        };
        let mut picks = Vec::new();
        let mut closest = Lack::NoCredential;
        let mut scores = Vec::new();
        for held in self.wallet.credentials().iter().rev().filter(kind) {
            match self.path_of_fitting(&query.id, held) {
                Ok(path) => {
                    let failed = self.failed_scores(query, held)?;
                    if failed.is_empty() {
                        let revealed = revealed(&query.reveal, &held.credential.values);
                        picks.push(Pick { query, held, path, revealed });
                    } else if scores.is_empty() {
                        scores = failed;
                    }
                }
                Err(NoPick::Lack(lack)) => closest = closest.max(lack),
                Err(NoPick::Policy(error)) => return Err(error),
            }
            if picks.len() == most {
                break;
            }
        }
        Ok(match (picks.is_empty(), scores.is_empty()) {
            (false, _) => Candidates::Some(picks),
            (true, false) => Candidates::None(scores.into_iter().map(Missing::Score).collect()),
            (true, true) => {
                Candidates::None(vec![Missing::Credential { id: query.id.clone(), lack: closest }])
            }
        })
    }

    /// The path of a credential that satisfies a query.
    fn path_of_fitting(&self, id: &str, held: &Held) -> Result<Path, NoPick> {
        let path = match self.view.status(held) {
            CredentialStatus::Withdrawn => return Err(NoPick::Lack(Lack::Withdrawn)),
            CredentialStatus::NotSynced => return Err(NoPick::Lack(Lack::NotSynced)),
            CredentialStatus::Active => self.view.path(held),
        };
        let validity = held.credential.validity;
        let now = self.question.now();
        if !(validity.from..=validity.until).contains(&now) {
            return Err(NoPick::Lack(Lack::NotValid));
        }
        match self.question.policy().checked.evaluate(id, now, &held.credential.values)? {
            Verdict::Holds => path.map(|(path, _)| path).ok_or(NoPick::Lack(Lack::NotSynced)),
            verdict @ (Verdict::Fails | Verdict::Unprovable) => Err(NoPick::Lack(verdict.into())),
        }
    }

    /// The scores that the policy wants of this query's credential and that this one does not have.
    fn failed_scores(&self, query: &CredentialQuery, held: &Held) -> Result<Vec<FailedScore>, PolicyError> {
        let checked = &self.question.policy().checked;
        let values = &held.credential.values;
        let mut failed = Vec::new();
        for (index, (condition, model)) in checked.score_models().enumerate() {
            if condition.credential != query.id {
                continue;
            }
            match checked.evaluate_score(index, values)? {
                Verdict::Holds => {}
                verdict @ (Verdict::Fails | Verdict::Unprovable) => {
                    let registry = self.view.registry();
                    failed.push(FailedScore::new(checked, condition, model, verdict, values, registry)?);
                }
            }
        }
        Ok(failed)
    }

    /// One candidate for each query, of which there is at least one: the newest that satisfy what the policy says across
    /// them. `None` where no combination does.
    fn together(&self, candidates: &[Vec<Pick<'a>>]) -> Result<Option<Vec<Pick<'a>>>, PolicyError> {
        let checked = &self.question.policy().checked;
        let now = self.question.now();
        let mut places = Some(vec![0; candidates.len()]);
        while let Some(chosen) = places {
            let picks: Vec<&Pick<'a>> = candidates.iter().zip(&chosen).map(|(all, i)| &all[*i]).collect();
            match checked.evaluate_across(now, &values(&picks))? {
                None | Some(Verdict::Holds) => {
                    return Ok(Some(picks.into_iter().cloned().collect()));
                }
                Some(Verdict::Fails | Verdict::Unprovable) => {}
            }
            places = next(chosen, candidates);
        }
        Ok(None)
    }

    /// What does not hold across the newest candidates.
    fn failed_across(&self, candidates: &[Vec<Pick<'a>>]) -> Result<FailedAcross, PolicyError> {
        let newest: Vec<&Pick<'a>> = candidates.iter().filter_map(|all| all.first()).collect();
        let checked = &self.question.policy().checked;
        FailedAcross::new(checked, self.question.now(), &values(&newest), self.view.registry())
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

fn values<'p>(picks: &[&'p Pick<'_>]) -> BTreeMap<&'p str, &'p Values> {
    picks.iter().map(|pick| (pick.query.id.as_str(), &pick.held.credential.values)).collect()
}

/// The combination after this one; older credentials of later queries come first.
fn next(mut places: Vec<usize>, candidates: &[Vec<Pick<'_>>]) -> Option<Vec<usize>> {
    let last = (0..places.len()).rev().find(|query| places[*query] + 1 < candidates[*query].len())?;
    places[last] += 1;
    places[last + 1..].fill(0);
    Some(places)
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
