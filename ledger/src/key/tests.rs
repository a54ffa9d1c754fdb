//! Key files, and keys and signatures that are refused.

use super::*;

fn key() -> DepartmentKey {
    DepartmentKey::from_seed(&[1; 32])
}

#[test]
fn a_key_file_reads_back_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("key");
    let public = folder.path().join("key.pub");
    key().save(&secret).unwrap();
    key().public().save(&public).unwrap();
    assert_eq!(DepartmentKey::load(&secret).unwrap().public(), key().public());
    assert_eq!(PublicKey::load(&public).unwrap(), key().public());
    for again in [key().save(&secret), key().public().save(&public)] {
        let Err(KeyFileError::Io(e)) = again else { panic!("overwritten") };
        assert_eq!(e.kind(), io::ErrorKind::AlreadyExists);
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    key().save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(DepartmentKey::load(&path), Err(KeyFileError::Exposed)));
}

#[test]
fn a_damaged_key_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    key().save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let twice = [whole.as_slice(), whole.as_slice()].concat();
    for damaged in [&whole[..whole.len() - 2], &whole[1..], &[], &[0xFF; 80], &twice] {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(DepartmentKey::load(&path), Err(KeyFileError::Malformed)));
    }
}

#[test]
fn a_key_file_is_read_as_editors_and_copying_leave_it() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, public) = (folder.path().join("key"), folder.path().join("key.pub"));
    key().save(&secret).unwrap();
    key().public().save(&public).unwrap();
    let texts = [&secret, &public].map(|path| fs::read_to_string(path).unwrap());
    let left: [fn(&str) -> String; 6] = [
        |text| text.trim_end().to_owned(),
        |text| text.replace('\n', "\r\n"),
        |text| text.replace('\n', "\r\n").trim_end().to_owned(),
        |text| format!("\u{feff}{text}"),
        |text| format!("\u{feff}{}\n\n", text.replace('\n', " \n")),
        |text| text.replace('\n', "\r"),
    ];
    for leave in left {
        let [as_secret, as_public] = [leave(&texts[0]), leave(&texts[1])];
        fs::write(&secret, &as_secret).unwrap();
        fs::write(&public, as_public).unwrap();
        assert_eq!(DepartmentKey::load(&secret).unwrap().public(), key().public(), "{as_secret:?}");
        assert_eq!(PublicKey::load(&public).unwrap(), key().public());
    }
}

#[test]
fn two_generated_keys_differ() {
    let mut rng = rand::rngs::OsRng;
    assert_ne!(DepartmentKey::generate(&mut rng).public(), DepartmentKey::generate(&mut rng).public());
}

#[test]
fn keys_of_small_order_and_other_encodings_are_refused() {
    let hex = [
        // The identity, a point of order 2, two of order 8, and two encodings beyond p of points of small order.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // 2 is no y of a point.
        "0200000000000000000000000000000000000000000000000000000000000000",
    ];
    for hex in hex {
        let bytes: [u8; 32] = hex::decode(hex).unwrap().try_into().unwrap();
        assert_eq!(PublicKey::from_bytes(&bytes), Err(NotAPublicKey), "{hex}");
    }
}

#[test]
fn signatures_are_of_one_key_and_message() {
    let signature = key().sign(b"message");
    assert_eq!(key().public().verify(b"message", &signature), Ok(()));
    assert_eq!(key().public().verify(b"massage", &signature), Err(BadSignature));
    let other = DepartmentKey::from_seed(&[2; 32]);
    assert_eq!(other.public().verify(b"message", &signature), Err(BadSignature));
}
