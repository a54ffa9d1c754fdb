//! The departments of the demonstration and what each publishes and grants.

use circuits::credential::DepartmentId;
use circuits::schema::{Localized, SchemaId};
use issuer::IdNumbers;
use issuer::config::{Binding, Grantable};

use crate::data_dir::Service;

/// A department of the demonstration.
pub(crate) struct Department {
    /// Its identifier.
    pub(crate) id: &'static str,
    /// Its name in Chinese.
    pub(crate) chinese: &'static str,
    /// Its name in English.
    pub(crate) english: &'static str,
    /// Its number, which fixes its ports.
    pub(crate) number: u16,
    /// The schemas that it grants; without any it has no desk.
    pub(crate) schemas: &'static [&'static str],
}

/// 公安 first: it grants the identity that the others ask for.
pub(crate) const DEPARTMENTS: [Department; 4] = [
    Department {
        id: "gongan.nanning",
        chinese: "公安局",
        english: "Public security",
        number: 0,
        schemas: &["identity/1"],
    },
    Department {
        id: "credit.nanning",
        chinese: "信用办",
        english: "Credit bureau",
        number: 1,
        schemas: &["credit-factors/1", "credit-report/1"],
    },
    Department {
        id: "tax.nanning",
        chinese: "税务局",
        english: "Taxation",
        number: 2,
        schemas: &["tax-standing/1"],
    },
    Department {
        id: "minzheng.nanning",
        chinese: "民政局",
        english: "Civil affairs",
        number: 3,
        schemas: &[],
    },
];

/// What is published, in order: department, file below `story/`, its text.
pub(crate) const PUBLICATIONS: [(&str, Publication, &str); 18] = [
    ("gongan.nanning", Publication::Schema, include_str!("../story/schemas/identity-1.json")),
    ("credit.nanning", Publication::Schema, include_str!("../story/schemas/credit-factors-1.json")),
    ("credit.nanning", Publication::Schema, include_str!("../story/schemas/credit-report-1.json")),
    ("tax.nanning", Publication::Schema, include_str!("../story/schemas/tax-standing-1.json")),
    ("credit.nanning", Publication::Model, include_str!("../story/models/credit-scorecard-1.json")),
    ("credit.nanning", Publication::Model, include_str!("../story/models/credit-additive-1.json")),
    ("gongan.nanning", Publication::Policy, include_str!("../story/policies/adult-1.json")),
    ("credit.nanning", Publication::Policy, include_str!("../story/policies/fast-lane-1.json")),
    ("credit.nanning", Publication::Policy, include_str!("../story/policies/fast-lane-2.json")),
    ("credit.nanning", Publication::Policy, include_str!("../story/policies/housing-1.json")),
    ("credit.nanning", Publication::Policy, include_str!("../story/policies/home-loan-1.json")),
    ("credit.nanning", Publication::Policy, include_str!("../story/policies/loan-desk-1.json")),
    ("gongan.nanning", Publication::Policy, include_str!("../story/policies/survey-2026-1.json")),
    ("gongan.nanning", Publication::Policy, include_str!("../story/policies/permit-2026-1.json")),
    ("gongan.nanning", Publication::Policy, include_str!("../story/policies/adult-today-1.json")),
    ("credit.nanning", Publication::Disclosure, include_str!("../story/disclosures/budget-2026.json")),
    ("credit.nanning", Publication::Disclosure, include_str!("../story/disclosures/progress-2026.json")),
    ("credit.nanning", Publication::Disclosure, include_str!("../story/disclosures/credit-additive-1.json")),
];

/// What kind of record a publication becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publication {
    /// `schema.publish`.
    Schema,
    /// `model.publish`.
    Model,
    /// `policy.publish`.
    Policy,
    /// `disclosure.publish`.
    Disclosure,
}

impl Department {
    /// The department that grants a schema.
    pub(crate) fn granting(schema: &str) -> &'static Self {
        DEPARTMENTS.iter().find(|d| d.schemas.contains(&schema)).expect("every schema here has a department")
    }

    /// Its witness, which replays the ledger, if it runs one.
    pub(crate) fn witness(&self) -> Option<Service> {
        (self.number < WITNESSES).then_some(Service::Witness(self.number))
    }

    /// Its identifier, checked.
    pub(crate) fn department_id(&self) -> DepartmentId {
        self.id.parse().expect("the table holds identifiers")
    }

    /// Its name in both languages.
    pub(crate) fn title(&self) -> Localized {
        bilingual(self.chinese, self.english)
    }

    /// Its issuer service, if it grants anything.
    pub(crate) fn issuer(&self) -> Option<Service> {
        (!self.schemas.is_empty()).then_some(Service::Issuer(self.number))
    }

    /// Its trustee: every department keeps shares of person secrets but the person authority.
    pub(crate) fn trustee(&self) -> Option<Service> {
        (self.id != PERSON_AUTHORITY).then_some(Service::Trustee(self.number))
    }

    /// The schemas that its issuer grants, and how a wallet identifies its holder there.
    pub(crate) fn grants(&self) -> Vec<Grantable> {
        let grant = |schema: &&str| Grantable {
            schema: schema_id(schema),
            validity_days: 365,
            binding: binding(schema),
            id_numbers: IdNumbers::Resident,
            records: None,
        };
        self.schemas.iter().map(grant).collect()
    }
}

/// A text in both languages.
pub(crate) fn bilingual(chinese: &str, english: &str) -> Localized {
    Localized::bilingual(chinese, english).expect("the tables hold plain texts")
}

/// A schema, policy or model of the tables above.
pub(crate) fn schema_id(id: &str) -> SchemaId {
    id.parse().expect("the tables hold identifiers")
}

fn binding(schema: &str) -> Binding {
    if schema == "identity/1" {
        return Binding::Enroll;
    }
    Binding::Identity { schema: schema_id("identity/1"), issuers: vec![DEPARTMENTS[0].department_id()] }
}

/// Issues identity credentials, and says in them since when a person has their secret.
pub(crate) const PERSON_AUTHORITY: &str = "gongan.nanning";
/// Departments that run a witness: the first ones.
const WITNESSES: u16 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_one() {
        for department in &DEPARTMENTS {
            assert_eq!(department.department_id().as_str(), department.id);
            assert_eq!(department.grants().len(), department.schemas.len());
            assert!(department.schemas.iter().all(|s| Department::granting(s).id == department.id));
        }
    }

    #[test]
    fn every_publication_is_by_a_department_of_the_city() {
        assert!(PUBLICATIONS.iter().all(|(by, _, _)| DEPARTMENTS.iter().any(|d| d.id == *by)));
    }
}
