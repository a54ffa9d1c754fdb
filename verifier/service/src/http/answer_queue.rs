//! Answers that wait to be judged, and the threads that judge as many together as are there.
//!
//! Nobody waits for company: the thread whose turn it is takes what waits, up to a batch, at once. One computes at a time, on
//! all cores, while the other waits for the disk; what comes in the meantime is the next batch, so that batches grow by
//! themselves when answers come faster than one by one. An answer that was taken in is judged even if its sender goes away; one that finds no place is
//! told so and was not looked at.
//!
//! Counters are taken in turn, whoever works at them, so that a busy one makes only itself wait. What is not known to be an
//! answer to anybody waits in the line of the address that it came from.

mod fair_queue;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::relying_party::{RelyingParty, RelyingPartyError, Response, Taken};
use fair_queue::FairQueue;

/// Answers that are judged together at most.
const BATCH: usize = 128;
/// Threads that judge: while one waits for the disk, the other computes.
pub(super) const WORKERS: usize = 2;
/// Answers that wait at most; as many as are judged in about a second.
const WAITING: usize = 1024;
/// Answers of one line that wait at most.
const OF_ONE_LINE: usize = WAITING / 2;

/// In which line an answer waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum QueueKey {
    /// Of whoever asked.
    RelyingParty(Arc<str>),
    /// Of the address that it came from.
    Address(IpAddr),
}

/// The queue of answers and its threads. Dropping it lets the threads judge what waits and then end.
pub(super) struct AnswerQueue(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    /// Held by the thread that takes a batch, until it has computed.
    turn: Mutex<()>,
    arrived: Condvar,
}

struct Waiting {
    answers: FairQueue<QueueKey, WaitingAnswer>,
    state: QueueState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum QueueState {
    Open,
    Closed,
}

/// An answer, and whom to tell.
struct WaitingAnswer {
    response: Response,
    tell: oneshot::Sender<Result<Taken, RelyingPartyError>>,
}

/// Too many wait; nothing was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

impl AnswerQueue {
    /// An empty queue without threads.
    pub(super) fn new() -> Self {
        let answers = FairQueue::new(WAITING, OF_ONE_LINE);
        let waiting = Mutex::new(Waiting { answers, state: QueueState::Open });
        Self(Arc::new(Shared { waiting, turn: Mutex::new(()), arrived: Condvar::new() }))
    }

    /// Starts threads that judge.
    pub(super) fn spawn_workers(
        &self,
        relying_party: &Arc<RelyingParty>,
        workers: usize,
    ) -> std::io::Result<()> {
        for number in 1..=workers {
            let shared = Arc::clone(&self.0);
            let relying_party = Arc::clone(relying_party);
            thread::Builder::new()
                .name(format!("judge-{number}"))
                .spawn(move || shared.work(&relying_party))?;
        }
        Ok(())
    }

    /// Takes in an answer. What is received tells how it ended; nothing is, if judging it failed inside.
    pub(super) fn submit(
        &self,
        line: QueueKey,
        response: Response,
    ) -> Result<oneshot::Receiver<Result<Taken, RelyingPartyError>>, QueueFull> {
        let (tell, told) = oneshot::channel();
        self.0.lock().answers.push(line, WaitingAnswer { response, tell }).map_err(|_| QueueFull)?;
        self.0.arrived.notify_one();
        Ok(told)
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.lock().answers.len()
    }
}

impl Drop for AnswerQueue {
    fn drop(&mut self) {
        self.0.lock().state = QueueState::Closed;
        self.0.arrived.notify_all();
    }
}

impl Shared {
    fn work(&self, relying_party: &RelyingParty) {
        loop {
            // A thread that panicked in its turn left nothing half done.
            let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(waiters) = self.next() else { return };
            let (responses, tell): (Vec<_>, Vec<_>) =
                waiters.into_iter().map(|waiter| (waiter.response, Some(waiter.tell))).unzip();
            judge(relying_party, &responses, turn, tell);
        }
    }

    /// What waits, in turn; `None` once the queue is closed and empty.
    fn next(&self) -> Option<Vec<WaitingAnswer>> {
        let mut waiting = self.lock();
        while waiting.answers.len() == 0 && waiting.state == QueueState::Open {
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let taken = waiting.answers.take(BATCH);
        (!taken.is_empty()).then_some(taken)
    }

    /// Nothing between locking and unlocking can panic and leave half a change.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever is not told because of a defect in judging learns it when the channel is dropped; the thread goes on.
fn judge(
    relying_party: &RelyingParty,
    responses: &[Response],
    turn: MutexGuard<'_, ()>,
    mut tell: Vec<Option<oneshot::Sender<Result<Taken, RelyingPartyError>>>>,
) {
    let judged = catch_unwind(AssertUnwindSafe(|| {
        relying_party.answer_batch(responses, turn, &mut |index, ended| {
            if let Some(tell) = tell.get_mut(index).and_then(Option::take) {
                // A sender that went away is not told.
                let _ = tell.send(ended);
            }
        });
    }));
    if judged.is_err() {
        tracing::error!("judging answers stopped unexpectedly");
    }
}

#[cfg(test)]
mod tests;
