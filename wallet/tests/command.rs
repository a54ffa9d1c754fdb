//! The `wallet` command: exit codes, machine output, errors with their remedies.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use assert_cmd::Command;
use serde_json::Value;
use yong_tests::pairing::Pairing;

const PASSPHRASE: &str = "osmanthus rain over the river";

/// A folder with a genesis file, in which wallets are made.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let genesis = ledger::samples::genesis(&["gongan.nanning", "credit.nanning"], 1);
        std::fs::write(dir.path().join("genesis.json"), genesis.to_bytes()).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn wallet(&self, home: &str) -> Command {
        let mut command = Command::cargo_bin("wallet").unwrap();
        for name in
            ["YONG_WALLET_HOME", "YONG_LEDGER", "YONG_LANGUAGE", "YONG_WALLET_CONFIG", "LANG", "LC_ALL"]
        {
            command.env_remove(name);
        }
        command.env("HOME", self.0.path()).env("YONG_PASSPHRASE", PASSPHRASE);
        command.args(["--home", &self.path(home)]);
        command
    }

    fn init(&self, home: &str) -> Value {
        let mut command = self.wallet(home);
        command.args(["init", "--json", "--show-phrase", "--genesis", &self.path("genesis.json")]);
        json(&command.assert().code(0).get_output().stdout)
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(bytes)))
}

/// Runs to exit code 2 and gives the error word, after checking that the error has all its parts.
fn error(command: &mut Command) -> String {
    let output = command.arg("--json").assert().code(2).get_output().clone();
    assert!(output.stdout.is_empty(), "an error has no result");
    let error = json(&output.stderr);
    for part in ["message", "remedy"] {
        assert!(error[part].as_str().unwrap().ends_with('.'), "{part} is a sentence: {error}");
    }
    error["error"].as_str().unwrap().to_owned()
}

#[test]
fn a_wallet_is_made_once() {
    let place = Place::new();
    let made = place.init("home");
    assert_eq!(made["phrase"].as_str().unwrap().split(' ').count(), 24);
    assert_eq!(made["pinned"], "by_owner");
    let genesis = ledger::samples::genesis(&["gongan.nanning", "credit.nanning"], 1);
    assert_eq!(made["genesis"], genesis.digest().to_string());
    let mut again = place.wallet("home");
    again.args(["init", "--genesis", &place.path("genesis.json")]);
    assert_eq!(error(&mut again), "wallet_exists");
}

#[test]
fn the_phrase_is_not_in_machine_output_unless_asked_for() {
    let place = Place::new();
    let mut command = place.wallet("home");
    let output = command.args(["init", "--json", "--genesis", &place.path("genesis.json")]).assert().code(0);
    assert!(json(&output.get_output().stdout).get("phrase").is_none());
    assert!(output.get_output().stderr.is_empty());
}

#[test]
fn people_see_the_phrase_on_stderr_in_their_language() {
    let place = Place::new();
    let mut command = place.wallet("home");
    command.args(["init", "--language", "zh", "--genesis", &place.path("genesis.json")]);
    let output = command.assert().code(0).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("24 个词"));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), place.path("home"));
}

#[test]
fn either_language_restores_the_same_holder() {
    let place = Place::new();
    let made = place.init("home");
    let phrase = made["phrase"].as_str().unwrap().to_owned();
    let holder = |home: &str| {
        let mut command = place.wallet(home);
        let output = command.args(["holder", "gongan.nanning", "identity/1"]).assert().code(0);
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let chinese = wallet::phrase::Phrase::parse(&phrase).unwrap();
    let chinese = chinese.words(wallet::phrase::WordList::SimplifiedChinese).replace(' ', "");
    for (home, command, words) in
        [("second", &["restore"][..], phrase), ("third", &["init", "--restore"], chinese)]
    {
        let mut restore = place.wallet(home);
        restore.args(command).args(["--genesis", &place.path("genesis.json")]).write_stdin(words);
        restore.assert().code(0);
        assert_eq!(holder("home"), holder(home));
    }
}

#[test]
fn a_wrong_phrase_is_an_error_that_does_not_repeat_it() {
    let place = Place::new();
    let mut command = place.wallet("home");
    command.args(["restore", "--genesis", &place.path("genesis.json")]).write_stdin("abandon ".repeat(24));
    assert_eq!(error(&mut command), "bad_phrase");
}

#[test]
fn a_backup_is_restored() {
    let place = Place::new();
    place.init("home");
    place.wallet("home").args(["backup", &place.path("copy.yong")]).assert().code(0);
    assert_eq!(error(place.wallet("home").args(["backup", &place.path("copy.yong")])), "file_exists");
    place.wallet("other").args(["restore", &place.path("copy.yong")]).assert().code(0);
    place.wallet("other").arg("list").assert().code(0);
    assert_eq!(error(place.wallet("home").args(["restore", &place.path("copy.yong")])), "wallet_exists");
}

#[test]
fn each_defect_of_the_file_has_its_word() {
    let place = Place::new();
    place.init("home");
    let file = Path::new(&place.path("home")).join("wallet.yong");
    let sound = std::fs::read(&file).unwrap();
    assert_eq!(error(place.wallet("home").env("YONG_PASSPHRASE", "wrong").arg("list")), "wrong_passphrase");
    assert_eq!(error(place.wallet("home").env("YONG_PASSPHRASE", "").arg("list")), "empty_passphrase");
    let with = |alter: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        alter(&mut bytes);
        std::fs::write(&file, bytes).unwrap();
        error(place.wallet("home").arg("list"))
    };
    assert_eq!(with(&|b| b.truncate(b.len() - 1)), "truncated");
    assert_eq!(with(&|b| b[12] ^= 1), "header_altered");
    assert_eq!(with(&|b| *b.last_mut().unwrap() ^= 1), "contents_altered");
    assert_eq!(with(&|b| b[9] = 9), "other_version");
    assert_eq!(with(&|b| b[0] = b'X'), "not_a_wallet");
}

#[test]
fn lists_are_empty_at_first() {
    let place = Place::new();
    place.init("home");
    let output = place.wallet("home").args(["list", "--json"]).assert().code(0);
    let listed = json(&output.get_output().stdout);
    assert_eq!(listed["credentials"], serde_json::json!([]));
    assert_eq!(listed["synced_at"], Value::Null);
    let output = place.wallet("home").args(["history", "--json"]).assert().code(0);
    assert_eq!(json(&output.get_output().stdout)["events"], serde_json::json!([]));
}

#[test]
fn what_cannot_be_reached_is_said() {
    let place = Place::new();
    place.init("home");
    let nowhere = "http://127.0.0.1:1";
    assert_eq!(error(place.wallet("home").args(["sync", "--ledger", nowhere])), "ledger_unreachable");
    assert_eq!(error(place.wallet("new").args(["init", "--ledger", nowhere])), "ledger_unreachable");
    let link = "openid4vp://?client_id=x509_hash%3AAAAA&request_uri=http%3A%2F%2F127.0.0.1%3A1%2Fr";
    let trying = ["present", link, "--yes", "--development"];
    assert_eq!(error(place.wallet("home").args(trying)), "counter_unreachable");
}

/// A service of this machine would take the wallet for its owner: the link is refused, whatever was agreed to.
#[test]
fn no_link_leads_to_this_machine_without_the_development_option() {
    let place = Place::new();
    place.init("home");
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    service.set_nonblocking(true).unwrap();
    let port = service.local_addr().unwrap().port();
    for host in ["127.0.0.1", "127.1", "localhost", "0.0.0.0", "2130706433", "%5B%3A%3A1%5D"] {
        let uri = format!("http%3A%2F%2F{host}%3A{port}%2Flists%2F1%2Frun");
        let link =
            format!("openid4vp://?client_id=x509_hash%3AAAA&request_uri={uri}&request_uri_method=post");
        assert_eq!(error(place.wallet("home").args(["present", &link, "--yes"])), "local_address", "{host}");
    }
    assert!(service.accept().is_err(), "nobody connected");
}

#[test]
fn links_are_checked() {
    let place = Place::new();
    place.init("home");
    assert_eq!(error(place.wallet("home").args(["present", "https://x", "--yes"])), "bad_link");
    assert_eq!(error(place.wallet("home").args(["receive", "https://x"])), "bad_offer");
}

#[test]
fn nobody_agrees_by_being_absent() {
    let place = Place::new();
    place.init("home");
    assert_eq!(error(place.wallet("home").args(["present", "openid4vp://?x=y"])), "nobody_to_ask");
}

#[test]
fn no_wallet_is_an_error() {
    let place = Place::new();
    for command in ["list", "sync", "history"] {
        assert_eq!(error(place.wallet("nowhere").arg(command)), "no_wallet");
    }
    assert!(!Path::new(&place.path("nowhere")).exists());
}

#[test]
fn a_wrong_command_line_is_an_error_like_any_other() {
    let place = Place::new();
    assert_eq!(error(place.wallet("home").arg("lisst")), "usage");
    assert_eq!(error(place.wallet("home").args(["present", "x", "--force"])), "usage");
}

#[test]
fn a_configuration_with_unknown_fields_is_refused() {
    let place = Place::new();
    let config = place.path("wallet.toml");
    std::fs::write(&config, "homme = \"x\"\n").unwrap();
    assert_eq!(error(place.wallet("home").args(["list", "--config", &config])), "bad_config");
    std::fs::write(&config, "language = \"zh\"\n").unwrap();
    place.init("home");
    let output = place.wallet("home").args(["list", "--config", &config]).assert().code(0);
    assert!(String::from_utf8_lossy(&output.get_output().stdout).contains("还没有凭证"));
}

#[test]
fn help_has_examples() {
    let output = Place::new().wallet("home").arg("--help").assert().code(0);
    assert!(String::from_utf8_lossy(&output.get_output().stdout).contains("Examples:"));
}

#[test]
fn the_app_prints_an_address_that_works_once() {
    let place = Place::new();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("wallet"));
    command.args(["--json", "--home", &place.path("w"), "app", "--no-open", "--port", "0"]);
    command.env("HOME", place.0.path()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut app = Running(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(app.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = json(line.as_bytes())["address"].as_str().unwrap().to_owned();
    assert!(address.starts_with("http://localhost:") && address.contains("/enter?token="), "{address}");
    let status = || {
        let request = ureq::get(&address).config().http_status_as_error(false).build();
        request.call().unwrap().status().as_u16()
    };
    assert_eq!(status(), 200);
    assert_eq!(status(), 403);
}

/// Both wallets, up to where the number is compared.
fn compared(place: &Place) -> ([Pairing; 2], String) {
    let wallet = |home: &str| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("wallet"));
        command.args(["--home", &place.path(home)]);
        command.env("HOME", place.0.path()).env("YONG_PASSPHRASE", PASSPHRASE);
        command
    };
    Pairing::compared(wallet, ["first", "second"])
}

fn holder(place: &Place, home: &str) -> String {
    let mut command = place.wallet(home);
    let output = command.args(["holder", "gongan.nanning", "identity/1"]).assert().code(0);
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn two_wallets_are_paired_and_the_phrase_of_the_second_is_its_own() {
    let place = Place::new();
    place.init("first");
    let phrase = place.init("second")["phrase"].as_str().unwrap().to_owned();
    let before = holder(&place, "second");
    let ([mut first, mut second], number) = compared(&place);
    first.hears("not a number");
    first.hears(&number);
    assert_eq!(first.says("number"), number);
    second.hears(&number);
    second.hears(&first.says("message"));
    assert_eq!(first.ends().0, Some(0));
    assert_eq!(second.ends().0, Some(0));
    for (home, side) in [("first", "gave"), ("second", "took")] {
        let output = place.wallet(home).args(["history", "--json"]).assert().code(0);
        let history = json(&output.get_output().stdout);
        assert_eq!(history["events"][0]["kind"], "paired");
        assert_eq!(history["events"][0]["side"], side);
    }
    let paired = holder(&place, "second");
    assert_ne!(paired, before, "it is a device of another person now");
    assert_ne!(paired, holder(&place, "first"), "and not the same device");

    place.wallet("second").args(["backup", &place.path("copy.yong")]).assert().code(0);
    place.wallet("copy").args(["restore", &place.path("copy.yong")]).assert().code(0);
    assert_eq!(holder(&place, "copy"), paired, "a backup file brings everything back");
    let mut restore = place.wallet("words");
    restore.args(["restore", "--genesis", &place.path("genesis.json")]).write_stdin(phrase).assert().code(0);
    assert_eq!(holder(&place, "words"), before, "the phrase does not");
}

#[test]
fn a_wrong_number_stops_the_pairing() {
    let place = Place::new();
    place.init("first");
    place.init("second");
    let before = holder(&place, "second");
    let ([mut first, second], number) = compared(&place);
    let right: u32 = number.replace(' ', "").parse().unwrap();
    first.hears(&format!("{:06}", (right + 1) % 1_000_000));
    let (code, said) = first.ends();
    assert_eq!(code, Some(2));
    assert_eq!(json(said.as_bytes())["error"], "other_number");
    let (code, said) = second.ends();
    assert_eq!(code, Some(2));
    assert_eq!(json(said.as_bytes())["error"], "no_message");
    assert_eq!(holder(&place, "second"), before);
}

#[test]
fn one_of_the_two_sides_is_named() {
    let place = Place::new();
    place.init("home");
    assert_eq!(error(place.wallet("home").arg("pair")), "usage");
    assert_eq!(error(place.wallet("home").args(["pair", "--offer", "--accept"])), "usage");
}

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
