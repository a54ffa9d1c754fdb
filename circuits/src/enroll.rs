//! The statement `enroll`, version 2: `holder = pseudonym(sk, psk, issuer, schema, 0)` and `person = H(TAG_PERSON, psk, issuer)`,
//! bound to a context.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use zeroize::Zeroizing;

use crate::constraints::values::Values;
use crate::constraints::{private, public};
use crate::credential::{DepartmentId, HolderSecrets, person_tag, pseudonym_tag};
use crate::poseidon::gadget::Input::{Constant, Variable};
use crate::poseidon::gadget::{hash, hash_values};
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

/// The constraint system, 609 rows. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, HolderSecrets)>,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let values = self.assignment.as_ref().map(|(public, _)| public.inputs());
        let input = |i: usize| public(&cs, values.map(|v| v[i]));
        let [context, issuer, schema, holder, person] =
            [input(0)?, input(1)?, input(2)?, input(3)?, input(4)?];
        let secrets = self.assignment.as_ref().map(|(_, secrets)| secrets);
        let device = private(&cs, secrets.map(|s| *s.device.expose()))?;
        let psk = private(&cs, secrets.map(|s| *s.person.expose()))?;
        let [pseudonym_tag, person_tag] = [pseudonym_tag(), person_tag()].map(FpVar::Constant);
        hash([&pseudonym_tag, &device, &psk, &issuer, &schema, &FpVar::zero()])?.enforce_equal(&holder)?;
        hash([&person_tag, &psk, &issuer])?.enforce_equal(&person)?;
        context.square().map(drop)
    }
}

/// The values of all variables, without a constraint system; unsatisfiable where [`check`] says no.
pub fn assign(public: &Public, secrets: &HolderSecrets) -> Result<Zeroizing<Vec<Fr>>, SynthesisError> {
    let mut values = Values::with_room(PUBLIC_INPUTS, 1 << 10);
    let inputs = public.inputs();
    for x in inputs {
        values.public(x);
    }
    let [context, issuer, schema, holder, person] = inputs;
    let device = Variable(values.private(*secrets.device.expose()));
    let psk = Variable(values.private(*secrets.person.expose()));
    let [pseudonym_tag, person_tag, zero] = [pseudonym_tag(), person_tag(), Fr::ZERO].map(Constant);
    let [issuer, schema] = [issuer, schema].map(Variable);
    let holds = hash_values(&mut values, [pseudonym_tag, device, psk, issuer, schema, zero]) == holder;
    values.require(holds);
    let holds = hash_values(&mut values, [person_tag, psk, issuer]) == person;
    values.require(holds);
    values.product(context, context);
    if values.holds() { Ok(values.into_assignment()) } else { Err(SynthesisError::Unsatisfiable) }
}

#[cfg(test)]
mod tests;
