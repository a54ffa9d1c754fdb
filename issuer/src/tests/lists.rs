//! Lists: one answer per line, and why.

use super::world::{CREDIT, NOW, OTHER, PERSON, Wallet, World, credit_row, enrol, id, person, row};
use crate::admin::{Act, IssuerError, Row, RowOutcome};

const SCHEMA: &str = "credit-report/1";

fn grant(world: &World, rows: &[Row]) -> Vec<RowOutcome> {
    world.credit.grant_list(&id(SCHEMA), rows).unwrap()
}

fn enrolled(people: &[&str]) -> World {
    let world = World::new();
    for (seed, number) in people.iter().enumerate() {
        let holder = Wallet::new(seed as u64).holder(&world.credit, SCHEMA);
        assert_eq!(enrol(&world.credit, SCHEMA, number, &holder), RowOutcome::Written);
    }
    world
}

#[test]
fn a_list_is_one_record_and_doing_it_again_changes_nothing() {
    let world = enrolled(&[PERSON, OTHER]);
    let rows = [credit_row(PERSON, "650"), credit_row(OTHER, "")];
    assert_eq!(grant(&world, &rows), [RowOutcome::Issued, RowOutcome::Issued]);
    assert_eq!(grant(&world, &rows), [RowOutcome::Unchanged, RowOutcome::Unchanged]);
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), 1);
    assert_eq!(world.ledger.leaves(), (2, 0));
}

#[test]
fn only_changed_lines_are_granted_again() {
    let world = enrolled(&[PERSON, OTHER]);
    grant(&world, &[credit_row(PERSON, "650"), credit_row(OTHER, "500")]);
    let outcomes = grant(&world, &[credit_row(PERSON, "651"), credit_row(OTHER, "500")]);
    assert_eq!(outcomes, [RowOutcome::Issued, RowOutcome::Unchanged]);
    assert_eq!(world.ledger.leaves(), (3, 1));
}

#[test]
fn expired_credentials_are_renewed() {
    let world = enrolled(&[PERSON]);
    grant(&world, &[credit_row(PERSON, "650")]);
    world.pass(366 * 86_400);
    assert_eq!(grant(&world, &[credit_row(PERSON, "650")]), [RowOutcome::Issued]);
    assert_eq!(world.ledger.leaves(), (2, 1));
}

#[test]
fn each_bad_line_is_refused_alone() {
    let world = enrolled(&[PERSON]);
    let outcomes = grant(
        &world,
        &[
            credit_row(PERSON, "650"),
            credit_row(PERSON, "650"),
            credit_row(OTHER, "650"),
            credit_row("p3", "2001"),
            row(&[
                ("id_number", "p4"),
                ("score", "1"),
                ("bad_records", "no"),
                ("seniority_years", "1"),
                ("x", "1"),
            ]),
            row(&[("score", "1")]),
            credit_row("no spaces", "1"),
        ],
    );
    let refused = |i: usize| match &outcomes[i] {
        RowOutcome::Refused(refusal) => refusal.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(outcomes[0], RowOutcome::Issued);
    assert_eq!(refused(1), IssuerError::DuplicateRow);
    assert_eq!(refused(2), IssuerError::NotEnrolled);
    assert!(
        matches!(refused(3), IssuerError::BadValue { attribute, detail } if attribute == "score" && !detail.contains("2001"))
    );
    assert!(matches!(refused(4), IssuerError::BadValue { attribute, .. } if attribute == "x"));
    assert_eq!(refused(5), IssuerError::BadPerson);
    assert_eq!(refused(6), IssuerError::BadPerson);
}

#[test]
fn a_list_does_not_undo_what_staff_took_away() {
    let world = enrolled(&[PERSON]);
    grant(&world, &[credit_row(PERSON, "650")]);
    world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Suspend, "test").unwrap();
    assert_eq!(grant(&world, &[credit_row(PERSON, "651")]), [RowOutcome::Refused(IssuerError::Suspended)]);
    world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Revoke, "test").unwrap();
    assert_eq!(grant(&world, &[credit_row(PERSON, "651")]), [RowOutcome::Refused(IssuerError::Withdrawn)]);
}

#[test]
fn a_holder_value_is_one_persons_and_a_person_has_one() {
    let world = enrolled(&[PERSON]);
    let [first, second] = [0, 1].map(|seed| Wallet::new(seed).holder(&world.credit, SCHEMA));
    assert_eq!(enrol(&world.credit, SCHEMA, PERSON, &first), RowOutcome::Unchanged);
    assert_eq!(enrol(&world.credit, SCHEMA, OTHER, &first), RowOutcome::Refused(IssuerError::DoubleHolder));
    assert_eq!(
        enrol(&world.credit, SCHEMA, PERSON, &second),
        RowOutcome::Refused(IssuerError::EnrolledOtherwise)
    );
}

#[test]
fn holder_values_are_field_elements() {
    let world = World::new();
    for holder in ["", "x", "01", "-1", &"9".repeat(80)] {
        let outcome =
            world.credit.import_enrolments(&id(SCHEMA), &[row(&[("id_number", PERSON), ("holder", holder)])]);
        assert_eq!(outcome.unwrap(), [RowOutcome::Refused(IssuerError::BadHolder)]);
    }
}

#[test]
fn unknown_schemas_are_refused() {
    let world = World::new();
    assert!(world.credit.grant_list(&id("identity/1"), &[]).is_err());
    assert!(world.credit.import_records(&id("identity/1"), &[]).is_err());
    assert!(world.credit.import_enrolments(&id("identity/1"), &[]).is_err());
}

#[test]
fn two_clerks_at_once_grant_once() {
    let world = enrolled(&[PERSON, OTHER]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| grant(&world, &[credit_row(PERSON, "650"), credit_row(OTHER, "650")]));
        }
    });
    assert_eq!(world.ledger.leaves(), (2, 0));
}

#[cfg(unix)]
#[test]
fn the_database_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = &world.credit.config().data;
    assert!(data.ends_with(CREDIT) && NOW > 0);
    assert_eq!(mode(data), 0o700);
    for file in std::fs::read_dir(data).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}
