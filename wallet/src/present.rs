//! Presenting: from the link at a counter to its answer.
//!
//! [`Wallet::present`] is the whole way. Its steps are public too: [`RequestLink::read`], [`fetch_request`],
//! [`Wallet::consider`], [`Considered::resolve`], [`Wallet::reserve`], [`Resolved::execute`] and [`Wallet::remember`]; and
//! below them [`Selection::choose`], [`Choice::prove`], [`token`], [`answer`] and [`refuse`].

mod answer;
mod choose;
mod clock;
mod consent;
mod jws;
mod missing;
mod offline;
mod prepared;
mod prove;
mod question;
mod request;
mod steps;

use circuits::policy::PolicyError;
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::offline::OfflineError;
use rand::{CryptoRng, RngCore};

pub use answer::{AnswerError, Answered, ContinueAt, answer, refuse};
pub use choose::{Choice, Pick, Selection};
pub use clock::{ClockGap, Reading, WrongClock};
pub(crate) use consent::plain;
pub use consent::{AskedScore, Consent, Counted, Decision, Linkability, Revealed, Screen, printable};
pub use jws::JwsError;
pub use missing::{Cost, FailedAcross, FailedScore, Lack, Missing, Points};
pub use offline::{OfflineQuestion, ShownOffline};
pub(crate) use offline::{fits_code, is_for};
pub use prepared::{Openings, Preparations, Witness};
pub use prove::{Made, MakeError, Proofs, Proved, statement, token, wrap};
pub use question::{Question, RelyingParty, Vouched, Way};
pub use request::{Request, RequestError, RequestLink};
pub use steps::{Considered, Executed, Resolved, fetch_request};

use crate::followed::{Ledger, View};
use crate::keys::KeyFetchError;
use crate::uses::TakenMeanwhile;
use crate::wallet::Wallet;

/// How a request that was checked ended.
pub enum Ended {
    /// The verifier accepted these proofs.
    Accepted(Proofs),
    /// The verifier refused these proofs.
    Refused {
        /// Its word for why.
        reason: String,
        /// What was sent.
        made: Proofs,
    },
    /// The owner agreed and keeps these proofs; nothing was sent.
    Kept(Proofs),
    /// The owner refused.
    Declined,
    /// Nothing in the wallet answers.
    NotSatisfiable(Vec<Missing>),
}

/// Why a request came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The request is not to be answered. At most that was sent, see [`RequestError::code`].
    #[error(transparent)]
    Request(#[from] RequestError),
    /// What the wallet knows of the ledger is older than the policy accepts. Nothing was sent.
    #[error(
        "the newest statement of the ledger that the wallet knows is {age_s} s old; the policy accepts roots at most \
         {accepted_s} s old"
    )]
    TooOld {
        /// Since it was made.
        age_s: u64,
        /// By the policy.
        accepted_s: u64,
    },
    /// What the wallet knows of the ledger is later than this clock. Nothing was sent.
    #[error(
        "the newest statement of the ledger is {seconds} s ahead of this machine's clock: one of the two clocks is wrong"
    )]
    Clocks {
        /// By so much.
        seconds: u64,
    },
    /// The wallet never synced. Nothing was sent.
    #[error("the wallet has not synced yet")]
    NeverSynced,
    /// The policy cannot be evaluated. Nothing was sent.
    #[error("the policy cannot be evaluated: {0}")]
    Policy(#[from] PolicyError),
    /// The answer does not fit a QR code. Nothing was shown.
    #[error(transparent)]
    Code(#[from] OfflineError),
    /// There is no proving key. Nothing was sent.
    #[error(transparent)]
    Key(#[from] KeyFetchError),
    /// The proof failed. Nothing was sent.
    #[error(transparent)]
    Make(#[from] MakeError),
    /// Two answers at once took the same use of a scope. Nothing of this one was sent.
    #[error(transparent)]
    TakenMeanwhile(#[from] TakenMeanwhile),
    /// What the verifier made of the answer is not known.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Wallet {
    /// Answers the request behind a link at `now` (unix seconds), if the owner agrees. Everything that comes to an end
    /// is recorded in the history. Whoever calls it has agreed that the link is followed: see [`RequestLink::server`].
    ///
    /// Uses what was synced before and never asks the ledger: that would tell it when somebody presents.
    pub fn present<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        link: &str,
        consent: &mut dyn Consent,
        now: u64,
        rng: &mut R,
    ) -> Result<Ended, PresentError> {
        let view = ledger.view();
        let link = RequestLink::read(link, ledger.reach())?;
        let request = fetch_request(&link, &view, now, rng)?;
        Ok(self.answer(ledger, &view, &request, consent, now, rng)?.ended)
    }

    /// [`Self::present`] for a request that was fetched already; tells the way back too.
    pub fn answer<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        view: &View,
        request: &Request,
        consent: &mut dyn Consent,
        now: u64,
        rng: &mut R,
    ) -> Result<Executed, PresentError> {
        let considered = self.consider(ledger, request, view, now)?;
        let decision = consent.decide(&considered.screen());
        let resolved = considered.resolve(decision, self.secrets(), rng)?;
        let reserved = self.reserve(request, view, &resolved, now)?;
        let executed = resolved.execute(&Preparations::default(), rng);
        self.remember(reserved.as_ref(), request, view, executed.as_ref(), now);
        executed
    }
}

/// A key that an answer is proved with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvingKey {
    /// SHA-256 of its verifying half, as the ledger names it.
    pub digest: Digest,
    /// Whether somebody may be able to forge proofs under it.
    pub key_use: KeyUse,
}

impl ProvingKey {
    /// A key that the view does not know, because another wallet has synced meanwhile, is taken for the worst.
    fn new(key: &VerifyingKey, view: &View) -> Self {
        let digest = Digest::from_bytes(key.digest());
        let published = view.registry().key(&digest);
        Self { digest, key_use: published.map_or(KeyUse::Development, |key| key.record.key_use) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
