//! One set of development keys for all tests of the workspace, made once per target directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

use crate::key::FORMAT;
use crate::statement::{Enroll, Join, Score, Show, Statement};
use crate::{Prover, setup};

/// Directory with real development keys of all circuits. The first caller on a machine waits for their setup; processes
/// that ask at the same time wait for each other.
pub fn keys_dir() -> PathBuf {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| ensure(&target_dir().join("yong-test-keys"))).clone()
}

/// All provers over [`keys_dir`], loaded once per process.
pub fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| Prover::open(&keys_dir()).expect("keys that setup wrote can be opened"))
}

/// The directory `interop/<name>/node_modules` with programs that this project did not write, if `file` is in it.
///
/// Without them a test says so and stops, except in CI, where everything must be there.
pub fn peer(name: &str, file: &str) -> Option<PathBuf> {
    let needed = format!("{file}: run `npm install --prefix interop/{name}`");
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop").join(name).join("node_modules");
    if modules.join(file).exists() {
        return Some(modules);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "needs {needed}");
    eprintln!("skipped: needs {needed}");
    None
}

/// The directory appears by one rename, so it is complete whenever it exists.
fn ensure(cache: &Path) -> PathBuf {
    let dir = cache.join(name());
    fs::create_dir_all(cache).expect("the target directory is writable");
    let lock = File::create(cache.join("lock")).expect("the target directory is writable");
    lock.lock().expect("the file system has locks");
    if !dir.exists() {
        let fresh = tempfile::tempdir_in(cache).expect("the target directory is writable");
        setup::run(fresh.path(), &mut OsRng).expect("setup of a sound circuit succeeds");
        fs::rename(fresh.keep(), &dir).expect("nobody else renames under the lock");
    }
    dir
}

/// Changes with every circuit and with the file format.
fn name() -> String {
    let mut named = Sha256::new().chain_update(FORMAT);
    for matrices in [Show::MATRICES, Enroll::MATRICES, Join::MATRICES, Score::MATRICES] {
        named.update(matrices);
    }
    hex::encode(&named.finalize()[..16])
}

/// Cargo marks it with a tag; test programs run from below it.
fn target_dir() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let tagged = program.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file());
    tagged.map_or_else(std::env::temp_dir, Path::to_path_buf)
}
