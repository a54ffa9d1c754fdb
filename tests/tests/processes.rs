//! The loop end to end over real HTTP, with every service a process of its own, driven by the command lines.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod processes {
    pub(crate) mod browser;
    pub(crate) mod foreign;
    pub(crate) mod known;
    pub(crate) mod programs;
    pub(crate) mod town;
}

use std::path::{Path, PathBuf};

use serde_json::Value;

use processes::known::{Known, redeemed};
use processes::programs::{Ran, Running, run};
use processes::town::{PEOPLE, Services, Town};
use processes::{browser, foreign};

#[test]
fn five_services_and_a_wallet() {
    let town = Town::build();
    publishes(&town);
    let mut services = town.serve();
    records(&town);

    let told = receives(&town);
    passes(&town);
    foreign::saved_proof_convinces_snarkjs(&town);
    foreign::answered_by_a_foreign_wallet(&town);
    foreign::asked_by_a_foreign_verifier(&town);
    without_a_network(&town);
    declines_what_does_not_hold(&town);
    bulk(&town);
    foreign::received_by_a_foreign_wallet(&town);
    killed_in_the_middle_of_a_list(&town, &mut services);
    suspended_then_restored(&town);
    history_has_no_values(&town);

    foreign::fuzzed_by_their_descriptions(&town);
    let metrics = town.metrics();
    services.stop();
    fsck(&town);
    let mut known = Known::of(&town, &["wallet", "other-wallet"]);
    for (what, secret) in &told {
        known.secret(what, secret);
    }
    known.stays_where_it_is(&town, &(services.said() + &metrics));
}

#[test]
fn in_a_real_browser() {
    let Some(script) = browser::installed() else { return };
    let town = Town::build();
    browser::visits_the_city(&script, &town);
    publishes(&town);
    let mut services = town.serve();
    records(&town);
    let (mut wallet, mut assistant) = (town.wallet_app(), town.assistant());
    let told = browser::drives(&script, &town, &mut wallet);
    let metrics = town.metrics();
    wallet.stop();
    assistant.stop();
    services.stop();
    let mut known = Known::of(&town, &["app"]);
    told.make_known(&mut known);
    known.stays_where_it_is(&town, &[services.said(), assistant.said(), wallet.said(), metrics].concat());
}

/// Answers what was told on the way and must not be kept.
fn receives(town: &Town) -> Vec<(&'static str, String)> {
    let offer = || {
        let offered = town.issuer(&["offer", "--schema", "identity/1", "--person", PEOPLE[0].0]).yes_json();
        ["offer", "tx_code"].map(|key| offered[key].as_str().unwrap().to_owned())
    };
    town.wallet(&["init"]).yes();
    let [link, tx_code] = offer();
    let [code, token] = redeemed(town, &link, &tx_code);
    let mut told = vec![("a code to redeem", code), ("an access token", token), ("a number", tx_code)];
    let [link, _] = offer();
    town.wallet(&["receive", &link, "--tx-code", "0000000"]).error();
    let [link, tx_code] = offer();
    town.wallet(&["receive", &link, "--tx-code", &tx_code]).yes();
    told.push(("a number", tx_code));
    town.wallet(&["sync"]).yes();
    assert_eq!(town.wallet(&["list"]).yes_json()["credentials"].as_array().unwrap().len(), 1);
    told
}

fn publishes(town: &Town) {
    // The ledger serves alone until everything that the other services need is on it.
    let mut ledger = town.serve_ledger();
    run(
        "ledger",
        &[
            "publish",
            "--key",
            &town.key("gongan"),
            "--url",
            &town.ledger_url(),
            &town.file("schema.json"),
            &town.file("policy.json"),
            &town.file("senior.json"),
        ],
        &[],
    )
    .yes();
    let keys = [town.key("gongan"), town.key("credit")];
    for record in ["show-key.json", "enroll-key.json"] {
        let one = ["publish", "--key", &keys[0], "--url", &town.ledger_url(), &town.file(record)];
        run("ledger", &one, &[]).no();
        let both = [
            "publish",
            "--key",
            &keys[0],
            "--key",
            &keys[1],
            "--url",
            &town.ledger_url(),
            &town.file(record),
        ];
        run("ledger", &both, &[]).yes();
    }
    let credit = ["publish", "--key", &keys[1], "--url", &town.ledger_url(), &town.file("credit.json")];
    run("ledger", &credit, &[]).yes();
    let status = run("ledger", &["status", "--json", "--url", &town.ledger_url()], &[]).yes_json();
    assert!(status["size"].as_u64().unwrap() > 9);
    ledger.stop();
}

fn records(town: &Town) {
    let csv = town.file("people.csv");
    let said = town.issuer(&["records", "import", "--schema", "identity/1", "--csv", &csv]).yes_json();
    assert_eq!(said["refused"], 0, "{said}");
}

/// The counter waits in a process of its own while the wallet answers.
fn passes(town: &Town) {
    let asking = town.ask("adult/1");
    let link = asking.link();
    let screen = town.wallet(&["present", &link, "--yes", "--save", &town.file("proof")]);
    let screen = screen.yes();
    assert!(!screen.everything().contains(PEOPLE[0].0), "the screen shows more than is asked");
    let status = asking.finish().yes_json();
    // The link works once.
    town.wallet(&["present", &link, "--yes"]).not_yes();
    evidence(town, status["receipt"]["id"].as_str().unwrap());
}

/// The receipt is exported once, checked without any service, and not believed after a change.
fn evidence(town: &Town, receipt: &str) {
    let (out, data, genesis) =
        (town.file("receipt.json"), town.file("counter"), town.file("ledger/genesis.json"));
    let ledger = town.ledger_url();
    let export =
        ["receipt", "export", receipt, "--data", &data, "--ledger", &ledger, "--out", &out, "--json"];
    assert_eq!(run("verifier", &export, &[]).yes_json()["personal_data"], false);
    run("verifier", &export, &[]).error();
    let check = ["receipt", "check", &out, "--genesis", &genesis, "--json"];
    let checked = run("verifier", &check, &[]).yes_json();
    assert_eq!((&checked["policy"], &checked["development"]), (&"adult/1".into(), &true.into()));
    let mut bundle: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    bundle["receipt"]["time"] = (bundle["receipt"]["time"].as_u64().unwrap() + 1).into();
    std::fs::write(&out, bundle.to_string()).unwrap();
    let reason = run("verifier", &check, &[]).no_json()["reason"].clone();
    assert!(["seal", "time"].contains(&reason.as_str().unwrap()), "{reason}");
}

/// A counter fetches its bundle, loses its network, accepts one code once, and brings it back.
fn without_a_network(town: &Town) {
    let (bundle, data, ledger) = (town.file("today.bundle"), town.file("counter"), town.ledger_url());
    let fetch = ["bundle", "--data", &data, "--out", &bundle, "--window", "window-3"];
    let fetch = [&fetch[..], &["--ledger", &ledger, "--development", "--json"]].concat();
    let counter = run("verifier", &fetch, &[]).yes_json()["printed"].as_str().unwrap().to_owned();
    let picture = town.file("code.png");
    let show = ["show", "--offline", "adult/1", "--counter", &counter, "--yes", "--png", &picture];
    let text = town.wallet_cut_off(&show).yes_json()["text"].as_str().unwrap().to_owned();
    assert!(text.len() <= 400, "{text}");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    let scan = || run("verifier", &["scan", &text, "--bundle", &bundle, "--json"], &[]);
    assert_eq!(scan().yes_json()["verdict"], "passed");
    assert_eq!(scan().no_json()["reason"], "already_used");
    let url = town.verifier_url();
    let reconcile = || run("verifier", &["reconcile", "--bundle", &bundle, "--url", &url, "--json"], &[]);
    assert_eq!(reconcile().yes_json()["accepted"], 1);
    assert_eq!(reconcile().yes_json()["accepted"], 0);
}

fn declines_what_does_not_hold(town: &Town) {
    let asking = town.ask("senior/1");
    town.wallet(&["present", &asking.link(), "--yes"]).no();
    asking.finish().no();
    run("verifier", &["ask", "nothing/1", "--url", &town.verifier_url(), "--no-wait"], &[]).error();
}

/// One is enrolled and unchanged, one is enrolled by a list, one is not enrolled, one has a bad value.
fn bulk(town: &Town) {
    let holder = town.other_wallet(&["init"]).yes();
    drop(holder);
    let holder = town.other_wallet(&["holder", "gongan.nanning", "identity/1"]).yes_json();
    let line = format!("id_number,holder\n{},{}\n", PEOPLE[1].0, holder["holder"].as_str().unwrap());
    std::fs::write(town.file("enrolments.csv"), line).unwrap();
    town.issuer(&["enrolments", "import", "--schema", "identity/1", "--csv", &town.file("enrolments.csv")])
        .yes();
    let mut list = std::fs::read_to_string(town.file("people.csv")).unwrap();
    list.push_str("450199199006282056,朱军,M,not-a-date,450181\n");
    std::fs::write(town.file("night.csv"), list).unwrap();
    let report =
        town.issuer(&["issue", "--schema", "identity/1", "--csv", &town.file("night.csv")]).no_json();
    assert_eq!([&report["issued"], &report["unchanged"], &report["refused"]], [1, 1, 2], "{report}");
}

/// `kill -9` of the command and of the desk while a list is being granted; the same command again grants the rest, and
/// nothing twice.
fn killed_in_the_middle_of_a_list(town: &Town, services: &mut Services) {
    const PEOPLE_ON_IT: u64 = 3_000;
    let list = town.long_list(PEOPLE_ON_IT);
    let before = town.leaves();
    let report = town.folder().join("report.csv");
    let arguments = [
        "--schema",
        "identity/1",
        "--csv",
        &list,
        "--desk",
        &town.desk_url(),
        "--report",
        report.to_str().unwrap(),
    ];
    let mut granting =
        Running::start("issuer", &[&["issue"], &arguments[..]].concat(), town.folder().join("killed.log"));
    granting.until(|| std::fs::read_to_string(&report).is_ok_and(|lines| lines.contains("issued")));
    granting.kill();
    services.restart_desk(town);

    let report = town.issuer(&["issue", "--schema", "identity/1", "--csv", &list]).yes_json();
    let [issued, unchanged] = ["issued", "unchanged"].map(|key| report[key].as_u64().unwrap());
    assert!(
        unchanged > 0 && issued > 0,
        "killed too early or too late: {issued} issued, {unchanged} unchanged"
    );
    assert_eq!(issued + unchanged, PEOPLE_ON_IT);
    assert_eq!(town.leaves() - before, PEOPLE_ON_IT);
}

fn suspended_then_restored(town: &Town) {
    let change = |act| {
        town.issuer(&[act, "--schema", "identity/1", "--person", PEOPLE[0].0, "--reason", "lost"]).yes()
    };
    change("suspend");
    town.wallet(&["sync"]).yes();
    let asking = town.ask("adult/1");
    town.wallet(&["present", &asking.link(), "--yes"]).no();
    asking.finish().no();
    change("restore");
    town.wallet(&["sync"]).yes();
    town.passes_eventually("adult/1");
}

fn history_has_no_values(town: &Town) {
    let history = town.wallet(&["history"]).yes();
    assert!(history.everything().contains("adult/1"));
    for value in [PEOPLE[0].0, PEOPLE[0].1, "1996-09-11"] {
        assert!(!history.everything().contains(value));
    }
}

fn fsck(town: &Town) {
    run("ledger", &["fsck", &town.file("ledger")], &[]).yes();
    let tile = newest_tile(&town.folder().join("ledger/tile/0/000.p"));
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[7] ^= 1;
    let mut permissions = std::fs::metadata(&tile).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    std::fs::set_permissions(&tile, permissions).unwrap();
    std::fs::write(&tile, bytes).unwrap();
    run("ledger", &["fsck", &town.file("ledger")], &[]).no();
}

/// Of a tile that is not full there may still be an older file, which readers may be fetching.
fn newest_tile(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|file| file.file_name().unwrap().to_str().unwrap().parse::<u16>().unwrap()).unwrap()
}

#[test]
fn every_program_helps_and_says_errors_as_json() {
    for program in ["prover", "ledger", "issuer", "verifier", "wallet", "city"] {
        let help: Ran = run(program, &["--help"], &[]);
        assert!(help.yes().everything().contains("Examples"), "{program} shows no examples");
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let wrong: [(&str, &[&str]); 4] = [
        ("wallet", &["--home", home, "list", "--json"]),
        ("ledger", &["fsck", home, "--json"]),
        (
            "issuer",
            &["offer", "--schema", "identity/1", "--person", "1", "--desk", "http://127.0.0.1:9", "--json"],
        ),
        ("verifier", &["ask", "adult/1", "--url", "http://127.0.0.1:9", "--json"]),
    ];
    for (program, arguments) in wrong {
        let ran = run(program, arguments, &[("YONG_PASSPHRASE", "correct horse battery")]).error();
        let said: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
        for key in ["error", "message", "remedy"] {
            assert!(said[key].is_string(), "{program}: {said}");
        }
    }
}
