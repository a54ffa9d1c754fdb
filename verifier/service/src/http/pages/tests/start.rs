//! Which services start without a password file.

use super::*;
use crate::http::{LedgerAddress, OpenError, Settings, open};
use crate::store::StoreError;
use service::http::TrustedProxies;
use yong_tests::small_city::Ledger;

fn settings(folder: &Path) -> Settings {
    let source = LedgerAddress::Source(Arc::new(Ledger::new()));
    let mut settings = Settings::new(Ledger::genesis(), source, folder.join("data"));
    settings.token = Some(VerifierToken::new(TOKEN).unwrap());
    settings.public_url = Some("http://127.0.0.1:7003".parse().unwrap());
    settings
}

const OPEN: ([u8; 4], u16) = ([0, 0, 0, 0], 7003);

#[test]
fn where_others_reach_the_service_a_password_file_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(settings(folder.path()), OPEN.into()).err();
    assert!(matches!(refused, Some(OpenError::ClerksNeeded(_))), "{refused:?}");
    assert!(!folder.path().join("data").exists(), "nothing half-written");
    assert!(open(settings(folder.path()), ([127, 0, 0, 1], 7003).into()).is_ok());
}

#[test]
fn behind_a_proxy_a_token_and_a_password_file_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |public_url: &str, trusted: &[&str]| {
        let mut settings = settings(folder.path());
        settings.public_url = Some(public_url.parse().unwrap());
        settings.trusted_proxies =
            TrustedProxies::new(trusted.iter().map(|network| network.parse().unwrap()).collect());
        put(&folder.path().join("staff"), "wei", Role::Clerk);
        settings.clerks = Some(folder.path().join("staff"));
        settings
    };
    let here = ([127, 0, 0, 1], 7003).into();
    let local = "http://127.0.0.1:7003";
    for (public_url, trusted) in [("https://counter.example/desk", &[][..]), (local, &["127.0.0.1"])] {
        assert!(open(at(public_url, trusted), here).is_ok(), "{public_url}");
        let refused = open(Settings { token: None, ..at(public_url, trusted) }, here).err().unwrap();
        assert!(matches!(refused, OpenError::TokenNeeded(_)), "{refused}");
        assert!(refused.to_string().contains("`token_file`"), "{refused}");
        let refused = open(Settings { clerks: None, ..at(public_url, trusted) }, here).err().unwrap();
        assert!(matches!(refused, OpenError::ClerksNeeded(_)), "{refused}");
        assert!(refused.to_string().contains("`clerks`"), "{refused}");
    }
    for clear in ["http://counter.example", "http://10.0.0.1:7003", "ftp://127.0.0.1"] {
        let refused = open(at(clear, &[]), here).err();
        assert!(matches!(refused, Some(OpenError::NotPrivate(_))), "{clear} {refused:?}");
    }
}

#[test]
fn a_database_that_has_counted_less_than_its_marker_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let here = ([127, 0, 0, 1], 7003).into();
    assert!(open(settings(folder.path()), here).is_ok());
    std::fs::write(folder.path().join("data.uses"), "1\n").unwrap();
    let refused = open(settings(folder.path()), here).err();
    let older = |error: &OpenError| {
        matches!(error, OpenError::Store(StoreError::Older { counted: 0, marked: 1, .. }))
    };
    assert!(refused.as_ref().is_some_and(older), "{refused:?}");
    let named = Settings { marker: Some(folder.path().join("named")), ..settings(folder.path()) };
    assert!(open(named, here).is_ok(), "the marker that the settings name is looked at instead");
}

#[test]
fn the_password_file_of_the_data_directory_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    put(&folder.path().join("data/clerks"), "wei", Role::Clerk);
    let state = open(settings(folder.path()), OPEN.into()).unwrap();
    assert!(state.door.knows("wei"));
}

#[test]
fn a_password_file_that_is_named_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.clerks = Some(folder.path().join("nowhere"));
    let refused = open(settings, ([127, 0, 0, 1], 7003).into()).err();
    assert!(matches!(refused, Some(OpenError::Clerks(_))), "{refused:?}");
}
