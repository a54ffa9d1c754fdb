//! Ceremonies in words that an official understands.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::ceremony::{Participant, Report, Secrets, Source};

/// Who took part, and what that means.
pub(super) fn report(report: &Report) -> String {
    let mut text = format!(
        "This key is the result of the ceremony below, from its beginning to its last contribution.\n\n\
         Circuit {} version {}, {} constraints. Circuit hash:\n{}\n\n",
        report.circuit,
        report.version,
        report.constraints,
        hash(&report.circuit_hash)
    );
    text += "Phase 1, powers of tau for any circuit:\n";
    text += &participants(&report.phase1);
    text += "\nPhase 2, the key of this circuit:\n";
    text += &participants(&report.contributions);
    let _ = write!(text, "\nTranscript digest: {}\n\n{}", report.transcript_digest, meaning(report));
    text
}

fn participants(all: &[Participant]) -> String {
    let mut text = String::new();
    for participant in all {
        let name = participant.name.as_deref().unwrap_or("(no name)");
        let _ = writeln!(text, "  {}. {name}", participant.number);
        if let Source::Beacon { value, exponent } = &participant.source {
            let _ = writeln!(text, "     public randomness {value}, hashed 2^{exponent} times");
        }
        let _ = writeln!(text, "{}", hash(&participant.hash));
    }
    if all.is_empty() { "  nobody\n".into() } else { text }
}

fn meaning(report: &Report) -> String {
    let Secrets { phase1, phase2 } = report.secrets;
    let contributed = match phase2 {
        0 => "NOBODY HAS CONTRIBUTED A SECRET: everybody can forge proofs with this key. Do not use it."
            .to_owned(),
        1 => "ONE PARTY CONTRIBUTED TO PHASE 2: it can forge proofs if it kept its secret. For development only."
            .to_owned(),
        n => format!(
            "{n} parties contributed. Proofs can be forged only if all {n} of them kept their secrets and put them \
             together: one who was honest is enough for everybody."
        ),
    };
    let powers = if phase1 < Secrets::NEEDED {
        "PHASE 1 WAS MADE BY ONE PARTY: it can forge proofs whatever the others did. For development only."
            .to_owned()
    } else {
        format!(
            "The same holds for the {phase1} of phase 1, apart from those of phase 2: one honest party in each."
        )
    };
    format!(
        "Verified secrets of different parties: {phase1} in phase 1, {phase2} in phase 2.\n\
         {contributed}\n{powers}\n\
         Contributions under one name, and those without a name, count as one party; public randomness counts as none. \
         Names and times are as the contributors wrote them: ask each to confirm its hash. Nothing here says whether the circuit itself is right."
    )
}

/// What a contributor writes down.
pub(super) fn contributed(number: usize, name: Option<&str>, contribution: &str, output: &Path) -> String {
    format!(
        "Contribution {number}{}. Its hash:\n{}\n\
         Write the hash down and tell it to everybody: it proves later that your contribution is in the key.\n\
         Pass {} on. The secret is gone from this program; switch the machine off to be sure.",
        name.map(|name| format!(", {name}")).unwrap_or_default(),
        hash(contribution),
        output.display()
    )
}

/// A record that a department signs, so that the ledger shows its hash.
pub(super) fn record(number: usize, contribution: &str, circuit_hash: &str) -> Value {
    let short: String = contribution.chars().take(16).collect();
    json!({
        "kind": "disclosure.publish",
        "id": format!("ceremony-{short}"),
        "category": "ceremony",
        "title": { "en": "Contribution to a key ceremony", "zh-CN": "密钥仪式的贡献" },
        "document": { "circuit_hash": circuit_hash, "contribution": contribution, "number": number },
    })
}

/// 128 hexadecimal digits in four lines of four groups, as snarkjs shows them.
pub(super) fn hash(hex: &str) -> String {
    let groups: Vec<&str> = (0..hex.len()).step_by(8).filter_map(|at| hex.get(at..at + 8)).collect();
    let lines: Vec<String> = groups.chunks(4).map(|line| format!("     {}", line.join(" "))).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(number: usize, source: Source) -> Participant {
        Participant { number, name: Some(format!("department {number}")), hash: "ab".repeat(64), source }
    }

    fn sample(phase1: usize, secrets: usize) -> Report {
        Report {
            circuit: "show",
            version: 1,
            constraints: 7480,
            circuit_hash: "cd".repeat(64),
            phase1: (1..=phase1).map(|n| participant(n, Source::Secret)).collect(),
            contributions: (1..=secrets).map(|n| participant(n, Source::Secret)).collect(),
            secrets: Secrets { phase1: phase1 as u32, phase2: secrets as u32 },
            transcript_digest: "ef".repeat(32),
        }
    }

    #[test]
    fn says_who_took_part_and_what_one_honest_party_guarantees() {
        let text = report(&sample(2, 3));
        for part in ["department 3", "one who was honest is enough", "abababab abababab", "efefef"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("development"), "{text}");
    }

    #[test]
    fn warns_of_ceremonies_without_participants_and_of_a_lonely_phase_1() {
        assert!(report(&sample(2, 0)).contains("NOBODY HAS CONTRIBUTED"));
        assert!(report(&sample(1, 3)).contains("PHASE 1 WAS MADE BY ONE PARTY"));
        assert!(report(&sample(2, 1)).contains("ONE PARTY CONTRIBUTED TO PHASE 2"));
    }
}
