use super::*;
use crate::statement::{Enroll, Join, Score, Show};

fn assert_holds<S: Sample>() {
    let (public, private) = S::sample(&mut OsRng);
    assert_eq!(S::check(&public, &private), Ok(()), "{}", S::NAME);
}

#[test]
fn the_samples_hold() {
    assert_holds::<Show>();
    assert_holds::<Enroll>();
    assert_holds::<Join>();
    assert_holds::<Score>();
}

fn report<S: Measured>() -> serde_json::Value {
    let cold =
        || Ok(ColdStart { elapsed: Duration::from_millis(5), first: FirstProof { peak_rss_mb: None } });
    let report = run::<S>(&crate::testing::keys_dir(), 1, cold, || ()).unwrap();
    serde_json::to_value(report).unwrap()
}

#[test]
fn everything_but_enroll_is_measured_prepared() {
    for (report, name) in [(report::<Join>(), "join"), (report::<Score>(), "score")] {
        assert_eq!(report["circuit"], name);
        assert!(report["prepared_ms"].is_number() && report["prepare_ms"].is_number(), "{report}");
        assert!(report["rows"].as_u64().unwrap() <= 4096, "{report}");
    }
    let enroll = report::<Enroll>();
    assert_eq!((&enroll["circuit"], enroll["prove_ms"].is_number()), (&"enroll".into(), true));
    assert!(enroll["prepared_ms"].is_null() && enroll["prepare_ms"].is_null(), "{enroll}");
}

#[test]
fn medians_of_even_odd_and_none() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.004]), Some(2.5));
}

#[test]
fn a_report_has_exactly_its_keys() {
    let json = report::<Show>();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "circuit",
        "constraints",
        "public_inputs",
        "rows",
        "threads",
        "prove_ms",
        "prepared_ms",
        "prepare_ms",
        "witness_ms",
        "reference_ms",
        "cold_start_ms",
        "peak_rss_mb",
        "key_bytes",
        "proof_bytes",
    ];
    let mut keys = keys;
    keys.sort_unstable();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["peak_rss_mb"], serde_json::Value::Null);
    assert!(json["prepared_ms"].is_number() && json["prepare_ms"].is_number());
    assert_eq!(json["proof_bytes"], 128);
}
