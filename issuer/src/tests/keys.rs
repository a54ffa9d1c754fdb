//! A department changes its key while its desk runs.

use ledger::key::DepartmentKey;
use ledger::samples;
use serde_json::json;

use super::world::{CREDIT, GONGAN, InjectedFault, PERSON, TAX, Wallet, World, credit_row, enrol, id};
use crate::admin::RowOutcome;
use crate::config::Config;
use crate::issuer::{ActError, Issuer, KeyStatus};

const SCHEMA: &str = "credit-report/1";

#[test]
fn the_next_key_signs_from_the_entry_on_that_names_it() {
    let world = World::new();
    let desk = world.opened(Config { next_key: Some(new_key(&world)), ..world.credit.config().clone() });
    enrol_one(&world, &desk);
    assert_eq!(grant(&desk, "650"), [RowOutcome::Issued]);
    rotate(&world);
    // The desk has not read the entry yet: what it signed with the old key is refused, and signed anew.
    let before = world.ledger.submitted.lock().unwrap().len();
    assert_eq!(grant(&desk, "700"), [RowOutcome::Issued]);
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), before + 2);
    assert_eq!((desk.key_status(), desk.is_ready()), (KeyStatus::Signs, true));
    assert_eq!(grant(&desk, "750"), [RowOutcome::Issued]);
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), before + 3, "it knows now");
}

#[test]
fn what_waits_for_an_answer_lands_once_though_the_key_changes() {
    for fault in [InjectedFault::Lost, InjectedFault::LandedButLost] {
        let world = World::new();
        let desk = world.opened(Config { next_key: Some(new_key(&world)), ..world.credit.config().clone() });
        enrol_one(&world, &desk);
        world.ledger.fail_next(fault);
        let rows = [credit_row(PERSON, "650")];
        assert!(matches!(desk.grant_list(&id(SCHEMA), &rows), Err(ActError::Ledger(_))));
        rotate(&world);
        desk.resolve_pending(0).unwrap();
        assert_eq!(world.ledger.leaves(), (1, 0));
        assert_eq!(grant(&desk, "650"), [RowOutcome::Unchanged]);
    }
}

#[test]
fn keys_are_read_again_when_the_configuration_changes() {
    let world = World::new();
    let file = world.folder().join("desk.toml");
    let mut config = world.credit.config().clone();
    let save = |config: &Config| std::fs::write(&file, toml::to_string(config).unwrap()).unwrap();
    save(&config);
    let desk = world.opened(Config::load(&file).unwrap());
    enrol_one(&world, &desk);
    let new = new_key(&world);
    rotate(&world);
    desk.sync().unwrap();
    assert_eq!((desk.key_status(), desk.is_ready()), (KeyStatus::OtherOnLedger, false));

    config.key = world.folder().join("nowhere.key").into();
    save(&config);
    desk.sync().unwrap();
    assert_eq!(desk.key_status(), KeyStatus::OtherOnLedger, "a key that cannot be opened changes nothing");

    config.key = new;
    save(&config);
    desk.sync().unwrap();
    assert_eq!((desk.key_status(), desk.is_ready()), (KeyStatus::Signs, true));
    assert_eq!(grant(&desk, "650"), [RowOutcome::Issued]);
}

fn enrol_one(world: &World, desk: &Issuer) {
    let holder = Wallet::new(1).holder(&world.credit, SCHEMA);
    enrol(desk, SCHEMA, PERSON, &holder);
}

fn grant(desk: &Issuer, score: &str) -> Vec<RowOutcome> {
    desk.grant_list(&id(SCHEMA), &[credit_row(PERSON, score)]).unwrap()
}

/// The key that [`rotate`] gives the department, in a file.
fn new_key(world: &World) -> ledger_keys::KeySource {
    let path = world.folder().join("new.key");
    key().save(&path).unwrap();
    path.into()
}

/// The other departments give the department another key.
fn rotate(world: &World) {
    let mut record =
        samples::record(json!({"kind": "department.rotate", "id": "rotate/1", "department": CREDIT,
        "key": key().public(), "approvals": []}));
    record.bind(samples::terms(world.ledger.with_log(|log| log.state().size())));
    world.ledger.append(samples::sign_approved(record, &[GONGAN, TAX]));
}

fn key() -> DepartmentKey {
    samples::insecure_key("the new key")
}
