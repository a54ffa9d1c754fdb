//! The sample, and that a measurement measures a service that works.
//!
//! `UPDATE=1 cargo test -p yong-verifier --lib bench::http` makes the sample anew; needed when the statement changes.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;

use circuits::field::to_bytes;
use ledger::source::{FetchError, Source};

use super::sample::{Request, Scene};
use super::*;
use crate::certificate::VerifierCertificate;
use crate::following::Following;
use yong_tests::small_city::{Asking, Citizen, Ledger, NOW, Tree, checked, publisher};

/// Answers in the sample.
const ANSWERS: usize = 1024;

fn dir() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/samples"))
}

#[test]
fn a_few_presentations_of_the_sample_are_accepted_at_either_speed() {
    if std::env::var_os("UPDATE").is_some() {
        update();
    }
    let sample = LoadSample::read(dir()).unwrap();
    assert_eq!(sample.len(), ANSWERS);
    let bodies = &sample.bodies()[..48];
    for pace in [Pace::AsFastAsAnswered, Pace::Every(Duration::from_millis(1))] {
        let round = round(&sample, None, bodies, pace).unwrap();
        assert_eq!((round.times.len(), round.rejected), (24, 0));
    }
}

#[test]
fn an_answer_that_is_not_accepted_is_an_error_of_the_measurement() {
    let sample = LoadSample::read(dir()).unwrap();
    let mut bodies = sample.bodies()[..8].to_vec();
    bodies[6] = bodies[5].clone();
    let error = round(&sample, None, &bodies, Pace::AsFastAsAnswered).err().unwrap();
    assert!(error.contains("400"), "{error}");
}

#[test]
fn percentiles_are_of_the_sorted_times() {
    let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
    let expected = [100, 198].map(Duration::from_millis);
    assert_eq!([50, 99].map(|percent| percentile(&times, percent)), expected);
    assert_eq!(percentile(&[], 99), Duration::ZERO);
}

/// Programs read the numbers by these names.
#[test]
fn what_was_measured_has_its_keys() {
    let measured = HttpMeasured {
        presentations_per_s: 1500.0,
        p50_ms: 80.0,
        p99_ms: 160.0,
        half_rate_p99_ms: 40.0,
        rejected_503: 0,
        processes: 1,
        threads: 2,
        answers: 960,
    };
    let json = serde_json::to_value(measured).unwrap();
    let keys: BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "presentations_per_s",
        "p50_ms",
        "p99_ms",
        "half_rate_p99_ms",
        "rejected_503",
        "processes",
        "threads",
        "answers",
    ];
    assert_eq!(keys, BTreeSet::from(wanted));
}

/// A ledger that notes down what it gives.
struct Recorder {
    ledger: Ledger,
    given: Mutex<std::collections::BTreeMap<String, String>>,
}

impl Source for Recorder {
    fn get(&self, resource: &ledger::resource::Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        use base64::Engine as _;
        let bytes = self.ledger.get(resource, limit)?;
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        self.given.lock().unwrap().insert(resource.to_string(), text);
        Ok(bytes)
    }
}

fn update() {
    let citizens: Vec<Citizen> = (0..8).map(|seed| Citizen::new(seed, 700 + seed)).collect();
    let all: Vec<&Citizen> = citizens.iter().collect();
    let (ledger, tree) = (Ledger::new(), Tree::of(&all));
    ledger.commit(&all, NOW - 100);
    let scene = scene(ledger, &tree);
    let mut answers = Vec::new();
    for number in 0..ANSWERS {
        let context = scene.context(&Request::number(number));
        let asking =
            Asking { policy: checked("score/1"), publisher: publisher(), context, now: NOW, index: 0 };
        let token = asking.present(&citizens[number % citizens.len()], &tree);
        let [presentation] = &token.0["credit"];
        answers.extend(to_bytes(&presentation.nullifier.0));
        answers.extend(presentation.proof.to_bytes());
    }
    fs::write(dir().join("load.answers"), answers).unwrap();
    fs::write(dir().join("load.json"), format!("{}\n", serde_json::to_string(&scene).unwrap())).unwrap();
}

fn scene(ledger: Ledger, tree: &Tree) -> Scene {
    let temp = tempfile::tempdir().unwrap();
    let recorder = std::sync::Arc::new(Recorder { ledger, given: Mutex::default() });
    let source = std::sync::Arc::clone(&recorder);
    let file = temp.path().join("following.json");
    let accepted = verifier::Development::Accepted;
    let following = Following::resume(source, &Ledger::genesis(), file, accepted).unwrap();
    following.catch_up(NOW).unwrap();
    let snapshot = following.snapshot();
    let certificate = temp.path().join("certificate");
    let client_id =
        VerifierCertificate::open_or_make(&certificate, "Load", NOW).unwrap().client_id().to_owned();
    let bare = |name: &str| {
        let pem = fs::read_to_string(certificate.join(name)).unwrap();
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        (name.to_owned(), lines.collect::<Vec<_>>().join("\n"))
    };
    let policy = checked("score/1");
    let query = &policy.policy().credentials[0];
    Scene {
        time: NOW,
        public_url: "http://127.0.0.1:7003".parse().unwrap(),
        policy: policy.policy().policy.clone(),
        policy_digest: ledger::digest::Digest::from_bytes(policy.policy().digest()),
        key_digest: *snapshot.keys().show.newest(NOW).unwrap().digest(),
        credential: query.id.clone(),
        schema: query.schema.clone(),
        root: tree.root().into(),
        client_id,
        certificate: ["counter.key", "counter.pem", "authority.pem"].map(bare).into(),
        genesis: Ledger::genesis(),
        ledger: recorder.given.lock().unwrap().clone(),
    }
}
