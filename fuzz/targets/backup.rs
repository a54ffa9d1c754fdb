#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use service::backup::{BackupWriter, Header, Restoring, ServiceKind};
use tempfile::TempDir;

// A backup is data from outside. Any file is refused or read; of one that is whole, nothing can be changed unnoticed: the
// first byte says which of the two is tried, what follows are edits of three bytes (where, what).
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    if kind % 2 == 0 {
        let _ = unpack(rest);
        return;
    }
    let mut edited = WHOLE.clone();
    for edit in rest.chunks_exact(3).take(8) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % edited.len();
        edited[at] ^= edit[2];
    }
    let length = rest.get(24).map_or(edited.len(), |cut| edited.len() - usize::from(*cut));
    edited.truncate(length);
    assert_eq!(unpack(&edited), edited == *WHOLE);
});

/// Whether it is taken out, in a folder of its own.
fn unpack(bytes: &[u8]) -> bool {
    let place = FOLDER.path().join("input");
    fs::write(&place, bytes).expect("the scratch folder can be written");
    let restoring = Restoring::begin(&FOLDER.path().join("data")).expect("nothing is there");
    let known = |name: &str| ["a/b.txt", "big"].contains(&name);
    restoring.unpack(&place, ServiceKind::Verifier, known, &restoring.folder()).is_ok()
}

fn whole(place: &Path) -> Vec<u8> {
    let header = Header::new(ServiceKind::Verifier, "window-1".to_owned(), "ab".repeat(32), 7, 1_700_000_000);
    let mut writer = BackupWriter::begin(place, header).expect("a new folder is empty");
    writer.add("a/b.txt", b"one").expect("a plain name");
    writer.add("big", &[7; 3000]).expect("a plain name");
    writer.finish().expect("the scratch folder can be written");
    fs::read(place).expect("it was written")
}

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a scratch folder"));
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let place: PathBuf = FOLDER.path().join("whole");
    whole(&place)
});
