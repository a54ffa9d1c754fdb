use circuits::field;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::contents::{Pinned, Trust};
use crate::phrase::Phrase;
use crate::wallet::{PersonFrom, Wallet};

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").unwrap()
}

fn contents() -> Contents {
    let trust = Trust {
        ledger: "http://127.0.0.1:7001".parse().unwrap(),
        genesis: serde_json::json!({"origin": "yong.test"}),
        pinned: Pinned::ByOwner,
    };
    Contents { wallet: Wallet::new(Phrase::from_entropy(&[5; 32])), trust }
}

fn create(home: &Path) -> Result<Store, StoreError> {
    let cost = Cost::insecure_for_tests_only();
    Store::create(home, &passphrase(), cost, &contents(), &mut StdRng::seed_from_u64(1))
}

#[test]
fn a_wallet_opens_as_it_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("deep/home");
    drop(create(&home).unwrap());
    let (store, opened) = Store::open(&home, &passphrase()).unwrap();
    assert_eq!(opened.trust, contents().trust);
    assert_eq!(opened.wallet.phrase().expose(), &[5; 32]);
    store.save(&opened, &mut StdRng::seed_from_u64(2)).unwrap();
    store.save_ledger(b"state", &mut StdRng::seed_from_u64(3)).unwrap();
    drop(store);
    let (store, _) = Store::open(&home, &passphrase()).unwrap();
    assert_eq!(store.ledger().unwrap().unwrap().as_slice(), b"state");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let store = create(&home).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    assert_eq!(mode(&home.join(WALLET)), 0o600);
    let copy = dir.path().join("copy");
    store.backup(&copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
}

#[test]
fn a_second_wallet_is_not_made_over_the_first() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path()).unwrap());
    assert!(matches!(create(dir.path()).err(), Some(StoreError::AlreadyThere(_))));
}

#[test]
fn a_second_process_is_told_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let _first = create(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path(), &passphrase()).err(), Some(StoreError::Busy(_))));
}

#[test]
fn an_empty_folder_has_no_wallet() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Store::open(&dir.path().join("none"), &passphrase());
    assert!(matches!(opened.err(), Some(StoreError::NoWallet(_))));
    assert!(!dir.path().join("none").exists());
}

#[test]
fn a_crash_while_saving_leaves_the_old_wallet() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path()).unwrap());
    // As the process leaves it when it ends before the new bytes have their name.
    std::fs::write(dir.path().join(".yong-a1b2c3.tmp"), b"half a wal").unwrap();
    let (_store, opened) = Store::open(dir.path(), &passphrase()).unwrap();
    assert_eq!(opened.wallet.phrase().expose(), &[5; 32]);
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "the wallet and its lock, not {names:?}");
}

#[test]
fn a_backup_restores_elsewhere_and_nowhere_over_anything() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("a");
    let other = dir.path().join("b");
    let copy = dir.path().join("copy");
    let store = create(&home).unwrap();
    store.backup(&copy).unwrap();
    assert!(matches!(store.backup(&copy).err(), Some(StoreError::TargetExists(_))));
    drop(store);
    let (_, restored) = Store::restore(&other, &copy, &passphrase()).unwrap();
    assert_eq!(restored.wallet.phrase().expose(), &[5; 32]);
    assert!(matches!(Store::restore(&home, &copy, &passphrase()).err(), Some(StoreError::AlreadyThere(_))));
}

#[test]
fn a_backup_that_does_not_open_is_not_put_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("a");
    let other = dir.path().join("b");
    let copy = dir.path().join("copy");
    create(&home).unwrap().backup(&copy).unwrap();
    let wrong = Passphrase::new("wrong").unwrap();
    let restored = Store::restore(&other, &copy, &wrong);
    assert!(matches!(restored.err(), Some(StoreError::Sealed { source: SealError::WrongPassphrase, .. })));
    assert!(!Store::exists(&other));
}

#[test]
fn contents_of_another_format_are_refused() {
    let json = contents().to_json();
    let mut value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    for (format, refusal) in [(1, ContentsError::Earlier), (3, ContentsError::Unreadable)] {
        value["format"] = format.into();
        let other = serde_json::to_vec(&value).unwrap();
        assert_eq!(Contents::from_json(&other).err(), Some(refusal));
    }
    // What the first version had besides need not be read to see whose it is.
    assert_eq!(Contents::from_json(b"{\"format\": 1, \"secret\": 5}").err(), Some(ContentsError::Earlier));
}

#[test]
fn a_credential_that_does_not_fit_its_schema_is_refused() {
    let mut value: serde_json::Value = serde_json::from_slice(&contents().to_json()).unwrap();
    value["credentials"] = serde_json::json!([{
        "issuer": "gongan.nanning", "schema": "identity/1", "holder": "1", "salt": "2",
        "validity": {"from": 1, "until": 2}, "attributes": {}, "position": 0, "entry": 3, "received": 4,
    }]);
    let orphan = serde_json::to_vec(&value).unwrap();
    assert_eq!(Contents::from_json(&orphan).err(), Some(ContentsError::Credential(0)));
}

#[test]
fn the_sealed_file_shows_nothing_of_the_secrets() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path()).unwrap();
    let bytes = std::fs::read(dir.path().join(WALLET)).unwrap();
    let wallet = contents().wallet;
    let device = field::to_bytes(wallet.secrets().device.expose());
    let person = field::to_bytes(wallet.secrets().person.expose());
    for needle in [&[5; 8][..], b"05050505", b"entropy", &device[..8], &person[..8]] {
        assert!(!bytes.windows(needle.len()).any(|w| w == needle));
    }
}

/// What another wallet gave is under the seal, beside the phrase; a backup brings both back.
#[test]
fn a_paired_wallet_opens_and_is_restored_with_the_secret_that_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let given = Phrase::from_entropy(&[9; 32]).holder_secrets();
    let mut contents = contents();
    contents.wallet.pair(given.person.clone()).unwrap();
    let cost = Cost::insecure_for_tests_only();
    let store = Store::create(&home, &passphrase(), cost, &contents, &mut StdRng::seed_from_u64(1)).unwrap();
    let copy = dir.path().join("copy");
    store.backup(&copy).unwrap();
    drop(store);
    let other = dir.path().join("other");
    for opened in [Store::open(&home, &passphrase()), Store::restore(&other, &copy, &passphrase())] {
        let (_, opened) = opened.unwrap();
        assert_eq!(opened.wallet.secrets().person.expose(), given.person.expose());
        assert_eq!(opened.wallet.phrase().expose(), &[5; 32]);
        let own = Phrase::from_entropy(&[5; 32]).holder_secrets();
        assert_eq!(opened.wallet.secrets().device.expose(), own.device.expose());
    }
}

/// A wallet without one is written as before, and what was written before is read.
#[test]
fn a_wallet_that_was_not_paired_says_nothing_of_it() {
    let json = contents().to_json();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((value.get("person"), value["format"].as_u64()), (None, Some(2)));
    for bad in ["", "00", &"0".repeat(64), &"f".repeat(64)] {
        let mut value = value.clone();
        value["person"] = bad.into();
        let read = Contents::from_json(&serde_json::to_vec(&value).unwrap());
        assert_eq!(read.err(), Some(ContentsError::Unreadable), "{bad}");
    }
}

/// What trustees gave back is under the seal, and so is the key of a recovery that is under way.
#[test]
fn a_wallet_opens_in_the_middle_of_a_recovery_and_after_it() {
    let mut contents = contents();
    let key = contents.wallet.begin_recovery(&mut StdRng::seed_from_u64(1)).unwrap();
    let mut opened = Contents::from_json(&contents.to_json()).unwrap();
    assert_eq!(opened.wallet.begin_recovery(&mut StdRng::seed_from_u64(2)), Ok(key), "the same key");
    let given = Phrase::from_entropy(&[9; 32]).holder_secrets();
    opened.wallet.recovered(given.person.clone()).unwrap();
    let json = opened.to_json();
    let again = Contents::from_json(&json).unwrap().wallet;
    assert_eq!(again.person_from(), PersonFrom::Trustees);
    assert_eq!(again.secrets().person.expose(), given.person.expose());
    assert!(again.recovery_key().is_none(), "the key is forgotten");
    let mut value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    value.as_object_mut().unwrap().remove("person");
    let read = Contents::from_json(&serde_json::to_vec(&value).unwrap());
    assert_eq!(read.err(), Some(ContentsError::Unreadable), "whose secret would it be?");
}

#[test]
fn a_key_of_a_recovery_that_is_none_is_refused() {
    let value: serde_json::Value = serde_json::from_slice(&contents().to_json()).unwrap();
    for member in ["recovery", "dealings", "person_from"] {
        assert!(value.get(member).is_none(), "a wallet without one is written as before");
    }
    for bad in ["", "00", &"g".repeat(64)] {
        let mut value = value.clone();
        value["recovery"] = bad.into();
        let read = Contents::from_json(&serde_json::to_vec(&value).unwrap());
        assert_eq!(read.err(), Some(ContentsError::Unreadable), "{bad}");
    }
}
