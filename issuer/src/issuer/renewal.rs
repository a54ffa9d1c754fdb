//! A wallet asks what its credential is now: after a correction, a list, or the end of its validity.
//!
//! The desk has issued to the holder already, or it has not: nothing is decided here, and no new holder comes to be. No access
//! token is asked for, as the proof says that the wallet has the secrets behind the holder value; the answer is sealed to the
//! key that the proof names. It can be asked again, so that an answer that was lost costs nothing.

use circuits::Fr;
use circuits::schema::SchemaId;
use openid4vc::handover;
use openid4vc::renewal::{Renewal, RenewalRequest, RenewalResponse};
use openid4vc::vci::IssuedCredential;
use rand::rngs::OsRng;
use rusqlite::Connection;

use super::{ActError, CredentialError, Issuer, IssuerError};
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialState, HeldCredential};
use crate::store::{StoreError, people};

impl Issuer {
    /// What the credential of whoever proves to be its holder is now, sealed. What is pending about the person is settled first.
    pub(crate) fn renewal(&self, request: &RenewalRequest) -> Result<RenewalResponse, CredentialError> {
        let id = &request.credential_configuration_id;
        let (_, schema) = self.granted(id)?;
        self.nonces.spend(&request.proof.nonce, self.now())?;
        let url = self.config.public_url.as_str();
        let recipient = request.recipient.as_bytes();
        let context = handover::renewal(url, &request.proof.nonce, id.as_str(), recipient);
        self.check_enroll(context, id, &request.proof)?;
        self.knows_all()?;
        let holder = request.proof.holder.0;
        let person = people::person_of(self.store().read(), id, &holder)?
            .ok_or(ActError::from(IssuerError::NotEnrolled))?;
        self.resolve_for([&person], id)?;
        let standing = standing(self.store().read(), &person, id, &holder, self.now())?;
        let renewal = match standing.ok_or(ActError::from(IssuerError::NotEnrolled))? {
            Standing::Ended(why) => why,
            Standing::Current(held) => {
                let credential = held.credential(&self.config.department, &schema)?;
                let credential = Box::new(IssuedCredential::new(&credential, held.position, held.entry));
                Renewal::Current { credential }
            }
        };
        let sealed = renewal.seal(&request.recipient, context, &mut OsRng)?;
        Ok(RenewalResponse { sealed })
    }
}

/// What a holder has now.
enum Standing {
    Current(HeldCredential),
    /// What the wallet is told instead of a credential.
    Ended(Renewal),
}

/// `None` where the holder never had any.
fn standing(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    holder: &Fr,
    now: u64,
) -> Result<Option<Standing>, StoreError> {
    let Some(held) = credentials::newest_of(db, person, schema, holder)? else { return Ok(None) };
    let is_enrolled = people::holders(db, person, schema)?.contains(holder);
    Ok(Some(match held.state {
        CredentialState::Active if held.validity.until < now => Standing::Ended(Renewal::Expired),
        CredentialState::Active => Standing::Current(held),
        CredentialState::Suspended => Standing::Ended(Renewal::Suspended),
        CredentialState::Revoked if held.withdrawn || is_enrolled => Standing::Ended(Renewal::Revoked),
        CredentialState::Revoked => Standing::Ended(Renewal::Replaced),
    }))
}
