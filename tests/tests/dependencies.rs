//! Which crate may link which, derived from `cargo metadata`: the arrows of ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Only the one-way part of the picture is written down: each crate may link what stands before it in its row.
const ORDERS: &[&[&str]] = &[
    &["yong-groth16", "yong-circuits", "yong-openid4vc"],
    &["yong-groth16", "yong-circuits", "yong-prover"],
    &["yong-groth16", "yong-circuits", "yong-ledger", "yong-verifier", "yong-verifier-service", "yong-city"],
    &["yong-service", "yong-ledger-node", "yong-city"],
    &["yong-service", "yong-issuer", "yong-city"],
    &["yong-service", "yong-wallet", "yong-city"],
];

/// What makes a crate a service, or keeps files of its own.
const SERVICE_CRATES: [&str; 7] =
    ["tokio", "axum", "hyper", "rusqlite", "libsqlite3-sys", "postgres", "sqlx"];

/// What compiles or finds a C library while building.
const C_BUILDERS: [&str; 5] = ["cc", "cmake", "bindgen", "pkg-config", "vcpkg"];

/// `rayon-core` names itself in `links` so that a program has one thread pool; it links no library.
const LINKS_NOTHING: [&str; 1] = ["rayon-core"];

#[test]
fn nothing_points_back() {
    let graph = Graph::read();
    for order in ORDERS {
        for (place, name) in order.iter().enumerate() {
            let linked = graph.linked_by(name);
            let back: Vec<_> =
                order.iter().skip(place + 1).filter(|later| linked.contains(**later)).collect();
            assert!(back.is_empty(), "{name} must not link {back:?}");
        }
    }
}

#[test]
fn groth16_knows_nothing_of_yong() {
    let linked = Graph::read().linked_by("yong-groth16");
    assert!(linked.iter().all(|name| !name.starts_with("yong-")), "{linked:?}");
}

#[test]
fn service_knows_no_service() {
    let linked = Graph::read().linked_by("yong-service");
    assert!(linked.iter().all(|name| !name.starts_with("yong-")), "{linked:?}");
}

#[test]
fn circuits_build_no_c_and_link_no_library() {
    let graph = Graph::read();
    for package in graph.packages_under("yong-circuits") {
        let builders: Vec<_> = package
            .dependencies
            .iter()
            .filter(|d| {
                d.kind == DependencyKind::Build && !d.optional && C_BUILDERS.contains(&d.name.as_str())
            })
            .map(|d| &d.name)
            .collect();
        assert!(builders.is_empty(), "{} builds with {builders:?}", package.name);
        let library = package.links.as_ref().filter(|_| !LINKS_NOTHING.contains(&package.name.as_str()));
        assert_eq!(library, None, "{} links a library", package.name);
    }
}

#[test]
fn circuits_use_no_cipher_clock_file_or_network() {
    let linked = Graph::read().linked_by("yong-circuits");
    for name in ["aes-gcm", "argon2", "chacha20poly1305", "ciborium", "p256", "ureq", "tempfile", "clap"] {
        assert!(!linked.contains(name), "circuits must not link {name}");
    }
}

#[test]
fn verifier_is_no_service() {
    let linked = Graph::read().linked_by("yong-verifier");
    let found: Vec<_> = SERVICE_CRATES.iter().filter(|name| linked.contains(**name)).collect();
    assert!(found.is_empty(), "verifier must not link {found:?}");
}

#[test]
fn verifier_links_neither_prover_nor_wallet() {
    let linked = Graph::read().linked_by("yong-verifier-service");
    for name in ["yong-prover", "yong-wallet", "yong-issuer"] {
        assert!(!linked.contains(name), "the verifier must not link {name}");
    }
}

#[test]
fn only_groth16_has_unsafe_code() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let sources = package.targets.iter().filter(|target| target.is_lib());
        for target in sources {
            let text = std::fs::read_to_string(&target.src_path).unwrap();
            let forbids = text.contains("#![forbid(unsafe_code)]");
            assert_eq!(forbids, package.name.as_str() != "yong-groth16", "{}", package.name);
        }
    }
}

/// What is linked, without development and build dependencies.
struct Graph {
    metadata: Metadata,
    normal: BTreeMap<PackageId, Vec<PackageId>>,
}

impl Graph {
    fn read() -> Self {
        let metadata = metadata();
        let nodes = &metadata.resolve.as_ref().unwrap().nodes;
        let normal = nodes
            .iter()
            .map(|node| {
                let is_linked = |d: &&cargo_metadata::NodeDep| {
                    d.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
                };
                (node.id.clone(), node.deps.iter().filter(is_linked).map(|d| d.pkg.clone()).collect())
            })
            .collect();
        Self { metadata, normal }
    }

    /// Everything that a user of the crate links, the crate itself left out.
    fn packages_under(&self, name: &str) -> Vec<&Package> {
        let root = self.metadata.packages.iter().find(|p| p.name.as_str() == name).unwrap();
        let mut found = BTreeSet::new();
        let mut waiting = vec![&root.id];
        while let Some(id) = waiting.pop() {
            for dependency in &self.normal[id] {
                if found.insert(dependency) {
                    waiting.push(dependency);
                }
            }
        }
        self.metadata.packages.iter().filter(|p| found.contains(&p.id)).collect()
    }

    fn linked_by(&self, name: &str) -> BTreeSet<String> {
        self.packages_under(name).into_iter().map(|p| p.name.to_string()).collect()
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .exec()
        .unwrap()
}
