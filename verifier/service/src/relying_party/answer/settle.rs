//! Writing verdicts down, and saying what was written.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openid4vc::vp::{Reason, Receipt};
use rand::RngCore;
use rand::rngs::OsRng;
use rayon::prelude::*;

use super::Tell;
use super::judge::{Believed, Ending};
use super::read::Opened;
use crate::relying_party::{RelyingParty, RelyingPartyError};
use crate::store::{End, Judged, StoreError, Transaction};
use verifier::receipt::Evidence;

impl RelyingParty {
    /// Ends the transactions of these answers together and tells each how it ended; `turn` is dropped before the disk is
    /// waited for.
    pub(super) fn settle<T>(&self, ended: &[(Opened, Ending)], started: Instant, turn: T, tell: Tell<'_>) {
        if ended.is_empty() {
            return;
        }
        let now = self.now();
        // Sealing what is kept is a signature for each, so it is done side by side and before the database is held.
        let ends: Vec<End<'_>> =
            ended.par_iter().map(|(opened, ending)| self.end(&opened.transaction, ending, now)).collect();
        drop(turn);
        let written = self.store().settle(&ends);
        let written = match written {
            Ok(each) => each.into_iter().map(|one| one.map_err(Arc::new)).collect(),
            Err(error) => {
                let error = Arc::new(error);
                vec![Err(error); ended.len()]
            }
        };
        for ((opened, ending), judged) in ended.iter().zip(written) {
            self.metrics.judged(started.elapsed());
            tell(opened.index, self.outcome(&opened.transaction, ending, judged));
        }
    }

    /// What is told and counted once it is known what was written.
    fn outcome(
        &self,
        transaction: &Transaction,
        ending: &Ending,
        judged: Result<Judged, Arc<StoreError>>,
    ) -> Result<(), RelyingPartyError> {
        match (judged.map_err(RelyingPartyError::Store)?, ending) {
            (Judged::AlreadyAnswered, _) => Err(RelyingPartyError::Refused(Reason::AlreadyUsed)),
            (Judged::NoUsesLeft, _) => {
                Err(self.refused(transaction, Reason::AlreadyUsed, "the pseudonym has no uses left"))
            }
            (Judged::Recorded, Ending::Refused(refusal)) => {
                Err(self.refused(transaction, refusal.reason(), &refusal.to_string()))
            }
            (Judged::Recorded, Ending::Believed(believed)) => {
                self.metrics.passed();
                let answer = believed.answer.get();
                let (key, development) = (answer.key_digest.short(), answer.key_use);
                tracing::info!(policy = %transaction.policy, key, ?development, "passed");
                Ok(())
            }
            (Judged::Recorded, Ending::Declined) => {
                self.metrics.declined();
                tracing::info!(policy = %transaction.policy, "declined");
                Ok(())
            }
        }
    }

    fn end<'a>(&self, transaction: &'a Transaction, ending: &'a Ending, now: u64) -> End<'a> {
        match ending {
            Ending::Believed(believed) => {
                let Believed { answer, uses, .. } = &**believed;
                let evidence = |receipt: &Receipt| self.evidence(believed, receipt);
                End::accepted(transaction, answer, uses, receipt_id(), now, evidence)
            }
            Ending::Refused(refusal) => End::refused(transaction, refusal.reason(), receipt_id(), now),
            Ending::Declined => End::declined(transaction),
        }
    }

    /// What is kept of an answer so that others can check it later.
    fn evidence(&self, believed: &Believed, receipt: &Receipt) -> Evidence {
        let (snapshot, answer) = (self.following.snapshot(), believed.answer.get());
        let ledger = (snapshot.registry().genesis().digest(), snapshot.root_entry(&answer.root.0));
        Evidence::sealed(believed.shown_in.clone(), answer, receipt, ledger, |sealed| {
            self.certificate.seal(sealed)
        })
    }

    fn refused(&self, transaction: &Transaction, reason: Reason, detail: &str) -> RelyingPartyError {
        self.metrics.refused(reason);
        tracing::info!(policy = %transaction.policy, reason = reason.as_str(), detail, "refused");
        RelyingPartyError::Refused(reason)
    }
}

/// Names a receipt and nothing else; short enough to be read out.
pub(crate) fn receipt_id() -> String {
    let mut bytes = [0; 12];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
