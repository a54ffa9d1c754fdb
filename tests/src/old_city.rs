//! What commit 51f4677 wrote, for tests that open it: a copy each, because opening writes.

#![expect(clippy::unwrap_used, reason = "fixtures of tests: a failed unwrap is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Copies everything into a folder that is there and empty.
pub fn copy_to(folder: &Path) {
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/51f4677"), folder);
}

/// Git keeps no modes, and the services refuse keys that others may read.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}
