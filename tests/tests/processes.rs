//! The loop end to end over real HTTP, with every service a process of its own, driven by the command lines.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod processes {
    pub(crate) mod browser;
    pub(crate) mod deployment;
    pub(crate) mod drill;
    pub(crate) mod foreign;
    pub(crate) mod operating;
    pub(crate) mod persons;
    pub(crate) mod private_data;
    pub(crate) mod programs;
    pub(crate) mod sandbox;
    pub(crate) mod system_calls;
    pub(crate) mod tls;
}

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use processes::deployment::{Deployment, PEOPLE, Services};
use processes::drill::{self, Drill};
use processes::operating::Afternoon;
use processes::private_data::{PrivateData, redeemed};
use processes::programs::{Finished, Running, run};
use processes::sandbox::{Receiver, Sandbox};
use processes::system_calls::{Sets, runs_what_it_wrote, traced};
use processes::{browser, foreign, persons, tls};
use yong_tests::deploy;
use yong_tests::nginx::Nginx;

#[test]
fn five_services_and_a_wallet() {
    let deployment = Deployment::new();
    publishes(&deployment);
    let mut services = deployment.serve();
    records(&deployment);

    let told = receives(&deployment);
    passes(&deployment);
    foreign::saved_proof_convinces_snarkjs(&deployment);
    foreign::answered_by_a_foreign_wallet(&deployment);
    foreign::asked_by_a_foreign_verifier(&deployment);
    without_a_network(&deployment);
    declines_what_does_not_hold(&deployment);
    bulk(&deployment);
    foreign::received_by_a_foreign_wallet(&deployment);
    killed_in_the_middle_of_a_list(&deployment, &mut services);
    suspended_then_restored(&deployment);
    history_has_no_values(&deployment);

    foreign::fuzzed_by_their_descriptions(&deployment);
    foreign::clients_are_generated_from_their_descriptions(&deployment);
    let metrics = deployment.metrics();
    services.stop();
    fsck(&deployment);
    let mut private = PrivateData::new(&deployment, &["wallet", "other-wallet"]);
    for (what, secret) in &told {
        private.secret(what, secret);
    }
    private.stays_where_it_belongs(&deployment, &(services.said() + &metrics));
}

#[test]
fn two_devices_of_a_person_and_then_a_new_one() {
    let deployment = Deployment::with_person_authority();
    publishes(&deployment);
    let mut services = deployment.serve();
    records(&deployment);
    tls::nobody_unaware_of_the_authority_comes_in(&deployment);
    tls::a_mirror_and_a_witness(&deployment);
    let mut helpers = persons::serve(&deployment);
    persons::a_second_device(&deployment);
    persons::a_recovery(&deployment);
    persons::was_recovered_with_what_was_used(&deployment);
    helpers.stop();
    services.stop();
    let private = PrivateData::new(&deployment, &["wallet", "second", "new"]);
    private.stays_where_it_belongs(&deployment, &(services.said() + &helpers.said()));
}

#[test]
fn everything_is_lost_and_comes_back_from_backups() {
    let deployment = Deployment::with_person_authority();
    publishes(&deployment);
    let mut services = deployment.serve();
    records(&deployment);
    let mut helpers = persons::serve(&deployment);
    drill::before(&deployment);
    let drill = Drill::back_up(&deployment);
    drill::after(&deployment);
    drill.lose(&mut services, &mut helpers);

    drill.restore_ledger();
    let mut ledger = deployment.serve_ledger();
    drill.restore_the_rest();
    ledger.stop();
    services = deployment.serve();
    helpers = persons::start(&deployment);
    drill.goes_on();
    // From the shares that the trustees still have.
    persons::a_recovery(&deployment);
    // The desk may have forgotten an enrolment, so this one counts as a reset, and does not answer what began before it.
    let again = deployment.answers("new", "survey-2026/1").no();
    assert!(again.everything().contains("not_satisfied"), "{}", again.everything());
    drill.end();
    helpers.stop();
    services.stop();
    run("ledger", &["fsck", &deployment.file("ledger")], &[]).yes();
}

#[test]
fn the_loop_behind_nginx_with_a_private_authority() {
    if !Nginx::is_here() {
        return;
    }
    let deployment = Deployment::behind_nginx();
    publishes(&deployment);
    let mut services = deployment.serve();
    records(&deployment);
    receives(&deployment);
    passes(&deployment);
    without_a_network(&deployment);
    declines_what_does_not_hold(&deployment);
    persons::serve_a_trustee(&deployment).stop();
    services.stop();
    fsck(&deployment);
}

/// The page for operators, followed: what its services export is all that rules and dashboard ask for, and what they log are
/// objects without colours and without secrets.
#[test]
fn from_bare_machines_to_a_running_city() {
    let Some(afternoon) = Afternoon::follow() else { return };
    let metrics = afternoon.metrics();
    assert!(metrics.contains("yong_verifier_answers_total{verdict=\"passed\"} 1\n"), "{metrics}");
    let exported: BTreeSet<&str> = deploy::metrics(&metrics).collect();
    for text in [deploy::RULES, deploy::DASHBOARD] {
        let unknown: Vec<&str> = deploy::metrics(text).filter(|name| !exported.contains(name)).collect();
        assert!(unknown.is_empty(), "no service exports {unknown:?}");
    }
    let logs = afternoon.logs();
    assert_eq!(logs.len(), 9, "a ledger, three witnesses, two trustees, a mirror, a desk and a counter");
    for (path, log) in logs {
        assert!(log.lines().count() > 1, "{} is empty", path.display());
        for line in log.lines() {
            let object: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display()));
            let missing =
                ["timestamp", "level", "fields", "target"].iter().any(|name| object.get(name).is_none());
            assert!(
                !missing && !line.contains('\u{1b}') && !line.contains("u001b"),
                "{}: {line}",
                path.display()
            );
        }
        for (what, secret) in afternoon.secrets() {
            assert!(!log.contains(&secret), "{} has {what}", path.display());
        }
    }
    let sets = Sets::installed();
    for (unit, calls) in afternoon.system_calls() {
        let (asked, allowed) = (traced(&calls), sets.allowed(&unit));
        assert!(asked.contains("execve") && asked.contains("listen"), "{unit}: {asked:?}");
        let denied: Vec<_> = asked.difference(&allowed).collect();
        assert!(denied.is_empty() && !runs_what_it_wrote(&calls), "{unit}: {denied:?}");
    }
}

#[test]
fn programs_ask_the_people_of_a_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let mut receiver = Receiver::start(folder.path());
    let mut sandbox = Sandbox::start(folder.path(), receiver.as_ref());
    let people = sandbox.people();
    assert_eq!(people.len(), 6);
    let mut outcomes = Vec::new();
    for person in &people {
        let id = person["id"].as_str().unwrap();
        for policy in ["adult/1", "fast-lane/1", "home-loan/1"] {
            let verdict = sandbox.verdict(id, policy);
            assert_eq!(verdict["status"], person["expected"][policy], "{id} {policy}: {verdict}");
            outcomes.push(verdict["status"] == "passed");
        }
    }
    assert!(outcomes.contains(&true) && outcomes.contains(&false));
    let ended = |code, text: &str| (Some(code), text.to_owned());
    for (person, expected) in [("jia", ended(0, "passed\n")), ("ji", ended(1, "declined\n"))] {
        let python = sandbox.python("adult/1", person);
        let typescript = sandbox.typescript(folder.path(), "adult/1", person);
        for said in [python, typescript].into_iter().flatten() {
            assert_eq!(said, expected, "{person}");
        }
    }
    let python = sandbox.python("adult/1", "nobody");
    assert!(python.is_none_or(|(code, text)| code == Some(2) && text.starts_with("nobody: ")));
    programs_are_told(&sandbox, receiver.as_mut());

    // One answer each, until everything begins again.
    assert_eq!(sandbox.verdict("jia", "survey-2026/1")["status"], "passed");
    // The wallet knows that its one use is spent and does not ask the counter.
    assert_eq!(sandbox.verdict("jia", "survey-2026/1")["status"], "declined");
    sandbox.reset();
    assert_eq!(sandbox.people(), people);
    assert_eq!(sandbox.verdict("jia", "survey-2026/1")["status"], "passed");
    sandbox.stop();
}

/// A program's own name for a request comes back by message and by result, and that somebody passed who comes back to its
/// page is told to who has the code alone.
fn programs_are_told(sandbox: &Sandbox, receiver: Option<&mut Receiver>) {
    let asked = sandbox.ask(json!({
        "policy": "adult/1", "reference": "贷款 17", "return_to": "https://bank.example/loan?case=17",
    }));
    let presented = sandbox.present("jia", &asked);
    let back = presented["redirect_uri"].as_str().unwrap();
    let code = back.strip_prefix("https://bank.example/loan?case=17&response_code=").unwrap();
    let (status, refused) = sandbox.result(&asked, "?wait=25");
    assert_eq!((status, &refused["error"]), (403, &json!("response_code_needed")));
    let (_, result) = sandbox.result(&asked, &format!("?response_code={code}"));
    assert_eq!((&result["status"], &result["reference"]), (&json!("passed"), &json!("贷款 17")));
    let other = sandbox.ask(json!({ "policy": "adult/1", "reference": "18" }));
    assert_eq!(sandbox.present("ji", &other)["outcome"], "not_satisfiable");
    let Some(receiver) = receiver else { return };
    assert_eq!(receiver.answers_a_forger(), 401);
    // Messages about what was asked before come first; each is told once, in whatever order.
    let mut told = Vec::new();
    while ["贷款 17", "18"].iter().any(|name| !told.iter().any(|told: &Value| told["reference"] == *name)) {
        told.push(receiver.next());
    }
    let of = |name: &str| told.iter().find(|told| told["reference"] == name).unwrap();
    assert_eq!(of("贷款 17").get("status"), None);
    assert_eq!(of("18")["status"], "declined");
    let transactions: BTreeSet<&str> =
        told.iter().map(|told| told["transaction"].as_str().unwrap()).collect();
    assert_eq!(transactions.len(), told.len());
}

#[test]
fn in_a_real_browser() {
    let Some(script) = browser::installed() else { return };
    let deployment = Deployment::new();
    browser::visits_the_citys_page(&script, &deployment);
    publishes(&deployment);
    let mut services = deployment.serve();
    records(&deployment);
    let (mut wallet, mut assistant) = (deployment.wallet_app(), deployment.assistant());
    let told = browser::walks_through_the_pages(&script, &deployment, &mut wallet);
    let metrics = deployment.metrics();
    wallet.stop();
    assistant.stop();
    services.stop();
    let mut private = PrivateData::new(&deployment, &["app"]);
    told.add_to(&mut private);
    private.stays_where_it_belongs(
        &deployment,
        &[services.said(), assistant.said(), wallet.said(), metrics].concat(),
    );
}

/// Answers what was told on the way and must not be kept.
fn receives(deployment: &Deployment) -> Vec<(&'static str, String)> {
    let offer = || {
        let offered =
            deployment.issuer(&["offer", "--schema", "identity/1", "--person", PEOPLE[0].0]).yes_json();
        ["offer", "tx_code"].map(|key| offered[key].as_str().unwrap().to_owned())
    };
    deployment.wallet(&["init"]).yes();
    let [link, tx_code] = offer();
    let [code, token] = redeemed(deployment, &link, &tx_code);
    let mut told = vec![("a code to redeem", code), ("an access token", token), ("a number", tx_code)];
    let [link, _] = offer();
    deployment.wallet(&["receive", &link, "--tx-code", "0000000"]).error();
    let [link, tx_code] = offer();
    deployment.wallet(&["receive", &link, "--tx-code", &tx_code]).yes();
    told.push(("a number", tx_code));
    deployment.wallet(&["sync"]).yes();
    assert_eq!(deployment.wallet(&["list"]).yes_json()["credentials"].as_array().unwrap().len(), 1);
    told
}

fn publishes(deployment: &Deployment) {
    // The ledger serves alone until everything that the other services need is on it.
    let mut ledger = deployment.serve_ledger();
    run(
        "ledger",
        &[
            "publish",
            "--key",
            &deployment.key("gongan"),
            "--url",
            &deployment.ledger_url(),
            &deployment.file("schema.json"),
            &deployment.file("policy.json"),
            &deployment.file("senior.json"),
        ],
        &[],
    )
    .yes();
    let keys = [deployment.key("gongan"), deployment.key("credit")];
    for record in ["show-key.json", "enroll-key.json"] {
        let one = ["publish", "--key", &keys[0], "--url", &deployment.ledger_url(), &deployment.file(record)];
        run("ledger", &one, &[]).no();
        let both = [
            "publish",
            "--key",
            &keys[0],
            "--key",
            &keys[1],
            "--url",
            &deployment.ledger_url(),
            &deployment.file(record),
        ];
        run("ledger", &both, &[]).yes();
    }
    let credit =
        ["publish", "--key", &keys[1], "--url", &deployment.ledger_url(), &deployment.file("credit.json")];
    run("ledger", &credit, &[]).yes();
    let status = run("ledger", &["status", "--json", "--url", &deployment.ledger_url()], &[]).yes_json();
    assert!(status["size"].as_u64().unwrap() > 9);
    ledger.stop();
}

fn records(deployment: &Deployment) {
    let csv = deployment.file("people.csv");
    let said = deployment.issuer(&["records", "import", "--schema", "identity/1", "--csv", &csv]).yes_json();
    assert_eq!(said["refused"], 0, "{said}");
}

/// The counter waits in a process of its own while the wallet answers.
fn passes(deployment: &Deployment) {
    let pending = deployment.ask("adult/1");
    let link = pending.link();
    let screen = deployment.wallet(&["present", &link, "--yes", "--save", &deployment.file("proof")]);
    let screen = screen.yes();
    assert!(!screen.everything().contains(PEOPLE[0].0), "the screen shows more than is asked");
    let status = pending.finish().yes_json();
    // The link works once.
    deployment.wallet(&["present", &link, "--yes"]).not_yes();
    evidence(deployment, status["receipt"]["id"].as_str().unwrap());
}

/// The receipt is exported once, checked without any service, and not believed after a change.
fn evidence(deployment: &Deployment, receipt: &str) {
    let (out, data, genesis) =
        (deployment.file("receipt.json"), deployment.file("counter"), deployment.file("ledger/genesis.json"));
    let ledger = deployment.ledger_url();
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
fn without_a_network(deployment: &Deployment) {
    let (bundle, data, ledger) =
        (deployment.file("today.bundle"), deployment.file("counter"), deployment.ledger_url());
    let fetch = ["bundle", "--data", &data, "--out", &bundle, "--window", "window-3"];
    let fetch = [&fetch[..], &["--ledger", &ledger, "--development", "--json"]].concat();
    let counter = run("verifier", &fetch, &[]).yes_json()["printed"].as_str().unwrap().to_owned();
    let picture = deployment.file("code.png");
    let show = ["show", "--offline", "adult/1", "--counter", &counter, "--yes", "--png", &picture];
    let text = deployment.wallet_cut_off(&show).yes_json()["text"].as_str().unwrap().to_owned();
    assert!(text.len() <= 400, "{text}");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    let scan = || run("verifier", &["scan", &text, "--bundle", &bundle, "--json"], &[]);
    assert_eq!(scan().yes_json()["verdict"], "passed");
    assert_eq!(scan().no_json()["reason"], "already_used");
    let url = deployment.verifier_url();
    let reconcile = || deployment.verifier(&["reconcile", "--bundle", &bundle, "--url", &url, "--json"]);
    assert_eq!(reconcile().yes_json()["accepted"], 1);
    assert_eq!(reconcile().yes_json()["accepted"], 0);
}

fn declines_what_does_not_hold(deployment: &Deployment) {
    let pending = deployment.ask("senior/1");
    deployment.wallet(&["present", &pending.link(), "--yes"]).no();
    pending.finish().no();
    deployment.verifier(&["ask", "nothing/1", "--url", &deployment.verifier_url(), "--no-wait"]).error();
}

/// One is enrolled and unchanged, one is enrolled by a list, one is not enrolled, one has a bad value.
fn bulk(deployment: &Deployment) {
    let holder = deployment.other_wallet(&["init"]).yes();
    drop(holder);
    let holder = deployment.other_wallet(&["holder", "gongan.nanning", "identity/1"]).yes_json();
    let text = |name: &str| holder[name].as_str().unwrap();
    let line = format!("id_number,holder,person\n{},{},{}\n", PEOPLE[1].0, text("holder"), text("person"));
    std::fs::write(deployment.file("enrolments.csv"), line).unwrap();
    deployment
        .issuer(&[
            "enrolments",
            "import",
            "--schema",
            "identity/1",
            "--csv",
            &deployment.file("enrolments.csv"),
        ])
        .yes();
    let mut list = std::fs::read_to_string(deployment.file("people.csv")).unwrap();
    list.push_str("450199199006282056,朱军,M,not-a-date,450181\n");
    std::fs::write(deployment.file("night.csv"), list).unwrap();
    let report = deployment
        .issuer(&["issue", "--schema", "identity/1", "--csv", &deployment.file("night.csv")])
        .no_json();
    assert_eq!([&report["issued"], &report["unchanged"], &report["refused"]], [1, 1, 2], "{report}");
}

/// `kill -9` of the command and of the desk while a list is being granted; the same command again grants the rest, and
/// nothing twice.
fn killed_in_the_middle_of_a_list(deployment: &Deployment, services: &mut Services) {
    const PEOPLE_ON_IT: u64 = 3_000;
    let list = deployment.long_list(PEOPLE_ON_IT);
    let before = deployment.leaves();
    let report = deployment.folder().join("report.csv");
    let arguments = [
        "--schema",
        "identity/1",
        "--csv",
        &list,
        "--desk",
        &deployment.desk_url(),
        "--report",
        report.to_str().unwrap(),
    ];
    let mut granting = Running::start(
        "issuer",
        &[&["issue"], &arguments[..]].concat(),
        deployment.folder().join("killed.log"),
    );
    granting.until(|| std::fs::read_to_string(&report).is_ok_and(|lines| lines.contains("issued")));
    granting.kill();
    services.restart_desk(deployment);

    let report = deployment.issuer(&["issue", "--schema", "identity/1", "--csv", &list]).yes_json();
    let [issued, unchanged] = ["issued", "unchanged"].map(|key| report[key].as_u64().unwrap());
    assert!(
        unchanged > 0 && issued > 0,
        "killed too early or too late: {issued} issued, {unchanged} unchanged"
    );
    assert_eq!(issued + unchanged, PEOPLE_ON_IT);
    assert_eq!(deployment.leaves() - before, PEOPLE_ON_IT);
}

fn suspended_then_restored(deployment: &Deployment) {
    let change = |act| {
        deployment.issuer(&[act, "--schema", "identity/1", "--person", PEOPLE[0].0, "--reason", "lost"]).yes()
    };
    change("suspend");
    deployment.wallet(&["sync"]).yes();
    let pending = deployment.ask("adult/1");
    deployment.wallet(&["present", &pending.link(), "--yes"]).no();
    pending.finish().no();
    change("restore");
    deployment.wallet(&["sync"]).yes();
    deployment.answers("wallet", "adult/1").yes();
}

fn history_has_no_values(deployment: &Deployment) {
    let history = deployment.wallet(&["history"]).yes();
    assert!(history.everything().contains("adult/1"));
    for value in [PEOPLE[0].0, PEOPLE[0].1, "1996-09-11"] {
        assert!(!history.everything().contains(value));
    }
}

fn fsck(deployment: &Deployment) {
    run("ledger", &["fsck", &deployment.file("ledger")], &[]).yes();
    let tile = newest_tile(&deployment.folder().join("ledger/tile/0/000.p"));
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[7] ^= 1;
    let mut permissions = std::fs::metadata(&tile).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    std::fs::set_permissions(&tile, permissions).unwrap();
    std::fs::write(&tile, bytes).unwrap();
    run("ledger", &["fsck", &deployment.file("ledger")], &[]).no();
}

/// Of a tile that is not full there may still be an older file, which readers may be fetching.
fn newest_tile(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|file| file.file_name().unwrap().to_str().unwrap().parse::<u16>().unwrap()).unwrap()
}

#[test]
fn every_program_helps_and_says_errors_as_json() {
    for program in ["prover", "ledger", "issuer", "verifier", "wallet", "city"] {
        let help: Finished = run(program, &["--help"], &[]);
        assert!(help.yes().everything().contains("Examples"), "{program} shows no examples");
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let wrong: [(&str, &[&str]); 5] = [
        ("wallet", &["--home", home, "list", "--json"]),
        ("ledger", &["fsck", home, "--json"]),
        (
            "issuer",
            &["offer", "--schema", "identity/1", "--person", "1", "--desk", "http://127.0.0.1:9", "--json"],
        ),
        ("verifier", &["ask", "adult/1", "--url", "http://127.0.0.1:9", "--json"]),
        ("city", &["--ports", "many", "--json"]),
    ];
    for (program, arguments) in wrong {
        let ran = run(program, arguments, &[("YONG_PASSPHRASE", "correct horse battery")]).error();
        let said: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
        for key in ["error", "message", "remedy"] {
            assert!(said[key].is_string(), "{program}: {said}");
        }
    }
}
