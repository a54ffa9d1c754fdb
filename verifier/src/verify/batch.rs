//! The proofs of many answers together, those of one key at a time.

use std::collections::BTreeMap;

use circuits::Fr;
use groth16::{Claim, PreparedVerifier};
use ledger::digest::Digest;
use rand::rngs::OsRng;

use super::{Checked, CheckedLinked, CheckedPresentation, CheckedScore, common};
use crate::{Answer, CircuitKey, Verified, VerifyError};

/// Checks the proofs of all these answers, those of one key together; one verdict for each, in their order. An
/// invalid proof is held against its own answer alone. Uses the threads of the current rayon pool.
pub fn verify_batch(checked: Vec<Checked>) -> Vec<Result<Verified<Answer>, VerifyError>> {
    let invalid = invalid_claims(&checked);
    let mut first = 0;
    let conclude = |answer: Checked| {
        let own = first..first + answer.claims().count();
        first = own.end;
        let next = invalid.partition_point(|index| *index < own.start);
        let own_invalid = invalid.get(next).filter(|index| own.contains(index));
        answer.conclude(own_invalid.map(|index| index - own.start))
    };
    checked.into_iter().map(conclude).collect()
}

/// Claims that are checked together, each with its index among all.
struct Group<'a> {
    verifier: &'a PreparedVerifier,
    indexes: Vec<usize>,
    claims: Vec<Claim<'a>>,
}

/// By index among all claims, in ascending order.
fn invalid_claims(checked: &[Checked]) -> Vec<usize> {
    let mut groups: BTreeMap<&Digest, Group<'_>> = BTreeMap::new();
    for (index, claimed) in checked.iter().flat_map(Checked::claims).enumerate() {
        let group = groups.entry(claimed.key.digest()).or_insert_with(|| Group::new(claimed.key));
        group.add(index, claimed.claim());
    }
    let mut found: Vec<usize> = groups.into_values().flat_map(Group::invalid).collect();
    found.sort_unstable();
    found
}

impl<'a> Group<'a> {
    fn new(key: &'a CircuitKey) -> Self {
        Self { verifier: key.verifier(), indexes: Vec::new(), claims: Vec::new() }
    }

    fn add(&mut self, index: usize, claim: Claim<'a>) {
        self.indexes.push(index);
        self.claims.push(claim);
    }

    fn invalid(self) -> Vec<usize> {
        let found = self.verifier.verify_batch(&self.claims, &mut OsRng);
        found.into_iter().filter_map(|place| self.indexes.get(place).copied()).collect()
    }
}

/// One proof of an answer, under its key.
struct Claimed<'a> {
    key: &'a CircuitKey,
    part: Part<'a>,
}

/// What it proves.
#[derive(Clone, Copy)]
enum Part<'a> {
    Credential(&'a CheckedPresentation),
    Across(&'a CheckedLinked),
    Score(&'a CheckedScore),
}

impl<'a> Claimed<'a> {
    fn claim(&self) -> Claim<'a> {
        let linked =
            |proof: &'a CheckedLinked| Claim { inputs: proof.inputs.clone(), proof: &proof.linked.proof };
        match self.part {
            Part::Credential(one) => Claim { inputs: one.public.to_inputs(), proof: &one.presentation.proof },
            Part::Across(proof) => linked(proof),
            Part::Score(score) => linked(&score.proof),
        }
    }

    fn not_proved(&self) -> VerifyError {
        match self.part {
            Part::Credential(one) => VerifyError::NotProved { credential: one.id.clone() },
            Part::Across(_) => VerifyError::AcrossNotProved,
            Part::Score(score) => VerifyError::ScoreNotProved {
                credential: score.credential.clone(),
                model: score.model.clone(),
            },
        }
    }
}

impl Checked {
    /// All proofs, those of credentials first.
    fn claims(&self) -> impl Iterator<Item = Claimed<'_>> {
        let shown =
            self.presentations.iter().map(|one| Claimed { key: &self.key, part: Part::Credential(one) });
        let across = self.across.iter().map(|proof| Claimed { key: &proof.key, part: Part::Across(proof) });
        let scores =
            self.models.iter().map(|score| Claimed { key: &score.proof.key, part: Part::Score(score) });
        shown.chain(across).chain(scores)
    }

    /// The verdict, once it is known which of the proofs is invalid.
    fn conclude(self, invalid: Option<usize>) -> Result<Verified<Answer>, VerifyError> {
        if let Some(index) = invalid {
            let proof = self.claims().nth(index);
            return Err(proof.map_or(VerifyError::MissingCredential, |proof| proof.not_proved()));
        }
        let nullifier = one_holder(&self.presentations)?;
        let Self { presentations, across, models, root, key } = self;
        let models = models.into_iter().map(|score| score.proof).collect();
        Ok(Verified::new(Answer::new(root, nullifier, &key, presentations, across, models)))
    }
}

/// One holder: all presentations share the scope, so equal nullifiers mean equal secrets and one index. In a named scope it is
/// one person, whose devices need not be the same.
fn one_holder(presentations: &[CheckedPresentation]) -> Result<Fr, VerifyError> {
    common(presentations.iter().map(|checked| checked.presentation.nullifier.0))
        .ok_or(VerifyError::SeveralHolders)
}
