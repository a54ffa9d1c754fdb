//! What the desk asks wallets to show, compared with what the ledger lets it ask.

use circuits::credential::DepartmentId;
use circuits::schema::{IdentityBinding, SchemaId};
use ledger::registry::Registry;

use super::Issuer;
use crate::config::{Binding, Config};

/// The desk is told to ask for an identity credential that its schema does not let it ask for. Wallets compare the two and
/// show nothing, so nobody would get such a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// The schema lets nobody ask for one.
    #[error("`binding` of `{schema}` is {asked}; the schema on the ledger has no `identity`")]
    NotSaid {
        /// What is granted.
        schema: SchemaId,
        /// As the configuration has it.
        asked: Asked,
    },
    /// The schema lets desks ask for another one, or for one of other departments.
    #[error("`binding` of `{schema}` is {asked}; `identity` of the schema on the ledger is {said}")]
    Differs {
        /// What is granted.
        schema: SchemaId,
        /// As the configuration has it.
        asked: Asked,
        /// As the ledger has it.
        said: Asked,
    },
    /// The desk would issue on what a wallet proves of itself, though the schema says whose identity credential is to be
    /// shown.
    #[error("`binding` of `{schema}` is `enroll`; `identity` of the schema on the ledger is {said}")]
    NotAsked {
        /// What is granted.
        schema: SchemaId,
        /// As the ledger has it.
        said: Asked,
    },
    /// Persons are one department's to know, and this is another.
    #[error("`binding` of `{schema}` is `enroll`; by the genesis `{authority}` alone enrols persons")]
    NotPersonAuthority {
        /// What is granted.
        schema: SchemaId,
        /// Who enrols.
        authority: DepartmentId,
    },
    /// Another department published the schema, and only its own desk may ask for what it says.
    #[error(
        "`binding` of `{schema}` is {asked}; `{publisher}` published the schema, and wallets show nothing to another desk"
    )]
    Foreign {
        /// What is granted.
        schema: SchemaId,
        /// As the configuration has it.
        asked: Asked,
        /// Whose schema it is.
        publisher: DepartmentId,
    },
}

/// An identity credential, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked(IdentityBinding);

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let issuers: Vec<&str> = self.0.issuers.iter().map(DepartmentId::as_str).collect();
        write!(f, "`{}` of {}", self.0.schema, issuers.join(", "))
    }
}

impl Issuer {
    /// Whether the ledger, as far as it was followed, lets the desk ask for what its configuration says.
    pub fn check_bindings(&self) -> Result<(), BindingError> {
        check(&self.config, &self.registry())
    }
}

fn check(config: &Config, registry: &Registry) -> Result<(), BindingError> {
    for grantable in &config.schemas {
        let schema = grantable.schema.clone();
        let published = registry.published_schema(&schema);
        let asked = match &grantable.binding {
            Binding::Enroll => {
                check_enrols(config, registry, schema, published.and_then(|p| p.item.identity.as_ref()))?;
                continue;
            }
            Binding::Identity { schema, issuers } => {
                IdentityBinding { schema: schema.clone(), issuers: issuers.clone() }
            }
        };
        let Some(published) = published else { continue };
        match &published.item.identity {
            None => return Err(BindingError::NotSaid { schema, asked: Asked(asked) }),
            Some(said) if *said != asked => {
                return Err(BindingError::Differs { schema, asked: Asked(asked), said: Asked(said.clone()) });
            }
            Some(_) if published.publisher != config.department => {
                let publisher = published.publisher.clone();
                return Err(BindingError::Foreign { schema, asked: Asked(asked), publisher });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whoever enrols alone decides which two wallets are one person.
fn check_enrols(
    config: &Config,
    registry: &Registry,
    schema: SchemaId,
    said: Option<&IdentityBinding>,
) -> Result<(), BindingError> {
    if let Some(said) = said {
        return Err(BindingError::NotAsked { schema, said: Asked(said.clone()) });
    }
    match registry.genesis().person_authority() {
        Some(authority) if *authority != config.department => {
            Err(BindingError::NotPersonAuthority { schema, authority: authority.clone() })
        }
        Some(_) | None => Ok(()),
    }
}
