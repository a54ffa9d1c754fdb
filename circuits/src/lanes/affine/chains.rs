//! Eight pairs at a time.
//!
//! Coordinates are Montgomery numbers with R = 2^260: points are multiplied by [`AddPairs::scale`] = 16 once and need no
//! conversion afterwards.

mod extension;

use ark_ff::serial_batch_inversion_and_mul;

use self::extension::{Lanes, products};
use super::{AddPairs, Point};
use crate::lanes::Vector;
use crate::lanes::eight::Block;

pub(super) use self::extension::Words;

/// Adds pairs of points eight at a time.
pub struct Chains<const N: usize> {
    /// Whoever has one may run the kernel.
    _able: Vector,
    /// Coordinates of the first points by limbs: x and y of each group of eight, group after group.
    first: Vec<Block>,
    /// The same of the second points.
    second: Vec<Block>,
    prefixes: Vec<[Lanes<N>; CHAINS]>,
}

impl<const N: usize, F: Words<N>> AddPairs<F> for Chains<N> {
    fn new(able: Vector) -> Self {
        Self { _able: able, first: vec![], second: vec![], prefixes: vec![] }
    }

    fn scale() -> F {
        F::from(16u64)
    }

    fn add(&mut self, pairs: &[(Point<F>, Point<F>)], sum: impl FnMut(usize, Point<F>)) {
        // SAFETY: `self` holds a `Vector`, so the processor has AVX-512 F and IFMA.
        unsafe { add(self, pairs, sum) }
    }
}

/// Independent chains of products that run side by side, so that each hides the latency of the other.
const CHAINS: usize = 2;

/// λ = (y2 − y1) / (x2 − x1), x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1, with one inversion for all.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add<const N: usize, F: Words<N>>(
    lanes: &mut Chains<N>,
    pairs: &[(Point<F>, Point<F>)],
    mut sum: impl FnMut(usize, Point<F>),
) {
    let Chains { first, second, prefixes, .. } = lanes;
    let steps = pairs.len().div_ceil(8 * CHAINS);
    gather(pairs, steps, first, second);
    prefixes.clear();
    let mut product = [Lanes::of(&[F::from(16u64); 8]); CHAINS];
    for step in 0..steps {
        prefixes.push(product);
        product = products(product, differences(first, second, step, X));
    }
    let mut inverse = invert::<N, F>(product);
    for step in (0..steps).rev() {
        let own = products(inverse, prefixes[step]);
        inverse = products(inverse, differences(first, second, step, X));
        let slope = products(differences(first, second, step, Y), own);
        let sums = finish(slope, first, second, step);
        for (k, (x3, y3)) in sums.into_iter().enumerate() {
            let from = 8 * (CHAINS * step + k);
            let count = pairs.len().saturating_sub(from).min(8);
            for (lane, point) in Lanes::points(x3, y3).into_iter().enumerate().take(count) {
                sum(from + lane, point);
            }
        }
    }
}

/// Lays the coordinates out by limbs; lanes without a pair get one whose x coordinates differ.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn gather<const N: usize, F: Words<N>>(
    pairs: &[(Point<F>, Point<F>)],
    steps: usize,
    first: &mut Vec<Block>,
    second: &mut Vec<Block>,
) {
    let padding = (Point::INFINITY, Point { x: F::ONE, y: F::ZERO });
    first.clear();
    second.clear();
    for g in 0..CHAINS * steps {
        for half in 0..N {
            let mut blocks = [[[0; 8]; 8]; 2];
            for lane in 0..8 {
                let (p, q) = pairs.get(8 * g + lane).unwrap_or(&padding);
                blocks[0][lane] = F::words(p, half);
                blocks[1][lane] = F::words(q, half);
            }
            first.extend(extension::columns(&blocks[0]));
            second.extend(extension::columns(&blocks[1]));
        }
    }
}

/// Offset of x in a group.
const X: usize = 0;
/// Offset of y in a group, in coordinates.
const Y: usize = 1;

/// One coordinate of group number `chain` of a step.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn read<const N: usize>(points: &[Block], step: usize, chain: usize, axis: usize) -> Lanes<N> {
    Lanes::unpack(&points[(2 * (CHAINS * step + chain) + axis) * N..])
}

/// Second minus first; below 4·p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn differences<const N: usize>(
    first: &[Block],
    second: &[Block],
    step: usize,
    axis: usize,
) -> [Lanes<N>; CHAINS] {
    [
        read::<N>(second, step, 0, axis).minus(read(first, step, 0, axis)),
        read::<N>(second, step, 1, axis).minus(read(first, step, 1, axis)),
    ]
}

/// The sums' coordinates, canonical.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn finish<const N: usize>(
    slope: [Lanes<N>; CHAINS],
    first: &[Block],
    second: &[Block],
    step: usize,
) -> [(Lanes<N>, Lanes<N>); CHAINS] {
    let mut x3 = products(slope, slope);
    let mut run = x3;
    for k in 0..CHAINS {
        let x1 = read::<N>(first, step, k, X);
        x3[k] = x3[k].minus(x1).minus(read(second, step, k, X)).canonical();
        run[k] = x1.minus(x3[k]);
    }
    let rise = products(slope, run);
    let y0 = rise[0].minus(read(first, step, 0, Y)).canonical();
    let y1 = rise[1].minus(read(first, step, 1, Y)).canonical();
    [(x3[0], y0), (x3[1], y1)]
}

/// Inverts the numbers of every lane, none of them zero, through arkworks.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn invert<const N: usize, F: Words<N>>(numbers: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let mut values: Vec<F> = Vec::with_capacity(8 * CHAINS);
    for number in numbers {
        let number = number.canonical();
        values.extend(Lanes::points(number, number).map(|p: Point<F>| p.x));
    }
    // The number in a lane is 16·x for arkworks; 16·(1/x) is 256 over that.
    serial_batch_inversion_and_mul(&mut values, &F::from(256u64));
    [Lanes::of(&values[..8]), Lanes::of(&values[8..])]
}

#[cfg(test)]
mod tests;
