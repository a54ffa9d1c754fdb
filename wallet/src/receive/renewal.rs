//! Asking the desk that issued a credential what it is now, when it is not in the tree any more or its time is over.
//!
//! The desk is proved the holder that it knows, in a context of its own, and answers sealed to a key that was made for this
//! question. A new credential is checked as every other is; the old one goes only with the write that has the new one.

use openid4vc::handover;
use openid4vc::renewal::{RecipientSecret, Renewal, RenewalRequest, RenewalResponse};
use openid4vc::vci::{CredentialIssuer, ErrorCode, NonceResponse};
use rand::{CryptoRng, RngCore};

use super::ReceiveError;
use super::issuer_client::{check_active, check_own, metadata, read};
use super::proof::Enrolment;
use crate::followed::Ledger;
use crate::held::Held;
use crate::http::Http;
use crate::renewal::{Ending, Found};
use crate::wallet::Wallet;

impl Wallet {
    /// Asks the desk of a credential that ended. It is not in the wallet before [`Self::take_found`].
    pub(crate) fn ask_renewal<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        ended: &Held,
        now: u64,
        rng: &mut R,
    ) -> Result<Found, ReceiveError> {
        match self.ask_desk(ledger, ended, now, rng) {
            // Another version's desk, or one that knows nothing of the holder: asking again at once would not help.
            Err(ReceiveError::Refused {
                code: ErrorCode::CredentialRequestDenied | ErrorCode::UnknownCredentialConfiguration,
                ..
            }) => Ok(Found::Ended(Ending::Unknown)),
            found => found,
        }
    }

    fn ask_desk<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        ended: &Held,
        now: u64,
        rng: &mut R,
    ) -> Result<Found, ReceiveError> {
        let (department, schema) = (&ended.credential.issuer, &ended.credential.schema);
        let view = ledger.view();
        check_active(department, &view)?;
        let desk = view.registry().department(department).and_then(|department| department.desk.clone());
        let Some(desk) = desk else { return Ok(Found::Ended(Ending::Unknown)) };
        let issuer = CredentialIssuer::try_from(desk)?;
        let http = Http::new(ledger.reach());
        let metadata = metadata(&http, &issuer)?;
        let Some(endpoint) = metadata.renewal_endpoint else { return Ok(Found::Ended(Ending::Unknown)) };
        check_own(&issuer, &endpoint)?;
        let NonceResponse { c_nonce } = read(&http.post_empty(&metadata.nonce_endpoint)?, "nonce")?;
        let secret = RecipientSecret::generate(rng);
        let recipient = secret.public();
        let context = handover::renewal(issuer.as_str(), &c_nonce, schema.as_str(), recipient.as_bytes());
        let enrolment = Enrolment { department, schema, nonce: &c_nonce, context };
        let proof = enrolment.prove(self, ledger, now, rng)?;
        let request = RenewalRequest { credential_configuration_id: schema.clone(), recipient, proof };
        let answer: RenewalResponse = read(&http.post_json(&endpoint, None, &request)?, "renewal")?;
        let renewal =
            secret.open(&answer.sealed, context).map_err(|_| ReceiveError::Malformed("sealed answer"))?;
        let issued = match renewal {
            Renewal::Current { credential } => credential,
            Renewal::Suspended => return Ok(Found::Ended(Ending::Suspended)),
            Renewal::Revoked => return Ok(Found::Ended(Ending::Revoked)),
            Renewal::Replaced => return Ok(Found::Ended(Ending::Replaced)),
            Renewal::Expired => return Ok(Found::Ended(Ending::Expired)),
        };
        if issued.schema != *schema || issued.issuer != *department {
            return Err(ReceiveError::OtherCredential);
        }
        // By the desk's clock or database it has not ended yet.
        if issued.position == ended.position {
            return Ok(Found::Ended(Ending::Unknown));
        }
        Ok(Found::Renewed(Box::new(self.check(ledger, &issued, now)?)))
    }
}
