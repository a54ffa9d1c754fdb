//! A credential on paper, for a citizen without a phone.

use circuits::credential::{DeviceSecret, HolderSecrets, PersonSecret};
use circuits::schema::SchemaId;
use openid4vc::paper::{CodeChoiceError, Fresh, NONCE, OpenError, Paper, PaperCode, SALT, SealedPaper};
use openid4vc::vci::IssuedCredential;
use rand::RngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use super::grant::{Authority, Candidate, Devices};
use super::sight::Basis;
use super::{ActError, Issuer, IssuerError};
use crate::person::PersonId;
use crate::store::people::Enrolment;

/// What the issuer prints, and what it tells. It is kept nowhere; no `Debug`.
pub(crate) struct Printed {
    /// For the paper.
    pub(crate) sealed: SealedPaper,
    /// For the citizen's ear: never on the paper.
    pub(crate) code: PaperCode,
    /// Until when the credential is valid, Unix seconds.
    pub(crate) until: u64,
}

impl Issuer {
    /// Grants a credential to secrets drawn for the citizen, and seals both under the code. An earlier credential of the person ends. At the
    /// person authority it is for whoever has no wallet: a paper is a person of its own.
    ///
    /// A crash between the grant and the printer leaves a credential that nobody can use; printing again replaces it. The
    /// person is therefore kept once the paper is sure to be handed out, and not with the grant.
    pub(super) fn paper_on(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        basis: &Basis,
        code: PaperCode,
    ) -> Result<Printed, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let values = self.recorded_values(&published, person)?;
        let secrets = draw_secrets();
        let department = &self.config().department;
        let proved_person = grantable.dates_persons().then(|| secrets.person.person(department));
        let candidate = Candidate {
            person: person.clone(),
            // Nobody proves a paper, so it stands beside no other device.
            devices: Devices::enrolling(secrets.holder(department, schema), Enrolment::ReplaceAll),
            proved_person,
            values,
            authority: Authority::Paper,
            basis: basis.clone(),
        };
        let held = self.grant_one(&published, grantable, candidate)?.held;
        let credential = held.credential(department, &published)?;
        let credential = IssuedCredential::new(&credential, held.position, held.entry);
        let printed = print(&Paper { secrets, credential }, code).map_err(|_| IssuerError::NoMemory)?;
        if let Some(value) = &proved_person {
            self.store().write(|db| self.keep_person(db, person, value))?;
        }
        Ok(printed)
    }
}

/// The code of a paper: as the person chose it, else drawn.
pub(crate) fn paper_code(chosen: &str, person: &PersonId) -> Result<PaperCode, CodeChoiceError> {
    match chosen.trim() {
        "" => Ok(PaperCode::random(&mut OsRng)),
        chosen => PaperCode::chosen(chosen, person.as_str()),
    }
}

fn print(paper: &Paper, code: PaperCode) -> Result<Printed, OpenError> {
    let mut fresh = Fresh { salt: [0; SALT], nonce: [0; NONCE] };
    OsRng.fill_bytes(&mut fresh.salt);
    OsRng.fill_bytes(&mut fresh.nonce);
    Ok(Printed { sealed: paper.seal(&code, &fresh)?, code, until: paper.credential.validity.until })
}

fn draw_secrets() -> HolderSecrets {
    let mut bytes = Zeroizing::new([0; 64]);
    OsRng.fill_bytes(bytes.as_mut());
    let device = DeviceSecret::from_uniform_bytes(&bytes);
    OsRng.fill_bytes(bytes.as_mut());
    HolderSecrets { device, person: PersonSecret::from_uniform_bytes(&bytes) }
}
