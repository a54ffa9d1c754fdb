//! Telling the person authority's desk which bundle has the shares of the wallet's person secret.
//!
//! The proof is all that the desk needs: it says that whoever sends it has the secrets behind an enrolled credential.

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;
use ledger::record::BundleId;
use openid4vc::handover;
use openid4vc::vci::{CredentialIssuer, NonceResponse};
use rand::{CryptoRng, RngCore};
use trustee::wire::BundleNotice;

use super::ReceiveError;
use super::issuer_client::{accepted, check_active, check_own, metadata, read};
use super::proof::Enrolment;
use crate::followed::Ledger;
use crate::http::Http;
use crate::wallet::Wallet;

/// Why the desk does not know of a bundle, or may not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeError {
    /// The ledger does not say where its desk is.
    #[error("the ledger does not say where the desk of `{0}` is")]
    NoDesk(DepartmentId),
    /// The desk is of a version, or of a department, that keeps none.
    #[error("the desk of `{0}` does not keep which departments have shares")]
    NotKept(DepartmentId),
    /// The desk cannot be asked, or says no.
    #[error(transparent)]
    Desk(#[from] ReceiveError),
}

impl Wallet {
    /// Tells the desk of a department, which enrolled this wallet for `schema`, that this bundle is the newest.
    pub(crate) fn notify_bundle<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        (department, schema): (&DepartmentId, &SchemaId),
        bundle: BundleId,
        now: u64,
        rng: &mut R,
    ) -> Result<(), NoticeError> {
        let view = ledger.view();
        check_active(department, &view)?;
        let desk = view.registry().department(department).and_then(|department| department.desk.clone());
        let desk = desk.ok_or_else(|| NoticeError::NoDesk(department.clone()))?;
        let issuer = CredentialIssuer::try_from(desk).map_err(ReceiveError::from)?;
        let http = Http::new(ledger.reach());
        let metadata = metadata(&http, &issuer)?;
        let endpoint = metadata.bundle_endpoint.ok_or_else(|| NoticeError::NotKept(department.clone()))?;
        check_own(&issuer, &endpoint)?;
        let nonce = http.post_empty(&metadata.nonce_endpoint).map_err(ReceiveError::from)?;
        let NonceResponse { c_nonce } = read(&nonce, "nonce")?;
        let context = handover::bundle_notice(issuer.as_str(), &c_nonce, schema.as_str(), bundle.as_bytes());
        let enrolment = Enrolment { department, schema, nonce: &c_nonce, context };
        let proof = enrolment.prove(self, ledger, now, rng)?;
        let notice = BundleNotice { bundle, credential_configuration_id: schema.clone(), proof };
        let answer = http.post_json(&endpoint, None, &notice).map_err(ReceiveError::from)?;
        Ok(accepted(&answer)?)
    }
}
