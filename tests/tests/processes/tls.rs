//! Services that speak TLS with certificates of a private authority, and programs that know it or do not.

use serde_json::{Value, json};

use super::deployment::{Deployment, PASSPHRASE};
use super::programs::{Running, agent, authority, run, run_unaware};

/// Each way to name the authority works, and without one every program says what is missing.
pub(crate) fn nobody_unaware_of_the_authority_comes_in(deployment: &Deployment) {
    let ca = authority().1.to_str().unwrap();
    let (ledger, desk, counter) = (deployment.ledger_url(), deployment.desk_url(), deployment.verifier_url());
    let (list, home, genesis) =
        (deployment.file("people.csv"), deployment.file("unaware"), deployment.file("ledger/genesis.json"));
    let wallet = ["--home", &home, "--ledger", &ledger, "init", "--genesis", &genesis];
    let secrets = [("YONG_PASSPHRASE", PASSPHRASE), ("YONG_DEVELOPMENT", "true")];
    run("wallet", &wallet, &secrets).yes();
    for (program, arguments) in [
        ("ledger", &["status", "--url", &ledger][..]),
        ("issuer", &["records", "import", "--schema", "identity/1", "--csv", &list, "--desk", &desk]),
        ("verifier", &["policies", "--url", &counter]),
        ("wallet", &["--home", &home, "sync"]),
    ] {
        let refused = run_unaware(program, arguments, &secrets).error();
        let said = refused.everything();
        assert!(said.contains("not signed by an authority") && said.contains("--ca"), "{program}: {said}");
        run_unaware(program, &[arguments, &["--ca", ca]].concat(), &secrets).yes();
        let replaced = [&secrets[..], &[("SSL_CERT_FILE", ca)]].concat();
        run_unaware(program, arguments, &replaced).yes();
        let key = deployment.key("gongan");
        let wrong = run_unaware(program, &[arguments, &["--ca", &key, "--json"]].concat(), &secrets).error();
        assert!(wrong.everything().contains("bad_ca"), "{}", wrong.everything());
    }
    let configured = deployment.file("wallet.toml");
    std::fs::write(&configured, format!("ca = '{ca}'\n")).unwrap();
    run_unaware("wallet", &["--config", &configured, "--home", &home, "sync"], &secrets).yes();
}

/// A mirror follows by TLS and serves by TLS; so does a witness.
pub(crate) fn a_mirror_and_a_witness(deployment: &Deployment) {
    let (url, data) = (deployment.ledger_url(), deployment.file("mirror"));
    let tls = deployment.tls_arguments();
    let tls: Vec<&str> = tls.iter().map(String::as_str).collect();
    let serve = ["mirror", &url, "--data", &data, "--serve", "127.0.0.1:0", "--json"];
    let mut mirror = Running::start("ledger", &[&serve[..], &tls].concat(), deployment.log("mirror"));
    let mirror_url = listening(&mut mirror);
    let status = |url: &str| run("ledger", &["status", "--json", "--url", url], &[]).yes_json();
    assert_eq!(status(&mirror_url)["genesis"], status(&url)["genesis"]);
    mirror.stop();

    let key = deployment.file("witness.key");
    run("ledger", &["witness", "keygen", "--name", "witness.test.example", "--out", &key], &[]).yes();
    let config = deployment.file("witness.toml");
    let text = format!(
        "data = '{}'\nkey = '{key}'\nname = 'witness.test.example'\nreplay = ['{}']\nlisten = '127.0.0.1:0'\n{}",
        deployment.file("witness"),
        deployment.file("ledger/genesis.json"),
        deployment.tls_table(),
    );
    std::fs::write(&config, text).unwrap();
    let serve = ["witness", "--config", &config, "--json"];
    let mut witness = Running::start("ledger", &serve, deployment.log("witness"));
    let healthy = agent().get(format!("{}/healthz", listening(&mut witness))).call().unwrap();
    assert_eq!(healthy.status(), 200);
    witness.stop();
    let wrong = [&serve[..], &["--tls-cert", &config, "--tls-key", &key]].concat();
    let said = run("ledger", &wrong, &[]).error().everything();
    assert!(said.contains(&json!("bad_tls").to_string()), "{said}");
}

fn listening(running: &mut Running) -> String {
    let said: Value = serde_json::from_str(&running.line()).unwrap();
    let url = said["listening"].as_str().unwrap();
    assert!(url.starts_with("https://"), "{url}");
    url.to_owned()
}
