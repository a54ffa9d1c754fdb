//! Batches against ark-groth16's verdict on each claim by itself.

use std::sync::OnceLock;

use ark_bn254::Fr;
use proptest::prelude::*;
use rand::rngs::{OsRng, StdRng};
use rand::{Rng, SeedableRng};

use super::*;
use crate::verifier::tests::varying;
use crate::{Proof, Sample};

type Owned = (Vec<Fr>, Proof);

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(Sample::built_in)
}

fn verifier() -> &'static PreparedVerifier {
    static ENGINE: OnceLock<PreparedVerifier> = OnceLock::new();
    ENGINE.get_or_init(|| PreparedVerifier::new(sample().key().clone(), &varying()))
}

/// True claims, all with different proofs.
fn batch(size: usize) -> Vec<Owned> {
    static LARGEST: OnceLock<Vec<Owned>> = OnceLock::new();
    let all = LARGEST.get_or_init(|| {
        let all = sample().distinct(300, &mut StdRng::seed_from_u64(1));
        all.into_iter().map(|(inputs, bytes)| (inputs, Proof::from_bytes(&bytes).unwrap())).collect()
    });
    all.iter().take(size).cloned().collect()
}

fn claims(owned: &[Owned]) -> Vec<Claim<'_>> {
    owned.iter().map(|(inputs, proof)| Claim { inputs: inputs.clone(), proof }).collect()
}

fn named(owned: &[Owned]) -> Vec<usize> {
    verifier().verify_batch(&claims(owned), &mut OsRng)
}

/// What ark-groth16 refuses among `altered`; the other claims are known to be true.
fn refused(owned: &[Owned], altered: &[usize]) -> Vec<usize> {
    let key = sample().key();
    let mut refused: Vec<usize> =
        altered.iter().copied().filter(|i| key.verify(&owned[*i].0, &owned[*i].1).is_err()).collect();
    refused.sort_unstable();
    refused.dedup();
    refused
}

/// Ways to make claims false. Each alters the named ones.
#[derive(Clone, Copy, Debug)]
enum Attack {
    OtherA,
    OtherB,
    OtherC,
    Negated,
    Swapped,
    OtherNullifier,
    OtherRow,
    TooFewInputs,
    /// Errors in C that add up to nothing.
    CancelInC,
    /// Errors in the inputs that add up to nothing.
    CancelInInputs,
    /// A of both multiplied by factors whose product is one.
    CancelInA,
    /// The same proof, re-randomised, for both claims.
    Repeated,
}

const ATTACKS: [Attack; 12] = [
    Attack::OtherA,
    Attack::OtherB,
    Attack::OtherC,
    Attack::Negated,
    Attack::Swapped,
    Attack::OtherNullifier,
    Attack::OtherRow,
    Attack::TooFewInputs,
    Attack::CancelInC,
    Attack::CancelInInputs,
    Attack::CancelInA,
    Attack::Repeated,
];

/// Alters claims i and j, or one of them.
fn attack(owned: &mut [Owned], attack: Attack, i: usize, j: usize) {
    let change = |proof: &Proof, change: &dyn Fn(&mut ark_groth16::Proof<ark_bn254::Bn254>)| {
        let mut raw = proof.as_ark().clone();
        change(&mut raw);
        Proof::try_from(raw).unwrap()
    };
    let g = sample().key().as_ark().alpha_g1;
    match attack {
        Attack::OtherA => owned[i].1 = change(&owned[i].1, &|p| p.a = (p.a + g).into()),
        Attack::OtherB => owned[i].1 = change(&owned[i].1, &|p| p.b = (p.b + p.b).into()),
        Attack::OtherC => owned[i].1 = change(&owned[i].1, &|p| p.c = (p.c + g).into()),
        Attack::Negated => owned[i].1 = change(&owned[i].1, &|p| p.a = -p.a),
        Attack::Swapped => {
            let first = owned[i].1.clone();
            owned[i].1 = std::mem::replace(&mut owned[j].1, first);
        }
        Attack::OtherNullifier => owned[i].0[5] += Fr::from(1u64),
        Attack::OtherRow => owned[i].0[11] += Fr::from(1u64),
        Attack::TooFewInputs => drop(owned[i].0.pop()),
        Attack::CancelInC => {
            owned[i].1 = change(&owned[i].1, &|p| p.c = (p.c + g).into());
            owned[j].1 = change(&owned[j].1, &|p| p.c = (p.c - g).into());
        }
        Attack::CancelInInputs => {
            owned[i].0[2] += Fr::from(1u64);
            owned[j].0[2] -= Fr::from(1u64);
        }
        Attack::CancelInA => {
            let pair = [owned[i].1.as_ark().clone(), owned[j].1.as_ark().clone()];
            owned[i].1 = change(&owned[i].1, &|p| p.a = (p.a + pair[1].a).into());
            owned[j].1 = change(&owned[j].1, &|p| p.a = (p.a - pair[0].a).into());
        }
        Attack::Repeated => {
            owned[j].1 = owned[i].1.rerandomised(sample().key(), &Fr::from(3u64), &Fr::from(4u64)).unwrap();
        }
    }
}

#[test]
fn true_claims_pass_in_batches_of_every_size() {
    for size in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 64, 65, 300] {
        assert!(named(&batch(size)).is_empty(), "{size}");
    }
}

#[test]
fn a_batch_of_one_is_a_single_check() {
    for kind in ATTACKS {
        let mut owned = batch(2);
        attack(&mut owned, kind, 0, 1);
        for (inputs, proof) in owned {
            let single = verifier().verify(&inputs, &proof);
            assert_eq!(single, sample().key().verify(&inputs, &proof), "{kind:?}");
            assert_eq!(named(&[(inputs, proof)]).is_empty(), single.is_ok(), "{kind:?}");
        }
    }
}

#[test]
fn every_attack_is_named_wherever_it_is() {
    for (n, kind) in ATTACKS.into_iter().enumerate() {
        let mut owned = batch(40);
        let (i, j) = (3 * n, 39 - 2 * n);
        attack(&mut owned, kind, i, j);
        let refused = refused(&owned, &[i, j]);
        assert!(!refused.is_empty(), "{kind:?} alters nothing");
        assert_eq!(named(&owned), refused, "{kind:?}");
    }
}

#[test]
fn a_batch_of_false_claims_names_all() {
    let mut owned = batch(20);
    for i in 0..20 {
        attack(&mut owned, Attack::OtherNullifier, i, i);
    }
    assert_eq!(named(&owned), (0..20).collect::<Vec<_>>());
}

#[test]
fn a_false_claim_costs_an_exponentiation_a_level_and_one_for_each_neighbour() {
    let cost = |count: usize| {
        let mut owned = batch(256);
        for i in 0..count {
            attack(&mut owned, Attack::OtherNullifier, 37 * i, 0);
        }
        let owned = claims(&owned);
        let terms: Vec<_> = owned
            .iter()
            .enumerate()
            .map(|(i, c)| verifier().term(i, c, random_coefficient(&mut OsRng)).unwrap())
            .collect();
        let found = verifier().search(&terms);
        assert_eq!(found.invalid.len(), count);
        (
            found.exponentiations,
            terms.len().div_ceil(rayon::current_num_threads()).clamp(1, BLOCK).div_ceil(8),
        )
    };
    let (none, neighbours) = cost(0);
    assert_eq!(none, 1);
    for k in [1, 2, 5] {
        let parts = 256_usize.div_ceil(neighbours) + 8;
        let levels = parts.next_power_of_two().ilog2() as usize;
        assert!(cost(k).0 <= 1 + k * (levels + neighbours), "{k}: {}", cost(k).0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn hostile_batches_name_exactly_what_the_reference_refuses(seed: u64, size in 2usize..160) {
        let rng = &mut StdRng::seed_from_u64(seed);
        let mut owned = batch(size);
        let mut altered = Vec::new();
        for _ in 0..rng.gen_range(1..6) {
            let (i, j) = (rng.gen_range(0..size), rng.gen_range(0..size));
            let kind = ATTACKS[rng.gen_range(0..ATTACKS.len())];
            if i != j && !altered.contains(&i) && !altered.contains(&j) {
                attack(&mut owned, kind, i, j);
                altered.extend([i, j]);
            }
        }
        prop_assert_eq!(named(&owned), refused(&owned, &altered));
    }
}
