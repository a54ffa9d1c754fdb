//! Offers and access tokens.

use circuits::schema::SchemaId;
use openid4vc::vci::{
    CredentialOffer, Grants, LinkError, OfferLink, OtherDevices, PRE_AUTHORIZED_CODE_GRANT,
    PreAuthorizedCode, Secret, TokenRequest, TokenResponse, TokenType, TxCode,
};
use rand::rngs::OsRng;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::sight::{Basis, RestsOn};
use super::{ActError, Issuer, IssuerError};
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialState};
use crate::store::offers::{self, NewOffer, Progress, RedeemError, Redeemed};
use crate::store::people::{self, Enrolment};
use crate::store::{StoreError, audit};
use crate::tokens::{self, Purpose, TX_CODE_DIGITS, digest};

/// What the clerk gives a citizen: the link as a QR code, the number by word of mouth.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Offered {
    /// `openid-credential-offer://…`.
    pub offer: String,
    /// What the wallet asks for.
    pub tx_code: Secret,
    /// Unix seconds.
    pub expires_at: u64,
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TokenError {
    /// Another grant type.
    #[error("only the pre-authorized code grant is offered")]
    GrantType,
    /// No code.
    #[error("`pre-authorized_code` is missing")]
    NoCode,
    /// No number, where the offer asks for one. It is no try: a wallet that does not know of numbers locks no offer.
    #[error("`tx_code` is missing: the offer asks for the number that the clerk told")]
    NoTxCode,
    /// The code or number is wrong, used, expired or locked.
    #[error("{0}")]
    Grant(GrantError),
    /// The issuer's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Public name of the reasons, which a holder of the code may know. In OAuth's `error_description`: no quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    /// No such code, or what is no number of this desk, which is no try.
    #[error("the code or the number is wrong")]
    Wrong,
    /// Another number than the clerk told; so many tries are left.
    #[error("the number is wrong, tries left: {left}")]
    WrongNumber {
        /// At least one.
        left: u32,
    },
    /// Redeemed before.
    #[error("the offer was used before")]
    Used,
    /// Its time is over.
    #[error("the offer has expired")]
    Expired,
    /// Too many tries, this one among them.
    #[error("too many wrong numbers: the offer is locked, ask the clerk for a new one")]
    Locked,
}

impl Issuer {
    /// Makes an offer as whoever names the person alone.
    #[cfg(test)]
    pub(crate) fn offer(&self, schema: &SchemaId, person: &PersonId) -> Result<Offered, ActError> {
        self.offer_to(schema, person, Enrolment::ReplaceAll)
    }

    /// The same, saying what becomes of the person's other devices.
    #[cfg(test)]
    pub(crate) fn offer_to(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        enrolment: Enrolment,
    ) -> Result<Offered, ActError> {
        self.offer_on(service::staff::LOCAL, schema, person, enrolment, &Basis::Present)
    }

    /// Makes an offer for a person that the department has a record of, in the name of a clerk, if what it was decided on
    /// is still so. Earlier offers for the same die.
    ///
    /// Whose wallet will redeem it nobody knows yet: one that would take the place of another is held back when it shows
    /// itself, not here, so that the person's own wallet can receive again. A wallet that stands beside the others (`Add`)
    /// proves that it is the same person's, and takes no place.
    pub(crate) fn offer_on(
        &self,
        clerk: &str,
        schema: &SchemaId,
        person: &PersonId,
        enrolment: Enrolment,
        basis: &Basis,
    ) -> Result<Offered, ActError> {
        self.granted(schema)?;
        self.agrees()?;
        let id = tokens::new_secret(&mut OsRng);
        let tx_code = tokens::new_tx_code(&mut OsRng);
        let expires_at = self.now() + self.config.offer_seconds;
        self.store().write(|db| {
            basis.check(db, person, schema, RestsOn::CredentialAndRecord)?;
            may_offer(db, schema, person)?;
            offers::sweep(db, self.now().saturating_sub(SWEEP_AFTER_SECONDS))?;
            let subject = Subject { clerk, person, schema, enrolment };
            offers::insert(db, &new_offer(&subject, &id, &tx_code, expires_at))?;
            audit::note_act(db, self.now(), "offer", person, schema, None)?;
            Ok::<_, ActError>(())
        })?;
        let link =
            self.offer_link(&id).expect("the public address is checked when the configuration is read");
        Ok(Offered { offer: link.to_string(), tx_code, expires_at })
    }

    fn offer_link(&self, id: &Secret) -> Result<OfferLink, LinkError> {
        OfferLink::new(self.config.public_url.endpoint(&format!("offer/{}", id.expose())))
    }

    /// The offer under an identifier, while it can be redeemed.
    pub(crate) fn offer_document(&self, id: &str) -> Result<Option<CredentialOffer>, StoreError> {
        let store = self.store();
        let offer = digest(Purpose::Offer, id);
        let Some(open) = offers::open(store.read(), &offer, self.now())? else { return Ok(None) };
        let has_devices = !people::holders(store.read(), &open.person, &open.schema)?.is_empty();
        Ok(Some(CredentialOffer {
            credential_issuer: self.config.public_url.clone(),
            credential_configuration_ids: vec![open.schema],
            grants: Grants {
                pre_authorized_code: PreAuthorizedCode {
                    code: tokens::offer_code(id),
                    tx_code: Some(tx_code_description()),
                },
            },
            yong_other_devices: has_devices.then(|| open.enrolment.into()),
        }))
    }

    /// Why an offer has no document any more, where its wallet has to be told more than that.
    pub(crate) fn offer_end(&self, id: &str) -> Result<Option<GrantError>, StoreError> {
        let progress = offers::progress(self.store().read(), &digest(Purpose::Offer, id), self.now())?;
        Ok(match progress {
            Progress::Locked => Some(GrantError::Locked),
            Progress::Redeemed | Progress::Received => Some(GrantError::Used),
            Progress::Waiting | Progress::Ended => None,
        })
    }

    /// The name of an offer in addresses of the pages: nobody can redeem with it.
    pub(crate) fn offer_name(link: &str) -> Option<String> {
        let link: OfferLink = link.parse().ok()?;
        let id = link.offer_uri().path_segments()?.next_back()?;
        Some(hex::encode(digest(Purpose::Offer, id)))
    }

    /// How far the offer of a name has come.
    pub(crate) fn offer_progress(&self, name: &str) -> Result<Progress, StoreError> {
        let mut offer = [0; 32];
        if hex::decode_to_slice(name, &mut offer).is_err() {
            return Ok(Progress::Ended);
        }
        offers::progress(self.store().read(), &offer, self.now())
    }

    /// Redeems a code for an access token.
    pub(crate) fn token(&self, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
        if request.grant_type != PRE_AUTHORIZED_CODE_GRANT {
            return Err(TokenError::GrantType);
        }
        let code = request.pre_authorized_code.as_ref().ok_or(TokenError::NoCode)?;
        let tx_code = tx_code_of(request).ok_or(TokenError::NoTxCode)?;
        // What can be seen to be no such number is not a try.
        let tx_code = tx_code_description().read(tx_code.expose());
        let tx_code = tx_code.ok_or(TokenError::Grant(GrantError::Wrong))?;
        let token = tokens::new_secret(&mut OsRng);
        let redeemed = self.store().write(|db| self.redeem(db, code, &tx_code, &token))?;
        let redeemed = redeemed.map_err(|refused| TokenError::Grant(refused.into()))?;
        Ok(TokenResponse {
            access_token: token,
            token_type: TokenType::Bearer,
            expires_in: TOKEN_SECONDS,
            scope: Some(redeemed.schema.as_str().to_owned()),
        })
    }

    fn redeem(
        &self,
        db: &Connection,
        code: &Secret,
        tx_code: &Secret,
        token: &Secret,
    ) -> Result<Result<Redeemed, RedeemError>, StoreError> {
        let tx_digest = tokens::tx_code_digest(code.expose(), tx_code.expose());
        let code = digest(Purpose::Code, code.expose());
        let redeemed = offers::redeem(db, &code, &tx_digest, self.now())?;
        if let Ok(grant) = &redeemed {
            let token = digest(Purpose::AccessToken, token.expose());
            offers::insert_token(db, &token, grant, self.now() + TOKEN_SECONDS)?;
            offers::deliver(db, &code, &token)?;
        }
        Ok(redeemed)
    }
}

fn may_offer(db: &Connection, schema: &SchemaId, person: &PersonId) -> Result<(), ActError> {
    people::record(db, person, schema)?.ok_or(IssuerError::UnknownPerson)?;
    let in_force = credentials::in_force(db, person, schema)?;
    let suspended = in_force.iter().any(|held| held.state == CredentialState::Suspended);
    if suspended { Err(IssuerError::Suspended.into()) } else { Ok(()) }
}

/// Who offers what to whom.
struct Subject<'a> {
    clerk: &'a str,
    person: &'a PersonId,
    schema: &'a SchemaId,
    enrolment: Enrolment,
}

fn new_offer<'a>(subject: &Subject<'a>, id: &Secret, tx_code: &Secret, expires_at: u64) -> NewOffer<'a> {
    let code = tokens::offer_code(id.expose());
    NewOffer {
        offer: digest(Purpose::Offer, id.expose()),
        tx_code: tokens::tx_code_digest(code.expose(), tx_code.expose()),
        code: digest(Purpose::Code, code.expose()),
        person: subject.person,
        schema: subject.schema,
        expires_at,
        clerk: subject.clerk,
        enrolment: subject.enrolment,
    }
}

impl From<Enrolment> for OtherDevices {
    fn from(enrolment: Enrolment) -> Self {
        match enrolment {
            Enrolment::Add => Self::Stay,
            Enrolment::ReplaceAll => Self::End,
        }
    }
}

/// Older wallets send the number as `user_pin`, or as both.
fn tx_code_of(request: &TokenRequest) -> Option<&Secret> {
    request.tx_code.as_ref().or(request.user_pin.as_ref())
}

fn tx_code_description() -> TxCode {
    TxCode {
        input_mode: "numeric".to_owned(),
        length: TX_CODE_DIGITS,
        description: Some("窗口工作人员告知的数字 / The number that the clerk told you".to_owned()),
    }
}

impl From<RedeemError> for GrantError {
    fn from(refused: RedeemError) -> Self {
        match refused {
            RedeemError::Unknown => Self::Wrong,
            RedeemError::WrongTxCode { left } => Self::WrongNumber { left },
            RedeemError::Used => Self::Used,
            RedeemError::Expired => Self::Expired,
            RedeemError::Locked => Self::Locked,
        }
    }
}

/// How long an access token works.
const TOKEN_SECONDS: u64 = 600;
/// How long ended offers and tokens are remembered, so that their answers stay exact.
const SWEEP_AFTER_SECONDS: u64 = 86_400;
