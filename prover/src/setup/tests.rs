use rand::rngs::OsRng;

use super::*;
use crate::testing;

#[test]
fn never_replaces_any_of_its_files_unasked() {
    let names = ["show-2.key", "show-2.vk.json", "enroll-2.key", "enroll-2.vk.json"];
    for name in names.into_iter().chain(["join-1.key", "join-1.vk.json", "score-1.key", "score-1.vk.json"]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, "precious").unwrap();
        let refused = run(dir.path(), &mut OsRng);
        assert!(matches!(refused, Err(SetupError::Exists(found)) if found == path));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_file_that_appears_meanwhile_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("show-2.key");
    write_file(&path, b"first", Existing::Keep).unwrap();
    assert!(matches!(write_file(&path, b"second", Existing::Keep), Err(SetupError::Exists(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"first");
    write_file(&path, b"third", Existing::Replace).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"third");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(run(&file.join("keys"), &mut OsRng), Err(SetupError::Folder { .. })));
}

#[test]
fn the_verifying_key_beside_a_key_is_its_own() {
    let dir = testing::keys_dir();
    for (file, key) in [
        ("show-2.vk.json", testing::prover().show.verifying_key()),
        ("enroll-2.vk.json", testing::prover().enroll.verifying_key()),
        ("join-1.vk.json", testing::prover().join.verifying_key()),
        ("score-1.vk.json", testing::prover().score.verifying_key()),
    ] {
        let json = serde_json::from_slice(&std::fs::read(dir.join(file)).unwrap()).unwrap();
        assert_eq!(groth16::VerifyingKey::from_json(&json).as_ref(), Ok(key));
    }
}
