//! Lists: one answer per line, and why.

use super::world::{
    CREDIT, NOW, OTHER, PERSON, Wallet, World, credit_row, enrol, id, identity_row, person, row,
};
use crate::admin::{Act, IssuerError, Row, RowOutcome};
use crate::person::IdNumbers;

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
            credit_row("no/slash", "1"),
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

const SMALL: &str = "45019920010203001x";
const WIDE: &str = "４５０１９９２００１０２０３００１Ｘ";

#[test]
fn two_spellings_of_a_number_are_one_person() {
    let world = enrolled(&[SMALL]);
    let rows = [credit_row(SMALL, "560"), credit_row("45019920010203001X", "600"), credit_row(WIDE, "650")];
    let twice = RowOutcome::Refused(IssuerError::DuplicateRow);
    assert_eq!(grant(&world, &rows), [RowOutcome::Issued, twice.clone(), twice]);
    assert_eq!(grant(&world, &rows[1..2]), [RowOutcome::Issued]);
    assert_eq!(world.ledger.leaves(), (2, 1));
    let other = Wallet::new(9).holder(&world.credit, SCHEMA);
    let refused = RowOutcome::Refused(IssuerError::EnrolledOtherwise);
    assert_eq!(enrol(&world.credit, SCHEMA, WIDE, &other), refused);
    assert_eq!(world.credit.find(" 450199 20010203 001x ").unwrap().len(), 1);
}

#[test]
fn whoever_is_looked_for_by_number_is_found_with_what_was_set_aside() {
    let world = World::new();
    let numbers =
        ["", "-2", "-9", "-1", "-21", "-A", "2"].map(|behind| format!("45019920010203001X{behind}"));
    let rows = numbers.each_ref().map(|number| identity_row(number));
    let written = world.gongan.import_records(&id("identity/1"), &rows).unwrap();
    assert!(written.iter().all(|outcome| *outcome == RowOutcome::Written), "{written:?}");
    let mut found: Vec<_> = world.gongan.find(SMALL).unwrap().into_iter().map(|found| found.person).collect();
    found.sort();
    assert_eq!(found, numbers[..3].iter().map(|number| person(number)).collect::<Vec<_>>());
}

#[test]
fn numbers_that_a_spreadsheet_changed_are_refused_as_such_and_before_duplicates() {
    let world = World::new();
    for file in ["C10a-rounded-first.csv", "C10b-rounded-second.csv", "C32-all-scientific.csv"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists").join(file);
        let rows: Vec<Row> = crate::rows::chunks(&path, None).unwrap().flat_map(Result::unwrap).collect();
        let outcomes = world.gongan.import_records(&id("identity/1"), &rows).unwrap();
        assert!(!outcomes.is_empty());
        assert!(
            outcomes.iter().all(|o| *o == RowOutcome::Refused(IssuerError::SpoiltPerson)),
            "{file} {outcomes:?}"
        );
    }
}

#[test]
fn where_the_desk_says_resident_numbers_each_check_digit_is_looked_at() {
    let world = World::new();
    let mut config = world.gongan.config().clone();
    config.schemas[0].id_numbers = IdNumbers::Resident;
    config.data = config.data.with_extension("resident");
    let desk = world.opened(config);
    desk.sync().unwrap();
    let wrong = ["450199199609118926", "45019919960911892X", "E12345678"].map(identity_row);
    let outcomes = desk.import_records(&id("identity/1"), &wrong).unwrap();
    assert!(outcomes.iter().all(|o| *o == RowOutcome::Refused(IssuerError::CheckDigit)), "{outcomes:?}");
    let right = [identity_row(PERSON), identity_row("11010519491231002x")];
    assert_eq!(
        desk.import_records(&id("identity/1"), &right).unwrap(),
        [RowOutcome::Written, RowOutcome::Written]
    );
}

#[test]
fn what_cannot_be_seen_in_a_name_is_refused_by_its_own_name() {
    let world = World::new();
    let named = |name: &str| {
        let mut row = identity_row(PERSON);
        row.insert("name".to_owned(), name.to_owned());
        world.gongan.import_records(&id("identity/1"), &[row]).unwrap().remove(0)
    };
    for (name, called) in [
        ("覃\r\n小文", "U+000D CARRIAGE RETURN"),
        ("覃\n小文", "U+000A LINE FEED"),
        ("覃\0", "U+0000 NULL"),
        ("覃\u{202e}文小", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("覃\u{200b}小文", "U+200B ZERO WIDTH SPACE"),
        ("\u{3164}", "U+3164 HANGUL FILLER"),
        ("覃\t小", "U+0009 CHARACTER TABULATION"),
    ] {
        let RowOutcome::Refused(IssuerError::BadCharacter { attribute, character }) = named(name) else {
            panic!("{called}");
        };
        assert_eq!((attribute.as_str(), character.as_str()), ("name", called));
    }
    for (name, kept) in
        [("\u{f90a}一", "金一"), ("⼭一", "山一"), (" 𠮷\u{3000}", "𠮷"), ("Mu\u{308}ller", "Müller")]
    {
        named(name);
        let found = world.gongan.find(name).unwrap();
        assert_eq!(found.len(), 1, "{kept}");
        assert_eq!(found[0].name.as_deref(), Some(kept));
        assert_eq!(world.gongan.find(kept).unwrap().len(), 1);
    }
}

#[test]
fn columns_may_have_the_titles_of_the_schema() {
    let world = World::new();
    let chinese = row(&[
        ("身份证号", "45019920010203001ｘ"),
        (" 姓名", "覃小文"),
        ("性别*", "F"),
        ("出生日期", "２００１－０２－０３"),
        ("Residence District", "450103"),
    ]);
    let import = |rows: &[Row]| world.gongan.import_records(&id("identity/1"), rows).unwrap();
    let titles = world.gongan.registry();
    let titles = circuits::policy::Catalogue::schema(&titles, &id("identity/1")).unwrap();
    let english: Vec<&str> = titles.attributes.iter().map(|a| a.title.text("en")).collect();
    let mut chinese = chinese;
    let district = chinese.remove("Residence District").unwrap();
    chinese.insert(english[4].to_uppercase(), district);
    assert_eq!(import(&[chinese.clone()]), [RowOutcome::Written]);
    chinese.insert("name".to_owned(), "韦".to_owned());
    assert!(
        matches!(&import(&[chinese])[0], RowOutcome::Refused(IssuerError::BadValue { attribute, .. }) if attribute == "name")
    );
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
