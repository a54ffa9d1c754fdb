//! A ceremony in which this program and snarkjs take turns, and proofs that each makes with the result for the other.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use circuits::samples;
use groth16::{Proof, public_from_json, public_to_json};
use prover::EnrollProver;
use prover::ceremony::{self, Beacon, phase1};
use prover::iden3::circom;
use prover::iden3::ptau::Ptau;
use prover::iden3::zkey::{Name, Zkey};

use prover::key::Key;
use prover::matrices::Matrices;
use prover::statement::Assignment;
use prover::statement::Enroll;
use prover::testing::{self, keys_dir};
use rand::rngs::OsRng;
use serde_json::Value;

/// A directory, and snarkjs that runs in it.
struct Bench {
    dir: tempfile::TempDir,
    modules: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        let modules = testing::peer("snarkjs", "snarkjs/cli.js")?;
        Some(Self { dir: tempfile::tempdir().unwrap(), modules })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn zkey(&self, name: &str) -> Zkey {
        Zkey::from_bytes(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs it; what it says must contain `expected`.
    fn snarkjs(&self, arguments: &[&str], expected: &str) {
        let said = self.run(arguments);
        assert!(said.contains(expected), "snarkjs {arguments:?}: {said}");
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("node")
            .arg(self.modules.join("snarkjs/cli.js"))
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .expect("node runs");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

/// Circuit, powers and the witness of somebody new, as files.
fn prepared(bench: &Bench) -> Vec<u8> {
    let powers = phase1::make(10, Some(Name::new("alone").unwrap()), &mut OsRng);
    bench.write("pot.ptau", &powers);
    bench.write("enroll.r1cs", circom::r1cs(&Matrices::new::<Enroll>().unwrap()));
    let (public, secrets) = samples::enroll(&mut OsRng);
    let assignment = Assignment::new::<Enroll>(&public, &secrets).unwrap();
    bench.write("enroll.wtns", circom::wtns(&assignment));
    bench.write("expected.json", public_to_json(assignment.public()).to_string());
    powers
}

#[test]
fn either_program_continues_the_others_ceremony() {
    let Some(bench) = Bench::new() else { return };
    let powers = prepared(&bench);
    let ptau = Ptau::parse(&powers).unwrap();
    bench.snarkjs(&["powersoftau", "verify", "pot.ptau"], "Powers of Tau Ok!");
    bench.snarkjs(&["wtns", "check", "enroll.r1cs", "enroll.wtns"], "WITNESS IS CORRECT");
    bench.snarkjs(&["groth16", "setup", "enroll.r1cs", "pot.ptau", "0.zkey"], "Circuit hash");
    let initial = ceremony::initialize(&Matrices::new::<Enroll>().unwrap(), &ptau).unwrap();
    assert_eq!(bench.zkey("0.zkey"), initial, "both derive the same key from circuit and powers");

    let one = ceremony::contribute(&initial, Some(Name::new("credit.nanning").unwrap()), "typed", &mut OsRng);
    bench.write("1.zkey", one.0.to_bytes());
    bench.snarkjs(
        &["zkey", "contribute", "1.zkey", "2.zkey", "--name=snarkjs", "-e=typed"],
        "Contribution Hash",
    );
    let three = ceremony::contribute(&bench.zkey("2.zkey"), None, "", &mut OsRng);
    bench.write("3.zkey", three.0.to_bytes());
    bench.snarkjs(&["zkey", "beacon", "3.zkey", "4.zkey", "010203", "10", "-n=dice"], "Contribution Hash");
    let dice = Beacon::new(vec![1, 2, 3], 10).unwrap();
    let four = ceremony::apply_beacon(&three.0, Some(Name::new("dice").unwrap()), &dice).0;
    assert_eq!(bench.zkey("4.zkey"), four, "both draw the same from a beacon");
    bench.write("5.zkey", four.to_bytes());
    bench.snarkjs(&["zkey", "verify", "enroll.r1cs", "pot.ptau", "5.zkey"], "ZKey Ok!");

    let verified = ceremony::verify::<Enroll>(four, &ptau, &mut OsRng).unwrap();
    let names: Vec<_> = verified.report().contributions.iter().map(|c| c.name.as_deref()).collect();
    assert_eq!(names, [Some("credit.nanning"), Some("snarkjs"), None, Some("dice")]);
    let key = Key::from_ceremony(verified).unwrap();
    bench.snarkjs(&["zkey", "export", "verificationkey", "5.zkey", "vk.json"], "");
    assert_eq!(bench.json("vk.json"), key.verifying().to_json());
    proofs_go_both_ways(&bench, &key);
}

fn proofs_go_both_ways(bench: &Bench, key: &Key) {
    bench.snarkjs(&["groth16", "prove", "5.zkey", "enroll.wtns", "proof.json", "public.json"], "");
    assert_eq!(bench.json("public.json"), bench.json("expected.json"));
    let theirs = Proof::from_json(&bench.json("proof.json")).unwrap();
    key.verifying().verify(&public_from_json(&bench.json("public.json")).unwrap(), &theirs).unwrap();

    let prover = EnrollProver::load(&key.to_bytes()).unwrap();
    let (public, secrets) = samples::enroll(&mut OsRng);
    let ours = prover.prove(&public, &secrets, &mut OsRng).unwrap();
    bench.write("ours.json", ours.to_json().to_string());
    bench.write("shown.json", public_to_json(&public.to_inputs()).to_string());
    bench.snarkjs(&["groth16", "verify", "vk.json", "shown.json", "ours.json"], "OK!");
    bench.snarkjs(&["groth16", "verify", "vk.json", "expected.json", "ours.json"], "Invalid proof");
}

#[test]
fn snarkjs_refuses_what_we_refuse() {
    let Some(bench) = Bench::new() else { return };
    let powers = prepared(&bench);
    let ptau = Ptau::parse(&powers).unwrap();
    let initial = ceremony::initialize(&Matrices::new::<Enroll>().unwrap(), &ptau).unwrap();
    let mut altered = ceremony::contribute(&initial, None, "", &mut OsRng).0;
    altered.h.swap(1, 2);
    bench.write("altered.zkey", altered.to_bytes());
    bench.snarkjs(&["zkey", "verify", "enroll.r1cs", "pot.ptau", "altered.zkey"], "H section does not match");
    assert!(ceremony::verify::<Enroll>(altered, &ptau, &mut OsRng).is_err());
}

#[test]
fn snarkjs_proves_with_a_key_file_written_as_zkey() {
    let Some(bench) = Bench::new() else { return };
    let key = Key::from_bytes::<Enroll>(&fs::read(key_path(&keys_dir())).unwrap()).unwrap();
    bench.write("dev.zkey", key.to_zkey().to_bytes());
    let (public, secrets) = samples::enroll(&mut OsRng);
    bench.write("w.wtns", circom::wtns(&Assignment::new::<Enroll>(&public, &secrets).unwrap()));
    bench.snarkjs(&["groth16", "prove", "dev.zkey", "w.wtns", "proof.json", "public.json"], "");
    let proof = Proof::from_json(&bench.json("proof.json")).unwrap();
    key.verifying().verify(&public.to_inputs(), &proof).unwrap();
}

fn key_path(dir: &Path) -> PathBuf {
    dir.join("enroll-2.key")
}
