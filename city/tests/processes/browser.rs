//! Debian's Chromium, driven by a script below `ci/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::foreign;
use super::programs::Running;
use super::town::{PASSPHRASE, PEOPLE, Town};

/// The script and the browser, if both are installed.
pub(crate) fn installed() -> Option<PathBuf> {
    let script = foreign::script("browser", "loop.mjs")?;
    foreign::installed(Path::new(CHROMIUM), "apt-get install chromium").then_some(script)
}

/// Desk, wallet, counter and ledger as people see them. Pictures stay in `target/screens`.
pub(crate) fn drives(script: &Path, town: &Town, wallet: &mut Running) {
    let screens = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens");
    let [(id, name, ..), (other, ..), _] = PEOPLE;
    let arguments = json!({
        "chromium": CHROMIUM,
        "screens": screens,
        "wallet": serde_json::from_str::<serde_json::Value>(&wallet.line()).unwrap()["address"],
        "desk": town.desk_url(),
        "counter": town.verifier_url(),
        "ledger": town.ledger_url(),
        "person": { "id": id, "name": name },
        "other": { "id": other },
        "policy": "adult/1",
        "passphrase": PASSPHRASE,
    });
    let output = Command::new("node").arg(script).arg(arguments.to_string()).output().unwrap();
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    assert!(output.status.success(), "{}\n{}", said[0], said[1]);
}

const CHROMIUM: &str = "/usr/bin/chromium";
