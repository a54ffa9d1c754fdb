//! The whole transcript: from the powers of τ and the circuit to the last contribution.

use std::marker::PhantomData;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use rand::RngCore;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::contribute::{Beacon, factor};
use super::hashing::PointHash;
use super::report::{Participant, Report};
use super::{CeremonyError, ContributionError, initialize, phase1, same_ratio, transcript_rng};
use crate::iden3::ptau::Ptau;
use crate::iden3::zkey::{Author, Contribution, HASH_BYTES, Record, Zkey};
use crate::matrices::Matrices;
use crate::statement::Statement;

/// A ceremony for the circuit of `S` that holds from its initial key to its last contribution. Made by [`verify`] alone.
pub struct Verified<S> {
    zkey: Zkey,
    matrices: Matrices,
    report: Report,
    statement: PhantomData<fn() -> S>,
}

impl<S> Verified<S> {
    /// What there is to say about it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn into_parts(self) -> (Zkey, Matrices, Report) {
        (self.zkey, self.matrices, self.report)
    }
}

/// Verifies a key and all that led to it. `rng` weighs the checks and must not be foreseeable by those who are checked.
pub fn verify<S: Statement>(
    zkey: Zkey,
    ptau: &Ptau,
    rng: &mut impl RngCore,
) -> Result<Verified<S>, CeremonyError> {
    let matrices = Matrices::new::<S>().expect("a circuit of this program can be synthesised");
    let report = verify_for(&matrices, (S::NAME, S::VERSION), &zkey, ptau, rng)?;
    Ok(Verified { zkey, matrices, report, statement: PhantomData })
}

fn verify_for(
    matrices: &Matrices,
    circuit: (&'static str, u32),
    zkey: &Zkey,
    ptau: &Ptau,
    rng: &mut impl RngCore,
) -> Result<Report, CeremonyError> {
    let initial = initialize(matrices, ptau)?;
    same_initial_key(zkey, &initial)?;
    let delta = chain(&zkey.record)?;
    same_final_key(zkey, &initial, delta, rng)?;
    // Last, since it takes longest and an exchanged file should be named as what it is.
    let level = initial.counts.domain.trailing_zeros();
    let phase1 = phase1::verify(ptau, level, rng)?;
    Ok(Report::new(circuit, matrices.shape().constraints, (&phase1, ptau.unnamed()), &zkey.record))
}

/// SHA-256 over circuit hash and contributions: the `transcript_digest` of a key's record on the ledger.
pub fn transcript_digest(record: &Record) -> [u8; 32] {
    Sha256::new().chain_update(b"yong/ceremony/v1\n").chain_update(record.to_bytes()).finalize().into()
}

fn same_initial_key(zkey: &Zkey, initial: &Zkey) -> Result<(), CeremonyError> {
    let (a, b) = (&zkey.constants, &initial.constants);
    let parts = [
        ("the circuit's size", zkey.counts == initial.counts),
        ("alpha", a.alpha1 == b.alpha1),
        ("beta", a.beta1 == b.beta1 && a.beta2 == b.beta2),
        ("gamma", a.gamma2 == b.gamma2),
        ("the coefficients of the constraints", zkey.fixed.coefficients == initial.fixed.coefficients),
        ("the part that no contribution changes", zkey.fixed == initial.fixed),
        ("the circuit hash", zkey.record.circuit_hash == initial.record.circuit_hash),
    ];
    match parts.into_iter().find(|(_, same)| !same) {
        Some((part, _)) => Err(CeremonyError::OtherInitialKey(part)),
        None => Ok(()),
    }
}

/// Checks that each contribution continues the one before and that its author knew its factor, and nothing else: neither
/// the circuit nor the powers of τ are looked at. For a key whose circuit is not of this program.
pub fn verify_record(record: &Record) -> Result<Vec<Participant>, CeremonyError> {
    chain(record).map(drop)?;
    Ok(Participant::all(record))
}

/// δ in G1 after all contributions.
fn chain(record: &Record) -> Result<G1Affine, CeremonyError> {
    let steps = steps(record);
    let results = steps.par_iter().map(continues).enumerate();
    if let Some((index, Err(error))) = results.find_first(|(_, step)| step.is_err()) {
        return Err(CeremonyError::Contribution { number: index + 1, error });
    }
    Ok(record.contributions.last().map_or_else(G1Affine::generator, |last| last.delta_after))
}

/// A contribution, δ before it, and the transcript hash that it must have.
struct Step<'a> {
    now: &'a Contribution,
    delta: G1Affine,
    transcript: [u8; HASH_BYTES],
}

fn steps(record: &Record) -> Vec<Step<'_>> {
    let mut before = PointHash::default().bytes(&record.circuit_hash);
    let mut delta = G1Affine::generator();
    let mut steps = Vec::with_capacity(record.contributions.len());
    for now in &record.contributions {
        steps.push(Step { now, delta, transcript: before.transcript(now.g1_s, now.g1_sx) });
        before = before.contribution(now);
        delta = now.delta_after;
    }
    steps
}

fn continues(Step { now, delta, transcript }: &Step) -> Result<(), ContributionError> {
    if now.transcript != *transcript {
        return Err(ContributionError::Transcript);
    }
    let base = transcript_rng::hash_to_g2(&now.transcript);
    if !same_ratio::same_ratio((now.g1_s, now.g1_sx), (base, now.g2_spx)) {
        return Err(ContributionError::Knowledge);
    }
    if !same_ratio::same_ratio((*delta, now.delta_after), (base, now.g2_spx)) {
        return Err(ContributionError::Step);
    }
    let Author::Beacon { exponent, value } = &now.author else { return Ok(()) };
    let beacon = Beacon::new(value.clone(), *exponent).map_err(|_| ContributionError::BeaconTooLong)?;
    let (x, g1_s) = factor(&mut beacon.stream());
    if now.g1_s == g1_s && now.g1_sx == g1_s * *x { Ok(()) } else { Err(ContributionError::Beacon) }
}

/// δ is that of the contributions, in both groups, and L and H are the initial ones over δ.
fn same_final_key(
    zkey: &Zkey,
    initial: &Zkey,
    delta: G1Affine,
    rng: &mut impl RngCore,
) -> Result<(), CeremonyError> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let delta2 = zkey.constants.delta2;
    if zkey.constants.delta1 != delta || !same_ratio::same_ratio((g1, delta), (g2, delta2)) {
        return Err(CeremonyError::OtherFinalKey("delta"));
    }
    for (part, now, first) in [("L", &zkey.l, &initial.l), ("H", &zkey.h, &initial.h)] {
        let weights = same_ratio::weights(first.len(), rng);
        let (now, first) =
            (same_ratio::weighted_sum(now, &weights), same_ratio::weighted_sum(first, &weights));
        if !same_ratio::same_ratio((now, first), (g2, delta2)) {
            return Err(CeremonyError::OtherFinalKey(part));
        }
    }
    Ok(())
}
