//! What a path between the ledger and whoever follows it tries: to repeat old answers, so that no revocation is seen.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail, ensure};
use ledger::client::Client;
use ledger::follow::{Follower, Freshness};
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};

use super::context::{Context, now};
use super::publishing::followed;
use crate::departments::schema_id;

/// A follower that reaches the ledger only through a path that repeats itself.
pub(super) struct Frozen {
    path: Repeating,
    follower: Follower,
}

impl Frozen {
    /// Follows for the first time; from then on the path has nothing new.
    pub(super) fn begin(context: &Context<'_>) -> anyhow::Result<Self> {
        let path = Repeating { ledger: context.ledger_client.clone(), answers: Mutex::default() };
        let mut follower = Follower::light(context.setup.genesis.clone());
        follower.sync(&path, now())?;
        Ok(Self { path, follower })
    }

    /// Follows again, and finds what it is told too old for a policy, while whoever reaches the ledger does not.
    pub(super) fn end(mut self, context: &Context<'_>) -> anyhow::Result<String> {
        self.follower.sync(&self.path, now())?;
        let most = most_age(context)?;
        let told = age(&self.follower)?;
        ensure!(told > most, "old answers passed for fresh after {told} s");
        let honest = age(&followed(context)?)?;
        ensure!(honest <= most, "the ledger's own statement is {honest} s old");
        Ok(format!("{told} s old, whatever the path says; the ledger's own statement is {honest} s old"))
    }
}

/// For how many seconds the policy that wants the newest list accepts what is old.
pub(super) fn most_age(context: &Context<'_>) -> anyhow::Result<u64> {
    let view = context.ledger.view();
    let policy = view.registry().policy(&schema_id(POLICY)).context("the policy is not on the ledger")?;
    Ok(policy.checked.policy().max_root_age_s)
}

fn age(follower: &Follower) -> anyhow::Result<u64> {
    match follower.freshness(now()) {
        Freshness::Stated { seconds } => Ok(seconds),
        other @ (Freshness::Never | Freshness::Ahead { .. }) => bail!("{other:?}"),
    }
}

/// Answers every question as it did the first time.
struct Repeating {
    ledger: Client,
    answers: Mutex<BTreeMap<String, Result<Vec<u8>, FetchError>>>,
}

impl Source for Repeating {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(resource.to_string()).or_insert_with(|| self.ledger.get(resource, limit)).clone()
    }
}

/// Wants the newest list.
const POLICY: &str = "adult-today/1";
