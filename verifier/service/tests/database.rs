//! The command over a real PostgreSQL: which servers it believes, and that it never speaks in the clear where it must not.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;
use yong_tests::authority::Authority;
use yong_tests::postgres::Server;

/// Uses the database once: exit code, and what was said.
fn used(store: &str, ca: Option<&Path>) -> (i32, String) {
    let data = TempDir::new().unwrap();
    let mut command = Command::cargo_bin("verifier").unwrap();
    command.env("YONG_VERIFIER_STORE", store).args(["accept-restore", "--data"]).arg(data.path());
    command.arg("--marker").arg(data.path().join("counter.uses"));
    if let Some(ca) = ca {
        command.arg("--ca").arg(ca);
    }
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_server_with_a_private_certificate_is_believed_with_its_authority_alone() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let Some(server) = Server::start_with_tls(&authority.issue(folder.path(), &["localhost"])) else {
        return;
    };
    let (ca, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    fs::write(&ca, authority.pem()).unwrap();
    fs::write(&other, Authority::new().pem()).unwrap();
    for mode in ["require", "verify-full"] {
        let store = format!("postgres://postgres@localhost:{}/postgres?sslmode={mode}", server.port());
        assert_eq!(used(&store, Some(ca.as_path())).0, 0, "{mode}: {}", used(&store, Some(ca.as_path())).1);
        for ca in [None, Some(other.as_path())] {
            let (code, said) = used(&store, ca);
            assert!(code == 2 && said.contains("certificate"), "{mode}: {said}");
        }
        let elsewhere = store.replace("localhost", "127.0.0.1");
        let (code, said) = used(&elsewhere, Some(ca.as_path()));
        assert!(code == 2 && said.contains("certificate"), "the certificate is of another name: {said}");
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to_where_tls_was_asked_for() {
    let Some(server) = Server::start() else { return };
    let plain = format!("postgres://postgres@localhost:{}/postgres", server.port());
    for mode in ["require", "verify-ca", "verify-full"] {
        let (code, said) = used(&format!("{plain}?sslmode={mode}"), None);
        assert!(code == 2 && said.contains("TLS"), "{mode}: {said}");
    }
    let (code, said) = used(&plain, None);
    assert_eq!(code, 0, "on this machine nobody sits on the way: {said}");
    let audit = "SELECT count(*) FROM audit WHERE act = 'accepted_restore'";
    assert_eq!(server.client().query_one(audit, &[]).unwrap().get::<_, i64>(0), 1);
}

#[test]
fn an_address_is_not_repeated() {
    for store in
        ["postgres://u:a-secret@db:none/d", "postgres://u:a-secret@127.0.0.1:1/d", "mysql://u:a-secret@db"]
    {
        let (code, said) = used(store, None);
        assert!(code == 2 && !said.contains("a-secret"), "{said}");
        assert!(said.contains("--store") || said.contains("postgres://"), "it says what to do: {said}");
    }
}
