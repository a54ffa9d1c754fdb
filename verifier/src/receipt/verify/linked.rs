//! The proofs across credentials and of scores: exactly those of the policy, about the links of the proofs beside them.

use circuits::Fr;
use circuits::field::Element;
use circuits::policy::CheckedPolicy;

use super::super::{Bundle, LinkedShowing, ReceiptError};
use super::keys::Keys;
use crate::links::Links;

/// The inputs are built from policy, session and links; those of the bundle are only compared.
pub(super) fn verify(
    bundle: &Bundle,
    policy: &CheckedPolicy,
    keys: &Keys,
    links: &Links,
) -> Result<(), ReceiptError> {
    let session = &bundle.session;
    let context = session.context();
    match (links.join(policy, context, session.asked_at)?, &bundle.across) {
        (None, None) => {}
        (Some(public), Some(showing)) => {
            let inputs = public.to_inputs();
            if !states(showing, &inputs) {
                return Err(ReceiptError::AcrossInputs);
            }
            let proved = keys.linked(showing.key)?.verify(&inputs, &showing.proof);
            proved.map_err(|_| ReceiptError::AcrossNotProved)?;
        }
        (Some(_), None) | (None, Some(_)) => return Err(ReceiptError::Shown),
    }
    let scores = links.scores(policy, context);
    if scores.len() != bundle.models.len() {
        return Err(ReceiptError::Shown);
    }
    for ((public, showing), condition) in scores.iter().zip(&bundle.models).zip(&policy.policy().models) {
        let model = || condition.model.clone();
        let inputs = public.to_inputs();
        if !states(showing, &inputs) {
            return Err(ReceiptError::ScoreInputs { model: model() });
        }
        let proved = keys.linked(showing.key)?.verify(&inputs, &showing.proof);
        proved.map_err(|_| ReceiptError::ScoreNotProved { model: model() })?;
    }
    Ok(())
}

fn states(showing: &LinkedShowing, inputs: &[Fr]) -> bool {
    showing.inputs.iter().map(|element: &Element| &element.0).eq(inputs)
}

#[cfg(test)]
mod tests;
