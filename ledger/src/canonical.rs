//! The one JSON encoding of a record: RFC 8785, over numbers that every reader understands alike (I-JSON, RFC 7493).

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a value has no canonical encoding, or why bytes are not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// Not JSON of the expected shape: a field is missing, unknown, of another type, or there twice.
    #[error("malformed JSON: {0}")]
    Malformed(#[source] serde_json::Error),
    /// The same value has another, canonical, encoding: order of members, white space, escapes, numbers, defaults.
    #[error("the JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
    /// A whole number beyond ±(2^53 − 1), which readers that use doubles would round.
    #[error("a whole number beyond 2^53 - 1 has no exact encoding in JSON")]
    NumberTooLarge,
}

/// The canonical encoding of a value.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(CanonicalError::Malformed)?;
    exact(&value)?;
    serde_json_canonicalizer::to_vec(&value).map_err(CanonicalError::Malformed)
}

/// Reads a value from its canonical encoding and refuses every other encoding of it.
pub fn from_slice<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value: T = serde_json::from_slice(bytes).map_err(CanonicalError::Malformed)?;
    if to_vec(&value)? == bytes { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

fn exact(value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Number(n) if !is_exact(n) => Err(CanonicalError::NumberTooLarge),
        Value::Array(items) => items.iter().try_for_each(exact),
        Value::Object(members) => members.values().try_for_each(exact),
        _ => Ok(()),
    }
}

fn is_exact(n: &serde_json::Number) -> bool {
    let whole = n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs));
    whole.is_none_or(|w| w <= MAX_EXACT)
}

/// Largest whole number that a double holds together with all smaller ones.
const MAX_EXACT: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_encoding_only() {
        let bytes = to_vec(&json!({"b": 1, "a": "邕"})).unwrap();
        assert_eq!(bytes, r#"{"a":"邕","b":1}"#.as_bytes());
        for other in [
            r#"{"b":1,"a":"邕"}"#,
            r#"{"a":"邕", "b":1}"#,
            r#"{"a":"\u9095","b":1}"#,
            r#"{"a":"邕","b":1.0}"#,
        ] {
            assert!(
                matches!(from_slice::<Value>(other.as_bytes()), Err(CanonicalError::NotCanonical)),
                "{other}"
            );
        }
    }

    #[test]
    fn a_duplicate_member_is_not_canonical() {
        let twice = br#"{"a":1,"a":1}"#;
        assert!(matches!(from_slice::<Value>(twice), Err(CanonicalError::NotCanonical)));
    }

    #[test]
    fn numbers_that_doubles_round_are_refused() {
        assert!(to_vec(&json!(MAX_EXACT)).is_ok());
        assert!(matches!(to_vec(&json!([MAX_EXACT + 1])), Err(CanonicalError::NumberTooLarge)));
        assert!(matches!(to_vec(&json!({"a": i64::MIN})), Err(CanonicalError::NumberTooLarge)));
    }
}
