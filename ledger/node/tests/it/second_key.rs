//! A log with a second key (SM2): what it signs is checked by `OpenSSL`, and asked for by everybody who follows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger::checkpoint::CheckpointError;
use ledger::follow::open_checkpoint;
use ledger::genesis::Genesis;
use ledger::note::{Note, NoteSignatureError};
use ledger::samples;
use ledger::sm2::Need;
use ledger_node::{Config, GenesisParameters, Node, SecondKey, StartLog, fsck, init};
use yong_tests::softhsm;

use crate::running::Running;
use crate::support::{CREDIT, get};

#[test]
fn a_second_signature_is_under_every_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let Some(genesis) = founded(folder.path(), Need::Required) else { return };
    let data = folder.path().join("data");
    let node = Running::node(&data);
    let published = get(&node.url, "/checkpoint").unwrap().body;
    open_checkpoint(&published, &genesis).unwrap();
    verified_by_openssl(folder.path(), &published, &genesis);

    // Without the line nobody believes it, and one that is changed refuses it.
    let whole = Note::parse(&published).unwrap();
    let mut without = Note::new(whole.text().to_owned()).unwrap();
    without.push(whole.signatures()[0].clone());
    let refused = open_checkpoint(without.to_string().as_bytes(), &genesis);
    assert_eq!(refused, Err(CheckpointError::Second(NoteSignatureError::NotSigned)));
    let mut changed = without.clone();
    let mut line = whole.signatures()[1].clone();
    line.payload[40] ^= 1;
    changed.push(line);
    let refused = open_checkpoint(changed.to_string().as_bytes(), &genesis);
    assert_eq!(refused, Err(CheckpointError::Second(NoteSignatureError::BadSignature)));

    // A mirror passes it on, and fsck looks for it.
    let copy = folder.path().join("copy");
    let mut mirror = Command::new(env!("CARGO_BIN_EXE_ledger"));
    mirror.args(["mirror", &node.url, "--once", "--genesis", &genesis.digest().to_string(), "--data"]);
    assert!(mirror.arg(&copy).status().unwrap().success());
    let mirrored = fs::read(copy.join("checkpoint")).unwrap();
    open_checkpoint(&mirrored, &genesis).unwrap();
    comes_back_with_both_keys(folder.path(), &data);
    drop(node);
    assert_eq!(fsck(&data, &mut |_, _| {}).unwrap().difference, None);
    fs::write(data.join("checkpoint"), without.to_string()).unwrap();
    let difference = fsck(&data, &mut |_, _| {}).unwrap().difference.unwrap();
    assert!(difference.why.contains("SM2"), "{difference:?}");
    fs::write(data.join("checkpoint"), &published).unwrap();

    // A node without the key, or with another one, does not start.
    for other in ["", "other"] {
        let pem = if other.is_empty() {
            String::new()
        } else {
            fs::read_to_string(key(folder.path(), other)).unwrap()
        };
        fs::write(data.join("log.sm2.pem"), pem).unwrap();
        let difference = fsck(&data, &mut |_, _| {}).unwrap().difference.unwrap();
        assert_eq!(difference.what, "log.sm2.pem", "{difference:?}");
        let said =
            Running::start(&["--json", "serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
        let said = said.err().unwrap();
        assert!(said["message"].as_str().unwrap().contains("log.sm2.pem"), "{said}");
    }
}

#[test]
fn one_that_is_offered_is_for_whoever_asks() {
    let folder = tempfile::tempdir().unwrap();
    let Some(genesis) = founded(folder.path(), Need::Offered) else { return };
    let data = folder.path().join("data");
    let node = Node::open(&Config::new(&data)).unwrap();
    drop(node);
    let whole = Note::parse(&fs::read(data.join("checkpoint")).unwrap()).unwrap();
    assert_eq!(whole.signatures().len(), 2);
    let mut without = Note::new(whole.text().to_owned()).unwrap();
    without.push(whole.signatures()[0].clone());
    open_checkpoint(without.to_string().as_bytes(), &genesis).unwrap();
}

/// A restore asks for the second key as for the first, and takes no other.
fn comes_back_with_both_keys(folder: &Path, data: &Path) {
    let ledger = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.arg("--json").args(arguments).current_dir(folder).output().unwrap()
    };
    let data = data.to_str().unwrap();
    assert!(ledger(&["backup", "--data", data, "--to", "backup"]).status.success());
    let first = format!("{data}/log.key");
    let restored = |more: &[&str]| {
        let restore = ["restore-backup", "--from", "backup", "--data", "restored", "--key", &first];
        ledger(&[&restore, more].concat())
    };
    key(folder, "another");
    for (more, said) in [
        (&[][..], "has a second key"),
        (&["--sm2-key", "another"], "not the key of this log"),
        (&["--sm2-key", "text"], "text"),
    ] {
        let refused = restored(more);
        let message = String::from_utf8([refused.stdout, refused.stderr].concat()).unwrap();
        assert!(!refused.status.success() && message.contains(said), "{message}");
        assert!(!folder.join("restored").exists());
    }
    let answer = restored(&["--sm2-key", "second"]);
    assert!(answer.status.success(), "{answer:?}");
    let restored =
        Node::open(&Config { start_log: StartLog::Accepted, ..Config::new(folder.join("restored")) });
    drop(restored.unwrap());
}

/// A ledger whose log has a second key that `OpenSSL` made.
fn founded(folder: &Path, need: Need) -> Option<Genesis> {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "needs openssl; `apt-get install openssl`");
        eprintln!("skipped: needs openssl");
        return None;
    }
    let file = key(folder, "second");
    let departments = vec![samples::department(CREDIT)];
    let parameters = GenesisParameters {
        sm2: Some(SecondKey { file, need }),
        ..GenesisParameters::new(samples::origin(), departments, 1)
    };
    Some(init(&folder.join("data"), parameters, &samples::insecure_key("ledger.test/1")).unwrap())
}

fn key(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    openssl(Command::new("openssl").args(["genpkey", "-algorithm", "SM2", "-out"]).arg(&path));
    softhsm::restrict(&path);
    path
}

/// What stands in the second line is over the note's text, by the key of the genesis.
fn verified_by_openssl(folder: &Path, published: &[u8], genesis: &Genesis) {
    let note = Note::parse(published).unwrap();
    let id = genesis.sm2().unwrap().key.id(genesis.origin());
    let line = note.signatures().iter().find(|line| line.id == id).unwrap();
    let at = |name: &str| folder.join(name);
    fs::write(at("text"), note.text()).unwrap();
    fs::write(at("sig"), der(&line.payload)).unwrap();
    let mut verify = Command::new("openssl");
    verify.args(["pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]);
    verify.arg("-inkey").arg(at("second")).arg("-in").arg(at("text")).arg("-sigfile").arg(at("sig"));
    openssl(&mut verify);
}

fn openssl(command: &mut Command) {
    let said = command.output().unwrap();
    assert!(said.status.success(), "{said:?}");
}

/// Two integers as `OpenSSL` reads them.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let first = bytes.iter().position(|byte| *byte != 0).unwrap();
        let mut bytes = bytes[first..].to_vec();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        [&[2, u8::try_from(bytes.len()).unwrap()], bytes.as_slice()].concat()
    };
    let both = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()], both.as_slice()].concat()
}
