//! Scoring models: integer weights over a schema's attributes, a base and a scale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::{Localized, Schema, SchemaId, Values};

/// A published scorecard. score = (base + Σ weight·factor) / scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoringModel {
    /// `name/version`.
    pub model: SchemaId,
    /// Whose attributes the weights name.
    pub schema: SchemaId,
    /// What people read.
    pub title: Localized,
    /// Points before any factor, in units of 1/scale.
    pub base: i64,
    /// Units in one point.
    pub scale: u64,
    /// Units per unit of each attribute.
    pub weights: BTreeMap<String, i64>,
    /// How it was made and what a point means.
    pub meaning: Localized,
}

/// Why a model is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ModelError {
    /// JSON path.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl ScoringModel {
    /// Checks weights against the schema's types and bounds.
    pub fn check(&self, _schema: &Schema) -> Result<(), ModelError> {
        todo!()
    }
    /// The score in units of 1/scale; `None` if a factor is absent.
    pub fn score_units(&self, _values: &Values) -> Option<i64> {
        todo!()
    }
}
