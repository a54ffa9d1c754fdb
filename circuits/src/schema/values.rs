//! All values of one credential, checked against a schema.

use ark_bn254::Fr;
use serde_json::Value as Json;
use zeroize::Zeroize;

use super::{ATTRIBUTES, Attribute, Schema, SchemaId, Value, ValueError, ValueErrorKind};
use crate::field;

/// Values that were checked against a schema, in its order. Personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Values {
    schema: SchemaId,
    values: Vec<(String, Option<Value>)>,
}

impl Zeroize for Values {
    /// Overwrites every value; names and places stay.
    fn zeroize(&mut self) {
        self.values.iter_mut().filter_map(|(_, value)| value.as_mut()).for_each(Zeroize::zeroize);
    }
}

impl Schema {
    /// Checks JSON values (as [`Values::to_json`] writes them) against the schema; `null` is absent.
    pub fn values(&self, values: &serde_json::Map<String, Json>) -> Result<Values, ValueError> {
        self.refuse_unknown(values.keys().map(String::as_str))?;
        self.collect(|attribute| match values.get(&attribute.name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => Value::from_json(&attribute.kind, json).map(Some),
        })
    }

    /// Checks values given as text (CSV cells, form fields); an empty cell is absent. `bool` is `true`, `false`, `1`,
    /// `0`, `yes` or `no`.
    pub fn values_from_text<'a>(
        &self,
        cells: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Values, ValueError> {
        let mut given = std::collections::BTreeMap::new();
        for (name, cell) in cells {
            if given.insert(name, cell).is_some() {
                return Err(ValueError::new(name, ValueErrorKind::GivenTwice));
            }
        }
        self.refuse_unknown(given.keys().copied())?;
        self.collect(|attribute| match given.get(attribute.name.as_str()).copied() {
            None | Some("") => Ok(None),
            Some(cell) => Value::from_text(&attribute.kind, cell).map(Some),
        })
    }

    fn refuse_unknown<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Result<(), ValueError> {
        match names.find(|name| self.attribute(name).is_none()) {
            Some(name) => Err(ValueError::new(name, ValueErrorKind::NotInSchema(self.schema.clone()))),
            None => Ok(()),
        }
    }

    fn collect(
        &self,
        read: impl Fn(&Attribute) -> Result<Option<Value>, ValueErrorKind>,
    ) -> Result<Values, ValueError> {
        let values = self.attributes.iter().map(|attribute| {
            let value = read(attribute).map_err(|kind| ValueError::new(&attribute.name, kind))?;
            if value.is_none() && !attribute.optional {
                return Err(ValueError::new(&attribute.name, ValueErrorKind::Missing));
            }
            Ok((attribute.name.clone(), value))
        });
        Ok(Values { schema: self.schema.clone(), values: values.collect::<Result<_, _>>()? })
    }
}

impl Values {
    /// Which schema they were checked against.
    pub fn schema(&self) -> &SchemaId {
        &self.schema
    }

    /// One value by attribute name; `None` if absent or unknown.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_ref())
    }

    /// Names and values in schema order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.values.iter().map(|(n, v)| (n.as_str(), v.as_ref()))
    }

    /// `a_0, …, a_11`.
    pub fn elements(&self) -> [Fr; ATTRIBUTES] {
        let mut elements = [field::absent(); ATTRIBUTES];
        for (element, (_, value)) in elements.iter_mut().zip(&self.values) {
            *element = value.as_ref().map_or_else(field::absent, Value::element);
        }
        elements
    }

    /// A JSON object; absent attributes are left out.
    pub fn to_json(&self) -> serde_json::Map<String, Json> {
        self.iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_json()))).collect()
    }
}
