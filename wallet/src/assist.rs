//! The assistant of a counter: answers one request from a sealed paper, for a citizen without a phone, and forgets it.
//!
//! | route | what |
//! |---|---|
//! | `POST /present` | `{"link", "paper", "code"}`: opens the paper, proves, sends the proof to the counter |
//! | `GET /healthz`, `GET /readyz` | whether it runs, and whether it has followed the ledger |
//!
//! It runs on the counter's own machine and answers on loopback only. It follows the whole credential tree in the
//! background, so that the ledger is asked nothing when somebody presents, and nothing about whom. Nothing of a paper
//! is written anywhere: secret and values are in memory for as long as the proof takes, and zeroized.
//!
//! The clerk's machine sees the citizen's values for a moment. Whoever does not want that needs a wallet.

mod follow;
mod http;

use std::sync::{Mutex, PoisonError};

use circuits::credential::Scope;
use circuits::policy::Catalogue as _;
use openid4vc::paper::{NotACode, NotAPaper, OpenError, Paper, PaperCode, SealedPaper};
use rand::{CryptoRng, RngCore};
use serde::Serialize;
use service::staff::{Throttle, Wait};

use crate::followed::{Ledger, View};
use crate::held::Held;
use crate::phrase::Phrase;
use crate::present::{Decision, Ended, Preparations, PresentError, Request};
use crate::wallet::Wallet;

pub(crate) use self::follow::{Followed, follow_all};
pub(crate) use self::http::{now, router};

/// Opens papers, one at a time: Argon2id and a proof take memory.
pub(crate) struct Assistant {
    ledger: Ledger,
    /// Tries of codes, by the paper's name.
    tries: Mutex<Throttle<[u8; 32]>>,
    busy: Mutex<()>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Assisted {
    /// The counter accepted the proof.
    Accepted,
    /// The counter refused the proof.
    Refused {
        /// Its word for why.
        reason: String,
    },
    /// The paper does not answer; the counter was told what it is told by a citizen who says no. Why is not told: a
    /// clerk learns no more from a paper than from a wallet.
    Declined,
}

/// Why a request came to no end. Nothing was sent, unless it is said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssistError {
    #[error(transparent)]
    Paper(#[from] NotAPaper),
    #[error(transparent)]
    Code(#[from] NotACode),
    #[error("too many codes were tried on this paper; wait {} s", .0.seconds)]
    Wait(Wait),
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The paper is of a ledger or a time that this one does not know.
    #[error("the paper's credential does not fit the ledger that is followed here")]
    OtherLedger,
    #[error(transparent)]
    Present(#[from] PresentError),
}

impl Assistant {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger, tries: Mutex::default(), busy: Mutex::default() }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Answers the request behind `link` from a paper that `code` opens, at `now` (unix seconds). Whoever asks says
    /// with it that the citizen was told what is asked, and agreed.
    pub(crate) fn answer<R: RngCore + CryptoRng>(
        &self,
        link: &str,
        paper: &str,
        code: &str,
        now: u64,
        rng: &mut R,
    ) -> Result<Assisted, AssistError> {
        let paper: SealedPaper = paper.parse()?;
        let code: PaperCode = code.parse()?;
        let _one_at_a_time = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let view = self.ledger.view();
        // The request first: a link that leads nowhere costs no try.
        let request = Request::fetch(link, view.registry(), now, rng).map_err(PresentError::from)?;
        let opened = self.open(&paper, &code, now)?;
        self.present(&opened, &request, &view, now, rng)
    }

    fn open(&self, paper: &SealedPaper, code: &PaperCode, now: u64) -> Result<Paper, AssistError> {
        let name = paper.name();
        let tries = || self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries().begin(&name, now).map_err(AssistError::Wait)?;
        let opened = paper.open(code)?;
        tries().passed(&name);
        Ok(opened)
    }

    /// A wallet for one moment, without a phrase of its own: the paper's secret proves.
    fn present<R: RngCore + CryptoRng>(
        &self,
        paper: &Paper,
        request: &Request,
        view: &View,
        now: u64,
        rng: &mut R,
    ) -> Result<Assisted, AssistError> {
        let mut wallet = Wallet::new(Phrase::generate(rng));
        wallet.keep(held(paper, view, now).ok_or(AssistError::OtherLedger)?);
        let considered = wallet.consider(&self.ledger, request, view, now)?;
        let settled = considered.settle(Decision::Agree, &paper.secret)?;
        // What was prepared for a proof is not kept for another: it holds the witness.
        let ended = settled.carry_out(&Preparations::default(), rng)?;
        Ok(match ended {
            Ended::Accepted(_) => Assisted::Accepted,
            Ended::Refused { reason, .. } => Assisted::Refused { reason },
            Ended::Declined | Ended::Kept(_) | Ended::NotSatisfiable(_) => Assisted::Declined,
        })
    }
}

fn held(paper: &Paper, view: &View, now: u64) -> Option<Held> {
    let issued = &paper.credential;
    let schema = view.registry().schema(&issued.schema)?.clone();
    let holder = paper.secret.pseudonym(&Scope::enrolment(&issued.issuer, &issued.schema));
    let credential = issued.credential(&schema, holder).ok()?;
    Some(Held { credential, schema, position: issued.position, entry: issued.entry, received: now })
}

#[cfg(test)]
mod tests;
