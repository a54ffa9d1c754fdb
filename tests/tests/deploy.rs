//! What operators copy from `deploy/`: read by the programs that it is for, and complete in both languages. That services run by it
//! is tried in `processes.rs`, which follows `docs/operating.md`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use yong_tests::authority::Authority;
use yong_tests::deploy::{DASHBOARD, RULES};
use yong_tests::nginx::{self, Nginx};
use yong_tests::operating::{CHINESE_PAGE, PAGE, blocks};

#[test]
fn units_are_valid_and_let_a_service_do_little() {
    let Some(mut verify) = tool("systemd-analyze", "systemd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    for unit in files("systemd").iter().filter(|path| path.extension().is_some_and(|e| e == "service")) {
        let text = fs::read_to_string(unit).unwrap();
        // The city's programs are not installed here.
        let program = text.split("ExecStart=").nth(1).unwrap().split(' ').next().unwrap();
        let copy = folder.path().join(unit.file_name().unwrap());
        fs::write(&copy, text.replace(program, "/bin/true")).unwrap();
        copies.push(copy);
    }
    assert_eq!(copies.len(), 6);
    let all = folder.path().join("yong-.service.d");
    fs::create_dir(&all).unwrap();
    fs::copy(deploy("systemd/log-to-file.conf"), all.join("log-to-file.conf")).unwrap();
    let said = verify.arg("verify").args(&copies).output().unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
    for copy in copies {
        let mut exposure = Command::new("systemd-analyze");
        succeeds(exposure.args(["security", "--offline=true", "--threshold=20"]).arg(copy));
    }
}

#[test]
fn every_unit_has_the_whole_sandbox() {
    let mut sandboxes: Vec<String> = Vec::new();
    for unit in files("systemd").iter().filter(|path| path.extension().is_some_and(|e| e == "service")) {
        let text = fs::read_to_string(unit).unwrap();
        let (settings, sandbox) = text.split_once("# The same in every unit").unwrap();
        let name = unit.file_stem().unwrap().to_str().unwrap();
        let user = format!("User={name}\n");
        let folder = format!("StateDirectory={}\n", name.replace('-', "/"));
        for line in [&user, &folder, "Environment=YONG_LOG_FORMAT=json\n", "Restart=always\n"] {
            assert!(settings.contains(line), "{name} lacks {line}");
        }
        sandboxes.push(sandbox.to_owned());
    }
    assert!(sandboxes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn rules_fire_when_they_should() {
    let Some(mut check) = tool("promtool", "prometheus") else { return };
    succeeds(check.args(["check", "rules"]).arg(deploy("prometheus/rules.yml")));
    let config = deploy("prometheus/prometheus.yml");
    succeeds(Command::new("promtool").args(["check", "config", "--syntax-only"]).arg(config));
    succeeds(Command::new("promtool").args(["test", "rules"]).arg(deploy("prometheus/rules_test.yml")));
}

#[test]
fn every_alert_is_tested_and_says_what_to_do_in_both_languages() {
    let alerts = after_each(RULES, "- alert: ");
    assert!(alerts.len() > 10);
    for page in ["prometheus/alerts.md", "prometheus/alerts.zh-CN.md"] {
        let text = fs::read_to_string(deploy(page)).unwrap();
        assert_eq!(after_each(&text, "\n## "), alerts, "{page}");
        for section in text.split("\n## ").skip(1) {
            assert!(section.lines().filter(|line| !line.is_empty()).count() > 1, "{page}: {section}");
        }
    }
    let tests = fs::read_to_string(deploy("prometheus/rules_test.yml")).unwrap();
    for alert in alerts {
        assert!(tests.contains(&format!("- name: {alert}\n")), "{alert} has no test");
        assert!(tests.contains(&format!("alertname: {alert} }}")), "{alert} may fire in a city that runs");
    }
}

/// No Grafana is here; its questions are put to Prometheus' parser, as rules.
#[test]
fn the_dashboard_asks_what_prometheus_understands() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut rules = "groups:\n  - name: panels\n    rules:\n".to_owned();
    for panel in panels {
        assert!(panel["title"].is_string() && panel["gridPos"].is_object(), "{panel}");
        let expression = panel["targets"][0]["expr"].as_str().unwrap();
        writeln!(rules, "      - {{ record: 'panel:{}', expr: '{expression}' }}", panel["id"]).unwrap();
    }
    let Some(mut check) = tool("promtool", "prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    fs::write(&file, rules).unwrap();
    succeeds(check.args(["check", "rules"]).arg(file));
}

#[test]
fn nginx_takes_its_configuration() {
    if !Nginx::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pair = Authority::new().issue(folder.path(), &["city.example"]);
    let server = nginx::replaced(
        nginx::EXAMPLE,
        &[
            ("listen 443 ssl", "listen 127.0.0.1:8443 ssl".to_owned()),
            ("/etc/ssl/city.example.pem", pair.cert.display().to_string()),
            ("/etc/ssl/city.example.key", pair.key.display().to_string()),
        ],
    );
    succeeds(nginx::command(folder.path(), &server).arg("-t"));
}

#[test]
fn logrotate_takes_its_configuration() {
    let Some(mut logrotate) = tool("logrotate", "logrotate") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("yong");
    // The group is not here, nor a log.
    let text = fs::read_to_string(deploy("logrotate/yong")).unwrap().replace("su root yong", "");
    fs::write(&config, text).unwrap();
    let state = folder.path().join("state");
    let said = logrotate.arg("--debug").arg("--state").arg(state).arg(config).output().unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(said.status.success() && !text.contains("error:"), "{text}");
}

#[test]
fn the_page_names_all_that_is_in_the_kit_and_says_the_same_commands_in_both_languages() {
    assert!(blocks(PAGE).len() > 10);
    assert_eq!(blocks(PAGE), blocks(CHINESE_PAGE));
    let folders = fs::read_dir(deploy("")).unwrap().map(|entry| entry.unwrap().file_name());
    for folder in folders {
        let link = format!("deploy/{})", folder.to_str().unwrap());
        assert!(PAGE.contains(&link) && CHINESE_PAGE.contains(&link), "{link}");
    }
    let commands: String = blocks(PAGE).iter().map(|block| block.commands).collect();
    for unit in files("systemd") {
        let name = unit.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(name == "log-to-file" || commands.contains(&format!("enable --now {name}")), "{name}");
    }
    for config in files("config") {
        let name = config.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(commands.contains(&name), "{name} is not used");
    }
}

#[test]
fn what_was_not_tried_is_said() {
    let containerfile = fs::read_to_string(deploy("Containerfile")).unwrap();
    assert!(containerfile.contains("NOT BUILT"));
    assert!(PAGE.contains("**not built**") && PAGE.contains("**not loaded**"));
    assert!(CHINESE_PAGE.contains("**没有构建过**") && CHINESE_PAGE.contains("**没有加载过**"));
}

/// A program of a package; where everything must be tried, its absence is a failure.
fn tool(name: &str, package: &str) -> Option<Command> {
    if Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok() {
        return Some(Command::new(name));
    }
    assert!(std::env::var_os("CI").is_none(), "{name} is missing: install {package}");
    eprintln!("skipped: needs {package}");
    None
}

fn succeeds(command: &mut Command) {
    let said = command.output().unwrap();
    assert!(said.status.success(), "{said:?}");
}

/// A path below `deploy/`.
fn deploy(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy")).join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(deploy(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The rest of each line that begins with this.
fn after_each<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.lines().next().unwrap_or_default()).collect()
}
