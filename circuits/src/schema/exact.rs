//! Whole numbers in JSON that survive every JSON library, canonical form (RFC 8785) included.
//!
//! RFC 8785 writes numbers as IEEE doubles, so a number beyond ±(2^53 − 1) would change on its way through canonical
//! form. Such a number is a decimal string instead; each number has exactly one form.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The greatest magnitude that is written as a JSON number: 2^53 − 1.
const DOUBLE_LIMIT: u64 = (1 << 53) - 1;

/// A signed 64-bit number: a JSON number within ±(2^53 − 1), otherwise a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) i64);

impl Integer {
    /// The number if it is in `0..limit`.
    pub(crate) fn below(self, limit: u64) -> Option<u64> {
        u64::try_from(self.0).ok().filter(|n| *n < limit)
    }

    /// Its JSON form.
    pub(crate) fn to_json(self) -> serde_json::Value {
        if self.0.unsigned_abs() <= DOUBLE_LIMIT { self.0.into() } else { self.0.to_string().into() }
    }

    /// Inverse of [`Integer::to_json`]; `None` for every other form.
    pub(crate) fn from_json(json: &serde_json::Value) -> Option<Self> {
        Self::deserialize(json).ok()
    }
}

impl From<u64> for Integer {
    /// Only for numbers that were checked to be below 2^62.
    fn from(n: u64) -> Self {
        Self(i64::try_from(n).expect("checked numbers are below 2^62"))
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.unsigned_abs() <= DOUBLE_LIMIT { s.serialize_i64(self.0) } else { s.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(IntegerVisitor)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number within ±(2^53 − 1), or a larger one within 64 bits as a decimal string")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Integer, E> {
        if n.unsigned_abs() <= DOUBLE_LIMIT {
            Ok(Integer(n))
        } else {
            Err(E::custom("a number beyond ±(2^53 − 1) is written as a decimal string"))
        }
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Integer, E> {
        self.visit_i64(i64::try_from(n).unwrap_or(i64::MAX))
    }

    fn visit_str<E: Error>(self, s: &str) -> Result<Integer, E> {
        let large = s.parse::<i64>().ok().filter(|n| n.unsigned_abs() > DOUBLE_LIMIT && n.to_string() == s);
        large.map(Integer).ok_or_else(|| E::custom("not a number beyond ±(2^53 − 1) in plain decimal digits"))
    }
}

/// For `#[serde(with)]` on an `i64`.
pub(crate) mod signed {
    use super::{Deserialize, Deserializer, Integer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(crate) fn serialize<S: Serializer>(n: &i64, s: S) -> Result<S::Ok, S::Error> {
        Integer(*n).serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
        Integer::deserialize(d).map(|n| n.0)
    }
}

/// For `#[serde(with)]` on a `u64` below 2^63.
pub(crate) mod unsigned {
    use super::{Deserialize, Deserializer, Error, Integer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(crate) fn serialize<S: Serializer>(n: &u64, s: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*n) {
            Ok(n) => Integer(n).serialize(s),
            Err(_) => s.collect_str(n),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        let n = Integer::deserialize(d)?.0;
        u64::try_from(n).map_err(|_| D::Error::custom("the number is negative"))
    }
}

/// For `#[serde(with)]` on a map from names to `i64`.
pub(crate) mod by_name {
    use std::collections::BTreeMap;

    use super::{Deserialize, Deserializer, Integer, Serializer};

    pub(crate) fn serialize<S: Serializer>(map: &BTreeMap<String, i64>, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(map.iter().map(|(name, n)| (name, Integer(*n))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<String, i64>, D::Error> {
        let map = BTreeMap::<String, Integer>::deserialize(d)?;
        Ok(map.into_iter().map(|(name, n)| (name, n.0)).collect())
    }
}

/// For `#[serde(with)]` on a list of `i64`.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Integer, Serializer};

    pub(crate) fn serialize<S: Serializer>(list: &[i64], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(|n| Integer(*n)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<i64>, D::Error> {
        Ok(Vec::<Integer>::deserialize(d)?.into_iter().map(|n| n.0).collect())
    }
}

/// For `#[serde(with)]` on an `i64` that may be left out.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Integer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes references")]
    pub(crate) fn serialize<S: Serializer>(n: &Option<i64>, s: S) -> Result<S::Ok, S::Error> {
        n.map(Integer).serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
        Integer::deserialize(d).map(|n| Some(n.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Integer;

    #[test]
    fn each_number_has_one_form() {
        for (json, number) in [("9007199254740991", (1 << 53) - 1), ("\"9007199254740992\"", 1 << 53)] {
            let parsed: Integer = serde_json::from_str(json).unwrap();
            assert_eq!(parsed, Integer(number));
            assert_eq!(serde_json::to_string(&parsed).unwrap(), json);
        }
        for refused in
            ["9007199254740992", "-9007199254740992", "\"12\"", "\"09007199254740993\"", "1.0", "true"]
        {
            assert!(serde_json::from_str::<Integer>(refused).is_err(), "{refused}");
        }
        assert!(serde_json::from_str::<Integer>("18446744073709551615").is_err());
    }
}
