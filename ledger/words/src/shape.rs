//! Whether JSON is a record, and if not, where it is none.

use ledger::record::{
    CredentialCommit, CredentialStatus, CredentialWithdraw, DepartmentAdmit, DepartmentReinstate,
    DepartmentRotate, DepartmentSuspend, DisclosurePublish, KeyPublish, KeyRetire, ModelPublish,
    PolicyPublish, Record, RecordKind, RecoveryRequest, SchemaPublish, StateRoot, TrusteePublish,
    VerifierRegister,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Error;

/// Why JSON is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misshapen {
    /// It is no object.
    #[error("a record is an object in braces")]
    NotAnObject,
    /// `kind` is missing or no text.
    #[error("`kind` is missing; it says which kind of record this is")]
    NoKind,
    /// `kind` names none.
    #[error("`kind` names no kind of record")]
    UnknownKind,
    /// A member is missing, unknown, or of another form.
    #[error("at {path}: {why}")]
    Member {
        /// Such as `$.policy.credentials[0].issuers`.
        path: String,
        /// What is wrong there.
        why: String,
    },
}

/// Reads a record, and says where in it something is wrong.
pub fn record(value: Value) -> Result<Record, Misshapen> {
    let Value::Object(mut members) = value else { return Err(Misshapen::NotAnObject) };
    let Some(Value::String(name)) = members.remove("kind") else { return Err(Misshapen::NoKind) };
    let kind = RecordKind::from_name(&name).ok_or(Misshapen::UnknownKind)?;
    let members = Value::Object(members);
    Ok(match kind {
        RecordKind::Admit => Record::Admit(read::<DepartmentAdmit>(members)?),
        RecordKind::Rotate => Record::Rotate(read::<DepartmentRotate>(members)?),
        RecordKind::Suspend => Record::Suspend(read::<DepartmentSuspend>(members)?),
        RecordKind::Reinstate => Record::Reinstate(read::<DepartmentReinstate>(members)?),
        RecordKind::Schema => Record::Schema(read::<SchemaPublish>(members)?),
        RecordKind::Policy => Record::Policy(read::<PolicyPublish>(members)?),
        RecordKind::Model => Record::Model(read::<ModelPublish>(members)?),
        RecordKind::Key => Record::Key(read::<KeyPublish>(members)?),
        RecordKind::Retire => Record::Retire(read::<KeyRetire>(members)?),
        RecordKind::Commit => Record::Commit(read::<CredentialCommit>(members)?),
        RecordKind::Status => Record::Status(read::<CredentialStatus>(members)?),
        RecordKind::Withdraw => Record::Withdraw(read::<CredentialWithdraw>(members)?),
        RecordKind::Verifier => Record::Verifier(read::<VerifierRegister>(members)?),
        RecordKind::Trustee => Record::Trustee(read::<TrusteePublish>(members)?),
        RecordKind::Recovery => Record::Recovery(read::<RecoveryRequest>(members)?),
        RecordKind::Disclosure => Record::Disclosure(read::<DisclosurePublish>(members)?),
        RecordKind::Root => Record::Root(read::<StateRoot>(members)?),
    })
}

fn read<T: DeserializeOwned>(members: Value) -> Result<T, Misshapen> {
    serde_path_to_error::deserialize(members).map_err(|error: Error<serde_json::Error>| {
        let path = error.path().to_string();
        let path = if path == "." { "$".to_owned() } else { format!("$.{path}") };
        let why = error.into_inner().to_string();
        // Schemas and formulas say themselves where within them it is.
        match why.strip_prefix('$').and_then(|within| within.split_once(": ")) {
            Some((within, why)) => Misshapen::Member { path: path + within, why: why.to_owned() },
            None => Misshapen::Member { path, why },
        }
    })
}

#[cfg(test)]
mod tests {
    use ledger::samples::{policy, schema};
    use serde_json::json;

    use super::*;

    fn refused(value: Value) -> String {
        record(value).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_member_is_named_with_its_place() {
        let good = serde_json::to_value(policy("p/1", "s/1", "a.city")).unwrap();
        assert!(record(good.clone()).is_ok());
        let mut wrong = good.clone();
        wrong["policy"]["credentials"][0]["issuers"][0] = "Not An Id".into();
        assert!(refused(wrong).starts_with("at $.policy.credentials[0].issuers[0]: "));
        let mut missing = good.clone();
        missing["policy"].as_object_mut().unwrap().remove("purpose");
        assert_eq!(refused(missing), "at $.policy: missing field `purpose`");
        let mut unknown = good;
        unknown["ttl"] = 3.into();
        assert!(refused(unknown).starts_with("at $.ttl: unknown field `ttl`"));
        let mut schema = serde_json::to_value(schema("s/1")).unwrap();
        schema["schema"]["attributes"][0]["max"] = (-1).into();
        assert_eq!(refused(schema), "at $.schema.attributes[0].max: is not a whole number below 2^62");
        assert_eq!(record(json!({"kind": "schema.unpublish"})), Err(Misshapen::UnknownKind));
        assert_eq!(record(json!({})), Err(Misshapen::NoKind));
        assert_eq!(record(json!("x")), Err(Misshapen::NotAnObject));
    }
}
