//! JSON from outside: bounded, and every key at most once at every depth.
//!
//! Two readers that resolve a repeated key differently can be made to see two different messages; so a repeated key is
//! refused instead of resolved.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why bytes are not acceptable JSON. Carries no text of the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More bytes than the caller allows.
    #[error("{given} bytes, at most {limit} are accepted")]
    TooLarge {
        /// Bytes that came.
        given: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Not JSON, a repeated key, or nested too deeply.
    #[error("not strict JSON at line {line}, column {column}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON of another shape: a field missing, unknown or of another type.
    #[error("JSON of another shape than expected")]
    Shape,
}

/// Parses at most `limit` bytes into a type; unknown fields are refused where the type says so.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, JsonError> {
    serde_json::from_value(value(bytes, limit)?).map_err(|_| JsonError::Shape)
}

/// Parses at most `limit` bytes into a value without a repeated key.
pub fn value(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLarge { given: bytes.len(), limit });
    }
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = Unique.deserialize(&mut parser).map_err(|e| syntax(&e))?;
    parser.end().map_err(|e| syntax(&e))?;
    Ok(value)
}

/// Reads a member that may be left out but not be null (with `#[serde(default)]`).
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    json: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(json).map(Some)
}

fn syntax(error: &serde_json::Error) -> JsonError {
    JsonError::Syntax { line: error.line(), column: error.column() }
}

/// Builds a `Value`; the depth is bounded by `serde_json`'s own recursion limit.
#[derive(Clone, Copy)]
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated keys")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(n.into())
    }
    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(n.into())
    }
    fn visit_f64<E: Error>(self, n: f64) -> Result<Value, E> {
        Number::from_f64(n).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }
    fn visit_str<E>(self, s: &str) -> Result<Value, E> {
        Ok(Value::String(s.to_owned()))
    }
    fn visit_string<E>(self, s: String) -> Result<Value, E> {
        Ok(Value::String(s))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if out.contains_key(&key) {
                return Err(A::Error::custom("a key is repeated"));
            }
            out.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        let text = br#"{"a":[1,-2,0.5,null,true,"x"],"b":{"c":{}}}"#;
        assert_eq!(value(text, 1000).unwrap(), serde_json::from_slice::<Value>(text).unwrap());
    }

    #[test]
    fn refuses_a_repeated_key_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"a":2}}]"#, r#"{"a":1,"\u0061":2}"#] {
            assert!(matches!(value(text.as_bytes(), 1000), Err(JsonError::Syntax { .. })), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_longer_than_allowed() {
        assert_eq!(value(b"[1,2]", 4), Err(JsonError::TooLarge { given: 5, limit: 4 }));
    }

    #[test]
    fn refuses_trailing_bytes_and_bottomless_nesting() {
        assert!(matches!(value(b"{} {}", 100), Err(JsonError::Syntax { .. })));
        let deep = "[".repeat(10_000);
        assert!(matches!(value(deep.as_bytes(), 100_000), Err(JsonError::Syntax { .. })));
    }

    proptest::proptest! {
        #[test]
        fn accepts_no_more_than_serde_json_and_never_panics(bytes: Vec<u8>, text in "[\\[\\]{}:,\"ab01 ]{0,40}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(read) = value(bytes, 100) {
                    proptest::prop_assert_eq!(read, serde_json::from_slice::<Value>(bytes).unwrap());
                }
            }
        }
    }
}
