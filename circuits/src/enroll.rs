//! The statement `enroll`, version 2: `holder = pseudonym(sk, psk, issuer, schema, 0)` and `person = H(TAG_PERSON, psk, issuer)`,
//! bound to a context.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use zeroize::Zeroizing;

use crate::constraints::{Builder, Expr};
use crate::credential::{DepartmentId, HolderSecrets, person_tag, pseudonym_tag};
use crate::poseidon::gadget::hash;
use crate::schema::SchemaId;

/// Circuit name.
pub const NAME: &str = "enroll";
/// Circuit version.
pub const VERSION: u32 = 2;
/// context, issuer, schema, holder, person.
pub const PUBLIC_INPUTS: usize = 5;

/// All public inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// Binds the proof to one credential request.
    pub context: Fr,
    /// Who is asked.
    pub issuer: DepartmentId,
    /// For what.
    pub schema: SchemaId,
    /// The holder value.
    pub holder: Fr,
    /// The person, as this department knows it.
    pub person: Fr,
}

impl Public {
    /// The 5 public inputs in order.
    pub fn to_inputs(&self) -> Vec<Fr> {
        self.inputs().to_vec()
    }

    fn inputs(&self) -> [Fr; PUBLIC_INPUTS] {
        [self.context, self.issuer.element(), self.schema.element(), self.holder, self.person]
    }
}

/// The names of the 5 public inputs, in the same order.
pub fn input_names() -> Vec<String> {
    ["context", "issuer", "schema", "holder", "person"].map(String::from).into()
}

/// The statement in plain Rust; it holds of any context.
pub fn check(public: &Public, secrets: &HolderSecrets) -> bool {
    secrets.holder(&public.issuer, &public.schema) == public.holder
        && secrets.person.person(&public.issuer) == public.person
}

/// The constraint system, 606 rows. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, HolderSecrets)>,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let assignment = self.assignment.as_ref().map(|(public, secret)| (public, secret));
        rows(&Builder::new(cs), assignment)
    }
}

/// The values of all variables, without a constraint system; that the statement holds is for [`check`] to say.
pub fn assign(public: &Public, secrets: &HolderSecrets) -> Result<Zeroizing<Vec<Fr>>, SynthesisError> {
    let b = Builder::for_values(PUBLIC_INPUTS, 1 << 10);
    rows(&b, Some((public, secrets)))?;
    Ok(b.into_assignment())
}

fn rows(b: &Builder, assignment: Option<(&Public, &HolderSecrets)>) -> Result<(), SynthesisError> {
    let values = assignment.map(|(public, _)| public.inputs());
    let input = |i: usize| b.public(values.map(|v| v[i]));
    let [context, issuer, schema, holder, person] = [input(0)?, input(1)?, input(2)?, input(3)?, input(4)?];
    let secrets = assignment.map(|(_, secrets)| secrets);
    let device = b.private(secrets.map(|s| *s.device.expose()))?;
    let psk = b.private(secrets.map(|s| *s.person.expose()))?;
    let [tag, zero] = [pseudonym_tag(), Fr::ZERO].map(Expr::Constant);
    b.equal(&hash(b, &[&tag, &device, &psk, &issuer, &schema, &zero])?, &holder)?;
    b.equal(&hash(b, &[&Expr::Constant(person_tag()), &psk, &issuer])?, &person)?;
    b.product(&context, &context).map(drop)
}

#[cfg(test)]
mod tests;
