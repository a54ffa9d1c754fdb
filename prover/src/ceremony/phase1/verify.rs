//! Whether a `.ptau` is what its contributions say.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::VariableBaseMSM;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::RngCore;

use super::super::contribute::{Beacon, factor};
use super::super::{CeremonyError, ContributionError, same_ratio};
use super::{Phase1Error, first_challenge, knowledge_base, next_challenge, partial_hash};
use crate::iden3::ptau::{Factor, Powers, Ptau, Sequence};
use crate::iden3::zkey::{Author, HASH_BYTES};

/// Checks the contributions, the powers that a domain of 2^`level` needs and their Lagrange points.
pub(crate) fn verify(ptau: &Ptau, level: u32, rng: &mut impl RngCore) -> Result<Vec<Powers>, CeremonyError> {
    let contributions = ptau.contributions()?;
    let last = contributions.last().ok_or(Phase1Error::Nobody)?;
    let challenge = chain(&contributions, ptau.ceremony_power())?;
    let powers = Needed::read(ptau, level)?;
    powers.start_at(last, ptau.beta2()?)?;
    powers.are_powers(last, rng)?;
    powers.match_lagrange(ptau, level, rng)?;
    if ptau.is_whole() {
        hashes_match(ptau, last, &challenge)?;
    }
    Ok(contributions)
}

/// What a contribution continues.
struct Before {
    tau1: G1Affine,
    tau2: G2Affine,
    alpha1: G1Affine,
    beta1: G1Affine,
    beta2: G2Affine,
    challenge: [u8; HASH_BYTES],
}

/// Each contribution continues the one before, the first one powers of one: none is taken on its word, whatever the size
/// of the ceremony. Returns the challenge that the last one answered.
fn chain(contributions: &[Powers], power: u32) -> Result<[u8; HASH_BYTES], CeremonyError> {
    let mut before = Before::nobody(power);
    let mut answered = before.challenge;
    for (number, contribution) in (1..).zip(contributions) {
        continues(contribution, &before).map_err(|error| Phase1Error::Contribution { number, error })?;
        answered = before.challenge;
        before = contribution.into();
    }
    Ok(answered)
}

fn continues(now: &Powers, before: &Before) -> Result<(), ContributionError> {
    if let Author::Beacon { exponent, value } = &now.author {
        let beacon = Beacon::new(value.clone(), *exponent).map_err(|_| ContributionError::BeaconTooLong)?;
        let mut rng = beacon.stream();
        for given in &now.factors {
            let (x, g1_s) = factor(&mut rng);
            if given.g1_s != g1_s || given.g1_sx != g1_s * *x {
                return Err(ContributionError::Beacon);
            }
        }
    }
    let mut bases = [G2Affine::zero(); 3];
    for (number, (Factor { g1_s, g1_sx, g2_spx }, base)) in (0u8..).zip(now.factors.iter().zip(&mut bases)) {
        *base = knowledge_base(number, &before.challenge, *g1_s, *g1_sx);
        if !same_ratio::same_ratio((*g1_s, *g1_sx), (*base, *g2_spx)) {
            return Err(ContributionError::Knowledge);
        }
    }
    let [tau, alpha, beta] = now.factors;
    let steps = same_ratio::same_ratio((before.tau1, now.tau1), (bases[0], tau.g2_spx))
        && same_ratio::same_ratio((tau.g1_s, tau.g1_sx), (before.tau2, now.tau2))
        && same_ratio::same_ratio((before.alpha1, now.alpha1), (bases[1], alpha.g2_spx))
        && same_ratio::same_ratio((before.beta1, now.beta1), (bases[2], beta.g2_spx))
        && same_ratio::same_ratio((beta.g1_s, beta.g1_sx), (before.beta2, now.beta2));
    if steps { Ok(()) } else { Err(ContributionError::Step) }
}

impl Before {
    fn nobody(power: u32) -> Self {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        Self { tau1: g1, tau2: g2, alpha1: g1, beta1: g1, beta2: g2, challenge: first_challenge(power) }
    }
}

impl From<&Powers> for Before {
    fn from(p: &Powers) -> Self {
        let Powers { tau1, tau2, alpha1, beta1, beta2, next_challenge, .. } = *p;
        Self { tau1, tau2, alpha1, beta1, beta2, challenge: next_challenge }
    }
}

/// The powers that a circuit uses: twice its domain of τ in G1, once of the others.
struct Needed {
    tau1: Vec<G1Affine>,
    tau2: Vec<G2Affine>,
    alpha: Vec<G1Affine>,
    beta: Vec<G1Affine>,
}

impl Needed {
    fn read(ptau: &Ptau, level: u32) -> Result<Self, CeremonyError> {
        let size = 1usize << level;
        let twice = (2 * size).min(Sequence::Tau1.powers(ptau.power()));
        Ok(Self {
            tau1: ptau.powers1(Sequence::Tau1, 0..twice)?,
            tau2: ptau.powers2(0..size)?,
            alpha: ptau.powers1(Sequence::AlphaTau, 0..size)?,
            beta: ptau.powers1(Sequence::BetaTau, 0..size)?,
        })
    }

    fn start_at(&self, last: &Powers, beta2: G2Affine) -> Result<(), Phase1Error> {
        let starts = self.tau1.starts_with(&[G1Affine::generator(), last.tau1])
            && self.tau2.starts_with(&[G2Affine::generator(), last.tau2])
            && self.alpha.first() == Some(&last.alpha1)
            && self.beta.first() == Some(&last.beta1)
            && beta2 == last.beta2;
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let one_beta = same_ratio::same_ratio((g1, last.beta1), (g2, last.beta2));
        if starts && one_beta { Ok(()) } else { Err(Phase1Error::End) }
    }

    fn are_powers(&self, last: &Powers, rng: &mut impl RngCore) -> Result<(), Phase1Error> {
        let weights = same_ratio::weights(self.tau1.len() - 1, rng);
        let tau2 = (G2Affine::generator(), last.tau2);
        let in_g1 = |powers| same_ratio::same_ratio(shifted(powers, &weights), tau2);
        let in_g2 = same_ratio::same_ratio((G1Affine::generator(), last.tau1), shifted(&self.tau2, &weights));
        let all = in_g1(&self.tau1) && in_g2 && in_g1(&self.alpha) && in_g1(&self.beta);
        if all { Ok(()) } else { Err(Phase1Error::Powers) }
    }

    fn match_lagrange(&self, ptau: &Ptau, level: u32, rng: &mut impl RngCore) -> Result<(), CeremonyError> {
        let double = ptau.lagrange1(Sequence::Tau1, level + 1)?;
        let tau = ptau.lagrange1(Sequence::Tau1, level)?;
        let alpha = ptau.lagrange1(Sequence::AlphaTau, level)?;
        let beta = ptau.lagrange1(Sequence::BetaTau, level)?;
        let all = transformed(&self.tau1, &double, rng)
            && transformed(&self.tau1[..1 << level], &tau, rng)
            && transformed(&self.alpha, &alpha, rng)
            && transformed(&self.beta, &beta, rng)
            && transformed(&self.tau2, &ptau.lagrange2(level)?, rng);
        if all { Ok(()) } else { Err(Phase1Error::Lagrange.into()) }
    }
}

/// Random sums of all powers but the last, and of all but the first.
fn shifted<P: SWCurveConfig<ScalarField = Fr>>(powers: &[Affine<P>], weights: &[Fr]) -> (Affine<P>, Affine<P>)
where
    Projective<P>: VariableBaseMSM<MulBase = Affine<P>, ScalarField = Fr>,
{
    let pairs = powers.len() - 1;
    (
        same_ratio::weighted_sum(&powers[..pairs], weights),
        same_ratio::weighted_sum(&powers[1..], &weights[..pairs]),
    )
}

/// Whether the Lagrange points are the inverse transform of the powers, the missing ones counted as zero: a polynomial has
/// one value whether its coefficients meet powers or its values meet Lagrange points.
fn transformed<P>(powers: &[Affine<P>], lagrange: &[Affine<P>], rng: &mut impl RngCore) -> bool
where
    P: SWCurveConfig<ScalarField = Fr>,
    Projective<P>: VariableBaseMSM<MulBase = Affine<P>, ScalarField = Fr>,
{
    let weights = same_ratio::weights(lagrange.len(), rng);
    let Some(domain) = Radix2EvaluationDomain::<Fr>::new(lagrange.len()) else { return false };
    same_ratio::weighted_sum(powers, &weights) == same_ratio::weighted_sum(lagrange, &domain.fft(&weights))
}

/// The last contribution's hash, which its contributor was told, and the hash that the next one would build on: both are
/// over all powers, of which a shortened file lacks most.
fn hashes_match(ptau: &Ptau, last: &Powers, challenge: &[u8; HASH_BYTES]) -> Result<(), CeremonyError> {
    let all = |sequence: Sequence| 0..sequence.powers(ptau.power());
    let tau1 = ptau.powers1(Sequence::Tau1, all(Sequence::Tau1))?;
    let tau2 = ptau.powers2(all(Sequence::Tau2))?;
    let alpha = ptau.powers1(Sequence::AlphaTau, all(Sequence::AlphaTau))?;
    let beta = ptau.powers1(Sequence::BetaTau, all(Sequence::BetaTau))?;
    let beta2 = ptau.beta2()?;
    let told = last.response_hash();
    let mut response = last.clone();
    response.partial = partial_hash(challenge, (&tau1, &tau2, &alpha, &beta), beta2);
    let next = next_challenge(&told, (&tau1, &tau2, &alpha, &beta), beta2);
    let match_all = response.response_hash() == told && next == last.next_challenge;
    if match_all { Ok(()) } else { Err(Phase1Error::Hash.into()) }
}
