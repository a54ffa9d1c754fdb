//! The counter's clerk: asks for a matter, and reads how it ended.

use std::time::Duration;

use anyhow::{Context, bail};
use circuits::wire::presenting::TransactionStatus;
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;
use verifier::counter::Asked;

/// A connection to one counter's service.
pub(crate) struct Clerk {
    base: Url,
    agent: ureq::Agent,
}

impl Clerk {
    /// Of the counter at `base`.
    pub(crate) fn at(base: Url) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .build()
            .into();
        Self { base, agent }
    }

    /// Makes a request for a policy.
    pub(crate) fn ask(&self, policy: &str) -> anyhow::Result<Asked> {
        let answer = self.agent.post(self.url("requests")?).send_json(json!({ "policy": policy }))?;
        read(answer, 201).with_context(|| format!("asking for {policy}"))
    }

    /// How a transaction stands; waits up to 20 s for its end.
    pub(crate) fn verdict(&self, asked: &Asked) -> anyhow::Result<TransactionStatus> {
        let url = self.url(&format!("transactions/{}?wait=20", asked.transaction))?;
        read(self.agent.get(url).call()?, 200).context("reading the verdict")
    }

    /// The counter's identity, for a department to register.
    pub(crate) fn client_id(&self) -> anyhow::Result<String> {
        let client: serde_json::Value = read(self.agent.get(self.url("client")?).call()?, 200)?;
        Ok(client["client_id"].as_str().context("the counter does not say who it is")?.to_owned())
    }

    /// Whether the counter can work.
    pub(crate) fn is_ready(&self) -> bool {
        self.url("readyz")
            .is_ok_and(|url| self.agent.get(url).call().is_ok_and(|answer| answer.status() == 200))
    }

    fn url(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.base.join(path)?.into())
    }
}

fn read<T: DeserializeOwned>(mut answer: ureq::http::Response<ureq::Body>, wanted: u16) -> anyhow::Result<T> {
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string()?;
    if status != wanted {
        bail!("the counter answers {status}: {body}");
    }
    Ok(serde_json::from_str(&body)?)
}
