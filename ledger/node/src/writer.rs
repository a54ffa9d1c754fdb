//! The one thread that writes: takes what waits, makes one batch of it, answers when it is durable and public.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ledger::record::Entry;
use tokio::sync::{oneshot, watch};

use crate::data_dir::Lock;
use crate::engine::{ClockError, Decision, Engine, EngineError, FlushUrgency};
use crate::metrics::NodeMetrics;
use crate::snapshot::Published;

/// Something to do between two batches, or for the next one.
enum Job {
    Submit { entries: Vec<Entry>, answer: oneshot::Sender<Decision> },
    Between(Box<dyn FnOnce() + Send>),
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// As many wait as may.
    #[error("the queue is full")]
    Full,
    /// The writer has ended.
    #[error("the writer has ended")]
    Ended,
}

/// A handle of the writer's thread. Dropping it lets the writer finish what waits, and then end.
pub(crate) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    failed: watch::Receiver<Option<Arc<EngineError>>>,
    /// Ends the waiting for witnesses: what is ordered and not cosigned is finished at the next start.
    stop: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        engine: Engine,
        lock: Lock,
        pacing: Pacing,
        published: Published,
        metrics: Arc<NodeMetrics>,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(pacing.queue.max(1));
        let stop = engine.stopper();
        let (fail, failed) = watch::channel(None);
        let run = move || {
            let mut work = Work {
                engine,
                published,
                metrics,
                pacing,
                carried: None,
                clock: None,
                asked: None,
                _lock: lock,
            };
            if let Err(fatal) = work.run(&waiting) {
                tracing::error!(error = %fatal, "the writer ends");
                fail.send_replace(Some(Arc::new(fatal)));
            }
        };
        let thread = thread::Builder::new().name("ledger-writer".into()).spawn(run)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), failed, stop })
    }

    /// Hands a submission over; the answer comes when it is durable and public.
    pub(crate) fn submit(&self, entries: Vec<Entry>) -> Result<oneshot::Receiver<Decision>, NotTaken> {
        let (answer, receiver) = oneshot::channel();
        self.send(Job::Submit { entries, answer })?;
        Ok(receiver)
    }

    /// Runs something while no batch is being written.
    pub(crate) fn between(&self, job: impl FnOnce() + Send + 'static) -> Result<(), NotTaken> {
        self.send(Job::Between(Box::new(job)))
    }

    /// Whether the writer can still take submissions.
    pub(crate) fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until the writer ends on its own, which it does for a fatal reason only.
    pub(crate) async fn failed(&self) -> Arc<EngineError> {
        let mut failed = self.failed.clone();
        let found = failed.wait_for(Option::is_some).await.ok().and_then(|fatal| fatal.clone());
        found.unwrap_or_else(|| Arc::new(EngineError::Lost))
    }

    fn send(&self, job: Job) -> Result<(), NotTaken> {
        let jobs = self.jobs.as_ref().ok_or(NotTaken::Ended)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Ended,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.jobs.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the writer panicked");
        }
    }
}

/// Whether it is known what others ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// All of it was taken in.
    Through,
    /// Somebody did not answer.
    InVain,
}

/// How much waits, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacing {
    /// Submissions that wait at most.
    pub(crate) queue: usize,
    /// How often to look for what others ordered.
    pub(crate) look: Duration,
    /// How often a root is stated at least.
    pub(crate) heartbeat: Duration,
}

/// What the thread owns.
struct Work {
    engine: Engine,
    published: Published,
    metrics: Arc<NodeMetrics>,
    pacing: Pacing,
    /// A submission that did not fit the last batch.
    carried: Option<Job>,
    /// What was said of the clock last, because of which nothing is signed.
    clock: Option<ClockError>,
    /// When witnesses were asked what time it is.
    asked: Option<Instant>,
    _lock: Lock,
}

impl Work {
    fn run(&mut self, waiting: &Receiver<Job>) -> Result<(), EngineError> {
        let follows = self.engine.follows()?;
        while let Some(job) = self.next(waiting, follows)? {
            match job {
                Job::Between(job) => {
                    self.engine.flush(FlushUrgency::Last)?;
                    job();
                }
                Job::Submit { entries, answer } => {
                    self.batch(entries, answer, waiting)?;
                    self.engine.flush(FlushUrgency::Due)?;
                }
            }
        }
        self.engine.flush(FlushUrgency::Last)
    }

    /// The next job; in a pause, what was written is made durable in its files, and what others ordered is taken in.
    fn next(&mut self, waiting: &Receiver<Job>, follows: bool) -> Result<Option<Job>, EngineError> {
        loop {
            // Before what waits: submissions that never pause, and are all refused, keep no root from being stated.
            self.heartbeat()?;
            if let Some(job) = self.carried.take() {
                return Ok(Some(job));
            }
            let pause = match (self.engine.is_flushed(), follows) {
                (false, _) => PAUSE,
                (true, true) => self.pacing.look,
                (true, false) => SECOND,
            };
            match waiting.recv_timeout(pause) {
                Ok(job) => return Ok(Some(job)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => self.engine.flush(FlushUrgency::Idle)?,
            }
            if follows && self.engine.is_flushed() {
                self.follow()?;
            }
        }
    }

    /// States a root if that is due, so that followers see that the ledger is there. The clock is looked at every second and
    /// not slept for, because a machine that was asleep or set anew would sleep on.
    fn heartbeat(&mut self) -> Result<(), EngineError> {
        self.watch_clock();
        let signs = self.engine.try_key().is_ok();
        if !signs
            || self.clock.is_some()
            || self.engine.next_heartbeat(self.pacing.heartbeat) != Some(Duration::ZERO)
        {
            return Ok(());
        }
        let started = Instant::now();
        if self.follow()? == Looked::Through && self.engine.heartbeat(self.pacing.heartbeat)? {
            self.publish(0, started);
        }
        Ok(())
    }

    /// Says once that the clock is wrong, and once that it is right again. Witnesses are asked now and then where they can
    /// tell.
    fn watch_clock(&mut self) {
        let mut wrong = self.engine.check_clock().err();
        let asked = self.asked.is_some_and(|at| at.elapsed() < MINUTE);
        if wrong.is_some_and(ClockError::is_confirmable) && !asked {
            self.asked = Some(Instant::now());
            if self.engine.confirm_clock() {
                tracing::warn!("the clock jumped, and the witnesses say the same time");
                wrong = None;
            }
        }
        match (wrong, self.clock) {
            (Some(wrong), None) => tracing::error!("{wrong}"),
            (None, Some(_)) => tracing::info!("the clock is right again"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.clock = wrong;
    }

    /// Shows readers what others ordered. Whoever does not answer is asked again at the next look.
    fn follow(&mut self) -> Result<Looked, EngineError> {
        match self.engine.catch_up() {
            Ok(true) => {
                let snapshot = self.engine.snapshot();
                self.metrics.log(&snapshot.status);
                tracing::info!(size = snapshot.status.size, leaves = snapshot.status.leaves, "followed");
                self.published.set(snapshot);
            }
            Ok(false) => {}
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "looking for what others ordered");
                return Ok(Looked::InVain);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Looked::Through)
    }

    /// One batch of a submission and of what waits behind it.
    fn batch(
        &mut self,
        first: Vec<Entry>,
        answer: oneshot::Sender<Decision>,
        waiting: &Receiver<Job>,
    ) -> Result<(), EngineError> {
        let mut submissions = vec![first];
        let mut answers = vec![answer];
        let mut size = 0;
        size += submissions[0].len();
        while let Ok(job) = waiting.try_recv() {
            match job {
                Job::Submit { entries, answer } if size + entries.len() <= MAX_BATCH => {
                    size += entries.len();
                    submissions.push(entries);
                    answers.push(answer);
                }
                job => {
                    self.carried = Some(job);
                    break;
                }
            }
        }
        let started = Instant::now();
        let decided = self.engine.process(&submissions)?;
        self.publish(size, started);
        for (answer, decided) in answers.into_iter().zip(decided) {
            // A submitter who has gone away learns the same answer by submitting again.
            let _ = answer.send(decided);
        }
        Ok(())
    }

    fn publish(&self, entries: usize, started: Instant) {
        let snapshot = self.engine.snapshot();
        self.metrics.batch(entries, started.elapsed(), &snapshot.status);
        tracing::info!(entries, size = snapshot.status.size, leaves = snapshot.status.leaves, "batch");
        self.published.set(snapshot);
    }
}

/// So long nothing is submitted before the files are made durable.
const PAUSE: Duration = Duration::from_millis(50);
/// So often the clock is looked at while nothing happens.
const SECOND: Duration = Duration::from_secs(1);
/// So often witnesses are asked what time it is, while nothing is signed: each may take some seconds to answer.
const MINUTE: Duration = Duration::from_secs(60);
/// Entries of a batch at most, without its state root; also of one submission.
pub(crate) const MAX_BATCH: usize = 512;

#[cfg(test)]
mod tests;
