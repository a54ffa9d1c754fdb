//! Answers of which only the proofs are left to check, and checking those of many together.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::show::Public;
use ledger::digest::Digest;
use rand::rngs::OsRng;

use super::{Answer, Answered, Claim, Engine as _, Prepared, Refusal, ShowKey, Verified, one};

/// An answer of which everything but the proofs was checked. Only [`super::examine`] makes one.
pub struct Examined<'a> {
    pub(super) presentations: Vec<Answered<'a>>,
    /// One for each presentation.
    pub(super) publics: Vec<Public>,
    pub(super) root: Fr,
    /// The one that all proofs name.
    pub(super) key: ShowKey,
}

/// Claims that are checked together, each with its index among all.
struct Group<'a> {
    engine: &'a Prepared,
    indexes: Vec<usize>,
    claims: Vec<Claim<'a>>,
}

/// Checks the proofs of all these answers, those of one key together; one verdict for each, in their order. A false proof is
/// held against its own answer alone. Uses the threads of the current rayon pool.
pub fn prove(examined: Vec<Examined<'_>>) -> Vec<Result<Verified<Answer>, Refusal>> {
    let false_claims = false_claims(&examined);
    let mut first = 0;
    let conclude = |answer: Examined<'_>| {
        let own = first..first + answer.publics.len();
        first = own.end;
        let next = false_claims.partition_point(|index| *index < own.start);
        let false_claim = false_claims.get(next).filter(|index| own.contains(index));
        answer.conclude(false_claim.map(|index| index - own.start))
    };
    examined.into_iter().map(conclude).collect()
}

/// By index among all claims, in ascending order.
fn false_claims(examined: &[Examined<'_>]) -> Vec<usize> {
    let mut groups: BTreeMap<&Digest, Group<'_>> = BTreeMap::new();
    let claims = examined.iter().flat_map(|answer| answer.claims().map(|claim| (&answer.key, claim)));
    for (index, (key, claim)) in claims.enumerate() {
        groups.entry(key.digest()).or_insert_with(|| Group::of(key)).add(index, claim);
    }
    let mut found: Vec<usize> = groups.into_values().flat_map(Group::false_claims).collect();
    found.sort_unstable();
    found
}

impl<'a> Group<'a> {
    fn of(key: &'a ShowKey) -> Self {
        Self { engine: key.engine(), indexes: Vec::new(), claims: Vec::new() }
    }

    fn add(&mut self, index: usize, claim: Claim<'a>) {
        self.indexes.push(index);
        self.claims.push(claim);
    }

    fn false_claims(self) -> Vec<usize> {
        let found = match &*self.claims {
            [_] => self.engine.check(&self.claims).err().into_iter().collect(),
            _ => self.engine.false_claims(&self.claims, &mut OsRng),
        };
        found.into_iter().filter_map(|place| self.indexes.get(place).copied()).collect()
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
    fn conclude(self, false_claim: Option<usize>) -> Result<Verified<Answer>, Refusal> {
        if let Some(index) = false_claim {
            let credential = self.presentations.get(index).map(|(query, _)| query.id.clone());
            return Err(Refusal::NotProved { credential: credential.unwrap_or_default() });
        }
        let nullifier = one_holder(&self.presentations)?;
        Ok(Verified::new(Answer::new(self.root, nullifier, self.presentations, &self.key)))
    }
}

/// One holder: all proofs share the scope, so equal nullifiers mean equal secrets.
fn one_holder(presentations: &[Answered<'_>]) -> Result<Fr, Refusal> {
    one(presentations, |p| p.nullifier.0).ok_or(Refusal::SeveralHolders)
}
