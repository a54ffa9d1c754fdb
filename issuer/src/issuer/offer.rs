//! Offers and access tokens.

use circuits::schema::SchemaId;
use openid4vc::vci::{
    CredentialOffer, Grants, LinkError, OfferLink, PRE_AUTHORIZED_CODE_GRANT, PreAuthorizedCode, Secret,
    TokenRequest, TokenResponse, TokenType, TxCode,
};
use rand::rngs::OsRng;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{ActError, Issuer, IssuerError};
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialState};
use crate::store::offers::{self, NewOffer, Progress, RedeemError, Redeemed};
use crate::store::{StoreError, audit, people};
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
    /// The code or number is wrong, used, expired or locked.
    #[error("{}", words(*.0))]
    Grant(GrantError),
    /// The issuer's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Public name of the reasons, which a holder of the code may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantError {
    /// No such code, or a wrong `tx_code`: which of the two is not told.
    Wrong,
    /// Redeemed before.
    Used,
    /// Its time is over.
    Expired,
    /// Too many tries.
    Locked,
}

impl Issuer {
    /// Makes an offer for a person that the department has a record of. Earlier offers for the same die.
    pub(crate) fn offer(&self, schema: &SchemaId, person: &PersonId) -> Result<Offered, ActError> {
        self.granted(schema)?;
        let id = tokens::new_secret(&mut OsRng);
        let tx_code = tokens::new_tx_code(&mut OsRng);
        let expires_at = self.now() + self.config.offer_seconds;
        self.store().write(|db| {
            may_offer(db, schema, person)?;
            offers::sweep(db, self.now().saturating_sub(SWEEP_AFTER_SECONDS))?;
            offers::insert(db, &new_offer(&id, &tx_code, person, schema, expires_at))?;
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
        let schema = offers::open_schema(self.store().read(), &digest(Purpose::Offer, id), self.now())?;
        Ok(schema.map(|schema| CredentialOffer {
            credential_issuer: self.config.public_url.clone(),
            credential_configuration_ids: vec![schema],
            grants: Grants {
                pre_authorized_code: PreAuthorizedCode {
                    code: tokens::offer_code(id),
                    tx_code: Some(tx_code_description()),
                },
            },
        }))
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
        let token = tokens::new_secret(&mut OsRng);
        // What can be seen to be no such number is not a try.
        let wrong = TokenError::Grant(GrantError::Wrong);
        let given = match tx_code_of(request) {
            Some(given) => Some(tx_code_description().read(given.expose()).ok_or(wrong)?),
            None => None,
        };
        let redeemed = self.store().write(|db| self.redeem(db, code, given.as_ref(), &token))?;
        redeemed.map_err(|refused| TokenError::Grant(refused.into()))?;
        Ok(TokenResponse { access_token: token, token_type: TokenType::Bearer, expires_in: TOKEN_SECONDS })
    }

    fn redeem(
        &self,
        db: &Connection,
        code: &Secret,
        tx_code: Option<&Secret>,
        token: &Secret,
    ) -> Result<Result<(), RedeemError>, StoreError> {
        let tx_digest = tx_code.map(|t| tokens::tx_code_digest(code.expose(), t.expose()));
        let redeemed =
            offers::redeem(db, &digest(Purpose::Code, code.expose()), tx_digest.as_ref(), self.now())?;
        redeemed
            .map(|grant: Redeemed| {
                let token = digest(Purpose::AccessToken, token.expose());
                offers::insert_token(db, &token, &grant, self.now() + TOKEN_SECONDS)?;
                offers::deliver(db, &digest(Purpose::Code, code.expose()), &token)
            })
            .map_or_else(|refused| Ok(Err(refused)), |written| written.map(Ok))
    }
}

fn may_offer(db: &Connection, schema: &SchemaId, person: &PersonId) -> Result<(), ActError> {
    people::record(db, person, schema)?.ok_or(IssuerError::UnknownPerson)?;
    match credentials::newest(db, person, schema)? {
        Some(held) if held.state == CredentialState::Suspended => Err(IssuerError::Suspended.into()),
        _ => Ok(()),
    }
}

fn new_offer<'a>(
    id: &Secret,
    tx_code: &Secret,
    person: &'a PersonId,
    schema: &'a SchemaId,
    expires_at: u64,
) -> NewOffer<'a> {
    let code = tokens::offer_code(id.expose());
    NewOffer {
        offer: digest(Purpose::Offer, id.expose()),
        tx_code: tokens::tx_code_digest(code.expose(), tx_code.expose()),
        code: digest(Purpose::Code, code.expose()),
        person,
        schema,
        expires_at,
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
            RedeemError::Unknown | RedeemError::WrongTxCode => Self::Wrong,
            RedeemError::Used => Self::Used,
            RedeemError::Expired => Self::Expired,
            RedeemError::Locked => Self::Locked,
        }
    }
}

const fn words(reason: GrantError) -> &'static str {
    match reason {
        GrantError::Wrong => "the code or the number is wrong",
        GrantError::Used => "the offer was used before",
        GrantError::Expired => "the offer has expired",
        GrantError::Locked => "too many wrong numbers: the offer is locked",
    }
}

/// How long an access token works.
const TOKEN_SECONDS: u64 = 600;
/// How long ended offers and tokens are remembered, so that their answers stay exact.
const SWEEP_AFTER_SECONDS: u64 = 86_400;
