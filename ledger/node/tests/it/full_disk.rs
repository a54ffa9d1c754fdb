//! A disk that is really full: a small file system in memory. Mounting one needs root.

use std::path::{Path, PathBuf};
use std::process::Command;

use ledger::checkpoint::Checkpoint;
use ledger::record::Entry;
use ledger::samples;
use ledger_node::fsck;
use serde_json::Value;

use crate::running::{Running, accepted};
use crate::support::{commit, get, init_at, schema};

#[test]
fn a_full_disk_is_a_clean_refusal_and_loses_nothing() {
    let Some(disk) = Disk::mount("6m") else { return };
    let data = disk.folder.join("data");
    init_at(&data);
    let node = Running::node(&data);
    assert_eq!(get(&node.url, "/readyz").unwrap().status, 200);
    let acknowledged = fill(&node.url);
    let (code, said) = node.ended();
    assert_eq!((code, &said["error"]), (2, &"ended".into()), "{said}");
    signed_or_none(&data);
    // Still full: it starts, or says why not, and does no harm.
    if let Err(said) = Running::start(&["--json", "serve", "--listen", "127.0.0.1:0", "--data", path(&data)])
    {
        assert!(said["remedy"].as_str().is_some_and(|remedy| remedy.ends_with('.')), "{said}");
    }
    signed_or_none(&data);
    disk.grow("96m");
    let node = Running::node(&data);
    for (entry, answer) in &acknowledged {
        assert_eq!(accepted(&node.url, entry).as_ref(), Some(answer), "what was acknowledged is there");
    }
    drop(node);
    drop(Running::node(&data));
    assert_eq!(fsck(&data, &mut |_, _| {}).unwrap().difference, None);
}

#[test]
fn a_node_whose_disk_is_full_is_not_ready() {
    let Some(disk) = Disk::mount("6m") else { return };
    let data = disk.folder.join("data");
    init_at(&data);
    let node = Running::node(&data);
    assert_eq!(get(&node.url, "/readyz").unwrap().status, 200);
    let filler = disk.folder.join("filler");
    // Until nothing more fits: `write` fails, and leaves what did fit.
    assert!(std::fs::write(&filler, vec![0; 8 << 20]).is_err());
    let what_was_found_holds = std::time::Duration::from_secs(3);
    std::thread::sleep(what_was_found_holds);
    assert_eq!(get(&node.url, "/readyz").unwrap().status, 503);
    std::fs::remove_file(filler).unwrap();
    std::thread::sleep(what_was_found_holds);
    assert_eq!(get(&node.url, "/readyz").unwrap().status, 200);
}

/// Submits entries of some 30 KB until one is not accepted; gives those that were.
fn fill(url: &str) -> Vec<(Entry, Value)> {
    let first = schema("score/1");
    let answer = accepted(url, &first).unwrap();
    let mut all = vec![(first, answer)];
    for n in 0.. {
        let entry = commit(&format!("c{n}"), n * 1024, 600);
        let Some(answer) = accepted(url, &entry) else { break };
        all.push((entry, answer));
    }
    assert!(all.len() > 20, "a good deal was accepted before the disk was full");
    all
}

/// Whatever is published is a checkpoint that the log signed.
fn signed_or_none(data: &Path) {
    let key = samples::insecure_key("ledger.test/1").public();
    let bytes = std::fs::read(data.join("checkpoint")).unwrap();
    Checkpoint::open(&bytes, &samples::origin(), &key).unwrap();
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file system of its own, until it is dropped.
struct Disk {
    folder: PathBuf,
    _place: tempfile::TempDir,
}

impl Disk {
    /// A file system of this size, or a word on why there is none: without root a test is skipped.
    fn mount(size: &str) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_path_buf();
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", path(&folder)]);
        if let Err(why) = mounted {
            let must = std::env::var("CI").as_deref() == Ok("true") && is_root();
            assert!(!must, "root on CI mounts a file system: {why}");
            eprintln!("skipped: needs root to mount a small file system: {why}");
            return None;
        }
        Some(Self { folder, _place: place })
    }

    fn grow(&self, size: &str) {
        mount(&["-o", &format!("remount,size={size}"), path(&self.folder)]).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").args(["-l", path(&self.folder)]).status();
    }
}

fn mount(args: &[&str]) -> Result<(), String> {
    let output = Command::new("mount").args(args).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().unwrap();
    uid.stdout.trim_ascii() == b"0"
}
