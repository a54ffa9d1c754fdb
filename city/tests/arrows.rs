//! Holds the arrows of ARCHITECTURE.md: which room may link which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each room links, besides crates from outside. Development dependencies are free: a test may use any room.
const ARROWS: &[(&str, &[&str])] = &[
    ("yong-circuits", &[]),
    ("yong-prover", &["yong-circuits"]),
    ("yong-ledger", &["yong-circuits"]),
    ("yong-ledger-node", &["yong-circuits", "yong-ledger", "yong-page"]),
    ("yong-page", &[]),
    ("yong-verifier", &["yong-circuits", "yong-ledger", "yong-page"]),
    ("yong-issuer", &["yong-circuits", "yong-ledger", "yong-page"]),
    ("yong-wallet", &["yong-circuits", "yong-ledger", "yong-page", "yong-prover"]),
    (
        "yong-city",
        &[
            "yong-circuits",
            "yong-issuer",
            "yong-ledger",
            "yong-ledger-node",
            "yong-page",
            "yong-prover",
            "yong-verifier",
            "yong-wallet",
        ],
    ),
];

/// Crates that would let the statement's room see clocks, files, threads, networks or entropy.
const NOT_IN_CIRCUITS: &[&str] =
    &["tokio", "axum", "ureq", "rusqlite", "rand", "getrandom", "tempfile", "clap"];

#[test]
fn every_room_links_only_what_its_arrows_allow() {
    let linked = rooms();
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    assert_eq!(
        linked.keys().map(String::as_str).collect::<Vec<_>>(),
        allowed.keys().copied().collect::<Vec<_>>()
    );
    for (room, dependencies) in &linked {
        let extra: Vec<_> = dependencies
            .iter()
            .filter(|d| d.starts_with("yong-") && !allowed[room.as_str()].contains(&d.as_str()))
            .collect();
        assert!(extra.is_empty(), "{room} must not link {extra:?}");
    }
}

#[test]
fn circuits_declares_no_clock_file_thread_network_or_entropy() {
    let linked = rooms();
    let found: Vec<_> =
        linked["yong-circuits"].iter().filter(|d| NOT_IN_CIRCUITS.contains(&d.as_str())).collect();
    assert!(found.is_empty(), "circuits must not link {found:?}");
}

fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata describes this workspace");
    metadata.packages.iter().map(|p| (p.name.to_string(), linked_by(p))).collect()
}

/// Dependencies that every user of the room links; optional ones belong to test support.
fn linked_by(package: &cargo_metadata::Package) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal && !d.optional)
        .map(|d| d.name.clone())
        .collect()
}
