//! What a desk is shown of a wallet's owner, as the owner is asked about it beforehand.

use circuits::policy::Catalogue as _;
use circuits::schema::{IdentityBinding, Localized, SchemaId, Value};
use circuits::tree::Position;
use openid4vc::vci::{PERSON_ATTRIBUTE, ProofTypes};

use super::proof::{ShowIdentityError, usable};
use super::{ReceiveError, issuer_client::IssuerClient};
use crate::followed::View;
use crate::history::RequestedCredential;
use crate::wallet::Wallet;

/// The identity that a desk is shown before it gives a credential. Holds a value: no `Debug`, for the owner's eyes only.
#[derive(Clone)]
pub struct ShownIdentity {
    /// What the ledger lets the desk ask for.
    pub(super) binding: IdentityBinding,
    /// Which of the wallet's credentials.
    pub(super) position: Position,
    title: Localized,
    attribute: Localized,
    value: Value,
}

impl ShownIdentity {
    /// The kind of identity credential.
    pub fn schema(&self) -> &SchemaId {
        &self.binding.schema
    }

    /// What people read as its name.
    pub fn title(&self) -> &Localized {
        &self.title
    }

    /// What people read as the name of the attribute that the desk learns.
    pub fn attribute(&self) -> &Localized {
        &self.attribute
    }

    /// What the desk learns.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// As it goes into the history: names, never values.
    pub(super) fn names(&self) -> RequestedCredential {
        RequestedCredential {
            schema: self.binding.schema.clone(),
            title: Some(self.title.clone()),
            tested: Vec::new(),
            revealed: vec![PERSON_ATTRIBUTE.to_owned()],
            titles: [(PERSON_ATTRIBUTE.to_owned(), self.attribute.clone())].into(),
        }
    }

    /// What the desk would be shown for its offer at `now` (unix seconds); `None` where it is shown nothing. A desk that
    /// asks for more than the ledger says of its department's schema is refused.
    pub(super) fn new(
        issuer: &IssuerClient,
        wallet: &Wallet,
        view: &View,
        now: u64,
    ) -> Result<Option<Self>, ReceiveError> {
        let ProofTypes::Identity { schema, issuers, .. } = issuer.proof_types()? else { return Ok(None) };
        let binding = IdentityBinding { schema: schema.clone(), issuers: issuers.clone() };
        check_binding(issuer, &binding, view)?;
        let (held, ..) = usable(wallet, view, &binding, now)?;
        let attribute = held.schema.attribute(PERSON_ATTRIBUTE).ok_or(ShowIdentityError::NoPerson)?.1;
        let value = held.credential.values.get(PERSON_ATTRIBUTE).ok_or(ShowIdentityError::NoPerson)?;
        Ok(Some(Self {
            binding,
            position: held.position,
            title: held.schema.title.clone(),
            attribute: attribute.title.clone(),
            value: value.clone(),
        }))
    }

    /// Whether the ledger still lets the desk ask for it.
    pub(super) fn check(&self, issuer: &IssuerClient, view: &View) -> Result<(), ReceiveError> {
        check_binding(issuer, &self.binding, view)
    }
}

/// The ledger must say of the department's own schema what the desk asks for: neither another credential nor more
/// departments, which would tell it where the owner is known.
fn check_binding(issuer: &IssuerClient, asked: &IdentityBinding, view: &View) -> Result<(), ReceiveError> {
    let schema = issuer.schema();
    let registry = view.registry();
    let published =
        registry.published_schema(schema).ok_or_else(|| ReceiveError::UnknownSchema(schema.clone()))?;
    // The attribute that is shown is the one of the schema on the ledger.
    let known = registry.schema(&asked.schema).is_some();
    let said = published.item.identity.as_ref() == Some(asked) && published.publisher == *issuer.department();
    if said && known { Ok(()) } else { Err(ReceiveError::NotBinding(schema.clone())) }
}
