//! What the names in a formula stand for: attributes of one credential, or of several.

use std::collections::BTreeMap;

use super::PolicyErrorKind;
use crate::model::{Model, ScoringModel};
use crate::schema::{ATTRIBUTES, Attribute, Schema, SchemaId};

/// The names that a formula may use.
pub(super) trait Vocabulary {
    /// The attribute of this name, and the index of its weight.
    fn attribute(&self, name: &str) -> Result<(usize, &Attribute), PolicyErrorKind>;
    /// The linear model of this id, which fits the attributes.
    fn model(&self, id: &SchemaId) -> Result<&ScoringModel, PolicyErrorKind>;
    /// How decimals count in a sum.
    fn decimals(&self) -> Decimals;
    /// What people read for an attribute. Names are checked before anybody reads them.
    fn title(&self, name: &str, language: &str) -> String;
}

/// How decimals count in a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimals {
    /// In units of 10^-scale: a formula over one credential.
    Units,
    /// As the numbers that they are, since two schemas may have other scales.
    Numbers,
}

/// The names of one credential query.
#[derive(Clone)]
pub(super) struct OneCredential {
    pub(super) schema: Schema,
    /// Those that the formula names and that exist.
    pub(super) models: BTreeMap<SchemaId, Model>,
}

/// The credentials that `across` names, in the order of the policy.
#[derive(Clone)]
pub(super) struct SeveralCredentials {
    pub(super) members: Vec<Member>,
}

/// One of them.
#[derive(Clone)]
pub(super) struct Member {
    /// The query's id.
    pub(super) id: String,
    pub(super) schema: Schema,
}

impl Vocabulary for OneCredential {
    fn attribute(&self, name: &str) -> Result<(usize, &Attribute), PolicyErrorKind> {
        let found = self.schema.attribute(name);
        found.ok_or_else(|| PolicyErrorKind::UnknownAttribute(self.schema.schema.clone()))
    }

    fn model(&self, id: &SchemaId) -> Result<&ScoringModel, PolicyErrorKind> {
        match self.models.get(id) {
            Some(Model::Linear(model)) => match model.check(&self.schema) {
                Ok(()) => Ok(model),
                Err(e) => Err(PolicyErrorKind::ModelDoesNotFit(e)),
            },
            Some(Model::Additive(_)) => Err(PolicyErrorKind::ModelIsAdditive),
            None => Err(PolicyErrorKind::UnknownModel),
        }
    }

    fn decimals(&self) -> Decimals {
        Decimals::Units
    }

    fn title(&self, name: &str, language: &str) -> String {
        self.schema.attribute(name).map_or(name, |(_, attribute)| attribute.title.text(language)).to_owned()
    }
}

impl SeveralCredentials {
    /// The credential and the attribute that a name such as `income.monthly` stands for.
    pub(super) fn find<'n>(&self, name: &'n str) -> Option<(usize, &Member, &'n str)> {
        let (id, attribute) = name.split_once('.')?;
        let place = self.members.iter().position(|member| member.id == id)?;
        Some((place, &self.members[place], attribute))
    }
}

impl Vocabulary for SeveralCredentials {
    fn attribute(&self, name: &str) -> Result<(usize, &Attribute), PolicyErrorKind> {
        if !name.contains('.') {
            return Err(PolicyErrorKind::AcrossName);
        }
        let (place, member, attribute) = self.find(name).ok_or(PolicyErrorKind::NotAsked)?;
        let found = member.schema.attribute(attribute);
        let found = found.ok_or_else(|| PolicyErrorKind::UnknownAttribute(member.schema.schema.clone()));
        found.map(|(index, attribute)| (place * ATTRIBUTES + index, attribute))
    }

    fn model(&self, _: &SchemaId) -> Result<&ScoringModel, PolicyErrorKind> {
        Err(PolicyErrorKind::ModelAcross)
    }

    fn decimals(&self) -> Decimals {
        Decimals::Numbers
    }

    fn title(&self, name: &str, language: &str) -> String {
        let Some((_, member, attribute)) = self.find(name) else { return name.to_owned() };
        let of = member.schema.title.text(language);
        let what = member.schema.attribute(attribute).map_or(attribute, |(_, a)| a.title.text(language));
        if language.starts_with("zh") {
            format!("“{of}”的{what}")
        } else {
            format!("{what} of “{of}”")
        }
    }
}
