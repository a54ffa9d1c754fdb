//! The assistant at a counter: answers one request from a sealed paper, for a citizen without a phone, and forgets it.
//!
//! | route | what |
//! |---|---|
//! | `POST /present` | `{"link", "paper", "code"}`: opens the paper, proves, sends the proof to the verifier |
//! | `GET /healthz`, `GET /readyz` | whether it runs, and whether it has followed the ledger |
//!
//! It runs on the counter's own machine and answers on loopback only. It follows the whole credential tree in the
//! background, so that the ledger is asked nothing when somebody presents, and nothing about whom. Nothing of a paper
//! is written anywhere: secret and values are in memory for as long as the proof takes, and zeroized.
//!
//! The clerk's machine sees the citizen's values for a moment. Whoever does not want that needs a wallet.

mod http;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use circuits::policy::Catalogue as _;
use circuits::tree::Position;
use ledger::credentials::SHARD_LEAVES;
use ledger::follow::FollowError;
use openid4vc::paper::{NotACode, NotAPaper, OpenError, Paper, PaperCode, SealedPaper};
use rand::{CryptoRng, RngCore};
use serde::Serialize;
use service::clock::Clock;
use service::http::{Backoff, RateLimiter, Wait};

use crate::followed::{Ledger, View};
use crate::held::Held;
use crate::phrase::Phrase;
use crate::present::{Decision, Ended, Preparations, PresentError, Request, RequestLink, fetch_request};
use crate::wallet::Wallet;

pub use self::http::problem_types;
pub(crate) use self::http::router;

/// Opens papers, one at a time: Argon2id and a proof take memory.
pub(crate) struct Assistant {
    ledger: Ledger,
    /// Tries of codes, by the paper's name.
    tries: RateLimiter<[u8; 32], Backoff>,
    clock: Clock,
    busy: Mutex<()>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Assisted {
    /// The verifier accepted the proof.
    Accepted,
    /// The verifier refused the proof.
    Refused {
        /// Its word for why.
        reason: String,
    },
    /// The paper does not answer; the verifier was told what it is told by a citizen who says no. Why is not told: a
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
    #[error("too many codes were tried on this paper; wait {} s", .0.seconds())]
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
    pub(crate) fn new(ledger: Ledger, clock: Clock) -> Self {
        let tries = RateLimiter::new(Backoff::SECRETS, clock.clone());
        Self { ledger, tries, clock, busy: Mutex::default() }
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
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
        let link = RequestLink::read(link, self.ledger.reach())?;
        let request = fetch_request(&link, &view, now, rng)?;
        let opened = self.open(&paper, &code, now)?;
        self.present(&opened, &request, &view, now, rng)
    }

    fn open(&self, paper: &SealedPaper, code: &PaperCode, now: u64) -> Result<Paper, AssistError> {
        let name = paper.name();
        self.tries.admit_at(&name, Duration::from_secs(now)).map_err(AssistError::Wait)?;
        let opened = paper.open(code)?;
        self.tries.forgive(&name);
        Ok(opened)
    }

    /// A wallet for one moment, without a phrase of its own: the paper's secrets prove. It does not know which
    /// uses of a scope were shown before: one that is used is refused, and the next try takes another.
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
        let resolved = considered.resolve(Decision::Agree, &paper.secrets, rng)?;
        // What was prepared for a proof is not kept for another: it holds the witness.
        let executed = resolved.execute(&Preparations::default(), rng)?;
        // Nobody goes on from the counter's own machine.
        Ok(match executed.ended {
            Ended::Accepted(_) => Assisted::Accepted,
            Ended::Refused { reason, .. } => Assisted::Refused { reason },
            Ended::Declined | Ended::Kept(_) | Ended::NotSatisfiable(_) => Assisted::Declined,
        })
    }
}

fn held(paper: &Paper, view: &View, now: u64) -> Option<Held> {
    let issued = &paper.credential;
    let schema = view.registry().schema(&issued.schema)?.clone();
    let holder = paper.secrets.holder(&issued.issuer, &issued.schema);
    let credential = issued.credential(&schema, holder).ok()?;
    Some(Held { credential, schema, position: issued.position, entry: issued.entry, received: now })
}

/// Whether the ledger has been followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// At least once.
    Yes,
    /// Not yet.
    NotYet,
}

impl Followed {
    pub(crate) fn new(ledger: &Ledger) -> Self {
        if ledger.view().synced_at().is_some() { Self::Yes } else { Self::NotYet }
    }
}

/// Catches up with the log and with every shard that has leaves.
pub(crate) fn follow_all(ledger: &Ledger, now: u64) -> Result<(), FollowError> {
    // How many leaves there are is known after the log was followed; new shards are rare.
    ledger.sync(first_of_shards(ledger.view().leaves()), now)?;
    let leaves = ledger.view().leaves();
    ledger.sync(first_of_shards(leaves), now)
}

/// One position of each shard.
fn first_of_shards(leaves: u64) -> impl Iterator<Item = Position> {
    (0..leaves.div_ceil(SHARD_LEAVES)).filter_map(|shard| Position::new(shard * SHARD_LEAVES).ok())
}

#[cfg(test)]
mod tests;
