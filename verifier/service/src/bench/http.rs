//! How many presentations the service takes in a second, over HTTP on loopback, with wallets and service in one process, or
//! with a service of several processes beside them.
//!
//! The answers are real: proofs of the real prover, made beforehand for requests that are remembered in the sample, so that
//! nothing here has to prove. Each round begins with those requests open in a fresh database and the clock at the time when
//! they were made; from there on everything is what a counter runs: HTTP, decryption, proofs, one database file that is
//! synced before anybody is told. Encrypting the answers, which wallets do, is done before the clock starts.

mod load;
mod processes;
mod sample;
mod serving;

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::runtime::Runtime;

pub use processes::{Processes, serve_apart};
pub use sample::LoadSample;

use load::{Answered, Pace, send};
use processes::ServingApart;
use serving::Serving;

/// Rounds at full speed.
const ROUNDS: usize = 5;
/// Rounds at half of it.
const HALF_ROUNDS: usize = 3;
/// Answers before the clock starts: a service that just started has not seen its policies yet.
const WARM_UP: usize = 64;
/// Wallets that answer at the same time.
pub(super) const WALLETS: usize = 256;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct HttpMeasured {
    /// Answers accepted in a second when 256 wallets send one after the other: the median of five rounds.
    pub presentations_per_s: f64,
    /// Half of all answers took no longer, at that speed.
    pub p50_ms: f64,
    /// 99 of 100 answers took no longer, at that speed.
    pub p99_ms: f64,
    /// 99 of 100 answers took no longer when they came at half that speed, from the moment when they were due.
    pub half_rate_p99_ms: f64,
    /// Answers that found no place, at either speed.
    pub rejected_503: usize,
    /// Processes of the service; where it is one, it is also that of the wallets, over a file.
    pub processes: usize,
    /// Threads of this machine.
    pub threads: usize,
    /// Answers in a round.
    pub answers: usize,
}

/// Drives the service; an error if it did not accept what it must, or does not remember what it accepted.
pub fn measure_http(sample: &LoadSample, apart: Option<&Processes>) -> Result<HttpMeasured, String> {
    let bodies = sample.bodies();
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(round(sample, apart, &bodies, Pace::AsFastAsAnswered)?);
    }
    let mut rates: Vec<f64> = rounds.iter().map(Round::per_s).collect();
    rates.sort_by(f64::total_cmp);
    let presentations_per_s = rates.get(ROUNDS / 2).copied().ok_or("no rounds")?;
    let mut half = Vec::with_capacity(HALF_ROUNDS);
    for _ in 0..HALF_ROUNDS {
        let pace = Pace::Every(Duration::from_secs_f64(2.0 / presentations_per_s));
        half.push(round(sample, apart, &bodies, pace)?);
    }
    let full_times = times(&rounds);
    let half_times = times(&half);
    Ok(HttpMeasured {
        presentations_per_s,
        p50_ms: ms(percentile(&full_times, 50)),
        p99_ms: ms(percentile(&full_times, 99)),
        half_rate_p99_ms: ms(percentile(&half_times, 99)),
        rejected_503: rounds.iter().chain(&half).map(|round| round.rejected).sum(),
        processes: apart.map_or(1, |apart| usize::from(apart.count.get())),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        answers: bodies.len().saturating_sub(WARM_UP),
    })
}

struct Round {
    times: Vec<Duration>,
    rejected: usize,
    took: Duration,
}

impl Round {
    fn per_s(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }
}

/// One service, from its start to the comparison of what it said with what it remembers.
fn round(
    sample: &LoadSample,
    apart: Option<&Processes>,
    bodies: &[String],
    pace: Pace,
) -> Result<Round, String> {
    let service = match apart {
        None => Service::Here(Serving::start(sample, None, sample.scene.transactions(bodies.len()))?),
        Some(apart) => Service::Apart(ServingApart::start(apart, sample, bodies.len())?),
    };
    let wallets = Runtime::new().map_err(|error| error.to_string())?;
    let (warm_up, measured) = bodies.split_at(WARM_UP.min(bodies.len() / 2));
    let first = wallets.block_on(service.send(warm_up, Pace::AsFastAsAnswered))?;
    let started = Instant::now();
    let answered = wallets.block_on(service.send(measured, pace))?;
    let took = started.elapsed();
    let all = || first.iter().chain(&answered);
    if let Some(other) = all().map(|one| one.status).find(|status| !matches!(status, 200 | 503)) {
        return Err(format!("the service answered {other} to a presentation that it must accept"));
    }
    let accepted = all().filter(|one| one.status == 200).count();
    let passed = service.passed()?;
    if accepted != passed {
        return Err(format!("the service accepted {accepted} presentations and remembers {passed}"));
    }
    let of = |status: u16| answered.iter().filter(move |one| one.status == status);
    Ok(Round { times: of(200).map(|one: &Answered| one.took).collect(), rejected: of(503).count(), took })
}

/// Where it runs.
enum Service {
    Here(Serving),
    Apart(ServingApart),
}

impl Service {
    /// Each process gets an equal share of the answers and of the wallets.
    async fn send(&self, bodies: &[String], pace: Pace) -> Result<Vec<Answered>, String> {
        let to = match self {
            Self::Here(serving) => vec![serving.address()],
            Self::Apart(apart) => apart.addresses.clone(),
        };
        let all = to.len();
        let pace = match pace {
            Pace::AsFastAsAnswered => pace,
            Pace::Every(pause) => Pace::Every(pause * u32::try_from(all).unwrap_or(1)),
        };
        let shares = to.into_iter().enumerate().map(|(number, to)| {
            let own: Vec<String> = bodies.iter().skip(number).step_by(all).cloned().collect();
            async move { send(to, &own, pace, WALLETS / all).await }
        });
        Ok(try_join_all(shares).await?.concat())
    }

    fn passed(&self) -> Result<usize, String> {
        match self {
            Self::Here(serving) => serving.passed(),
            Self::Apart(apart) => apart.passed(),
        }
    }
}

fn times(rounds: &[Round]) -> Vec<Duration> {
    let mut times: Vec<Duration> = rounds.iter().flat_map(|round| round.times.iter().copied()).collect();
    times.sort_unstable();
    times
}

/// Of sorted times.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
