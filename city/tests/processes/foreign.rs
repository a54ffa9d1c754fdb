//! Programs that this project did not write, installed from npm below `ci`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::town::Town;

/// A script of a folder below `ci`, if its packages are installed; in CI they must be.
fn script(folder: &str, script: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci").join(folder);
    let installed = folder.join("node_modules").exists();
    if !installed {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must run `npm install` in {folder:?}");
        eprintln!("skipped: needs `npm install` in {}", folder.display());
    }
    installed.then(|| folder.join(script))
}

/// snarkjs accepts what `present --save` wrote, and refuses it with one public signal changed.
pub(crate) fn saved_proof_convinces_snarkjs(town: &Town) {
    let folder = town.folder().join("proof");
    for file in ["proof.json", "public.json", "verification_key.json", "presentation.json"] {
        assert!(folder.join(file).exists(), "{file} is missing");
    }
    let Some(snarkjs) = script("snarkjs", "node_modules/snarkjs/cli.js") else { return };
    assert!(says(&snarkjs, &folder).contains("OK!"));
    let path = folder.join("public.json");
    let mut public: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(public.len(), 203);
    public[1] = json!("1");
    std::fs::write(&path, serde_json::to_vec(&public).unwrap()).unwrap();
    assert!(says(&snarkjs, &folder).contains("Invalid proof"));
}

fn says(snarkjs: &Path, folder: &Path) -> String {
    let arguments = ["groth16", "verify", "verification_key.json", "public.json", "proof.json"];
    let output = Command::new("node").arg(snarkjs).args(arguments).current_dir(folder).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A wallet library that others wrote reads the request, checks its signature, and encrypts and posts our proof.
pub(crate) fn answered_by_a_foreign_wallet(town: &Town) {
    let Some(wallet) = script("openid4vc", "wallet.mjs") else { return };
    let kept = town.file("kept");
    let answer = |link: &str| {
        let presentation = format!("{kept}/presentation.json");
        let output = Command::new("node").arg(&wallet).args([link, &presentation]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let asking = town.ask("adult/1");
    let link = asking.link();
    town.wallet(&["present", &link, "--yes", "--keep", "--save", &kept]).yes();
    let answered = answer(&link);
    assert_eq!((&answered["status"], &answered["encrypted"]), (&json!(200), &json!(true)), "{answered}");
    asking.finish().yes();
    let asking = town.ask("adult/1");
    assert_eq!(answer(&asking.link())["body"]["error"], "not_proved", "a proof for another request");
    asking.finish().no();
}

/// A verifier library that others wrote signs a request of its own and decrypts our wallet's answer.
pub(crate) fn asked_by_a_foreign_verifier(town: &Town) {
    let Some(verifier) = script("openid4vc", "verifier.mjs") else { return };
    let asking = town.ask("adult/1");
    let link: circuits::wire::presenting::Link = asking.link().parse().unwrap();
    let mut node = Command::new("node")
        .arg(verifier)
        .args([&town.file("counter/certificate"), link.request_uri.as_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let link = lines.next().unwrap().unwrap();
    let answer = town.file("answer");
    town.wallet(&["present", &link, "--yes", "--save", &answer]).yes();
    let received: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(node.wait().unwrap().success());
    let sent: Value =
        serde_json::from_slice(&std::fs::read(format!("{answer}/presentation.json")).unwrap()).unwrap();
    assert_eq!(received["vp_token"], json!({ "identity": [sent] }));
    assert_eq!((&received["state"], &received["enc"]), (&json!(true), &json!("A128GCM")));
}
