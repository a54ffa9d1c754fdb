//! Debian's Chromium, driven by a script below `interop/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use super::foreign;
use super::known::Known;
use super::programs::Running;
use super::town::{CSV_HEADER, PASSPHRASE, PEOPLE, Town};

/// The script and the browser, if both are installed.
pub(crate) fn installed() -> Option<PathBuf> {
    let script = foreign::script("browser", "loop.mjs")?;
    foreign::installed(Path::new(CHROMIUM), "apt-get install chromium").then_some(script)
}

/// What the pages told one person each.
#[derive(Deserialize)]
pub(crate) struct Told {
    phrase: String,
    offer: String,
    tx_code: String,
    paper: String,
    paper_code: String,
}

impl Told {
    /// Everything on this list must stay between the page and its reader.
    pub(crate) fn make_known(&self, known: &mut Known) {
        known.secret("a recovery phrase", &self.phrase);
        known.offer(&self.offer, &self.tx_code);
        known.paper(&self.paper, &self.paper_code);
    }
}

/// IssuerClient, wallet, counter and ledger as people see them. Pictures stay in `target/screens`.
pub(crate) fn drives(script: &Path, town: &Town, wallet: &mut Running) -> Told {
    let [(id, name, ..), (other, ..), listed] = PEOPLE;
    let (number, called, sex, birth_date, district) = listed;
    let arguments = json!({
        "chromium": CHROMIUM,
        "screens": screens(),
        "wallet": serde_json::from_str::<Value>(&wallet.line()).unwrap()["address"],
        "desk": town.desk_url(),
        "counter": town.verifier_url(),
        "ledger": town.ledger_url(),
        "person": { "id": id, "name": name },
        "other": { "id": other },
        "list": format!("{CSV_HEADER}{number},{called},{sex},{birth_date},{district}\n"),
        "policy": "adult/1",
        "passphrase": PASSPHRASE,
    });
    serde_json::from_str(&finds_nothing(script, &arguments)).unwrap()
}

/// The city's own page, while the first steps of its story are told.
pub(crate) fn visits_the_city(script: &Path, town: &Town) {
    // Pictures of an earlier run would pass for this one's.
    let _ = std::fs::remove_dir_all(screens());
    let (url, _city) = town.city();
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
