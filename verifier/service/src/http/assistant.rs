//! The assistant of the counter: a wallet on the counter's own machine that opens sealed papers. The counter forwards
//! paper and code to it, and keeps neither.

use std::time::Duration;

use ledger::client::agent_builder;
use openid4vc::paper::{PaperCode, SealedPaper};
use openid4vc::url::is_loopback;
use serde::Deserialize;
use serde_json::json;
use service::clock::Clock;
use service::http::{Backoff, RateLimiter};
use url::Url;

/// Where papers are opened.
pub(crate) struct Assistant {
    url: Url,
    agent: ureq::Agent,
    /// Tries of codes, by the paper's name.
    tries: RateLimiter<[u8; 32], Backoff>,
}

/// Why a paper gave no answer. Where the assistant answered, the request's verdict tells how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssistantError {
    /// The text is no paper.
    Paper,
    /// The text is no code.
    Code,
    /// The code does not open the paper.
    WrongCode,
    /// Too many codes were tried on this paper.
    Wait {
        /// How long.
        seconds: u64,
    },
    /// The paper is of another ledger.
    OtherLedger,
    /// The assistant does not run, or has not followed the ledger yet.
    Away,
}

impl Assistant {
    /// An assistant on this machine; `None` for an address elsewhere, which paper and code must not travel to.
    pub(crate) fn new(url: Url) -> Option<Self> {
        if !is_loopback(&url) {
            return None;
        }
        let agent = agent_builder().timeout_global(Some(TIMEOUT)).build().into();
        Some(Self { url, agent, tries: RateLimiter::new(Backoff::SECRETS, Clock::system()) })
    }

    /// Has a request answered from a paper, at `now` (unix seconds). It takes as long as opening and proving take.
    pub(crate) fn answer(&self, link: &str, paper: &str, code: &str, now: u64) -> Result<(), AssistantError> {
        let sealed: SealedPaper = paper.parse().map_err(|_| AssistantError::Paper)?;
        let _: PaperCode = code.parse().map_err(|_| AssistantError::Code)?;
        let name = sealed.name();
        let tried = self.tries.admit_at(&name, Duration::from_secs(now));
        tried.map_err(|wait| AssistantError::Wait { seconds: wait.seconds() })?;
        let answered = self.ask(link, paper, code);
        // Only a wrong code is a try; it was counted before, so that tries at the same time count as well.
        if answered != Err(AssistantError::WrongCode) {
            self.tries.forgive(&name);
        }
        answered
    }

    fn ask(&self, link: &str, paper: &str, code: &str) -> Result<(), AssistantError> {
        let url = self.url.join("present").map_err(|_| AssistantError::Away)?;
        let sent =
            self.agent.post(url.as_str()).send_json(json!({"link": link, "paper": paper, "code": code}));
        let mut answer = sent.map_err(|_| AssistantError::Away)?;
        if answer.status() == ureq::http::StatusCode::OK {
            return Ok(());
        }
        let refused: Option<AssistantAnswer> =
            answer.body_mut().with_config().limit(MAX_ANSWER).read_json().ok();
        Err(refused.map_or(AssistantError::Away, AssistantAnswer::into_reason))
    }
}

/// The assistant's error.
#[derive(Deserialize)]
struct AssistantAnswer {
    error: String,
    #[serde(default)]
    seconds: u64,
}

impl AssistantAnswer {
    fn into_reason(self) -> AssistantError {
        match self.error.as_str() {
            "not_a_paper" => AssistantError::Paper,
            "not_a_code" => AssistantError::Code,
            "wrong_code" => AssistantError::WrongCode,
            "wait" => AssistantError::Wait { seconds: self.seconds },
            "other_ledger" => AssistantError::OtherLedger,
            _ => AssistantError::Away,
        }
    }
}

impl AssistantError {
    /// For tests of the page, and the end of the words' key.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Code => "code-bad",
            Self::WrongCode => "wrong-code",
            Self::Wait { .. } => "wait",
            Self::OtherLedger => "other-ledger",
            Self::Away => "away",
        }
    }
}

/// Opening and proving on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of an error at most.
const MAX_ANSWER: u64 = 16 * 1024;

#[cfg(test)]
mod tests;
