//! A ledger comes back as it was backed up, proved, and never goes on beside what somebody has seen.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::samples;
use ledger::sm2::Sm2Key;
use service::backup::BackupError;
use service::durable::{Readers, replace};
use tempfile::TempDir;

use super::{BeforeTheNext, LedgerBackupError, RESTORED, Restore, backup, restore};
use crate::config::{Config, StartLog};
use crate::data_dir::DataError;
use crate::fsck::fsck;
use crate::node::{Node, OpenError};
use crate::testing::{NOW, accept, commit, data, filled, open, schema};

/// A folder for what a test makes, and the log's key in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("log.key");
    samples::insecure_key("ledger.test/1").save(&key).unwrap();
    (folder, key)
}

fn wanted(folder: &Path, key: &Path) -> Restore {
    Restore {
        backup: folder.join("ledger.backup"),
        data: folder.join("restored"),
        key: key.to_owned(),
        sm2_key: None,
        catch_up: Vec::new(),
    }
}

fn start(data: &Path, start_log: StartLog) -> Result<Node, OpenError> {
    let clock = service::clock::ManualClock::new(NOW).clock();
    Node::open_with_clock(&Config { start_log, ..Config::new(data) }, clock)
}

#[test]
fn a_running_log_is_backed_up_to_one_checkpoint_and_comes_back_whole() {
    let running = filled();
    let (folder, key) = place();
    let mut engine = open(running.path()).unwrap();
    let before = engine.head();
    backup(running.path(), &folder.path().join("ledger.backup"), NOW).unwrap();
    // What comes later is not in it, and what was there is read though the node goes on.
    accept(&mut engine, vec![commit("later", 9000, 3)]);
    backup(running.path(), &folder.path().join("second.backup"), NOW).unwrap();
    let wanted = wanted(folder.path(), &key);
    let restored = restore(&wanted).unwrap();
    assert_eq!((restored.size, *restored.root.as_bytes()), (before.size, before.root));
    assert_eq!(restored.before_the_next, BeforeTheNext::Operator);
    let report = fsck(&wanted.data, &mut |_, _| {}).unwrap();
    assert_eq!((report.difference, report.size), (None, before.size));
    let second =
        Restore { backup: folder.path().join("second.backup"), data: folder.path().join("second"), ..wanted };
    assert_eq!(restore(&second).unwrap().size, engine.head().size);
}

#[test]
fn a_tile_of_any_width_is_cut_from_what_a_running_node_has_left() {
    let running = data();
    let mut engine = open(running.path()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    let checkpoint = fs::read(running.path().join("checkpoint")).unwrap();
    let size = engine.head().size;
    for i in 0..400 {
        accept(&mut engine, vec![commit(&format!("c{i}"), 10 * i, 1)]);
    }
    engine.sweep_all().unwrap();
    let width = |size: u64| running.path().join(format!("tile/entries/000.p/{size}"));
    assert!(!width(size).exists(), "the tile of that moment is gone");
    // As if the backup had begun before all that.
    fs::write(running.path().join("checkpoint"), checkpoint).unwrap();
    let (folder, key) = place();
    backup(running.path(), &folder.path().join("ledger.backup"), NOW).unwrap();
    assert_eq!(restore(&wanted(folder.path(), &key)).unwrap().size, size);
}

#[test]
fn a_restored_log_without_witnesses_waits_for_its_operators_word_once() {
    let running = filled();
    let (folder, key) = place();
    let wanted = wanted(folder.path(), &key);
    backup(running.path(), &wanted.backup, NOW).unwrap();
    let size = restore(&wanted).unwrap().size;
    let refused = start(&wanted.data, StartLog::default()).err();
    assert!(matches!(refused, Some(OpenError::Restored { entries }) if entries == size), "{refused:?}");
    let node = start(&wanted.data, StartLog::Accepted).unwrap();
    assert_eq!(node.status().size, size);
    assert!(!wanted.data.join(RESTORED).exists());
    drop(node);
    start(&wanted.data, StartLog::default()).unwrap();
}

#[test]
fn a_key_of_another_log_and_a_damaged_node_are_refused() {
    let running = filled();
    let (folder, key) = place();
    let wanted = wanted(folder.path(), &key);
    backup(running.path(), &wanted.backup, NOW).unwrap();
    let other = folder.path().join("other.key");
    samples::insecure_key("credit.nanning").save(&other).unwrap();
    let refused = restore(&Restore { key: other, ..wanted.clone() }).err();
    assert!(matches!(refused, Some(LedgerBackupError::OtherKey(_))), "{refused:?}");
    let refused = restore(&Restore { key: folder.path().join("none"), ..wanted.clone() }).err();
    assert!(matches!(refused, Some(LedgerBackupError::Key { .. })), "{refused:?}");
    // A file that names a device is read as one, and the device has to be there.
    let away = folder.path().join("device.key");
    let uri = "pkcs11:token=log;object=log?module-path=/nowhere/libp11.so\n";
    replace(&away, uri.as_bytes(), Readers::Owner).unwrap();
    let refused = restore(&Restore { key: away, ..wanted.clone() }).err();
    assert!(matches!(refused, Some(LedgerBackupError::Key { source: DataError::Key(_), .. })), "{refused:?}");
    // A log with one key takes no second one.
    let second = folder.path().join("second.pem");
    Sm2Key::from_pem(samples::INSECURE_SM2_PEM).unwrap().save(&second).unwrap();
    let refused = restore(&Restore { sm2_key: Some(second), ..wanted.clone() }).err();
    assert!(matches!(refused, Some(LedgerBackupError::OtherKey(_))), "{refused:?}");
    assert!(!wanted.data.exists());

    let refused = restore(&Restore { data: running.path().to_owned(), ..wanted.clone() }).err();
    assert!(matches!(refused, Some(LedgerBackupError::Backup(BackupError::NotEmpty(_)))), "{refused:?}");

    let bundle = running.path().join("tile/entries/000");
    let mut bytes = fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let second = folder.path().join("second.backup");
    let refused = backup(running.path(), &second, NOW).err();
    assert!(matches!(refused, Some(LedgerBackupError::Damaged(_))), "{refused:?}");
    assert!(!second.exists());
    let empty = data();
    let refused = backup(empty.path(), &second, NOW).err();
    assert!(matches!(refused, Some(LedgerBackupError::NotStarted)), "{refused:?}");
}
