//! Debian's Chromium, driven by a script below `interop/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use super::deployment::{CSV_HEADER, Deployment, PASSPHRASE, PEOPLE};
use super::foreign;
use super::private_data::PrivateData;
use super::programs::Running;

/// The script and the browser, if both are installed.
pub(crate) fn installed() -> Option<PathBuf> {
    let script = foreign::script("browser", "loop.mjs")?;
    foreign::installed(Path::new(CHROMIUM), "apt-get install chromium").then_some(script)
}

/// Secrets that the pages showed to one person each.
#[derive(Deserialize)]
pub(crate) struct Seen {
    phrase: String,
    offer: String,
    tx_code: String,
    paper: String,
    paper_code: String,
}

impl Seen {
    /// They must stay between the page and its reader.
    pub(crate) fn add_to(&self, private: &mut PrivateData) {
        private.secret("a recovery phrase", &self.phrase);
        private.offer(&self.offer, &self.tx_code);
        private.paper(&self.paper, &self.paper_code);
    }
}

/// Desk, wallet, counter and ledger as people see them. Pictures stay in `target/screens`.
pub(crate) fn walks_through_the_pages(script: &Path, deployment: &Deployment, wallet: &mut Running) -> Seen {
    let [(id, name, ..), (other, ..), listed] = PEOPLE;
    let (number, called, sex, birth_date, district) = listed;
    let arguments = json!({
        "chromium": CHROMIUM,
        "screens": screens(),
        "wallet": serde_json::from_str::<Value>(&wallet.line()).unwrap()["address"],
        "desk": deployment.desk_url(),
        "counter": deployment.verifier_url(),
        "ledger": deployment.ledger_url(),
        "person": { "id": id, "name": name },
        "other": { "id": other },
        "list": format!("{CSV_HEADER}{number},{called},{sex},{birth_date},{district}\n"),
        "policy": "adult/1",
        "passphrase": PASSPHRASE,
    });
    serde_json::from_str(&finds_nothing(script, &arguments)).unwrap()
}

/// The city's own page, while the first steps of the scenario run.
pub(crate) fn visits_the_citys_page(script: &Path, deployment: &Deployment) {
    // Pictures of an earlier run would pass for this one's.
    let _ = std::fs::remove_dir_all(screens());
    let (url, _city) = deployment.city();
    let arguments = json!({ "chromium": CHROMIUM, "screens": screens(), "city": url });
    finds_nothing(&script.with_file_name("city.mjs"), &arguments);
}

/// What the script prints; the browser must have found nothing wrong.
fn finds_nothing(script: &Path, arguments: &Value) -> String {
    let output = Command::new("node").arg(script).arg(arguments.to_string()).output().unwrap();
    let [printed, said] =
        [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    assert!(output.status.success(), "{printed}\n{said}");
    printed
}

fn screens() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens")
}

const CHROMIUM: &str = "/usr/bin/chromium";
