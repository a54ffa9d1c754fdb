//! Reports of the scenario: a line for each step while it runs, and a summary in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

/// One step of the scenario.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    /// A fixed name for machines.
    pub(crate) name: String,
    /// Whether it came out as it should.
    pub(crate) ok: bool,
    /// How long it took, milliseconds.
    pub(crate) ms: u64,
}

/// The numbers of a finished scenario, and the machine output of `city --once --json`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// In order.
    pub(crate) steps: Vec<Step>,
    /// Presentations that citizens were asked for.
    pub(crate) presentations: u64,
    /// Presentations whose verdict equals the plain evaluator's.
    pub(crate) agreed_with_evaluator: u64,
    /// Credentials issued.
    pub(crate) issued: u64,
    /// Median time of one proof, milliseconds.
    pub(crate) prove_ms: Option<f64>,
    /// Median time of one verification in the library, milliseconds.
    pub(crate) verify_ms: Option<f64>,
    /// Median time from the counter's request to its verdict, one proof or two, milliseconds.
    pub(crate) end_to_end_ms: Option<f64>,
    /// The same by policy.
    #[serde(default)]
    pub(crate) end_to_end_ms_by_policy: BTreeMap<String, f64>,
}

impl Summary {
    /// Whether every step came out as it should.
    pub(crate) fn all_ok(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|s| s.ok)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed = self.steps.iter().filter(|s| s.ok).count();
        writeln!(f, "  steps as they should be    {passed} of {}", self.steps.len())?;
        writeln!(f, "  credentials issued         {}", self.issued)?;
        writeln!(f, "  presentations              {}", self.presentations)?;
        writeln!(f, "  agree with the evaluator   {}", self.agreed_with_evaluator)?;
        writeln!(f, "  prove, median              {}", Milliseconds(self.prove_ms))?;
        writeln!(f, "  verify, median             {}", Milliseconds(self.verify_ms))?;
        writeln!(f, "  request to verdict, median {}", Milliseconds(self.end_to_end_ms))?;
        self.end_to_end_ms_by_policy
            .iter()
            .try_for_each(|(policy, ms)| writeln!(f, "    {policy:<23} {ms} ms"))
    }
}

struct Milliseconds(Option<f64>);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ms) => write!(f, "{ms} ms"),
            None => f.write_str("not measured"),
        }
    }
}

/// Runs steps, prints how each came out on stderr, and keeps the outcomes.
#[derive(Default)]
pub(crate) struct StepRunner {
    steps: Vec<Step>,
}

impl StepRunner {
    /// Runs one step, prints how it came out, and answers whether it came out as it should.
    pub(crate) fn step(
        &mut self,
        name: &str,
        words: &str,
        run: impl FnOnce() -> anyhow::Result<String>,
    ) -> bool {
        let start = Instant::now();
        let outcome = run();
        let elapsed = start.elapsed();
        let (mark, detail) = match &outcome {
            Ok(detail) => ("✓", detail.clone()),
            Err(error) => ("✗", format!("{error:#}")),
        };
        eprintln!("{mark} {words}: {detail}  [{}]", human(elapsed));
        self.steps.push(Step { name: name.to_owned(), ok: outcome.is_ok(), ms: millis(elapsed) });
        outcome.is_ok()
    }

    /// The steps so far.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

/// A progress bar on stderr for work that takes more than a second; hidden where stderr is no terminal.
pub(crate) fn progress_bar(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("  {wide_bar} {pos}/{len} {elapsed}")
        .expect("the template names known keys");
    ProgressBar::new(length as u64).with_style(style)
}

/// The median in milliseconds; `None` of nothing.
pub(crate) fn median_ms(mut samples: Vec<Duration>) -> Option<f64> {
    samples.sort_unstable();
    let middle = samples.get(samples.len() / 2)?;
    Some((middle.as_secs_f64() * 1e5).round() / 1e2)
}

fn human(d: Duration) -> String {
    if d < Duration::from_secs(1) {
        format!("{} ms", d.as_millis())
    } else {
        format!("{:.1} s", d.as_secs_f64())
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_scenario() {
        let mut runner = StepRunner::default();
        assert!(runner.step("good", "good", || Ok("done".into())));
        assert!(!runner.step("bad", "bad", || Err(anyhow::anyhow!("no"))));
        let summary = Summary { steps: runner.into_steps(), ..Summary::default() };
        assert!(!summary.all_ok());
    }

    #[test]
    fn a_scenario_without_steps_is_not_ok() {
        assert!(!Summary::default().all_ok());
    }

    #[test]
    fn median_of_nothing_is_nothing() {
        assert_eq!(median_ms(vec![]), None);
        assert_eq!(
            median_ms(vec![Duration::from_millis(3), Duration::from_millis(1), Duration::from_millis(2)]),
            Some(2.0)
        );
    }
}
