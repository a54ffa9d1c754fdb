//! Products in the extension and inversion against arkworks, bit for bit.

use ark_bn254::{Fq, Fq2};
use ark_ff::{AdditiveGroup, Field};

use super::*;
use crate::simd::fp52::tests::values;

/// Eight numbers, one in each lane.
#[target_feature(enable = "avx512f,avx512ifma")]
fn of<const N: usize, F: Words<N>>(values: &[F; 8]) -> Lanes<N> {
    let points = values.map(|x| Point { x, y: F::ZERO });
    Columns::load(&points, &[0, 1, 2, 3, 4, 5, 6, 7].map(Signed::plain)).coordinates()[0]
}

/// The points of eight pairs of canonical coordinates.
#[target_feature(enable = "avx512f,avx512ifma")]
fn points<const N: usize, F: Words<N>>(x: Lanes<N>, y: Lanes<N>) -> [Point<F>; 8] {
    let mut out = [Point::INFINITY; 8];
    let columns = Columns::of(x, y);
    out.iter_mut().enumerate().for_each(|(lane, point)| columns.store(lane, point));
    out
}

#[test]
fn products_in_the_extension() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(a: [Fq2; 8], b: [Fq2; 8]) -> [Fq2; 8] {
        let (a, b) = (of(&a), of(&b));
        let product = products([a, b], [b, a])[0].canonical();
        points(product, product).map(|p| p.y)
    }
    if Vector::detect().is_none() {
        return;
    }
    let sixteenth = Fq2::from(16u64).inverse().unwrap();
    for seed in 0..50 {
        let ((a0, b0), (a1, b1)) = (values(seed), values(seed + 100));
        let a: [Fq2; 8] = std::array::from_fn(|i| Fq2::new(a0[i], a1[7 - i]));
        let b: [Fq2; 8] = std::array::from_fn(|i| Fq2::new(b0[i], b1[(i + 3) % 8]));
        let expected: [Fq2; 8] = std::array::from_fn(|i| a[i] * b[i] * sixteenth);
        // SAFETY: `detect` said that the processor can.
        assert_eq!(unsafe { inside(a, b) }, expected);
    }
}

#[test]
fn inversion() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn inside(a: [Fq; 8], b: [Fq; 8]) -> [Fq; 8] {
        let [first, second] = inverted::<1, Fq>([of(&a), of(&b)]);
        points(second.canonical(), first.canonical()).map(|p| p.x)
    }
    if Vector::detect().is_none() {
        return;
    }
    let b: [Fq; 8] = std::array::from_fn(|i| Fq::from(i as u64 + 1));
    let (a, _) = values::<ark_bn254::FqConfig>(3);
    let a = a.map(|x| if x == Fq::ZERO { -Fq::from(3u64) } else { x });
    let expected = b.map(|x| Fq::from(256u64) * x.inverse().unwrap());
    // SAFETY: `detect` said that the processor can.
    assert_eq!(unsafe { inside(a, b) }, expected);
}
