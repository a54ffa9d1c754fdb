//! The people of the demonstration: invented citizens with real, anonymous credit records, as each department holds them.
//!
//! The two files are embedded, so that the program needs nothing beside itself. Tax standing is derived from the credit
//! records, because no public data set has it: see [`Person::tax_record`].

use std::collections::BTreeMap;

use circuits::model::Model;
use circuits::schema::{Schema, Values};
use serde::Deserialize;

const CITIZENS: &str = include_str!("../data/citizens.csv");
const CREDIT: &str = include_str!("../data/credit.csv");
const SANDBOX_CITIZENS: &str = include_str!("../data/sandbox-citizens.csv");
const SANDBOX_CREDIT: &str = include_str!("../data/sandbox-credit.csv");

/// `person_since` of everybody who was never reset.
pub(crate) const NEVER_RESET: &str = "1970-01-01";

/// A department's record of one person: attribute name and text, empty where the department does not know.
pub(crate) type DepartmentRecord = Vec<(&'static str, String)>;

/// What the credit bureau needs to compute a report.
pub(crate) struct Sources {
    /// The schema of the factors.
    pub(crate) factors: Schema,
    /// The published scorecard.
    pub(crate) model: Model,
}

/// One line of both files. Personal data: no `Debug`.
#[derive(Clone)]
pub(crate) struct Person {
    citizen: Citizen,
    credit: Credit,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Citizen {
    id_number: String,
    name: String,
    sex: String,
    birth_date: String,
    residence_district: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credit {
    id_number: String,
    #[serde(rename = "status")]
    _status: String,
    seniority_years: u64,
    home: String,
    bad_records: String,
    job: String,
    expenses: String,
    income: String,
    assets: String,
    debt: String,
}

/// Reads both embedded files.
pub(crate) fn people() -> Result<Vec<Person>, csv::Error> {
    read(CITIZENS, CREDIT)
}

/// The six people of the sandbox, whose names say that they are not real.
pub(crate) fn sandbox_people() -> Result<Vec<Person>, csv::Error> {
    read(SANDBOX_CITIZENS, SANDBOX_CREDIT)
}

fn read(citizens: &str, credit: &str) -> Result<Vec<Person>, csv::Error> {
    let credit: BTreeMap<String, Credit> = csv::Reader::from_reader(credit.as_bytes())
        .deserialize::<Credit>()
        .map(|r| r.map(|c| (c.id_number.clone(), c)))
        .collect::<Result<_, _>>()?;
    csv::Reader::from_reader(citizens.as_bytes())
        .deserialize::<Citizen>()
        .map(|citizen| {
            let citizen = citizen?;
            let credit = credit.get(&citizen.id_number).cloned().ok_or_else(no_credit_record)?;
            Ok(Person { citizen, credit })
        })
        .collect()
}

fn no_credit_record() -> csv::Error {
    csv::Error::from(std::io::Error::other("a citizen has no line in credit.csv"))
}

impl Person {
    /// The key by which every department knows the person.
    pub(crate) fn id_number(&self) -> &str {
        &self.citizen.id_number
    }

    /// As the identity credential says it.
    pub(crate) fn name(&self) -> &str {
        &self.citizen.name
    }

    /// 公安: identity/1.
    pub(crate) fn identity_record(&self) -> DepartmentRecord {
        let c = &self.citizen;
        vec![
            ("id_number", c.id_number.clone()),
            ("name", c.name.clone()),
            ("sex", c.sex.clone()),
            ("birth_date", c.birth_date.clone()),
            ("residence_district", c.residence_district.clone()),
            // Nobody was ever reset; what the desk issues says so itself.
            ("person_since", NEVER_RESET.to_owned()),
        ]
    }

    /// 信用: credit-factors/1. A gap in the data set stays a gap.
    pub(crate) fn factors_record(&self) -> DepartmentRecord {
        let c = &self.credit;
        vec![
            ("seniority_years", c.seniority_years.to_string()),
            ("bad_records", yes_no(self.has_bad_records())),
            ("fixed_job", equals(&c.job, "fixed")),
            ("owns_home", equals(&c.home, "owner")),
            ("expenses", c.expenses.clone()),
            ("income", c.income.clone()),
            ("assets", c.assets.clone()),
            ("debt", c.debt.clone()),
        ]
    }

    /// 信用: credit-report/1. The bureau computes score and level by the published scorecard; without all factors
    /// there is neither.
    pub(crate) fn report_record(&self, model: &Model, factors: &Values) -> DepartmentRecord {
        let score = model
            .score_units(factors)
            .and_then(|units| u64::try_from(units).ok())
            .map(|units| units / model.scale());
        vec![
            ("score", score.map_or(String::new(), |s| s.to_string())),
            ("level", score.map_or(String::new(), |s| level(s).to_owned())),
            ("bad_records", yes_no(self.has_bad_records())),
            ("seniority_years", self.credit.seniority_years.to_string()),
        ]
    }

    /// 税务: tax-standing/1, derived: declared income is the income of the credit record, arrears are taken to be a
    /// bad record together with debt, and the years on file are the years in work.
    pub(crate) fn tax_record(&self) -> DepartmentRecord {
        let in_debt = self.credit.debt.parse::<u64>().is_ok_and(|debt| debt > 0);
        vec![
            ("arrears", yes_no(self.has_bad_records() && in_debt)),
            ("years_on_file", self.credit.seniority_years.to_string()),
            ("declared_income", self.credit.income.clone()),
        ]
    }

    fn has_bad_records(&self) -> bool {
        self.credit.bad_records == "yes"
    }
}

/// What a department knows of a person, by schema.
pub(crate) fn department_record(
    person: &Person,
    schema: &str,
    sources: &Sources,
) -> anyhow::Result<DepartmentRecord> {
    Ok(match schema {
        "identity/1" => person.identity_record(),
        "credit-factors/1" => person.factors_record(),
        "credit-report/1" => {
            let factors = checked_values(&sources.factors, &person.factors_record())?;
            person.report_record(&sources.model, &factors)
        }
        "tax-standing/1" => person.tax_record(),
        other => anyhow::bail!("nobody keeps records for {other}"),
    })
}

/// A person's values by schema, straight from the data files: the input of the plain evaluator.
pub(crate) fn values(person: &Person, schema: &Schema, sources: &Sources) -> anyhow::Result<Values> {
    Ok(checked_values(schema, &department_record(person, schema.schema.as_str(), sources)?)?)
}

fn checked_values(
    schema: &Schema,
    record: &DepartmentRecord,
) -> Result<Values, circuits::schema::ValueError> {
    schema.values_from_text(record.iter().map(|(name, text)| (*name, text.as_str())))
}

fn level(score: u64) -> &'static str {
    match score {
        580.. => "A",
        520.. => "B",
        460.. => "C",
        _ => "D",
    }
}

fn yes_no(yes: bool) -> String {
    yes.to_string()
}

/// Whether a text is the one given; empty where the text is a gap.
fn equals(text: &str, is: &str) -> String {
    if text.is_empty() { String::new() } else { yes_no(text == is) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_describe_the_same_4_454_people() {
        let people = people().unwrap();
        assert_eq!(people.len(), 4454);
        assert!(people.iter().all(|p| p.citizen.id_number == p.credit.id_number));
    }

    #[test]
    fn no_identity_number_can_be_a_real_persons() {
        // District code 450199 does not exist.
        let everybody = people().unwrap().into_iter().chain(sandbox_people().unwrap());
        assert!(everybody.into_iter().all(|p| p.id_number().starts_with("450199")));
    }

    #[test]
    fn the_names_of_the_sandbox_say_what_they_are() {
        let people = sandbox_people().unwrap();
        assert_eq!(people.len(), 6);
        assert!(people.iter().all(|p| p.name().starts_with("沙盒")));
    }

    #[test]
    fn gaps_stay_gaps() {
        let gaps =
            people().unwrap().iter().filter(|p| p.factors_record().iter().any(|(_, t)| t.is_empty())).count();
        assert_eq!(gaps, 4454 - 4040);
    }
}
