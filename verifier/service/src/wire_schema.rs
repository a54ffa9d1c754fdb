//! How values of other crates look in JSON, for the `OpenAPI` document: those crates know nothing of it.
//!
//! No value of these types is ever made. A test compares the structs with what the real ones are written as.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Texts of one form: name, pattern, description, example.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $pattern:literal, $description:literal, $example:literal;)*) => { $(
        $(#[$doc])*
        pub(crate) enum $name {}
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )* };
}

texts! {
    /// `circuits::schema::SchemaId`.
    SchemaId: "^[a-z0-9-]+/[1-9][0-9]*$", "A name and a version.", "adult/1";
    /// `circuits::credential::DepartmentId`.
    DepartmentId: "^[a-z0-9.-]+$", "A department.", "gongan.nanning";
    /// `ledger::digest::Digest` and the digests of `openid4vc::vp`.
    Sha256: "^[0-9a-f]{64}$", "SHA-256 in hexadecimal.",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    /// `circuits::field::Element`.
    FieldElement: "^(0|[1-9][0-9]{0,76})$", "An element of the scalar field of BN254, in decimal.", "12345";
    /// `openid4vc::offline::VerifierId`.
    VerifierId: "^x509_hash:[A-Za-z0-9_-]{43}(/[a-z0-9-]{1,32})?$",
        "The client identifier of a service, and one of its windows.",
        "x509_hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/window-3";
}

/// `circuits::schema::Localized`.
pub(crate) enum Localized {}

impl PartialSchema for Localized {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some("A text by BCP 47 tag."))
            .property("zh-CN", text())
            .property("en", text())
            .required("zh-CN")
            .required("en")
            .additional_properties(Some(AdditionalProperties::RefOr(text().into())))
            .into()
    }
}

impl ToSchema for Localized {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Localized")
    }
}

/// What citizens hand over: by credential, by attribute.
pub(crate) enum Revealed {}

impl PartialSchema for Revealed {
    fn schema() -> RefOr<Schema> {
        let value = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Integer, Type::Boolean]))
            .description(Some("As the credential has it."));
        let attributes = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("By attribute."))
            .additional_properties(Some(AdditionalProperties::RefOr(value.into())));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("What the citizen handed over, by the policy's name for the credential."))
            .additional_properties(Some(AdditionalProperties::RefOr(attributes.into())))
            .into()
    }
}

impl ToSchema for Revealed {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Revealed")
    }
}

/// `openid4vc::vp::Status`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Status {
    Pending,
    Passed,
    Refused,
    Declined,
    Expired,
}

/// `openid4vc::vp::Reason`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Reason {
    Expired,
    UnknownRoot,
    StaleRoot,
    KeyNotValid,
    Malformed,
    NotProved,
    NotOffline,
    NotStarted,
    OtherRegister,
    AlreadyUsed,
}

/// `circuits::policy::Pseudonym`: the word `session`, or a scope.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Pseudonym {
    /// Nothing is linked.
    Session(SessionWord),
    /// Answers are counted within the scope.
    Named {
        /// The scope's name within the department.
        scope: String,
        /// How often one citizen may answer.
        uses: u32,
        /// Whether answers of one citizen can be told to be of one. Left out where they cannot.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        linkable: bool,
        /// The first day on which it may be asked for, in UTC+8.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", nullable = false)]
        start: Option<String>,
        /// The department whose register alone counts the answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        register: Option<String>,
    },
}

/// The word.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "a description")]
pub(crate) enum SessionWord {
    Session,
}

/// What is kept of a verdict.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct Receipt {
    /// The receipt's own identifier.
    id: String,
    /// The policy asked.
    policy: SchemaId,
    /// SHA-256 of its canonical JSON.
    policy_digest: Sha256,
    /// When the answer was judged, unix seconds.
    time: u64,
    /// Passed or refused.
    verdict: Status,
    /// Why it was refused.
    #[schema(nullable = false)]
    reason: Option<Reason>,
    /// The credential tree's root that the proofs are about.
    #[schema(nullable = false)]
    root: Option<FieldElement>,
    /// The pseudonym, only where the policy has a named scope.
    #[schema(nullable = false)]
    nullifier: Option<FieldElement>,
    /// The verifying key that the proofs were checked with.
    #[schema(nullable = false)]
    key: Option<Sha256>,
    /// Whether it rests on development keys.
    development: bool,
}

/// How a request stands.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description")]
#[expect(clippy::struct_field_names, reason = "the names of the JSON")]
pub(crate) struct Transaction {
    /// The transaction's identifier; whoever has it may read the result.
    transaction: String,
    /// Where it stands.
    status: Status,
    /// What the program calls it.
    #[schema(nullable = false)]
    reference: Option<String>,
    /// Why it was refused.
    #[schema(nullable = false)]
    reason: Option<Reason>,
    /// The policy asked.
    policy: SchemaId,
    /// The four digits that the wallet shows too.
    #[schema(pattern = "^[0-9]{4}$")]
    match_code: String,
    /// Until when it may be answered, unix seconds.
    expires_at: u64,
    /// Only where passed and the policy reveals.
    #[schema(nullable = false)]
    revealed: Option<Revealed>,
    /// Where an answer was accepted or refused.
    #[schema(nullable = false)]
    receipt: Option<Receipt>,
    /// The verifying key that the answer named; before there is one, the newest that an answer may name.
    #[schema(nullable = false)]
    key: Option<Sha256>,
    /// Whether the keys are development keys.
    development: bool,
}
