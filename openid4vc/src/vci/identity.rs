//! The policy under which a wallet shows its identity credential to a desk.

use circuits::credential::DepartmentId;
use circuits::policy::{CredentialQuery, Policy, Pseudonym, SessionWord};
use circuits::schema::{Localized, SchemaId};

/// The attribute that names a person in identity credentials and in departments' records.
pub const PERSON_ATTRIBUTE: &str = "id_number";
/// The only credential query of [`identity_policy`].
pub const IDENTITY_QUERY: &str = "identity";

/// Wallet and desk build the rows of a shown identity from this policy, with `{"id_number": …}` as what is revealed:
/// the wallet takes the number from its credential, the desk from its own records, so nothing is sent.
/// The scope is [`circuits::credential::Scope::enrolment`] of the desk and the schema asked for, not the policy's.
pub fn identity_policy(schema: &SchemaId, issuers: &[DepartmentId]) -> Policy {
    Policy {
        policy: "desk-identity/1".parse().expect("a name and a version"),
        title: localized("办理凭证时核验身份", "Identity shown to receive a credential"),
        purpose: localized("领取凭证", "Receiving a credential"),
        legal_basis: localized("本人申请", "The citizen's own application").into(),
        retention_days: 0,
        pseudonym: Pseudonym::Session(SessionWord::Session),
        max_root_age_s: 86_400,
        credentials: vec![CredentialQuery {
            id: IDENTITY_QUERY.to_owned(),
            schema: schema.clone(),
            issuers: issuers.to_vec(),
            require: None,
            reveal: vec![PERSON_ATTRIBUTE.to_owned()],
        }],
    }
}

fn localized(chinese: &str, english: &str) -> Localized {
    Localized::bilingual(chinese, english).expect("the texts above are plain")
}
