//! Answers that were made without a network: shown here, or accepted elsewhere and brought here.

use circuits::Fr;
use circuits::wire::offline::{CounterId, CounterIdError, Minute};
use ledger::follow::RootAge;

use super::answer::receipt_id;
use super::readiness::{followed, usable};
use super::{Counter, Trouble};
use crate::believe::{LedgerView, Refusal, ShowKey, VerifiedOffline, verify_offline};
use crate::following::Snapshot;
use crate::offline::{Reconciled, Scanned, Shift, accepted, refused};
use crate::store::{Scan, Unsent};

impl Counter {
    /// The name to which answers without a network are bound, at the service itself or at one of its windows.
    pub fn counter_id(&self, window: Option<&str>) -> Result<CounterId, CounterIdError> {
        CounterId::new(self.certificate.client_id(), window)
    }

    /// Judges a text that a citizen without a network shows here; accepts each answer once.
    pub fn scan(&self, text: &str, counter: &CounterId) -> Result<Scanned, Trouble> {
        let first = self.scan_with(text, counter, &self.following.snapshot());
        // A root that is not known may be newer than what was followed.
        match first? {
            Err(Refusal::UnknownRoot) if self.follow().is_ok() => {}
            Err(refusal) => return self.refuse_scan(&refusal),
            Ok(scanned) => return Ok(scanned),
        }
        match self.scan_with(text, counter, &self.following.snapshot())? {
            Ok(scanned) => Ok(scanned),
            Err(refusal) => self.refuse_scan(&refusal),
        }
    }

    /// Takes in what offline counters accepted; every answer is judged again, as of the time when it was scanned.
    pub fn reconcile(&self, scans: Vec<Unsent>) -> Result<Vec<Reconciled>, Trouble> {
        let snapshot = self.following.snapshot();
        followed(&snapshot, self.now(), self.about.ready_within_s).map_err(Trouble::NotReady)?;
        let key = usable(&snapshot).map_err(Trouble::NotReady)?;
        scans.into_iter().map(|scan| self.reconcile_one(scan, &snapshot, key)).collect()
    }

    fn scan_with(
        &self,
        text: &str,
        counter: &CounterId,
        snapshot: &Snapshot,
    ) -> Result<Result<Scanned, Refusal>, Trouble> {
        let now = self.now();
        followed(snapshot, now, self.about.ready_within_s).map_err(Trouble::NotReady)?;
        let key = usable(snapshot).map_err(Trouble::NotReady)?;
        let verified = match verify_offline(text, counter, snapshot.registry(), snapshot, key, now) {
            Ok(verified) => verified,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = receipt_id();
        let scan = Scan { id: &id, counter, scanned_at: now, verified: &verified, text: None };
        let kept = self.store().scan(&scan)?;
        let scanned = accepted(&verified, kept);
        match scanned.reason {
            None => self.metrics.passed(),
            Some(reason) => self.metrics.refused(reason),
        }
        Ok(Ok(scanned))
    }

    fn refuse_scan(&self, refusal: &Refusal) -> Result<Scanned, Trouble> {
        let snapshot = self.following.snapshot();
        let key = usable(&snapshot).map_err(Trouble::NotReady)?;
        self.metrics.refused(refusal.reason());
        Ok(refused(refusal, key.key_use()))
    }

    fn reconcile_one(&self, scan: Unsent, snapshot: &Snapshot, key: &ShowKey) -> Result<Reconciled, Trouble> {
        match self.judge_again(&scan, snapshot, key) {
            Err(refusal) => Ok(Reconciled::refused(scan.id, &refusal)),
            Ok(verified) => {
                let Unsent { id, counter, scanned_at, .. } = &scan;
                let kept = Scan { id, counter, scanned_at: *scanned_at, verified: &verified, text: None };
                let kept = self.store().reconcile(&kept)?;
                Ok(Reconciled::kept(scan.id, kept))
            }
        }
    }

    /// The time of the scan is the only thing that is believed: it cannot be in the future.
    fn judge_again<'a>(
        &self,
        scan: &Unsent,
        snapshot: &'a Snapshot,
        key: &ShowKey,
    ) -> Result<VerifiedOffline<'a>, Refusal> {
        if scan.counter.client_id() != self.certificate.client_id() {
            return Err(Refusal::OtherCounter);
        }
        let (then, now) = (Minute::of(scan.scanned_at), Minute::of(self.now()));
        if then > now && !then.near(now) {
            return Err(Refusal::OtherMinute { made_at: then.start() });
        }
        let view = AsFetched(snapshot);
        verify_offline(&scan.text, &scan.counter, snapshot.registry(), &view, key, scan.scanned_at)
    }
}

/// The ledger as an offline counter may still have known it: as of the beginning of the longest shift.
struct AsFetched<'a>(&'a Snapshot);

impl LedgerView for AsFetched<'_> {
    fn root_age(&self, root: &Fr, scanned_at: u64) -> RootAge {
        self.0.root_age(root, scanned_at.saturating_sub(Shift::MOST_S))
    }
    fn followed_at(&self) -> Option<u64> {
        self.0.followed_at()
    }
}
