//! The assistant of the counter: a wallet on the counter's own machine that opens sealed papers. The counter forwards
//! paper and code to it, and keeps neither.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::client::agent_builder;
use openid4vc::paper::{PaperCode, SealedPaper};
use openid4vc::url::is_loopback;
use serde::Deserialize;
use serde_json::json;
use service::staff::{Throttle, Wait};
use url::Url;

/// Where papers are opened.
pub(crate) struct Assistant {
    url: Url,
    agent: ureq::Agent,
    /// Tries of codes, by the paper's name.
    tries: Mutex<Throttle<[u8; 32]>>,
}

/// Why a paper gave no answer. Where the assistant answered, the request's verdict tells how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// The text is no paper.
    Paper,
    /// The text is no code.
    Code,
    /// The code does not open the paper.
    WrongCode,
    /// Too many codes were tried on this paper.
    Wait(Wait),
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
        let agent = agent_builder()
            .timeout_global(Some(TIMEOUT))
            .build()
            .into();
        Some(Self { url, agent, tries: Mutex::default() })
    }

    /// Has a request answered from a paper, at `now` (unix seconds). It takes as long as opening and proving take.
    pub(crate) fn answer(&self, link: &str, paper: &str, code: &str, now: u64) -> Result<(), NotOpened> {
        let sealed: SealedPaper = paper.parse().map_err(|_| NotOpened::Paper)?;
        let _: PaperCode = code.parse().map_err(|_| NotOpened::Code)?;
        let name = sealed.name();
        self.tries().begin(&name, now).map_err(NotOpened::Wait)?;
        let answered = self.ask(link, paper, code);
        // Only a wrong code is a try; it was counted before, so that tries at the same time count as well.
        if answered != Err(NotOpened::WrongCode) {
            self.tries().passed(&name);
        }
        answered
    }

    fn ask(&self, link: &str, paper: &str, code: &str) -> Result<(), NotOpened> {
        let url = self.url.join("present").map_err(|_| NotOpened::Away)?;
        let sent =
            self.agent.post(url.as_str()).send_json(json!({"link": link, "paper": paper, "code": code}));
        let mut answer = sent.map_err(|_| NotOpened::Away)?;
        if answer.status() == ureq::http::StatusCode::OK {
            return Ok(());
        }
        let refused: Option<Refused> = answer.body_mut().with_config().limit(MAX_ANSWER).read_json().ok();
        Err(refused.map_or(NotOpened::Away, Refused::into_reason))
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, Throttle<[u8; 32]>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The assistant's error.
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    seconds: u64,
}

impl Refused {
    fn into_reason(self) -> NotOpened {
        match self.error.as_str() {
            "not_a_paper" => NotOpened::Paper,
            "not_a_code" => NotOpened::Code,
            "wrong_code" => NotOpened::WrongCode,
            "wait" => NotOpened::Wait(Wait { seconds: self.seconds }),
            "other_ledger" => NotOpened::OtherLedger,
            _ => NotOpened::Away,
        }
    }
}

impl NotOpened {
    /// For tests of the page, and the end of the words' key.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Code => "code-bad",
            Self::WrongCode => "wrong-code",
            Self::Wait(_) => "wait",
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
