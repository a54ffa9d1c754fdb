//! The statement `enroll`, version 1: `holder = pseudonym(sk, issuer, schema)`, bound to a context.

use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use zeroize::Zeroizing;

use crate::constraints::{Builder, Expr};
use crate::credential::{DepartmentId, HolderSecret, Scope, pseudonym_tag};
use crate::poseidon::gadget::hash;
use crate::schema::SchemaId;

/// Circuit name.
pub const NAME: &str = "enroll";
/// Circuit version.
pub const VERSION: u32 = 1;
/// context, issuer, schema, holder.
pub const PUBLIC_INPUTS: usize = 4;

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
}

impl Public {
    /// The 4 public inputs in order.
    pub fn to_inputs(&self) -> Vec<Fr> {
        self.inputs().to_vec()
    }

    fn inputs(&self) -> [Fr; PUBLIC_INPUTS] {
        [self.context, self.issuer.element(), self.schema.element(), self.holder]
    }
}

/// The names of the 4 public inputs, in the same order.
pub fn input_names() -> Vec<String> {
    ["context", "issuer", "schema", "holder"].map(String::from).into()
}

/// The statement in plain Rust; it holds of any context.
pub fn check(public: &Public, secret: &HolderSecret) -> bool {
    secret.pseudonym(&Scope::enrolment(&public.issuer, &public.schema)) == public.holder
}

/// The constraint system, 296 rows. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, HolderSecret)>,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let assignment = self.assignment.as_ref().map(|(public, secret)| (public, secret));
        rows(&Builder::new(cs), assignment)
    }
}

/// The values of all variables, without a constraint system; that the statement holds is for [`check`] to say.
pub fn assign(public: &Public, secret: &HolderSecret) -> Result<Zeroizing<Vec<Fr>>, SynthesisError> {
    let b = Builder::for_values(PUBLIC_INPUTS, 1 << 9);
    rows(&b, Some((public, secret)))?;
    Ok(b.into_assignment())
}

fn rows(b: &Builder, assignment: Option<(&Public, &HolderSecret)>) -> Result<(), SynthesisError> {
    let values = assignment.map(|(public, _)| public.inputs());
    let input = |i: usize| b.public(values.map(|v| v[i]));
    let [context, issuer, schema, holder] = [input(0)?, input(1)?, input(2)?, input(3)?];
    let secret = b.private(assignment.map(|(_, secret)| *secret.expose()))?;
    let pseudonym = hash(b, &[&Expr::Constant(pseudonym_tag()), &secret, &issuer, &schema])?;
    b.equal(&pseudonym, &holder)?;
    b.product(&context, &context).map(drop)
}

#[cfg(test)]
mod tests;
