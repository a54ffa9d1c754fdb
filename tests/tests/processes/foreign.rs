//! Programs that this project did not write, installed from npm below `ci`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use circuits::credential::{Credential, HolderSecret, Scope};
use circuits::enroll;
use circuits::schema::{Schema, SchemaId};
use openid4vc::handover;
use openid4vc::vci::{CredentialResponse, EnrollProof, NonceResponse, Proofs};
use openid4vc::vp::Link;
use prover::EnrollProver;
use serde_json::{Value, json};

use super::town::{PEOPLE, Town};

/// A script of a folder below `ci`, if its packages are installed.
pub(crate) fn script(folder: &str, script: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop").join(folder);
    installed(&folder.join("node_modules"), "npm install").then(|| folder.join(script))
}

/// In CI everything must be installed.
pub(crate) fn installed(what: &Path, how: &str) -> bool {
    let there = what.exists();
    assert!(there || std::env::var("CI").as_deref() != Ok("true"), "CI must have {}", what.display());
    if !there {
        eprintln!("skipped: needs {} ({how} there)", what.display());
    }
    there
}

/// A fuzzer reads each service's description and finds no answer that is not described, and no 5xx.
pub(crate) fn fuzzed_by_their_descriptions(town: &Town) {
    let fuzzer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/schemathesis/venv/bin/schemathesis");
    if !installed(&fuzzer, "pip install") {
        return;
    }
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    for url in [town.ledger_url(), town.desk_url(), town.verifier_url()] {
        let mut command = Command::new(&fuzzer);
        command.args(["run", &format!("{url}/openapi.json"), "--url", &url, "--checks", checks]);
        command.args(["--max-examples", "20", "--generation-deterministic"]).current_dir(town.folder());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stdout));
    }
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
    let link: Link = asking.link().parse().unwrap();
    let mut node = Node::start(&verifier, &[&town.file("counter/certificate"), link.request_uri.as_str()]);
    let link = node.line();
    let answer = town.file("answer");
    town.wallet(&["present", &link, "--yes", "--save", &answer]).yes();
    let received: Value = serde_json::from_str(&node.line()).unwrap();
    node.finish();
    let sent: Value =
        serde_json::from_slice(&std::fs::read(format!("{answer}/presentation.json")).unwrap()).unwrap();
    assert_eq!(received["vp_token"], json!({ "identity": [sent] }));
    assert_eq!((&received["state"], &received["enc"]), (&json!(true), &json!("A128GCM")));
}

/// A wallet library that others wrote takes an offer as far as a credential; only the `enroll` proof is ours.
pub(crate) fn received_by_a_foreign_wallet(town: &Town) {
    let Some(wallet) = script("openid4vc", "receive.mjs") else { return };
    let offered = town.issuer(&["offer", "--schema", "identity/1", "--person", PEOPLE[2].0]).yes_json();
    let [offer, code] = ["offer", "tx_code"].map(|key| offered[key].as_str().unwrap());
    let mut node = Node::start(&wallet, &[offer, code]);
    let asked: Value = serde_json::from_str(&node.line()).unwrap();
    let nonce: NonceResponse = serde_json::from_value(json!({ "c_nonce": asked["c_nonce"] })).unwrap();
    let secret = HolderSecret::from_uniform_bytes(&[3; 64]);
    let proofs = enrolment(town, asked["issuer"].as_str().unwrap(), &nonce.c_nonce, &secret);
    node.say(&serde_json::to_string(&proofs).unwrap());
    let response: CredentialResponse = serde_json::from_str(&node.line()).unwrap();
    node.finish();
    let [issued] = response.credentials;
    let schema: Schema =
        serde_json::from_str(include_str!("../../../city/story/schemas/identity-1.json")).unwrap();
    let credential: Credential = issued.credential.credential(&schema, proofs.holder()).unwrap();
    assert_eq!(credential.issuer.as_str(), "gongan.nanning");
}

fn enrolment(town: &Town, issuer: &str, nonce: &str, secret: &HolderSecret) -> Proofs {
    let (department, schema): (_, SchemaId) =
        ("gongan.nanning".parse().unwrap(), "identity/1".parse().unwrap());
    let holder = secret.pseudonym(&Scope::enrolment(&department, &schema));
    let context = handover::openid4vci(issuer, nonce, schema.as_str());
    let public = enroll::Public { context, issuer: department, schema, holder };
    let prover = EnrollProver::open(Path::new(&town.file("keys/enroll-1.key"))).unwrap();
    let proof = prover.prove(&public, secret, &mut rand::rngs::OsRng).unwrap().to_json();
    Proofs::Enroll([EnrollProof { nonce: nonce.to_owned(), holder: holder.into(), proof }])
}

/// A script that talks in lines.
struct Node {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Node {
    fn start(script: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("node");
        command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }
    fn line(&mut self) -> String {
        self.lines.next().expect("the script says why on stderr").unwrap()
    }
    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
    fn finish(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}
