//! Writing verdicts down, and saying what was written.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::wire::presenting::Reason;
use rand::RngCore;
use rand::rngs::OsRng;

use super::Tell;
use super::judge::Ending;
use super::read::Opened;
use crate::counter::{Counter, Trouble};
use crate::store::{End, How, Judged, StoreError, Transaction};

impl Counter {
    /// Ends the transactions of these answers together and tells each how it ended.
    pub(super) fn settle(&self, ended: &[(Opened, Ending)], started: Instant, tell: Tell<'_>) {
        if ended.is_empty() {
            return;
        }
        let now = self.now();
        let ends: Vec<End<'_>> = ended.iter().map(|(opened, ending)| end(opened, ending, now)).collect();
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
    ) -> Result<(), Trouble> {
        match (judged.map_err(Trouble::Store)?, ending) {
            (Judged::AlreadyAnswered, _) => Err(Trouble::Refused(Reason::AlreadyUsed)),
            (Judged::NoUsesLeft, _) => {
                Err(self.refused(transaction, Reason::AlreadyUsed, "the pseudonym has no uses left"))
            }
            (Judged::Recorded, Ending::Refused(refusal)) => {
                Err(self.refused(transaction, refusal.reason(), &refusal.to_string()))
            }
            (Judged::Recorded, Ending::Believed(answer, _)) => {
                self.metrics.passed();
                tracing::info!(policy = %transaction.policy, development = ?answer.get().key_use, "passed");
                Ok(())
            }
            (Judged::Recorded, Ending::Declined) => {
                self.metrics.declined();
                tracing::info!(policy = %transaction.policy, "declined");
                Ok(())
            }
        }
    }

    fn refused(&self, transaction: &Transaction, reason: Reason, detail: &str) -> Trouble {
        self.metrics.refused(reason);
        tracing::info!(policy = %transaction.policy, reason = reason.as_str(), detail, "refused");
        Trouble::Refused(reason)
    }
}

fn end<'a>(opened: &'a Opened, ending: &'a Ending, now: u64) -> End<'a> {
    let how = match ending {
        Ending::Believed(answer, uses) => How::Accepted(answer, uses),
        Ending::Refused(refusal) => How::Refused(refusal.reason()),
        Ending::Declined => How::Declined,
    };
    End { transaction: &opened.transaction, how, receipt_id: receipt_id(), now }
}

/// Names a receipt and nothing else; short enough to be read out.
pub(crate) fn receipt_id() -> String {
    let mut bytes = [0; 12];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
