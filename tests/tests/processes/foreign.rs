//! Programs that this project did not write, installed below `interop`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use circuits::credential::{Credential, DeviceSecret, HolderSecrets, PersonSecret};
use circuits::enroll;
use circuits::schema::{Schema, SchemaId};
use openid4vc::handover;
use openid4vc::vci::{CredentialResponse, EnrollProof, NonceResponse, Proofs};
use openid4vc::vp::Link;
use prover::EnrollProver;
use serde_json::{Value, json};

use super::deployment::{Deployment, PEOPLE};
use super::programs::agent;

/// A script of a folder below `interop`, if its packages are installed.
pub(crate) fn script(folder: &str, script: &str) -> Option<PathBuf> {
    let folder = interop(folder);
    installed(&folder.join("node_modules"), "npm install").then(|| folder.join(script))
}

fn interop(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop").join(folder)
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
pub(crate) fn fuzzed_by_their_descriptions(deployment: &Deployment) {
    let fuzzer = interop("schemathesis/venv/bin/schemathesis");
    if !installed(&fuzzer, "pip install") {
        return;
    }
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    for url in [deployment.ledger_url(), deployment.desk_url(), deployment.verifier_url()] {
        let mut command = Command::new(&fuzzer);
        command.args(["run", &format!("{url}/openapi.json"), "--url", &url, "--checks", checks]);
        command.args(["--max-examples", "20", "--generation-deterministic"]).current_dir(deployment.folder());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Two generators make clients of each service's description, and the clients compile.
pub(crate) fn clients_are_generated_from_their_descriptions(deployment: &Deployment) {
    let folder = interop("openapi");
    let needed = [
        (folder.join("venv/bin/openapi-generator-cli"), "pip install"),
        (folder.join("node_modules"), "npm install"),
        (PathBuf::from("/usr/bin/java"), "apt-get install default-jre-headless"),
    ];
    if !needed.iter().all(|(program, how)| installed(program, how)) {
        return;
    }
    let mut command = Command::new(folder.join("check.sh"));
    command.arg(deployment.folder().join("clients"));
    let services = [
        ("ledger", deployment.ledger_url()),
        ("issuer", deployment.desk_url()),
        ("verifier", deployment.verifier_url()),
    ];
    for (name, url) in services {
        let mut answer = agent().get(format!("{url}/openapi.json")).call().unwrap();
        let document = deployment.folder().join(format!("{name}.json"));
        std::fs::write(&document, answer.body_mut().read_to_string().unwrap()).unwrap();
        command.arg(document);
    }
    let output = command.output().unwrap();
    let [printed, errors] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{printed}\n{errors}");
}

/// snarkjs accepts what `present --save` wrote, and refuses it with one public signal changed.
pub(crate) fn saved_proof_convinces_snarkjs(deployment: &Deployment) {
    let folder = deployment.folder().join("proof");
    for file in ["proof.json", "public.json", "verification_key.json", "presentation.json"] {
        assert!(folder.join(file).exists(), "{file} is missing");
    }
    let Some(snarkjs) = script("snarkjs", "node_modules/snarkjs/cli.js") else { return };
    assert!(says(&snarkjs, &folder).contains("OK!"));
    let path = folder.join("public.json");
    let mut public: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(public.len(), 207);
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
pub(crate) fn answered_by_a_foreign_wallet(deployment: &Deployment) {
    let Some(wallet) = script("openid4vc", "wallet.mjs") else { return };
    let kept = deployment.file("kept");
    let answer = |link: &str| {
        let presentation = format!("{kept}/presentation.json");
        let output = Command::new("node").arg(&wallet).args([link, &presentation]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let pending = deployment.ask("adult/1");
    let link = pending.link();
    deployment.wallet(&["present", &link, "--yes", "--keep", "--save", &kept]).yes();
    let answered = answer(&link);
    assert_eq!((&answered["status"], &answered["encrypted"]), (&json!(200), &json!(true)), "{answered}");
    pending.finish().yes();
    let pending = deployment.ask("adult/1");
    assert_eq!(answer(&pending.link())["body"]["error"], "not_proved", "a proof for another request");
    pending.finish().no();
}

/// A verifier library that others wrote signs a request of its own and decrypts our wallet's answer.
pub(crate) fn asked_by_a_foreign_verifier(deployment: &Deployment) {
    let Some(verifier) = script("openid4vc", "verifier.mjs") else { return };
    let pending = deployment.ask("adult/1");
    let link: Link = pending.link().parse().unwrap();
    let mut node =
        Node::start(&verifier, &[&deployment.file("counter/certificate"), link.request_uri.as_str()]);
    let link = node.line();
    let answer = deployment.file("answer");
    deployment.wallet(&["present", &link, "--yes", "--save", &answer]).yes();
    let received: Value = serde_json::from_str(&node.line()).unwrap();
    node.finish();
    let sent: Value =
        serde_json::from_slice(&std::fs::read(format!("{answer}/presentation.json")).unwrap()).unwrap();
    assert_eq!(received["vp_token"], json!({ "identity": [sent] }));
    assert_eq!((&received["state"], &received["enc"]), (&json!(true), &json!("A128GCM")));
}

/// A wallet library that others wrote takes an offer as far as a credential; only the `enroll` proof is ours.
pub(crate) fn received_by_a_foreign_wallet(deployment: &Deployment) {
    let Some(wallet) = script("openid4vc", "receive.mjs") else { return };
    let offered = deployment.issuer(&["offer", "--schema", "identity/1", "--person", PEOPLE[2].0]).yes_json();
    let [offer, code] = ["offer", "tx_code"].map(|key| offered[key].as_str().unwrap());
    let mut node = Node::start(&wallet, &[offer, code]);
    let asked: Value = serde_json::from_str(&node.line()).unwrap();
    let nonce: NonceResponse = serde_json::from_value(json!({ "c_nonce": asked["c_nonce"] })).unwrap();
    let device = DeviceSecret::from_uniform_bytes(&[3; 64]);
    let secrets = HolderSecrets { device, person: PersonSecret::from_uniform_bytes(&[4; 64]) };
    let proofs = enrolment(deployment, asked["issuer"].as_str().unwrap(), &nonce.c_nonce, &secrets);
    node.say(&serde_json::to_string(&proofs).unwrap());
    let response: CredentialResponse = serde_json::from_str(&node.line()).unwrap();
    node.finish();
    let [issued] = response.credentials;
    let schema: Schema =
        serde_json::from_str(include_str!("../../../city/story/schemas/identity-1.json")).unwrap();
    let credential: Credential = issued.credential.credential(&schema, proofs.holder()).unwrap();
    assert_eq!(credential.issuer.as_str(), "gongan.nanning");
}

fn enrolment(deployment: &Deployment, issuer: &str, nonce: &str, secrets: &HolderSecrets) -> Proofs {
    let (department, schema): (_, SchemaId) =
        ("gongan.nanning".parse().unwrap(), "identity/1".parse().unwrap());
    let holder = secrets.holder(&department, &schema);
    let person = secrets.person.person(&department);
    let context = handover::openid4vci(issuer, nonce, schema.as_str());
    let public = enroll::Public { context, issuer: department, schema, holder, person };
    let prover = EnrollProver::open(Path::new(&deployment.file("keys/enroll-2.key"))).unwrap();
    let proof = prover.prove(&public, secrets, &mut rand::rngs::OsRng).unwrap().to_json();
    let nonce = nonce.to_owned();
    Proofs::Enroll([EnrollProof { nonce, holder: holder.into(), person: person.into(), proof }])
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
