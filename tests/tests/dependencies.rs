//! Which crate may link which: the dependencies of ARCHITECTURE.md, derived from what Cargo resolves.
//!
//! The members, their sources and what `links` a library come from `cargo metadata`. What one crate links comes from
//! `cargo tree`, because the graph of `cargo metadata` is that of the whole workspace with the features of all its members.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

/// Each crate may link what stands before it in its row, and never what stands after it.
const ORDERS: &[&[&str]] = &[
    &[
        "yong-groth16",
        "yong-circuits",
        "yong-openid4vc",
        "yong-verifier",
        "yong-verifier-service",
        "yong-city",
    ],
    &["yong-groth16", "yong-circuits", "yong-prover", "yong-wallet", "yong-city"],
    &["yong-groth16", "yong-circuits", "yong-ledger", "yong-verifier", "yong-verifier-service", "yong-city"],
    &[
        "yong-groth16",
        "yong-circuits",
        "yong-openid4vc",
        "yong-ledger",
        "yong-trustee",
        "yong-trustee-service",
        "yong-city",
    ],
    &["yong-trustee", "yong-wallet", "yong-city"],
    &["yong-trustee", "yong-issuer", "yong-city"],
    &["yong-service", "yong-trustee-service"],
    &["yong-service", "yong-ledger", "yong-ledger-node", "yong-city"],
    &["yong-ledger", "yong-ledger-keys", "yong-ledger-node", "yong-city"],
    &["yong-ledger", "yong-ledger-keys", "yong-issuer", "yong-city"],
    &["yong-service", "yong-ledger", "yong-ledger-words", "yong-ledger-node", "yong-city"],
    &["yong-ledger-words", "yong-issuer", "yong-city"],
    &["yong-service", "yong-verifier-service", "yong-city"],
    &["yong-service", "yong-issuer", "yong-city"],
    &["yong-service", "yong-wallet", "yong-city", "yong-tests"],
];

#[test]
fn nothing_points_back() {
    let placed: BTreeSet<&str> = ORDERS.iter().flat_map(|order| order.iter().copied()).collect();
    let linked: BTreeMap<&str, _> = placed.into_iter().map(|name| (name, linked_by(name))).collect();
    for order in ORDERS {
        for (place, name) in order.iter().enumerate() {
            let linked = &linked[name];
            let later = &order[place + 1..];
            let back: Vec<_> = later.iter().filter(|later| linked.contains(**later)).collect();
            assert!(back.is_empty(), "{name} must not link {back:?}");
        }
    }
}

#[test]
fn every_crate_has_its_place() {
    let placed: BTreeSet<&str> = ORDERS.iter().flat_map(|order| order.iter().copied()).collect();
    let members: BTreeSet<String> =
        metadata().workspace_packages().iter().map(|package| package.name.to_string()).collect();
    assert_eq!(placed, members.iter().map(String::as_str).collect());
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for package in metadata().workspace_packages() {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(root().canonicalize().unwrap());
        let row = format!("| `{}/` |", folder.unwrap());
        assert!(architecture.contains(&row), "ARCHITECTURE.md has no row {row}");
    }
}

#[test]
fn groth16_and_service_link_no_other_crate_of_the_workspace() {
    for name in ["yong-groth16", "yong-service"] {
        let ours: Vec<_> = linked_by(name).into_iter().filter(|linked| linked.starts_with("yong-")).collect();
        assert!(ours.is_empty(), "{name} must not link {ours:?}");
    }
}

/// Crates with a build script of their own, such as serde, look at the compiler and compile nothing.
#[test]
fn circuits_compile_no_c_and_link_no_library() {
    let built: BTreeSet<String> = tree("yong-circuits", "normal,build").into_keys().collect();
    let compilers: Vec<_> = C_BUILDERS.iter().filter(|name| built.contains(**name)).collect();
    assert!(compilers.is_empty(), "circuits are built with {compilers:?}");
    let linked = tree("yong-circuits", "normal");
    for package in metadata().packages {
        let is_linked = linked
            .get(package.name.as_str())
            .is_some_and(|versions| versions.contains(&package.version.to_string()));
        if is_linked && !LINKS_NOTHING.contains(&package.name.as_str()) {
            assert_eq!(package.links, None, "{} links a library", package.name);
        }
    }
}

#[test]
fn circuits_use_no_cipher_clock_file_or_network() {
    let linked = linked_by("yong-circuits");
    for name in ["aes-gcm", "argon2", "chacha20poly1305", "ciborium", "p256", "ureq", "tempfile", "clap"] {
        assert!(!linked.contains(name), "circuits must not link {name}");
    }
}

#[test]
fn libraries_are_no_services() {
    let libraries =
        ["yong-groth16", "yong-circuits", "yong-openid4vc", "yong-ledger", "yong-verifier", "yong-trustee"];
    for name in libraries {
        let linked = linked_by(name);
        let found: Vec<_> = SERVICE_CRATES.iter().filter(|name| linked.contains(**name)).collect();
        assert!(found.is_empty(), "{name} must not link {found:?}");
    }
}

#[test]
fn verifier_links_neither_prover_nor_wallet_nor_issuer() {
    let linked = linked_by("yong-verifier-service");
    for name in ["yong-prover", "yong-wallet", "yong-issuer"] {
        assert!(!linked.contains(name), "the verifier must not link {name}");
    }
}

/// Who reads and checks a ledger, or writes to it with a key file, loads no library of a device.
#[test]
fn libraries_load_no_device() {
    let readers = ["yong-ledger", "yong-verifier", "yong-verifier-service", "yong-trustee", "yong-wallet"];
    for name in readers {
        for device in ["yong-ledger-keys", "cryptoki"] {
            assert!(!linked_by(name).contains(device), "{name} must not link {device}");
        }
    }
}

#[test]
fn only_groth16_has_unsafe_code() {
    for package in metadata().workspace_packages() {
        for target in package.targets.iter().filter(|target| target.is_lib()) {
            let text = fs::read_to_string(&target.src_path).unwrap();
            let forbids = text.contains("#![forbid(unsafe_code)]");
            assert_eq!(forbids, package.name.as_str() != "yong-groth16", "{}", package.name);
        }
    }
}

/// `deny.toml` says which licences; here they are looked at without cargo-deny, which not every machine has.
#[test]
fn every_dependency_has_an_allowed_licence_and_comes_from_the_registry() {
    let rules: toml::Table = fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let allowed: Vec<&str> = rules["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap())
        .collect();
    let packages = metadata().packages.into_iter().chain(metadata_of("fuzz/Cargo.toml").packages);
    for package in packages.filter(|package| package.source.is_some()) {
        assert!(package.source.as_ref().unwrap().is_crates_io(), "{} comes from elsewhere", package.name);
        let licence = package.license.as_deref().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{}: {licence}", package.name);
    }
}

/// An SPDX expression of alternatives, all groups of which must hold one that is allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let one = |licence: &str| allowed.contains(&licence.trim_matches([' ', '(', ')']));
    expression.split(" AND ").all(|group| group.split(" OR ").flat_map(|group| group.split('/')).any(one))
}

#[test]
fn every_group_of_a_licence_needs_one_that_is_allowed() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 OR AGPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "MIT-0"]
    {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

/// Names of what a user of the crate links, the crate itself left out.
fn linked_by(name: &str) -> BTreeSet<String> {
    let mut linked: BTreeSet<String> = tree(name, "normal").into_keys().collect();
    linked.remove(name);
    linked
}

/// Names and versions below a crate along these kinds of edges, with the features that it has when built alone.
fn tree(name: &str, edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["tree", "--package", name, "--edges", edges]);
    let output = cargo.args(["--prefix", "none", "--format", "{p}", "--locked"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut words = line.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            packages.entry(name.to_owned()).or_default().insert(version.trim_start_matches('v').to_owned());
        }
    }
    packages
}

fn metadata() -> Metadata {
    metadata_of("Cargo.toml")
}

fn metadata_of(manifest: &str) -> Metadata {
    let locked = vec!["--locked".to_owned()];
    MetadataCommand::new().manifest_path(root().join(manifest)).other_options(locked).exec().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What makes a crate a service, or keeps files of its own.
const SERVICE_CRATES: [&str; 7] =
    ["tokio", "axum", "hyper", "rusqlite", "libsqlite3-sys", "postgres", "sqlx"];

/// What compiles or finds a C library while building.
const C_BUILDERS: [&str; 5] = ["cc", "cmake", "bindgen", "pkg-config", "vcpkg"];

/// `rayon-core` names itself in `links` so that a program has one thread pool; it links no library.
const LINKS_NOTHING: [&str; 1] = ["rayon-core"];
