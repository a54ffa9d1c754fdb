//! One person with two devices, and with none any more: pairing, trustees and a recovery, with every service and every
//! wallet a process of its own. The services speak TLS with certificates of a private authority.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use yong_tests::pairing::Pairing;

use super::deployment::{Deployment, PASSPHRASE, PEOPLE, ready};
use super::programs::{Running, command, run};

/// The departments that keep shares, in the order of their ports.
const TRUSTEES: [&str; 2] = ["credit", "archive"];
/// Whose devices these are.
const PERSON: &str = PEOPLE[0].0;

/// The credit department's desk and the trustees.
pub(crate) struct Helpers([Running; 3]);

impl Helpers {
    pub(crate) fn stop(&mut self) {
        self.0.iter_mut().for_each(Running::stop);
    }
    pub(crate) fn kill(&mut self) {
        self.0.iter_mut().for_each(Running::kill);
    }
    pub(crate) fn said(&self) -> String {
        self.0.iter().map(Running::said).collect()
    }
}

/// Publishes what they need and starts them; the ledger runs.
pub(crate) fn serve(deployment: &Deployment) -> Helpers {
    for (place, department) in TRUSTEES.into_iter().enumerate() {
        let key = keygen(deployment, department);
        let url = format!("{}/", deployment.trustee_url(place));
        let record = json!({ "kind": "trustee.publish", "key": key["key"], "url": url });
        publish(deployment, department, "trustee.json", &record);
    }
    let survey: Value =
        serde_json::from_str(include_str!("../../../city/story/policies/survey-2026-1.json")).unwrap();
    publish(deployment, "gongan", "survey.json", &json!({ "kind": "policy.publish", "policy": survey }));
    publish(deployment, "credit", "card.json", &cards());

    std::fs::write(deployment.file("cards.csv"), format!("id_number,level\n{PERSON},3\n")).unwrap();
    std::fs::write(deployment.file("other-desk.toml"), other_desk(deployment)).unwrap();
    start(deployment)
}

/// Starts them, with what they have.
pub(crate) fn start(deployment: &Deployment) -> Helpers {
    let config = deployment.file("other-desk.toml");
    let desk = Running::start("issuer", &["serve", "--config", &config], deployment.log("other-desk"));
    let trustees = [0, 1].map(|place| trustee(deployment, place));
    ready(&deployment.other_desk_url());
    for place in [0, 1] {
        ready(&deployment.trustee_url(place));
    }
    let [first, second] = trustees;
    Helpers([desk, first, second])
}

/// A further device is accepted at both desks and at the counter, and both together answer the survey once.
pub(crate) fn a_second_device(deployment: &Deployment) {
    deployment.wallet(&["init"]).yes();
    let received = receive(deployment, "wallet", PERSON);
    assert_eq!(received["shares"]["stage"], "done", "{received}");
    assert_eq!(deployment.wallet(&["trustees", "--list"]).yes_json()["due"], false);
    deployment.wallet_at("second", &["init"]).yes();
    pair(deployment);
    let received = receive_with(deployment, "second", PERSON, &["--add"]);
    assert_eq!(received["shares"]["stage"], "first_device", "{received}");

    for device in ["wallet", "second"] {
        let offer = ["offer", "--schema", "library-card/1", "--person", PERSON, "--add", "--json"];
        let offer = run("issuer", &[&offer[..], &["--desk", &deployment.other_desk_url()]].concat(), &[]);
        take(deployment, device, &offer.yes_json());
        deployment.wallet_at(device, &["sync"]).yes();
        deployment.answers(device, "reader/1").yes();
    }
    deployment.answers("wallet", "survey-2026/1").yes();
    let second = deployment.answers("second", "survey-2026/1").no();
    assert!(second.everything().contains("already_used"), "{}", second.everything());
}

/// All devices are gone. A new one gets the person secret from the trustees.
pub(crate) fn a_recovery(deployment: &Deployment) {
    deployment.wallet_at("new", &["init"]).yes();
    let key = deployment.wallet_at("new", &["recover"]).yes_json();
    let key = key["key"].as_str().unwrap();
    // Nobody has asked for it yet.
    deployment.wallet_at("new", &["recover"]).no();
    let proposal = deployment.file("recovery.json");
    let of = ["recover", "--schema", "identity/1", "--person", PERSON];
    deployment.issuer(&[&of[..], &["--key", key, "--out", &proposal]].concat()).yes();
    // One department alone does not recover anybody.
    let alone = deployment.issuer(&["complete-recovery", &proposal]).no();
    assert!(alone.everything().contains("not_approved"), "{}", alone.everything());
    let second = ["approve-recovery", &proposal, "--yes", "--desk", &deployment.other_desk_url(), "--json"];
    run("issuer", &second, &[]).yes();
    deployment.issuer(&["complete-recovery", &proposal]).yes();

    let recovered = recovered(deployment);
    assert_eq!(recovered["from"].as_array().unwrap().len(), TRUSTEES.len(), "{recovered}");
    let received = receive(deployment, "new", PERSON);
    assert_eq!(received["shares"]["stage"], "done", "{received}");
    deployment.answers("new", "adult/1").yes();
    // The lost devices are not the person's any more.
    deployment.wallet(&["sync"]).yes();
    deployment.answers("wallet", "adult/1").no();
}

/// The survey knows the person.
pub(crate) fn was_recovered_with_what_was_used(deployment: &Deployment) {
    let again = deployment.answers("new", "survey-2026/1").no();
    assert!(again.everything().contains("already_used"), "{}", again.everything());
}

/// Trustees follow the ledger every second, and until they know the request they give nothing.
fn recovered(deployment: &Deployment) -> Value {
    let start = Instant::now();
    loop {
        let asked = deployment.wallet_at("new", &["recover"]);
        let waits = ["none_answered", "too_few"].iter().any(|word| asked.everything().contains(word));
        if waits && start.elapsed() < Duration::from_secs(30) {
            continue;
        }
        return asked.yes_json();
    }
}

/// With an offer of the first desk.
pub(crate) fn receive(deployment: &Deployment, device: &str, person: &str) -> Value {
    receive_with(deployment, device, person, &[])
}

fn receive_with(deployment: &Deployment, device: &str, person: &str, further: &[&str]) -> Value {
    let offer = ["offer", "--schema", "identity/1", "--person", person];
    let received = take(deployment, device, &deployment.issuer(&[&offer[..], further].concat()).yes_json());
    deployment.wallet_at(device, &["sync"]).yes();
    received
}

fn take(deployment: &Deployment, device: &str, offer: &Value) -> Value {
    let [link, number] = ["offer", "tx_code"].map(|name| offer[name].as_str().unwrap());
    deployment.wallet_at(device, &["receive", link, "--tx-code", number, "--yes"]).yes_json()
}

fn pair(deployment: &Deployment) {
    let wallet = |home: &str| {
        let mut command = command("wallet");
        command.args(["--home", &deployment.file(home)]);
        command.env("YONG_PASSPHRASE", PASSPHRASE).env("YONG_LEDGER", deployment.ledger_url());
        command
    };
    let ([mut first, mut second], number) = Pairing::compared(wallet, ["wallet", "second"]);
    first.hears(&number);
    assert_eq!(first.says("number"), number);
    second.hears(&number);
    second.hears(&first.says("message"));
    for side in [first, second] {
        assert_eq!(side.ends().0, Some(0));
    }
}

fn publish(deployment: &Deployment, department: &str, file: &str, record: &Value) {
    deployment.write(file, record);
    let (key, url, file) = (deployment.key(department), deployment.ledger_url(), deployment.file(file));
    run("ledger", &["publish", "--key", &key, "--url", &url, &file], &[]).yes();
}

fn keygen(deployment: &Deployment, department: &str) -> Value {
    let file = deployment.file(&format!("{department}-trustee.key"));
    run("trustee", &["keygen", "--out", &file, "--json"], &[]).yes_json()
}

/// A trustee alone, which nobody was told of.
pub(crate) fn serve_a_trustee(deployment: &Deployment) -> Running {
    keygen(deployment, TRUSTEES[0]);
    let running = trustee(deployment, 0);
    ready(&deployment.trustee_url(0));
    running
}

/// Starts the trustee of a department that has its key.
fn trustee(deployment: &Deployment, place: usize) -> Running {
    let department = TRUSTEES[place];
    let config = format!(
        "department = '{department}.nanning'\nkeys = ['{department}-trustee.key']\nledger = '{}'\n\
         genesis = 'ledger/genesis.json'\ndata = '{department}-trustee'\nlisten = '{}'\nsync_seconds = 1\n{}{}",
        deployment.ledger_url(),
        deployment.trustee_listens(place),
        deployment.proxy_lines(&deployment.trustee_url(place)),
        deployment.tls_table(),
    );
    let file = deployment.file(&format!("{department}-trustee.toml"));
    std::fs::write(&file, config).unwrap();
    Running::start("trustee", &["serve", "--config", &file], deployment.log(&format!("{department}-trustee")))
}

fn other_desk(deployment: &Deployment) -> String {
    let url = deployment.other_desk_url();
    format!(
        "department = 'credit.nanning'\nkey = 'credit.key'\nledger = '{}'\ngenesis = 'ledger/genesis.json'\n\
         listen = '{}'\npublic_url = '{url}'\ndata = 'other-desk'\ndevelopment = true\nsync_seconds = 1\n\n\
         {}\n[[schemas]]\nschema = 'library-card/1'\nvalidity_days = 365\nrecords = 'cards.csv'\n\
         binding = {{ identity = {{ schema = 'identity/1', issuers = ['gongan.nanning'] }} }}\n",
        deployment.ledger_url(),
        deployment.other_desk_listens(),
        deployment.tls_table(),
    )
}

/// A credential of the credit department, for which it looks at the identity, and a policy over it.
fn cards() -> Value {
    let words = |chinese: &str, english: &str| json!({ "zh-CN": chinese, "en": english });
    let schema = json!({
        "schema": "library-card/1",
        "title": words("借书证", "Library card"),
        "attributes": [{ "name": "level", "type": "uint", "max": 9, "title": words("等级", "Level") }],
        "identity": { "schema": "identity/1", "issuers": ["gongan.nanning"] },
    });
    let policy = json!({
        "policy": "reader/1",
        "title": words("借书", "Borrowing"),
        "purpose": words("借阅图书", "To borrow books"),
        "legal_basis": words("经本人同意", "Consent"),
        "retention_days": 1,
        "pseudonym": "session",
        "max_root_age_s": 86400,
        "credentials": [{
            "id": "card",
            "schema": "library-card/1",
            "issuers": ["credit.nanning"],
            "require": { "attr": "level", "op": "ge", "value": 1 },
        }],
    });
    json!([
        { "kind": "schema.publish", "schema": schema },
        { "kind": "policy.publish", "policy": policy },
    ])
}
