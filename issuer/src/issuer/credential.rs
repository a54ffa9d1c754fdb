//! A credential for a wallet that shows who it is.

use circuits::Fr;
use circuits::credential::Scope;
use circuits::enroll;
use circuits::policy::PolicyError;
use circuits::schema::{Schema, SchemaId, Values};
use circuits::show;
use groth16::{Proof, ProofError};
use ledger::follow::{Freshness, RootAge};
use ledger::registry::KeyUseError;
use openid4vc::handover;
use openid4vc::renewal::RenewalError;
use openid4vc::vci::{
    CredentialRequest, CredentialResponse, CredentialWrapper, EnrollProof, IDENTITY_QUERY, IdentityProof,
    IssuedCredential, Notification, PERSON_ATTRIBUTE, Proofs, Secret, identity_policy,
};
use rand::rngs::OsRng;
use service::staff::LOCAL;
use std::sync::PoisonError;

use super::enrolled::Proved;
use super::grant::{Authority, Candidate, Devices, Granted};
use super::sight::Basis;
use super::{ActError, Changed, Issuer, IssuerError, NotGranted};
use crate::config::{Binding, Grantable};
use crate::person::PersonId;
use crate::store::credentials::{HeldCredential, stored_values};
use crate::store::offers::{OpenedToken, Redeemed};
use crate::store::people::Enrolment;
use crate::store::{StoreError, offers, people};
use crate::tokens::{self, Digest, NonceError, Purpose, digest};

/// Why a wallet gets no credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CredentialError {
    /// The access token is unknown, expired, or has served another holder.
    #[error("the access token is not valid")]
    Token,
    /// The token is for another credential, or the issuer does not grant it.
    #[error("the access token is not for this credential")]
    Configuration,
    /// The nonce is refused.
    #[error("{0}")]
    Nonce(#[from] NonceError),
    /// The issuer asks for the other kind of proof.
    #[error("this credential is asked for with another proof type")]
    ProofType,
    /// The proof is malformed or does not prove what the issuer asked.
    #[error("{0}")]
    Proof(#[from] ProofError),
    /// The wallet's clock differs too much.
    #[error("`now` differs from the desk's clock by more than five minutes")]
    Clock,
    /// The root is unknown or too old.
    #[error("the root is unknown or too old")]
    Root,
    /// The desk does not know the ledger as it is now.
    #[error(
        "the newest statement that the desk has of the ledger is not of the last hour by the desk's clock ({0:?}): the ledger \
         or the way to it shows old answers, or one of the clocks is wrong"
    )]
    OldLedger(Freshness),
    /// An answer cannot be sealed to the key that the wallet names.
    #[error(transparent)]
    Recipient(#[from] RenewalError),
    /// No such notification.
    #[error("no credential was handed out under this notification identifier")]
    Notification,
    /// The ledger has no key for the circuit that is used at this time and here.
    #[error("no key for this proof: {0}")]
    Key(#[from] KeyUseError),
    /// The ledger has no such identity schema yet.
    #[error("the ledger has no identity schema for this proof yet")]
    NotReady,
    /// The department does not grant it, or cannot.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl Issuer {
    /// A new nonce.
    pub(crate) fn nonce(&self) -> String {
        self.nonces.make(self.now(), &mut OsRng)
    }

    /// Which credential an access token is for.
    pub(crate) fn scope_of(&self, token: &Secret) -> Result<SchemaId, CredentialError> {
        let token = digest(Purpose::AccessToken, token.expose());
        let opened = offers::open_token(self.store().read(), &token, self.now())?;
        Ok(opened.ok_or(CredentialError::Token)?.grant.schema)
    }

    /// Checks token, nonce and proof, in this order, and grants.
    pub(crate) fn credential(
        &self,
        token: &Secret,
        request: &CredentialRequest,
    ) -> Result<CredentialResponse, CredentialError> {
        let token = digest(Purpose::AccessToken, token.expose());
        let opened =
            offers::open_token(self.store().read(), &token, self.now())?.ok_or(CredentialError::Token)?;
        let schema_id = &opened.grant.schema;
        if *schema_id != request.credential_configuration_id {
            return Err(CredentialError::Configuration);
        }
        let (grantable, schema) = self.granted(schema_id)?;
        self.nonces.spend(request.proofs.nonce(), self.now())?;
        self.check_proof(&grantable.binding, schema_id, &opened.grant.person, &request.proofs)?;
        self.hand_out(&token, &opened, grantable, &schema, Proved::from(&request.proofs))
    }

    /// Notes what a wallet did with its credential.
    pub(crate) fn notified(
        &self,
        token: &Secret,
        notification: &Notification,
    ) -> Result<(), CredentialError> {
        let token = digest(Purpose::AccessToken, token.expose());
        offers::open_token(self.store().read(), &token, self.now())?.ok_or(CredentialError::Token)?;
        let event = serde_json::to_string(&notification.event).expect("an event is a word");
        let id = digest(Purpose::Notification, &notification.notification_id);
        let known = self.store().write(|db| offers::set_notified(db, &id, event.trim_matches('"')))?;
        if known { Ok(()) } else { Err(CredentialError::Notification) }
    }

    fn hand_out(
        &self,
        token: &Digest,
        opened: &OpenedToken,
        grantable: &Grantable,
        schema: &Schema,
        proved: Proved,
    ) -> Result<CredentialResponse, CredentialError> {
        let claimed = self.store().write(|db| offers::claim_token(db, token, &proved.holder, self.now()))?;
        if !claimed {
            return Err(CredentialError::Token);
        }
        match self.grant_offered(token, &opened.grant, grantable, schema, proved) {
            Ok(granted) => self.wrap(token, schema, &granted.held),
            Err(ActError::Refused(refusal)) => {
                self.store().write(|db| offers::release_token(db, token))?;
                Err(ActError::Refused(refusal).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Grants to a wallet that showed itself, as a further device of the person or in place of those before it, as the
    /// offer says. If it would take the place of another, that is proposed in the name of whoever made the offer, and the
    /// wallet is refused until another clerk has approved it.
    fn grant_offered(
        &self,
        token: &Digest,
        offered: &Redeemed,
        grantable: &Grantable,
        schema: &Schema,
        proved: Proved,
    ) -> Result<Granted, ActError> {
        let candidate = self.candidate(token, offered, schema, proved)?;
        let granted = self.grant_one(schema, grantable, candidate);
        if matches!(granted, Err(ActError::Refused(IssuerError::NeedsApproval))) {
            let clerk = offered.clerk.as_deref().unwrap_or(LOCAL);
            self.propose_wallet(clerk, &schema.schema, &offered.person, proved)?;
        }
        granted
    }

    /// Lets a wallet that showed itself take the place of the one before, now that a second clerk agrees. The person
    /// receives with a new offer.
    pub(super) fn replace_wallet(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        proved: Proved,
        basis: &Basis,
    ) -> Result<Changed, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let values = self.recorded_values(&published, person)?;
        let (person, basis) = (person.clone(), basis.clone());
        let Proved { holder, person: proved_person } = proved;
        let devices = Devices::enrolling(holder, Enrolment::ReplaceAll);
        let authority = Authority::Wallet;
        let candidate = Candidate { person, devices, proved_person, values, authority, basis };
        Ok(Changed::from(&self.grant_one(&published, grantable, candidate)?))
    }

    fn candidate(
        &self,
        token: &Digest,
        offered: &Redeemed,
        schema: &Schema,
        proved: Proved,
    ) -> Result<Candidate, ActError> {
        let person = offered.person.clone();
        let values = self.recorded_values(schema, &person)?;
        let authority = Authority::Offer(*token);
        let Proved { holder, person: proved_person } = proved;
        let devices = Devices::enrolling(holder, offered.enrolment);
        Ok(Candidate { person, devices, proved_person, values, authority, basis: Basis::Present })
    }

    /// What the department's record says of a person.
    pub(super) fn recorded_values(&self, schema: &Schema, person: &PersonId) -> Result<Values, ActError> {
        let json = people::record(self.store().read(), person, &schema.schema)?;
        Ok(stored_values(schema, &json.ok_or(IssuerError::UnknownPerson)?)?)
    }

    fn wrap(
        &self,
        token: &Digest,
        schema: &Schema,
        held: &HeldCredential,
    ) -> Result<CredentialResponse, CredentialError> {
        let notification = tokens::new_secret(&mut OsRng);
        self.store().write(|db| {
            offers::bind_token(db, token, &held.holder)?;
            offers::expect_notification(db, &digest(Purpose::Notification, notification.expose()), held.id)
        })?;
        let credential = held.credential(&self.config.department, schema)?;
        let credential = IssuedCredential::new(&credential, held.position, held.entry);
        Ok(CredentialResponse {
            credentials: [CredentialWrapper { credential }],
            notification_id: Some(notification.expose().to_owned()),
        })
    }

    fn check_proof(
        &self,
        binding: &Binding,
        schema: &SchemaId,
        person: &PersonId,
        proofs: &Proofs,
    ) -> Result<(), CredentialError> {
        let context = handover::openid4vci(self.config.public_url.as_str(), proofs.nonce(), schema.as_str());
        match (binding, proofs) {
            (Binding::Enroll, Proofs::Enroll([proof])) => self.check_enroll(context, schema, proof),
            (Binding::Identity { schema: identity, issuers }, Proofs::Identity([proof])) => {
                let policy = identity_policy(identity, issuers);
                let mut refused = None;
                for number in person.spellings() {
                    let rows = self.identity_rows(&policy, &number, proof.now)?;
                    match self.check_identity(context, schema, rows, proof) {
                        Err(wrong @ CredentialError::Proof(_)) => refused = refused.or(Some(wrong)),
                        checked => return checked,
                    }
                }
                Err(refused.unwrap_or(CredentialError::ProofType))
            }
            _ => Err(CredentialError::ProofType),
        }
    }

    pub(super) fn check_enroll(
        &self,
        context: Fr,
        schema: &SchemaId,
        given: &EnrollProof,
    ) -> Result<(), CredentialError> {
        let public = enroll::Public {
            context,
            issuer: self.config.department.clone(),
            schema: schema.clone(),
            holder: given.holder.0,
            person: given.person.0,
        };
        self.check_with(enroll::NAME, enroll::VERSION, &public.to_inputs(), &given.proof)
    }

    /// Every row but the nullifier is the issuer's own; the nullifier is what becomes the holder value. No other proof speaks
    /// of the credential, so nothing is linked.
    fn check_identity(
        &self,
        context: Fr,
        schema: &SchemaId,
        rows: show::Rows,
        given: &IdentityProof,
    ) -> Result<(), CredentialError> {
        if given.now.abs_diff(self.now()) > CLOCK_SECONDS {
            return Err(CredentialError::Clock);
        }
        self.check_root(&given.root.0)?;
        let public = show::Public {
            root: given.root.0,
            now: given.now.into(),
            context,
            scope: Scope::enrolment(&self.config.department, schema),
            linked: 0.into(),
            nullifier: given.holder.0,
            link: 0.into(),
            rows,
        };
        self.check_with(show::NAME, show::VERSION, &public.to_inputs(), &given.proof)
    }

    fn identity_rows(
        &self,
        policy: &circuits::policy::Policy,
        number: &str,
        now: u64,
    ) -> Result<show::Rows, CredentialError> {
        let revealed = [(PERSON_ATTRIBUTE.to_owned(), number.into())].into_iter().collect();
        let checked = policy.check(&self.registry()).map_err(|e| not_ready(&e))?;
        checked.rows(IDENTITY_QUERY, now, &revealed).map_err(|e| not_ready(&e))
    }

    /// A wallet may be ahead of the issuer: an unknown root is looked up on the ledger, again if the log moved on meanwhile.
    /// Nothing is said about any root while the newest statement of the ledger is too old to know.
    fn check_root(&self, root: &Fr) -> Result<(), CredentialError> {
        for _ in 0..LOOKUPS {
            if self.root_age(root) != RootAge::Unknown {
                break;
            }
            self.sync().unwrap_or_else(|e| tracing::warn!("following the ledger: {e}"));
        }
        let freshness = self.freshness();
        if !freshness.is_within(MAX_ROOT_AGE_SECONDS) {
            return Err(CredentialError::OldLedger(freshness));
        }
        match self.root_age(root) {
            RootAge::Current => Ok(()),
            RootAge::Superseded { seconds } if seconds <= MAX_ROOT_AGE_SECONDS => Ok(()),
            RootAge::Superseded { .. } | RootAge::Unknown => Err(CredentialError::Root),
        }
    }

    fn root_age(&self, root: &Fr) -> RootAge {
        self.follower.read().unwrap_or_else(PoisonError::into_inner).root_age(root, self.now())
    }

    /// Checks a proof under the keys that are used now, the newest first. Wallets do not say under which it was made; there
    /// are two for a while when a new one comes.
    fn check_with(
        &self,
        circuit: &str,
        version: u32,
        inputs: &[Fr],
        proof: &serde_json::Value,
    ) -> Result<(), CredentialError> {
        let registry = self.registry();
        let proof = Proof::from_json(proof)?;
        let keys = registry.usable_keys(circuit, version, self.now(), self.config.development)?;
        let mut checked = keys.iter().map(|key| key.verifying_key.verify(inputs, &proof));
        let first = checked.next().expect("the registry gives at least one key");
        first.or_else(|error| checked.find(Result::is_ok).unwrap_or(Err(error))).map_err(Into::into)
    }
}

impl From<&Proofs> for Proved {
    fn from(proofs: &Proofs) -> Self {
        let person = match proofs {
            Proofs::Enroll([proof]) => Some(proof.person.0),
            Proofs::Identity(_) => None,
        };
        Self { holder: proofs.holder(), person }
    }
}

fn not_ready(e: &PolicyError) -> CredentialError {
    tracing::warn!(path = e.path, "the identity schema does not fit");
    CredentialError::NotReady
}

impl From<StoreError> for CredentialError {
    fn from(e: StoreError) -> Self {
        ActError::from(e).into()
    }
}

impl From<NotGranted> for CredentialError {
    fn from(e: NotGranted) -> Self {
        match e {
            NotGranted::NotConfigured => Self::Configuration,
            NotGranted::NotPublished | NotGranted::Suspended => Self::NotReady,
        }
    }
}

/// How often an unknown root is looked up on the ledger.
const LOOKUPS: usize = 5;
/// How much a wallet's clock may differ.
const CLOCK_SECONDS: u64 = 300;
/// How long after it was superseded a root is accepted at an issuer.
const MAX_ROOT_AGE_SECONDS: u64 = 3_600;
