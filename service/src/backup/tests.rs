//! A backup comes back as it was or not at all, whatever was done to the file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::staging::Staging;
use super::{BackupError, BackupWriter, Header, Restoring, ServiceKind, snapshot};
use crate::cli::Explain as _;

fn header() -> Header {
    Header::new(ServiceKind::Verifier, "window-1".to_owned(), "ab".repeat(32), 7, 1_700_000_000)
}

/// A backup of two files.
fn made() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("counter.backup");
    let mut writer = BackupWriter::begin(&place, header()).unwrap();
    writer.add("a/b.txt", b"one").unwrap();
    let big = writer.scratch("big");
    fs::write(&big, vec![7; 3000]).unwrap();
    writer.add_file("big", &big).unwrap();
    writer.add_file_if_there("gone", &folder.path().join("gone")).unwrap();
    writer.finish().unwrap();
    (folder, place)
}

fn restore(backup: &Path, to: &Path) -> Result<Header, BackupError> {
    let restoring = Restoring::begin(to)?;
    let known = |name: &str| ["a/b.txt", "big", "gone"].contains(&name);
    let header = restoring.unpack(backup, ServiceKind::Verifier, known, &restoring.folder())?;
    restoring.finish()?;
    Ok(header)
}

fn refused(backup: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("data");
    let error = restore(backup, &to).expect_err("it should have been refused");
    assert!(!to.exists(), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{error}: something is left");
    assert!(error.in_chinese().is_some() && !error.remedy().is_empty());
    error.code().into_owned()
}

/// The same archive with something else in it.
fn forged(change: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("forged");
    let mut archive = tar::Builder::new(Vec::new());
    let header = serde_json::to_vec(&header()).unwrap();
    append(&mut archive, "backup.json", &header, tar::EntryType::Regular);
    change(&mut archive);
    fs::write(&place, archive.into_inner().unwrap()).unwrap();
    (folder, place)
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8], kind: tar::EntryType) {
    let mut head = tar::Header::new_ustar();
    // As somebody would who means harm: the crate refuses such names.
    head.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    head.set_size(bytes.len() as u64);
    head.set_entry_type(kind);
    head.set_mode(0o600);
    head.set_mtime(1_700_000_000);
    head.set_cksum();
    archive.append(&head, bytes).unwrap();
}

#[test]
fn it_comes_back_as_it_was_for_its_owner_alone() {
    let (folder, place) = made();
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let to = folder.path().join("data");
    fs::create_dir(&to).unwrap();
    assert_eq!(restore(&place, &to).unwrap(), header());
    assert_eq!(fs::read(to.join("a/b.txt")).unwrap(), b"one");
    assert_eq!(fs::read(to.join("big")).unwrap(), vec![7; 3000]);
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(to.join("big")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!to.join("gone").exists());
}

#[test]
fn nothing_is_written_over() {
    let (folder, place) = made();
    assert!(matches!(BackupWriter::begin(&place, header()).err(), Some(BackupError::Exists(_))));
    let later = folder.path().join("later");
    let writer = BackupWriter::begin(&later, header()).unwrap();
    fs::write(&later, "mine").unwrap();
    assert!(matches!(writer.finish().err(), Some(BackupError::Exists(_))));
    assert_eq!(fs::read(&later).unwrap(), b"mine");
    let to = folder.path().join("data");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("x"), "mine").unwrap();
    assert!(matches!(restore(&place, &to).err(), Some(BackupError::NotEmpty(_))));
    fs::remove_file(to.join("x")).unwrap();
    let restoring = Restoring::begin(&to).unwrap();
    restoring.unpack(&place, ServiceKind::Verifier, |_| true, &restoring.folder()).unwrap();
    fs::write(to.join("x"), "mine").unwrap();
    assert!(matches!(restoring.finish().err(), Some(BackupError::NotEmpty(_))));
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
}

#[test]
fn every_flipped_bit_and_every_missing_end_is_noticed() {
    let (folder, place) = made();
    let whole = fs::read(&place).unwrap();
    let broken = folder.path().join("broken");
    for at in (0..whole.len()).step_by(37).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&broken, bytes).unwrap();
        let code = refused(&broken);
        assert!(["damaged_backup", "not_a_backup"].contains(&code.as_str()), "byte {at}: {code}");
    }
    for length in (0..whole.len()).step_by(101).chain([whole.len() - 1]) {
        fs::write(&broken, &whole[..length]).unwrap();
        let code = refused(&broken);
        assert!(["damaged_backup", "not_a_backup"].contains(&code.as_str()), "{length} bytes: {code}");
    }
    fs::write(&broken, [&whole[..], b"more"].concat()).unwrap();
    assert_eq!(refused(&broken), "damaged_backup");
}

#[test]
fn what_leads_out_of_the_folder_or_is_no_file_is_refused() {
    use tar::EntryType;
    for name in
        ["../x", "/etc/x", "a/../../x", "a//b", "./x", "a\\b", ".", "..", "SHA256SUMS/x", "backup.json"]
    {
        let (_folder, place) = forged(|archive| append(archive, name, b"x", EntryType::Regular));
        assert_eq!(refused(&place), "damaged_backup", "{name}");
    }
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::GNULongName,
        EntryType::XHeader,
    ] {
        let (_folder, place) = forged(|archive| append(archive, "big", b"", kind));
        assert_eq!(refused(&place), "damaged_backup", "{kind:?}");
    }
    let (_folder, place) = forged(|archive| {
        append(archive, "big", b"x", EntryType::Regular);
        append(archive, "big", b"y", EntryType::Regular);
    });
    assert_eq!(refused(&place), "damaged_backup", "twice");
    let (_folder, place) = forged(|archive| append(archive, "surprise", b"x", EntryType::Regular));
    assert_eq!(refused(&place), "damaged_backup", "a file that this service has not");
}

#[test]
fn another_service_and_a_newer_format_say_so() {
    let (folder, place) = made();
    let to = folder.path().join("data");
    let restoring = Restoring::begin(&to).unwrap();
    let unpacked = restoring.unpack(&place, ServiceKind::Issuer, |_| true, &restoring.folder());
    assert_eq!(unpacked.unwrap_err().code(), "other_service");
    let newer = folder.path().join("newer");
    let mut archive = tar::Builder::new(Vec::new());
    let text = br#"{"format":"yong-backup","version":2,"surprise":true}"#;
    append(&mut archive, "backup.json", text, tar::EntryType::Regular);
    fs::write(&newer, archive.into_inner().unwrap()).unwrap();
    assert_eq!(refused(&newer), "newer_backup");
    fs::write(&newer, "a letter").unwrap();
    assert_eq!(refused(&newer), "not_a_backup");
    let header = header();
    assert!(header.check(&"ab".repeat(32), Some("window-1")).is_ok());
    assert_eq!(header.check(&"cd".repeat(32), None).unwrap_err().code(), "other_ledger");
    assert_eq!(header.check(&"ab".repeat(32), Some("x")).unwrap_err().code(), "somebody_elses_backup");
}

#[test]
fn what_somebody_left_who_was_stopped_goes_and_what_is_in_use_stays() {
    let (folder, place) = made();
    let left = folder.path().join(".yong-backup-left.part");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("half"), "half").unwrap();
    let busy = Staging::beside(&place).unwrap();
    assert!(!left.exists());
    let other = Staging::beside(&place).unwrap();
    assert!(busy.path().exists() && other.path().exists());
    let path = busy.path().to_owned();
    drop(busy);
    assert!(!path.exists());
}

#[test]
fn a_database_is_copied_as_it_is_at_one_moment_and_scrubbed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("x.sqlite");
    let db = Connection::open(&database).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute_batch("CREATE TABLE t (n INTEGER, secret TEXT); PRAGMA user_version = 3; INSERT INTO t VALUES (1, 'hunter2')")
        .unwrap();
    // Somebody is in the middle of a write.
    db.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2, 'x')").unwrap();
    let copy = folder.path().join("copy.sqlite");
    snapshot(&database, &copy, |db| db.execute_batch("UPDATE t SET secret = NULL")).unwrap();
    db.execute_batch("COMMIT").unwrap();
    let copied = Connection::open(&copy).unwrap();
    let (rows, version): (u64, i64) = (
        copied.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs(),
        copied.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap(),
    );
    assert_eq!((rows, version), (1, 3), "the write that was not finished is not in it");
    let bytes = fs::read(&copy).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    assert!(!folder.path().join("copy.sqlite-wal").exists());
    assert!(matches!(
        snapshot(&folder.path().join("no"), &copy, |_| Ok(())),
        Err(BackupError::NothingHere(_))
    ));
    let mut damaged = fs::read(&copy).unwrap();
    let last = damaged.len() - 4096;
    damaged[last..].fill(0x55);
    let broken = folder.path().join("broken.sqlite");
    fs::write(&broken, damaged).unwrap();
    assert!(snapshot(&broken, &folder.path().join("second"), |_| Ok(())).is_err());
}
