use circuits::show;

use super::*;

#[test]
fn the_sample_holds() {
    let (public, private) = sample::show(&mut OsRng);
    assert_eq!(show::check(&public, &private), Ok(()));
}

#[test]
fn medians_of_even_odd_and_none() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.004]), Some(2.5));
}

#[test]
fn a_report_has_exactly_its_keys() {
    let cold =
        || Ok(ColdStart { elapsed: Duration::from_millis(5), first: FirstProof { peak_rss_mb: None } });
    let report = run(&crate::testing::keys_dir(), 1, cold, || ()).unwrap();
    let json = serde_json::to_value(report).unwrap();
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
