//! Answers that were made without a network: shown here, or accepted elsewhere and brought here.

use circuits::Fr;
use ledger::follow::{Freshness, RootAge};
use openid4vc::offline::{Minute, OfflineAnswer, VerifierId, VerifierIdError};

use super::answer::receipt_id;
use super::error::{followed, ready, usable};
use super::{RelyingParty, RelyingPartyError};
use crate::following::Snapshot;
use crate::offline::{AsOf, Reconciled, Scanned, Shift, accepted, refused};
use crate::store::{API, AuditAction, Scan, Unsent};
use verifier::{LedgerView, VerifiedOffline, VerifyError, verify_offline};

impl RelyingParty {
    /// The name to which answers without a network are bound, at the service itself or at one of its windows.
    pub fn counter_id(&self, window: Option<&str>) -> Result<VerifierId, VerifierIdError> {
        VerifierId::new(self.certificate.client_id(), window)
    }

    /// The name of the service itself, which hangs at its counter as a code.
    pub fn own_id(&self) -> VerifierId {
        self.counter_id(None).expect("a certificate's client identifier names a counter")
    }

    /// Judges a text that a citizen without a network shows here, for a program; accepts each answer once. Works without the
    /// ledger too, for as long as a bundle would, and then as with a bundle that was fetched when its newest statement was made.
    pub fn scan(&self, text: &str, counter: &VerifierId) -> Result<Scanned, RelyingPartyError> {
        self.scan_noted(Shown { text, counter, by: None })
    }

    /// The same for a person at the counter's page.
    pub fn scan_as(&self, text: &str, who: &str) -> Result<Scanned, RelyingPartyError> {
        self.scan_noted(Shown { text, counter: &self.own_id(), by: Some(who) })
    }

    /// Each try is a line of the audit list, and each receipt that was shown is another.
    fn scan_noted(&self, shown: Shown<'_>) -> Result<Scanned, RelyingPartyError> {
        let who = shown.by.unwrap_or(API);
        self.did(who, AuditAction::Scanned)?;
        let text = &OfflineAnswer::as_meant(shown.text);
        let scanned = self.scan_once(Shown { text, ..shown })?;
        if let Some(receipt) = &scanned.receipt {
            self.saw(&receipt.policy, &receipt.id, who)?;
        }
        Ok(scanned)
    }

    fn scan_once(&self, scan: Shown<'_>) -> Result<Scanned, RelyingPartyError> {
        let mut scanned = self.scan_with(scan, &self.following.snapshot())?;
        // A root that is not known may be newer than what was followed.
        if matches!(scanned, Err(VerifyError::UnknownRoot)) && self.follow().is_ok() {
            scanned = self.scan_with(scan, &self.following.snapshot())?;
        }
        scanned.or_else(|refusal| self.refuse_scan(&refusal))
    }

    /// Takes in what offline counters accepted; every answer is judged again, as of the time when it was scanned. A program
    /// brings it: once is one line of the audit list, and the receipts are in theirs.
    pub fn reconcile(&self, scans: Vec<Unsent>) -> Result<Vec<Reconciled>, RelyingPartyError> {
        let snapshot = self.following.snapshot();
        ready(&snapshot, self.now(), self.about.ready_within_s).map_err(RelyingPartyError::NotReady)?;
        usable(&snapshot, self.now()).map_err(RelyingPartyError::NotReady)?;
        self.did(API, AuditAction::Reconciled)?;
        scans.into_iter().map(|scan| self.reconcile_one(scan, &snapshot)).collect()
    }

    fn scan_with(
        &self,
        Shown { text, counter, by }: Shown<'_>,
        snapshot: &Snapshot,
    ) -> Result<Result<Scanned, VerifyError>, RelyingPartyError> {
        let now = self.now();
        followed(snapshot, now, Shift::default().seconds()).map_err(RelyingPartyError::NotReady)?;
        let then = snapshot.stated_at().unwrap_or(now).min(now);
        let view = AsOf { follower: snapshot.follower(), then };
        let registry = snapshot.registry();
        let keys = snapshot.keys();
        let verified = match verify_offline(text, counter, registry, &view, keys, now) {
            Ok(verified) => verified,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = receipt_id();
        let scan = Scan { id: &id, counter, scanned_at: now, verified: &verified, text: None, by };
        let kept = self.store().scan(&scan)?;
        let scanned = accepted(&verified, kept);
        match scanned.reason {
            None => self.metrics.passed(),
            Some(reason) => self.metrics.refused(reason),
        }
        Ok(Ok(scanned))
    }

    fn refuse_scan(&self, refusal: &VerifyError) -> Result<Scanned, RelyingPartyError> {
        let snapshot = self.following.snapshot();
        let key = usable(&snapshot, self.now()).map_err(RelyingPartyError::NotReady)?;
        self.metrics.refused(refusal.reason());
        Ok(refused(refusal, key.key_use()))
    }

    fn reconcile_one(&self, scan: Unsent, snapshot: &Snapshot) -> Result<Reconciled, RelyingPartyError> {
        match self.judge_again(&scan, snapshot) {
            Err(refusal) => Ok(Reconciled::refused(scan.id, &refusal)),
            Ok(verified) => {
                let Unsent { id, counter, scanned_at, .. } = &scan;
                let scanned_at = *scanned_at;
                let text = None;
                let by = None;
                let kept = Scan { id, counter, scanned_at, verified: &verified, text, by };
                let kept = self.store().reconcile(&kept)?;
                Ok(Reconciled::kept(scan.id, kept))
            }
        }
    }

    /// The time of the scan is the only thing that is taken over unchecked: it cannot be in the future.
    fn judge_again<'a>(
        &self,
        scan: &Unsent,
        snapshot: &'a Snapshot,
    ) -> Result<VerifiedOffline<'a>, VerifyError> {
        if scan.counter.client_id() != self.certificate.client_id() {
            return Err(VerifyError::OtherCounter);
        }
        let then = Minute::of(scan.scanned_at);
        let now = Minute::of(self.now());
        if then > now && !then.near(now) {
            return Err(VerifyError::OtherMinute { made_at: then.start() });
        }
        let view = AsFetched(snapshot);
        let registry = snapshot.registry();
        let keys = snapshot.keys();
        verify_offline(&scan.text, &scan.counter, registry, &view, keys, scan.scanned_at)
    }
}

/// A text with where it is shown, and to whom.
#[derive(Clone, Copy)]
struct Shown<'a> {
    text: &'a str,
    counter: &'a VerifierId,
    by: Option<&'a str>,
}

/// The ledger as an offline counter may still have known it: as of the beginning of the longest shift.
struct AsFetched<'a>(&'a Snapshot);

impl LedgerView for AsFetched<'_> {
    fn root_age(&self, root: &Fr, scanned_at: u64) -> RootAge {
        self.0.root_age(root, scanned_at.saturating_sub(Shift::MOST_S))
    }
    /// What is known now is later than the scan, and was looked at before.
    fn freshness(&self, _scanned_at: u64) -> Freshness {
        match self.0.stated_at() {
            Some(_) => Freshness::Stated { seconds: 0 },
            None => Freshness::Never,
        }
    }
}
