//! Each function against arkworks, bit for bit.

use ark_ff::{BigInteger, PrimeField, UniformRand};
use rand::{SeedableRng, rngs::StdRng};

use super::*;

/// Values in eight lanes, the edges among them, in two different orders.
fn values(seed: u64) -> ([Fq; 8], [Fq; 8]) {
    let rng = &mut StdRng::seed_from_u64(seed);
    let [u, v, w] = [(); 3].map(|()| Fq::rand(rng));
    let a = [Fq::ZERO, Fq::ONE, -Fq::ONE, u, v, -Fq::ONE, Fq::ZERO, w];
    let b = [v, -Fq::ONE, -Fq::ONE, w, u, Fq::ONE, Fq::ZERO, w];
    (a, b)
}

fn able() -> bool {
    <Eight<1> as AddPairs<ark_bn254::g1::Config>>::detect().is_some()
}

/// What `kernel` makes of the raw forms.
fn run(a: [Fq; 8], b: [Fq; 8], kernel: unsafe fn(Fq8, Fq8) -> Fq8) -> [Fq; 8] {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(a: [Fq; 8], b: [Fq; 8], kernel: unsafe fn(Fq8, Fq8) -> Fq8) -> [Fq; 8] {
        let (a, b) = (of_lanes::<1, Fq>(&a).0[0], of_lanes::<1, Fq>(&b).0[0]);
        // SAFETY: the kernels below need what this function needs.
        let out = Lanes([unsafe { kernel(a, b) }]);
        scatter::<1, Fq>(out, Lanes([Fq8([zero(); 5])])).map(|(x, _)| x)
    }
    // SAFETY: callers ask `able` first.
    unsafe { inside(a, b, kernel) }
}

fn compare(kernel: unsafe fn(Fq8, Fq8) -> Fq8, reference: fn(Fq, Fq) -> Fq) {
    if !able() {
        eprintln!("skipped: this machine has no AVX-512 IFMA");
        return;
    }
    for seed in 0..50 {
        let (a, b) = values(seed);
        let expected: [Fq; 8] = std::array::from_fn(|i| reference(a[i], b[i]));
        assert_eq!(run(a, b, kernel), expected, "seed {seed}");
    }
}

#[test]
fn numbers_go_in_and_out_of_lanes() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn same(a: Fq8, _: Fq8) -> Fq8 {
        a
    }
    compare(same, |a, _| a);
}

/// Raw forms: arkworks multiplies x·2^256 and y·2^256 to x·y·2^256; here R is 2^260, a sixteenth of that.
#[test]
fn products_are_montgomery_products() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn product(a: Fq8, b: Fq8) -> Fq8 {
        Fq8::products([a, b], [b, a])[1].canonical()
    }
    compare(product, |a, b| a * b * Fq::from(16u64).inverse().unwrap());
}

#[test]
fn sums_and_differences() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn sum(a: Fq8, b: Fq8) -> Fq8 {
        a.plus(b).canonical()
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn difference(a: Fq8, b: Fq8) -> Fq8 {
        a.minus_plus(b, &P2).canonical()
    }
    compare(sum, |a, b| a + b);
    compare(difference, |a, b| a - b);
}

#[test]
fn canonical_takes_all_below_eight_times_the_modulus() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn seven_more(a: Fq8, _: Fq8) -> Fq8 {
        let mut l = a.0;
        for i in 0..5 {
            l[i] = _mm512_add_epi64(l[i], splat(multiple(7)[i]));
        }
        Fq8(carried(l)).canonical()
    }
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn once_more(a: Fq8, _: Fq8) -> Fq8 {
        a.minus_plus(Fq8([zero(); 5]), &P).canonical()
    }
    compare(seven_more, |a, _| a);
    compare(once_more, |a, _| a);
}

#[test]
fn products_in_the_extension() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(a: [Fq2; 8], b: [Fq2; 8]) -> [Fq2; 8] {
        let (a, b) = (of_lanes::<2, Fq2>(&a), of_lanes::<2, Fq2>(&b));
        let product = products([a, b], [b, a])[0].canonical();
        scatter::<2, Fq2>(product, product).map(|(_, y)| y)
    }
    if !able() {
        return;
    }
    let sixteenth = Fq2::from(16u64).inverse().unwrap();
    for seed in 0..50 {
        let ((a0, b0), (a1, b1)) = (values(seed), values(seed + 100));
        let a: [Fq2; 8] = std::array::from_fn(|i| Fq2::new(a0[i], a1[7 - i]));
        let b: [Fq2; 8] = std::array::from_fn(|i| Fq2::new(b0[i], b1[(i + 3) % 8]));
        let expected: [Fq2; 8] = std::array::from_fn(|i| a[i] * b[i] * sixteenth);
        // SAFETY: `able` said so.
        assert_eq!(unsafe { inside(a, b) }, expected);
    }
}

#[test]
fn inversion() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(a: [Fq; 8], b: [Fq; 8]) -> [Fq; 8] {
        let inverted = invert::<1, Fq>([of_lanes(&a), of_lanes(&b)]);
        scatter::<1, Fq>(inverted[1].canonical(), inverted[0].canonical()).map(|(x, _)| x)
    }
    if !able() {
        return;
    }
    let b: [Fq; 8] = std::array::from_fn(|i| Fq::from(i as u64 + 1));
    let (a, _) = values(3);
    let a = a.map(|x| if x == Fq::ZERO { -Fq::from(3u64) } else { x });
    let expected = b.map(|x| Fq::from(256u64) * x.inverse().unwrap());
    // SAFETY: `able` said so.
    assert_eq!(unsafe { inside(a, b) }, expected);
}

#[test]
fn transposition_is_its_own_inverse() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(rows: [[u64; 8]; 8]) -> ([[u64; 8]; 8], [[u64; 8]; 8]) {
        let mut registers = [zero(); 8];
        for (register, row) in registers.iter_mut().zip(rows) {
            *register = as_register(row);
        }
        let once = transposed(registers);
        (once.map(|r| as_words(r)), transposed(once).map(|r| as_words(r)))
    }
    if !able() {
        return;
    }
    let table: [[u64; 8]; 8] = std::array::from_fn(|i| std::array::from_fn(|j| (8 * i + j) as u64));
    // SAFETY: `able` said so.
    let (once, twice) = unsafe { inside(table) };
    assert_eq!(twice, table);
    assert!((0..8).all(|i| (0..8).all(|j| once[i][j] == table[j][i])));
}

#[test]
fn multiples_of_the_modulus_in_limbs() {
    for (k, limbs) in [(1u64, P), (2, P2), (4, P4)] {
        let expected = Fq::MODULUS << k.ilog2();
        let bits = |i: usize| (limbs[i / 52] >> (i % 52)) & 1 == 1;
        assert!((0..256).all(|i| expected.get_bit(i) == bits(i)));
    }
}
