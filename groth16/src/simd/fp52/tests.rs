//! Each function against arkworks, bit for bit, over both fields.

use ark_bn254::{FqConfig, FrConfig};
use ark_ff::UniformRand;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::simd::Vector;

/// Values in eight lanes, the edges among them, in two different orders.
pub(in crate::simd) fn values<C: MontConfig<4>>(seed: u64) -> ([Prime<C>; 8], [Prime<C>; 8]) {
    let rng = &mut StdRng::seed_from_u64(seed);
    let [u, v, w] = [(); 3].map(|()| Prime::<C>::rand(rng));
    let (zero, one) = (Prime::<C>::ZERO, Prime::<C>::ONE);
    ([zero, one, -one, u, v, -one, zero, w], [v, -one, -one, w, u, one, zero, w])
}

type Kernel<C> = unsafe fn(Fp52x8<C>, Fp52x8<C>) -> Fp52x8<C>;

/// What `kernel` makes of the words as they are.
fn run<C: MontConfig<4>>(a: &[Prime<C>; 8], b: &[Prime<C>; 8], kernel: Kernel<C>) -> [Prime<C>; 8] {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside<C: MontConfig<4>>(a: &[Prime<C>; 8], b: &[Prime<C>; 8], kernel: Kernel<C>) -> [Prime<C>; 8] {
        let [a, b] = Fp52x8::load([a, b]);
        // SAFETY: the kernels below need what this function needs.
        let out = unsafe { kernel(a, b) };
        Fp52x8::store([b, out])[1]
    }
    // SAFETY: `compare` asked the processor.
    unsafe { inside(a, b, kernel) }
}

fn compare<C: MontConfig<4>>(kernel: Kernel<C>, reference: fn(Prime<C>, Prime<C>) -> Prime<C>) {
    if Vector::detect().is_none() {
        eprintln!("skipped: this machine has no AVX-512 IFMA");
        return;
    }
    for seed in 0..50 {
        let (a, b) = values(seed);
        let expected: [_; 8] = std::array::from_fn(|i| reference(a[i], b[i]));
        assert_eq!(run(&a, &b, kernel), expected, "seed {seed}");
    }
}

/// Words with R = 2^256 that were multiplied with R = 2^260.
fn sixteenth<C: MontConfig<4>>(x: Prime<C>) -> Prime<C> {
    x * Prime::<C>::from(16u64).inverse().unwrap()
}

macro_rules! over_both_fields {
    ($($(#[$doc:meta])* $name:ident = |$a:pat_param, $b:pat_param| $kernel:expr, $reference:expr;)*) => { $(
        $(#[$doc])*
        #[test]
        fn $name() {
            fn over<C: MontConfig<4>>() {
                #[target_feature(enable = "avx512f,avx512ifma")]
                fn kernel<C: MontConfig<4>>(a: Fp52x8<C>, b: Fp52x8<C>) -> Fp52x8<C> {
                    let ($a, $b) = (a, b);
                    $kernel
                }
                compare::<C>(kernel, $reference);
            }
            over::<FqConfig>();
            over::<FrConfig>();
        }
    )* };
}

/// a + k·p without reduction.
#[target_feature(enable = "avx512f,avx512ifma")]
fn raised<C: MontConfig<4>>(a: Fp52x8<C>, by: &[u64; 5]) -> Fp52x8<C> {
    a.minus_plus(Fp52x8::zero(), by)
}

over_both_fields! {
    numbers_go_in_and_out_of_lanes = |a, _| a, |a, _| a;
    sums = |a, b| a.plus(b).canonical(), |a, b| a + b;
    differences = |a, b| a.minus(b).canonical(), |a, b| a - b;
    products_have_r_of_260_bits = |a, b| a.times(b).canonical(), |a, b| sixteenth(a * b);
    products_in_turns = |a, b| Fp52x8::products([b, a, b], [b, b, a])[2].canonical(), |a, b| sixteenth(a * b);
    one_pair_is_a_dot_product =
        |a, _| Fp52x8::dot(&[a], &[constant(&Prime::<C>::from(7u64))]).canonical(), |a, _| a * Prime::<C>::from(7u64);
    /// All constants are −1 and the numbers raised: near the bounds.
    seventeen_pairs_are_a_dot_product = |a, b| {
        let mut all = [a; 17];
        all[16] = raised(b, &Modulus::<C>::P);
        Fp52x8::dot(&all, &[constant(&-Prime::<C>::ONE); 17]).canonical()
    }, |a, b| -(a * Prime::<C>::from(16u64) + b);
    constants_enter_and_leave =
        |a, _| a.times(Fp52x8::splat(&enter::<C>())).times(Fp52x8::splat(&leave::<C>())).canonical(), |a, _| a;
    squares_after_entering = |a, _| {
        let entered = a.times(Fp52x8::splat(&enter::<C>()));
        entered.times(entered).times(Fp52x8::splat(&leave::<C>())).canonical()
    }, |a, _| a * a;
    /// 3·p and 7·p more than canonical.
    canonical_takes_all_below_eight_times_the_modulus = |a, _| {
        let three = raised(raised(a, &Modulus::<C>::P2), &Modulus::<C>::P);
        raised(three, &Modulus::<C>::P4).canonical()
    }, |a, _| a;
    partial_reductions = |a, _| {
        let three = raised(raised(a, &Modulus::<C>::P2), &Modulus::<C>::P);
        raised(three, &Modulus::<C>::P4).below_four().below_two().minus(Fp52x8::zero()).canonical()
    }, |a, _| a;
}
