//! Answers of which only the proofs are left to check, and checking those of many together.

use circuits::Fr;
use circuits::show::Public;
use rand::rngs::OsRng;

use super::{Answer, Answered, Claim, Engine as _, Prepared, Refusal, ShowKey, Verified, one};

/// An answer of which everything but the proofs was checked. Only [`super::examine`] makes one.
pub struct Examined<'a> {
    pub(super) presentations: Vec<Answered<'a>>,
    /// One for each presentation.
    pub(super) publics: Vec<Public>,
    pub(super) root: Fr,
}

/// Checks the proofs of all these answers; one verdict for each, in their order. A false proof is held against its own
/// answer alone. Uses the threads of the current rayon pool.
pub fn prove(examined: Vec<Examined<'_>>, key: &ShowKey) -> Vec<Result<Verified<Answer>, Refusal>> {
    let claims: Vec<Claim<'_>> = examined.iter().flat_map(Examined::claims).collect();
    let false_claims = false_claims(key.engine(), &claims);
    drop(claims);
    let mut first = 0;
    let conclude = |answer: Examined<'_>| {
        let own = first..first + answer.publics.len();
        first = own.end;
        let next = false_claims.partition_point(|index| *index < own.start);
        let false_claim = false_claims.get(next).filter(|index| own.contains(index));
        answer.conclude(false_claim.map(|index| index - own.start), key)
    };
    examined.into_iter().map(conclude).collect()
}

/// By index, in ascending order.
fn false_claims(engine: &Prepared, claims: &[Claim<'_>]) -> Vec<usize> {
    match claims {
        [_] => engine.check(claims).err().into_iter().collect(),
        _ => engine.false_claims(claims, &mut OsRng),
    }
}

impl Examined<'_> {
    fn claims(&self) -> impl Iterator<Item = Claim<'_>> {
        let each = self.publics.iter().zip(&self.presentations);
        each.map(|(public, (_, presentation))| Claim {
            inputs: public.to_inputs(),
            proof: &presentation.proof,
        })
    }

    /// The verdict, once it is known which of the proofs is false.
    fn conclude(self, false_claim: Option<usize>, key: &ShowKey) -> Result<Verified<Answer>, Refusal> {
        if let Some(index) = false_claim {
            let credential = self.presentations.get(index).map(|(query, _)| query.id.clone());
            return Err(Refusal::NotProved { credential: credential.unwrap_or_default() });
        }
        let nullifier = one_holder(&self.presentations)?;
        Ok(Verified::new(Answer::new(self.root, nullifier, self.presentations, key.key_use())))
    }
}

/// One holder: all proofs share the scope, so equal nullifiers mean equal secrets.
fn one_holder(presentations: &[Answered<'_>]) -> Result<Fr, Refusal> {
    one(presentations, |p| p.nullifier.0).ok_or(Refusal::SeveralHolders)
}
