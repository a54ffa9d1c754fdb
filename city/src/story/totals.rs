//! How often a counter said yes and no, published by its department: what it checks is not on the ledger.

use std::collections::BTreeMap;

use ledger::digest::Digest;
use ledger::record::{Disclosed, DisclosurePublish, Record};
use openid4vc::vp::Status;
use serde_json::{Map, Value, json};

use super::publishing::{GOVERNING, id, sign};
use super::stage::Stage;
use crate::departments::bilingual;

/// Verdicts by policy: passed, and declined or refused.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<&'static str, [u64; 2]>);

impl Tally {
    /// Counts verdicts about a policy.
    pub(super) fn count(&mut self, policy: &'static str, verdicts: impl IntoIterator<Item = Status>) {
        let counts = self.0.entry(policy).or_default();
        for verdict in verdicts {
            counts[usize::from(verdict != Status::Passed)] += 1;
        }
    }

    /// The document. Numbers that could point at somebody are left out.
    fn document(&self) -> Value {
        let totals: Vec<_> = self.0.iter().map(|(policy, counts)| row(policy, *counts)).collect();
        let note = bilingual("小于 10 的数字不公布", "Numbers below ten are left out");
        json!({ "note": note, "totals": totals })
    }
}

/// Puts the totals on the ledger, in the name of the counter's department.
pub(super) fn publish(stage: &Stage<'_>) -> anyhow::Result<String> {
    let document = stage.tally.document();
    // A story that is told again has other totals, and the same ones are published once.
    let digest: String = Digest::of(document.to_string().as_bytes()).to_string().chars().take(24).collect();
    let record = Record::Disclosure(DisclosurePublish {
        id: id("counter-totals", &digest)?,
        category: "counter-totals".parse()?,
        title: bilingual("市民中心一号窗口核验统计", "Totals of the citizens' centre, counter 1"),
        content: Disclosed::Inline(document),
    });
    stage.client.submit(&[sign(stage, GOVERNING, record)?])?;
    Ok(format!("{} policies", stage.tally.0.len()))
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
        let mut tally = Tally::default();
        tally.count("adult/1", [Status::Passed; 12]);
        tally.count("adult/1", [Status::Declined; 9]);
        tally.count("survey/1", [Status::Passed; 3]);
        let document = tally.document();
        assert_eq!(document["totals"], json!([{"policy": "adult/1", "passed": 12}, {"policy": "survey/1"}]));
    }
}
