//! Notices of bundles: a wallet tells which bundle has the shares of its person secret, so that its owner can be helped
//! when all wallets are lost.
//!
//! No access token is asked for: the proof is the authority. It says the wallet's person and one of its devices, of
//! which the desk knows both, and it is for this bundle alone.

use circuits::schema::SchemaId;
use openid4vc::handover;
use rusqlite::Connection;
use trustee::wire::BundleNotice;

use super::{ActError, CredentialError, Issuer, IssuerError};
use crate::config::Binding;
use crate::person::PersonId;
use crate::store::bundles::{self, BundleWrite};
use crate::store::persons::{self, PersonStatus};
use crate::store::{StoreError, audit, people};

impl Issuer {
    /// Keeps the bundle beside the record of whoever proves to be its person. The same notice again changes nothing.
    pub(crate) fn noticed(&self, notice: &BundleNotice) -> Result<(), CredentialError> {
        let schema = &notice.credential_configuration_id;
        let (grantable, _) = self.granted(schema)?;
        match grantable.binding {
            Binding::Enroll => {}
            Binding::Identity { .. } => return Err(CredentialError::Configuration),
        }
        self.nonces.spend(&notice.proof.nonce, self.now())?;
        let url = self.config.public_url.as_str();
        let nonce = &notice.proof.nonce;
        let context = handover::bundle_notice(url, nonce, schema.as_str(), notice.bundle.as_bytes());
        self.check_enroll(context, schema, &notice.proof)?;
        self.knows_all()?;
        self.store().write(|db| {
            let person = enrolled(db, schema, notice)?;
            match bundles::keep(db, &person, schema, &notice.bundle, self.now())? {
                BundleWrite::Written => {
                    audit::note_act(db, self.now(), "bundle", &person, schema, None)?;
                }
                BundleWrite::Same => {}
            }
            Ok::<_, ActError>(())
        })?;
        Ok(())
    }
}

/// Whose record it is. Somebody whom a reset has ended, or whose device was replaced, has no say any more.
fn enrolled(db: &Connection, schema: &SchemaId, notice: &BundleNotice) -> Result<PersonId, ActError> {
    let owner = persons::owner(db, &notice.proof.person.0)?.ok_or(IssuerError::NotEnrolled)?;
    match owner.status {
        PersonStatus::Current => {}
        PersonStatus::Ended => return Err(IssuerError::PersonEnded.into()),
    }
    if is_device_of(db, &owner.person, schema, notice)? {
        Ok(owner.person)
    } else {
        Err(IssuerError::NotEnrolled.into())
    }
}

fn is_device_of(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    notice: &BundleNotice,
) -> Result<bool, StoreError> {
    Ok(people::holders(db, person, schema)?.contains(&notice.proof.holder.0))
}
