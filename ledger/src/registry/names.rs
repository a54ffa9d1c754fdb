//! Who owns a name, and its newest version. The first publisher of a name owns it; versions only grow.

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;

use super::RegistryError;

/// Each kind has names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameKind {
    Schema,
    Policy,
    Model,
}

#[derive(Clone, Default)]
pub(super) struct Names(BTreeMap<(NameKind, String), Name>);

#[derive(Clone)]
struct Name {
    owner: DepartmentId,
    newest: u32,
}

impl Names {
    /// Whether `by` may publish this version now.
    pub(super) fn check(
        &self,
        kind: NameKind,
        id: &SchemaId,
        by: &DepartmentId,
    ) -> Result<(), RegistryError> {
        let Some(name) = self.0.get(&(kind, id.name().to_owned())) else { return Ok(()) };
        if name.owner != *by {
            let (name, owner) = (id.name().to_owned(), name.owner.clone());
            return Err(RegistryError::ForeignName { name, owner });
        }
        if id.version() <= name.newest {
            return Err(RegistryError::OldVersion { id: id.to_string(), newest: name.newest });
        }
        Ok(())
    }
    /// Takes in what [`Self::check`] allowed.
    pub(super) fn publish(&mut self, kind: NameKind, id: &SchemaId, by: &DepartmentId) {
        let name = Name { owner: by.clone(), newest: id.version() };
        self.0.insert((kind, id.name().to_owned()), name);
    }
}
