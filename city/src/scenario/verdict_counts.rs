//! How often a verifier accepted and declined, by policy: what it checks is not on the ledger, these counts are.

use std::collections::BTreeMap;

use openid4vc::vp::Status;
use serde_json::{Map, Value, json};

use crate::departments::bilingual;

/// Verdicts by policy: passed, and declined or refused.
#[derive(Default)]
pub(super) struct VerdictCounts(BTreeMap<&'static str, [u64; 2]>);

impl VerdictCounts {
    /// Counts verdicts about a policy.
    pub(super) fn count(&mut self, policy: &'static str, verdicts: impl IntoIterator<Item = Status>) {
        let counts = self.0.entry(policy).or_default();
        for verdict in verdicts {
            counts[usize::from(verdict != Status::Passed)] += 1;
        }
    }

    /// How many policies have been counted.
    pub(super) fn policies(&self) -> usize {
        self.0.len()
    }

    /// The document to publish. Numbers that could point at somebody are left out.
    pub(super) fn document(&self) -> Value {
        let totals: Vec<_> = self.0.iter().map(|(policy, counts)| row(policy, *counts)).collect();
        let note = bilingual("小于 10 的数字不公布", "Numbers below ten are left out");
        json!({ "note": note, "totals": totals })
    }
}

fn row(policy: &str, counts: [u64; 2]) -> Value {
    let shown = ["passed", "declined"].into_iter().zip(counts).filter(|(_, count)| *count >= FEW);
    let mut row: Map<_, _> = shown.map(|(key, count)| (key.to_owned(), json!(count))).collect();
    row.insert("policy".to_owned(), json!(policy));
    Value::Object(row)
}

/// Numbers below this are left out.
const FEW: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_left_out() {
        let mut verdict_counts = VerdictCounts::default();
        verdict_counts.count("adult/1", [Status::Passed; 12]);
        verdict_counts.count("adult/1", [Status::Declined; 9]);
        verdict_counts.count("survey/1", [Status::Passed; 3]);
        let document = verdict_counts.document();
        assert_eq!(document["totals"], json!([{"policy": "adult/1", "passed": 12}, {"policy": "survey/1"}]));
    }
}
