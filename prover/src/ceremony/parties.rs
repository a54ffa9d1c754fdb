//! How many different parties brought a secret to a ceremony: what decides whether one of them alone can forge.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::report::{Participant, Source};

/// Verified secrets of different parties in each phase.
///
/// Names prove nothing, so this is an upper bound on the parties and never more than what the files show: contributions
/// under one name are one party, and randomness that everybody knows is nobody's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// To the powers of τ. Who knows all of them forges without any secret of phase 2.
    pub phase1: u32,
    /// To the circuit's key. Who knows all of them forges without any secret of phase 1.
    pub phase2: u32,
}

impl Secrets {
    /// Fewest in each phase for a key that is not for development.
    pub const NEEDED: u32 = 2;

    /// Whether neither phase was in the hands of one party.
    pub fn are_shared(self) -> bool {
        self.phase1 >= Self::NEEDED && self.phase2 >= Self::NEEDED
    }
}

/// How contributions without a name are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// All of them together as one party: one person who tried twice leaves the same trace as two people.
    OneParty,
    /// Each as a party: whoever checks has named the file by its digest, and so knows whose ceremony it is.
    Parties,
}

/// Different parties among those who contributed a secret.
pub(super) fn count(participants: &[Participant], unnamed: Unnamed) -> u32 {
    let mut parties = BTreeSet::new();
    let mut hashes = BTreeSet::new();
    for participant in participants.iter().filter(|p| p.source == Source::Secret) {
        let name = participant.name.as_deref().map(folded).unwrap_or_default();
        let by_hash = name.is_empty() && unnamed == Unnamed::Parties;
        parties.insert(if by_hash { (String::new(), Some(&participant.hash)) } else { (name, None) });
        hashes.insert(&participant.hash);
    }
    // One contribution under two names is one secret.
    u32::try_from(parties.len().min(hashes.len())).unwrap_or(u32::MAX)
}

/// What is left of a name without the time that `contribute` adds, case, width, spaces and punctuation.
fn folded(name: &str) -> String {
    let compatible: String = without_time(name).nfkc().flat_map(char::to_lowercase).nfkc().collect();
    compatible.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without a last `, 2026-09-01 10:00 UTC`.
fn without_time(name: &str) -> &str {
    let is_time = |text: &str| {
        text.len() == TIME.len()
            && text
                .bytes()
                .zip(TIME.bytes())
                .all(|(b, t)| if t == b'0' { b.is_ascii_digit() } else { b == t })
    };
    match name.rsplit_once(", ") {
        Some((before, time)) if is_time(time) => before,
        _ => name,
    }
}

/// The form of a time, zeros for digits.
const TIME: &str = "0000-00-00 00:00 UTC";

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: Option<&str>, hash: &str) -> Participant {
        Participant {
            number: 1,
            name: name.map(str::to_owned),
            hash: hash.to_owned(),
            source: Source::Secret,
        }
    }

    fn named(names: &[&str]) -> u32 {
        let all: Vec<_> = (0..).zip(names).map(|(n, name)| secret(Some(name), &format!("{n}"))).collect();
        count(&all, Unnamed::OneParty)
    }

    #[test]
    fn spellings_of_one_name_are_one_party() {
        assert_eq!(named(&["credit", "tax"]), 2);
        for other in [
            "Credit",
            " credit ",
            "ｃｒｅｄｉｔ",
            "cre\u{200b}dit",
            "credit, 2026-09-01 10:00 UTC",
            "credit.",
        ] {
            assert_eq!(named(&["credit", other]), 1, "{other:?}");
        }
        let times = ["税务局, 2026-09-01 10:00 UTC", "税务局, 2026-09-02 11:30 UTC"];
        assert_eq!(named(&times), 1);
        assert_eq!(named(&["tax, 2026-09-01", "tax, 2026-09-02"]), 2, "no time as `contribute` writes it");
    }

    #[test]
    fn contributions_without_a_name_are_one_party_unless_the_file_is_known() {
        let all = [secret(None, "a"), secret(None, "b"), secret(Some(" "), "c")];
        assert_eq!(count(&all, Unnamed::OneParty), 1);
        assert_eq!(count(&all, Unnamed::Parties), 3);
    }

    #[test]
    fn a_beacon_is_no_secret_and_one_contribution_is_one() {
        let beacon = Source::Beacon { value: "00".into(), exponent: 10 };
        let all = [secret(Some("a"), "a"), Participant { source: beacon, ..secret(Some("b"), "b") }];
        assert_eq!(count(&all, Unnamed::OneParty), 1);
        assert_eq!(count(&[secret(Some("a"), "x"), secret(Some("b"), "x")], Unnamed::OneParty), 1);
    }

    #[test]
    fn each_phase_needs_two() {
        let shared = |phase1, phase2| Secrets { phase1, phase2 }.are_shared();
        assert!(shared(2, 2) && shared(54, 10));
        assert!(!shared(1, 10) && !shared(54, 1) && !shared(0, 0));
    }
}
