//! Plain Rust and constraints give the same answer on random instances.

use std::num::NonZeroU16;

use proptest::prelude::*;
use rand::Rng;

use super::*;

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

/// A sample with random atoms and literals and, every other time, one defect.
fn disturbed(rng: &mut StdRng) -> Instance {
    let (mut public, mut private) = samples::show(rng);
    let attributes = private.credential.values.elements();
    for atom in &mut public.rows.atoms {
        if rng.r#gen() {
            *atom = random_atom(rng, &attributes);
        }
    }
    for literal in public.rows.literal.iter_mut().flatten() {
        if rng.gen_ratio(1, 2) {
            *literal = one();
        }
    }
    scoped(rng, &mut public, &mut private);
    if rng.gen_ratio(1, 2) {
        break_something(rng, &mut public, &mut private);
    }
    (public, private)
}

/// A session or a named scope of some uses; with a link or without.
fn scoped(rng: &mut StdRng, public: &mut Public, private: &mut Private) {
    if rng.r#gen() {
        let uses = NonZeroU16::new(rng.gen_range(1..=u16::MAX)).unwrap();
        public.scope = Scope::named("wide", &tax(), uses);
        private.index = rng.gen_range(0..uses.get());
    } else {
        public.scope = Scope::session(&public.context);
        private.index = 0;
    }
    public.nullifier = private.secrets.nullifier(&public.scope, private.index);
    if rng.r#gen() {
        [public.linked, public.link] = [Fr::ZERO; 2];
    }
}

fn random_atom(rng: &mut StdRng, attributes: &[Fr; ATTRIBUTES]) -> Atom {
    let index = rng.gen_range(0..ATTRIBUTES);
    let atom = match rng.gen_range(0..4) {
        0 => samples::between(&[(rng.gen_range(0..5), rng.gen_range(-3..4))], rng.gen_range(-9..9), 4_000),
        1 => samples::between(&[(0, 2), (index, -1)], rng.gen_range(-9_000..1_000), i64::MAX),
        2 => samples::member(
            index,
            &[Fr::from(rng.gen_range(0..4u64)), attributes[rng.gen_range(0..ATTRIBUTES)]],
        ),
        _ => samples::member(index, &[Fr::rand(rng)]),
    };
    if rng.r#gen() { samples::not(&atom) } else { atom }
}

fn break_something(rng: &mut StdRng, public: &mut Public, private: &mut Private) {
    let level = rng.gen_range(0..crate::tree::DEPTH);
    match rng.gen_range(0..15) {
        0 => public.root = Fr::rand(rng),
        1 => public.now = rng.gen_range(NOW - 90_000..NOW + 90_000).into(),
        2 => public.nullifier = Fr::rand(rng),
        3 => private.path.siblings[level][rng.gen_range(0..3)] = Fr::rand(rng).into(),
        4 => private.secrets = samples::secrets(rng),
        5 => public.rows.issuers[rng.gen_range(0..ISSUERS)] = tax().element(),
        6 => public.rows.atoms[rng.gen_range(0..SLOTS)].low = Fr::rand(rng),
        7 => private.credential.validity.until = rng.gen_range(NOW - 90_000..NOW + 90_000),
        8 => private.blind = Fr::rand(rng),
        9 => public.linked = Fr::ZERO,
        10 => public.link = Fr::ZERO,
        11 => private.index = rng.r#gen(),
        12 => {
            let others = [Fr::ZERO, one(), Fr::from(8u64), -one(), Fr::rand(rng)];
            public.scope.uses = others[rng.gen_range(0..others.len())];
        }
        13 => public.scope.named = one() - public.scope.named,
        _ => private.secrets.device = samples::secrets(rng).device.clone(),
    }
}
