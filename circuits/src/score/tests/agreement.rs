//! Plain Rust and constraints give the same answer on random instances.

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

/// A sample with other bins and points, bounds around the sum and, every third time, one defect.
fn disturbed(rng: &mut StdRng) -> Instance {
    let (mut public, mut private) = samples::score(rng);
    let score = place("score");
    let mut edge = -rng.gen_range(0..9);
    for b in 0..BINS {
        public.rows.edge[score][b] = Fr::from(edge);
        edge += rng.gen_range(1..200);
    }
    for points in public.rows.points.iter_mut().flatten() {
        if rng.gen_ratio(1, 3) {
            *points = Fr::from(rng.gen_range(-50..50));
        }
    }
    let low = rng.gen_range(-100..60);
    [public.rows.low, public.rows.high] = [Fr::from(low), Fr::from(low + rng.gen_range(0..200))];
    if rng.gen_ratio(1, 3) {
        break_something(rng, &mut public, &mut private);
    }
    (public, private)
}

fn break_something(rng: &mut StdRng, public: &mut Public, private: &mut Private) {
    let i = rng.gen_range(0..ATTRIBUTES);
    match rng.gen_range(0..6) {
        0 => public.link = Fr::rand(rng),
        1 => private.opening.blind = Fr::rand(rng),
        2 => private.opening.credential.salt = Fr::rand(rng),
        3 => public.rows.used[i] = Fr::from(rng.gen_range(1..3u64)),
        4 => public.rows.edge[i][0] = Fr::rand(rng),
        _ => public.rows.high = Fr::rand(rng),
    }
}
