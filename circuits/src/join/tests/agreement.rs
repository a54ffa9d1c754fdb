//! Plain Rust and constraints give the same answer on random instances.

use proptest::prelude::*;
use rand::Rng;

use super::*;
use crate::atom::Atom;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn twins_agree(seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let (public, private) = disturbed(&mut rng);
        let native = check(&public, &private);
        prop_assert_eq!(native.is_ok(), satisfied(&public, &private));
        prop_assert_eq!(assign(&public, &private).map(drop), native.map_err(Unassigned::Violated));
    }
}

/// A sample with random atoms and literals and, every fourth time, one defect.
fn disturbed(rng: &mut StdRng) -> Instance {
    let (mut public, mut private) = samples::join(rng);
    let attributes = private.attributes();
    for atom in &mut public.rows.atoms {
        if rng.gen_ratio(1, 3) {
            *atom = random_atom(rng, &attributes);
        }
    }
    for literal in public.rows.literal.iter_mut().flatten() {
        if rng.gen_ratio(1, 3) {
            *literal = one();
        }
    }
    if rng.gen_ratio(1, 4) {
        break_something(rng, &mut public, &mut private);
    }
    (public, private)
}

fn random_atom(rng: &mut StdRng, attributes: &[Fr; WIDTH]) -> Atom<Fr, WIDTH> {
    let index = rng.gen_range(0..WIDTH);
    let score = rng.gen_range(0..LINKS) * ATTRIBUTES;
    let atom = match rng.gen_range(0..4) {
        0 => samples::between(&[(score, rng.gen_range(-3..4))], rng.gen_range(-9..9), 4_000),
        1 => samples::between(&[(score, 2), (index, -1)], rng.gen_range(-9_000..1_000), i64::MAX),
        2 => samples::member(index, &[Fr::from(rng.gen_range(0..4u64)), attributes[rng.gen_range(0..WIDTH)]]),
        _ => samples::member(index, &[Fr::rand(rng)]),
    };
    if rng.r#gen() { samples::not(&atom) } else { atom }
}

fn break_something(rng: &mut StdRng, public: &mut Public, private: &mut Private) {
    let k = rng.gen_range(0..LINKS);
    match rng.gen_range(0..5) {
        0 => public.links[k] = Fr::rand(rng),
        1 => private.openings[k].blind = Fr::rand(rng),
        2 => private.openings[k].credential.salt = Fr::rand(rng),
        3 => public.links.rotate_left(k),
        _ => public.rows.atoms[k].low = Fr::rand(rng),
    }
}
