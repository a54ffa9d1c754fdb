//! A `.ptau` made by one party: whoever made it knew τ, α and β for a moment.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::scalar_mul::ScalarMul;
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::super::contribute::factor;
use super::super::transcript_rng;
use super::{All, first_challenge, knowledge_base, next_challenge, partial_hash};
use crate::iden3::ptau::{self, Factor, Powers, Sequence};
use crate::iden3::zkey::{Author, Name, encode};

/// Makes powers for domains up to 2^`power`, prepared for phase 2, with one contribution under `name`. `rng` must be the
/// system's generator outside tests; what is drawn from it is wiped when this returns.
///
/// `power` is at least 1 and at most 18.
pub fn make(power: u32, name: Option<Name>, rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
    contributed(power, &[name], rng)
}

/// As [`make`], with a contribution under each of `names`: what a ceremony of as many parties leaves behind, made by one
/// process, which knew all their secrets.
#[cfg(any(test, feature = "test-support"))]
pub fn make_together(power: u32, names: &[Option<Name>], rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
    contributed(power, names, rng)
}

fn contributed(power: u32, names: &[Option<Name>], rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
    let mut total = Product::nobody();
    let mut challenge = first_challenge(power);
    let mut record = Vec::with_capacity(names.len());
    for name in names {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        let secrets = Secrets::draw(&mut transcript_rng::stream(&*seed));
        total.multiply(&secrets);
        let powers = total.contribution(&secrets, &challenge, power, name.clone());
        challenge = powers.next_challenge;
        record.push(powers);
    }
    let scalars = total.sequences(power);
    let plain = Points::new(&scalars);
    let mut index = Sequence::ALL.iter();
    let lagrange = scalars.map(|scalars| {
        let sequence = *index.next().expect("as many scalars as sequences");
        lagrange_scalars(&scalars, sequence.top_level(power))
    });
    ptau::write(power, plain.encoded(), &total.beta2(), &record, Points::new(&lagrange).encoded())
}

/// The τ, α and β of the powers: the products of all factors so far.
struct Product {
    tau: Zeroizing<Fr>,
    alpha: Zeroizing<Fr>,
    beta: Zeroizing<Fr>,
}

impl Product {
    fn nobody() -> Self {
        let [tau, alpha, beta] = [(); 3].map(|()| Zeroizing::new(Fr::ONE));
        Self { tau, alpha, beta }
    }

    fn multiply(&mut self, by: &Secrets) {
        *self.tau *= *by.tau.0;
        *self.alpha *= *by.alpha.0;
        *self.beta *= *by.beta.0;
    }

    fn beta2(&self) -> G2Affine {
        (G2Affine::generator() * *self.beta).into_affine()
    }

    /// What whoever brought `secrets` as the newest leaves behind.
    fn contribution(
        &self,
        secrets: &Secrets,
        challenge: &[u8; 64],
        power: u32,
        name: Option<Name>,
    ) -> Powers {
        let plain = Points::new(&self.sequences(power));
        let beta2 = self.beta2();
        let mut powers = Powers {
            tau1: plain.tau1[1],
            tau2: plain.tau2[1],
            alpha1: plain.alpha[0],
            beta1: plain.beta[0],
            beta2,
            factors: secrets.factors(challenge),
            partial: partial_hash(challenge, plain.all(), beta2),
            next_challenge: [0; 64],
            author: Author::Person,
            name,
        };
        powers.next_challenge = next_challenge(&powers.response_hash(), plain.all(), beta2);
        powers
    }

    /// The logarithms of all sequences of powers.
    fn sequences(&self, power: u32) -> [Zeroizing<Vec<Fr>>; 4] {
        Sequence::ALL.map(|sequence| self.sequence(sequence, power))
    }

    fn sequence(&self, sequence: Sequence, power: u32) -> Zeroizing<Vec<Fr>> {
        let first = match sequence {
            Sequence::Tau1 | Sequence::Tau2 => Fr::ONE,
            Sequence::AlphaTau => *self.alpha,
            Sequence::BetaTau => *self.beta,
        };
        let count = sequence.powers(power);
        let mut scalars = Zeroizing::new(Vec::with_capacity(count));
        scalars.extend(std::iter::successors(Some(first), |x| Some(*x * *self.tau)).take(count));
        scalars
    }
}

/// Factors of τ, α and β, each with the point of its proof.
struct Secrets {
    tau: (Zeroizing<Fr>, G1Affine),
    alpha: (Zeroizing<Fr>, G1Affine),
    beta: (Zeroizing<Fr>, G1Affine),
}

impl Secrets {
    fn draw(rng: &mut impl RngCore) -> Self {
        let [tau, alpha, beta] = [(); 3].map(|()| factor(rng));
        Self { tau, alpha, beta }
    }

    fn factors(&self, challenge: &[u8; 64]) -> [Factor; 3] {
        let mut number = 0..3u8;
        [&self.tau, &self.alpha, &self.beta].map(|(x, g1_s)| {
            let g1_sx = (*g1_s * **x).into_affine();
            let number = number.next().expect("three factors have three numbers");
            let base = knowledge_base(number, challenge, *g1_s, g1_sx);
            Factor { g1_s: *g1_s, g1_sx, g2_spx: (base * **x).into_affine() }
        })
    }
}

/// The logarithms of the Lagrange points of all domains, the smallest first. The largest of τ in G1 has one power fewer
/// than points; the missing one counts as zero, which no quotient reaches.
fn lagrange_scalars(powers: &[Fr], top_level: u32) -> Zeroizing<Vec<Fr>> {
    let mut all = Zeroizing::new(Vec::with_capacity(2 << top_level));
    for level in 0..=top_level {
        let size = 1 << level;
        let domain =
            Radix2EvaluationDomain::<Fr>::new(size).expect("the field has roots of far larger order");
        let mut values = Zeroizing::new(powers[..size.min(powers.len())].to_vec());
        values.resize(size, Fr::ZERO);
        domain.ifft_in_place(&mut *values);
        all.extend_from_slice(&values);
    }
    all
}

struct Points {
    tau1: Vec<G1Affine>,
    tau2: Vec<G2Affine>,
    alpha: Vec<G1Affine>,
    beta: Vec<G1Affine>,
}

impl Points {
    fn new([tau1, tau2, alpha, beta]: &[Zeroizing<Vec<Fr>>; 4]) -> Self {
        let g1 = |scalars: &[Fr]| G1Projective::generator().batch_mul(scalars);
        Self {
            tau1: g1(tau1),
            tau2: G2Projective::generator().batch_mul(tau2),
            alpha: g1(alpha),
            beta: g1(beta),
        }
    }

    fn encoded(&self) -> [Vec<u8>; 4] {
        [encode(&self.tau1), encode(&self.tau2), encode(&self.alpha), encode(&self.beta)]
    }

    fn all(&self) -> All<'_> {
        (&self.tau1, &self.tau2, &self.alpha, &self.beta)
    }
}
