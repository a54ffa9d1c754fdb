//! Eight pairs at a time, two chains of products side by side.
//!
//! Coordinates are Montgomery numbers with R = 2^260: points are multiplied by [`AddPairs::scale`] = 16 once and need no
//! conversion afterwards.

mod extension;

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use ark_ff::serial_batch_inversion_and_mul;

use self::extension::{Columns, Lanes, products};
use super::{AddPairs, Pair, Point, Signed};
use crate::simd::{Vector, Zeroable, wipe};

pub(super) use self::extension::Words;

/// Adds pairs of points eight at a time. What it holds of the last points is wiped when it is dropped.
pub struct Chains<const N: usize> {
    /// Whoever has one may run the kernel.
    _able: Vector,
    steps: Vec<[Step<N>; CHAINS]>,
    /// Which pairs of a batch the formula does not hold for.
    special: Vec<usize>,
}

/// What the way back needs of eight pairs.
#[derive(Clone, Copy)]
struct Step<const N: usize> {
    /// The product of all runs before this.
    before: Lanes<N>,
    /// x2 − x1, below 2·p.
    run: Lanes<N>,
    /// y2 − y1, below 2·p.
    rise: Lanes<N>,
    /// The first point.
    first: Columns<N>,
}

// SAFETY: it is made of registers, of which all bits zero are a value.
unsafe impl<const N: usize> Zeroable for Step<N> {}

/// Independent chains of products that run side by side, so that each hides the latency of the other.
const CHAINS: usize = 2;

/// Pairs of one step.
const WIDTH: usize = 8 * CHAINS;

/// Pairs that share an inversion: many, yet few enough to stay in the second-level cache.
const fn batch<const N: usize>() -> usize {
    4096 / N
}

/// How many pairs ahead points are asked from memory.
const AHEAD: usize = 2 * WIDTH;

impl<const N: usize, F: Words<N>> AddPairs<F> for Chains<N> {
    fn new(able: Vector) -> Self {
        Self { _able: able, steps: vec![], special: vec![] }
    }

    fn scale() -> F {
        F::from(16u64)
    }

    fn add(&mut self, points: &[Point<F>], pairs: &[Pair], sums: &mut [Point<F>]) {
        for pairs in pairs.chunks(batch::<N>()) {
            // SAFETY: `self` holds a `Vector`, so the processor has AVX-512 F and IFMA.
            unsafe { self.add_batch(points, pairs, sums) }
            self.add_special(points, pairs, sums);
        }
    }

    fn double(&mut self, points: &mut [Point<F>]) {
        for points in points.chunks_mut(batch::<N>()) {
            // SAFETY: `self` holds a `Vector`, so the processor has AVX-512 F and IFMA.
            unsafe { self.double_batch(points) }
        }
    }
}

impl<const N: usize> Drop for Chains<N> {
    fn drop(&mut self) {
        wipe(&mut self.steps);
    }
}

impl<const N: usize> Chains<N> {
    /// λ = (y2 − y1) / (x2 − x1), with one inversion for all.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn add_batch<F: Words<N>>(&mut self, points: &[Point<F>], pairs: &[Pair], sums: &mut [Point<F>]) {
        self.special.clear();
        self.make_room(pairs.len());
        let mut before = [Lanes::one(); CHAINS];
        for (number, some) in pairs.chunks(WIDTH).enumerate() {
            pairs.iter().skip(WIDTH * number + AHEAD).take(WIDTH).for_each(|pair| ask_for(points, pair));
            for chain in 0..CHAINS {
                let special = self.steps[number][chain].begin(points, some, chain, before[chain]);
                if special != 0 {
                    let from = WIDTH * number + 8 * chain;
                    let lanes = (0..8).filter(|lane| special >> lane & 1 == 1);
                    self.special.extend(lanes.map(|lane| from + lane));
                }
            }
            let step = &self.steps[number];
            before = products(before, [step[0].run, step[1].run]);
        }
        let mut inverse = inverted::<N, F>(before);
        for (number, some) in pairs.chunks(WIDTH).enumerate().rev() {
            let step = &self.steps[number];
            let own = products(inverse, [step[0].before, step[1].before]);
            inverse = products(inverse, [step[0].run, step[1].run]);
            let slope = products(own, [step[0].rise, step[1].rise]);
            for (group, out) in finished(slope, step).iter().zip(some.chunks(8)) {
                for (lane, pair) in out.iter().enumerate() {
                    group.store(lane, &mut sums[pair.place as usize]);
                }
            }
        }
    }

    /// λ = 3·x² / (2·y), with one inversion for all. Both points of the chord are the same: the run between them is zero.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn double_batch<F: Words<N>>(&mut self, points: &mut [Point<F>]) {
        self.make_room(points.len());
        let mut before = [Lanes::one(); CHAINS];
        for (step, some) in self.steps.iter_mut().zip(points.chunks(WIDTH)) {
            *step = tangents(some, before);
            before = products(before, [step[0].run, step[1].run]);
        }
        let mut inverse = inverted::<N, F>(before);
        for (number, some) in points.chunks_mut(WIDTH).enumerate().rev() {
            let step = &mut self.steps[number];
            let own = products(inverse, [step[0].before, step[1].before]);
            inverse = products(inverse, [step[0].run, step[1].run]);
            let slope = products(own, [step[0].rise, step[1].rise]);
            for s in step.iter_mut() {
                s.run = Lanes::zero();
            }
            for (group, out) in finished(slope, step).iter().zip(some.chunks_mut(8)) {
                out.iter_mut().enumerate().for_each(|(lane, point)| group.store(lane, point));
            }
        }
    }

    /// As many steps as a batch of so many points takes. What they were stays until they are begun.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn make_room(&mut self, points: usize) {
        let zero = Lanes::zero();
        let none = Step { before: zero, run: zero, rise: zero, first: Columns::zero() };
        let steps = points.div_ceil(WIDTH);
        if self.steps.capacity() < steps {
            wipe(&mut self.steps);
            self.steps = Vec::with_capacity(steps);
        }
        self.steps.resize(steps.max(self.steps.len()), [none; CHAINS]);
    }

    /// Does singly what the formula does not hold for.
    fn add_special<F: Words<N>>(&mut self, points: &[Point<F>], pairs: &[Pair], sums: &mut [Point<F>]) {
        if self.special.is_empty() {
            return;
        }
        let scale = <Self as AddPairs<F>>::scale();
        let back = scale.inverse().expect("sixteen is not zero");
        // Lanes without a pair are among them.
        for pair in self.special.iter().filter_map(|&k| pairs.get(k)) {
            let [p, q] = pair.points.map(|p| p.of(points).scaled(&back));
            sums[pair.place as usize] = p.plus_special(q).scaled(&scale);
        }
    }
}

impl<const N: usize> Step<N> {
    /// Loads the pairs of one chain and says which of them the formula does not hold for. There, and where there is no
    /// pair, the run is one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn begin<F: Words<N>>(
        &mut self,
        points: &[Point<F>],
        pairs: &[Pair],
        chain: usize,
        before: Lanes<N>,
    ) -> u8 {
        let mut both = [[Signed::plain(0); 8]; 2];
        for (lane, pair) in pairs.iter().skip(8 * chain).take(8).enumerate() {
            [both[0][lane], both[1][lane]] = pair.points;
        }
        let (first, second) = (Columns::load(points, &both[0]), Columns::load(points, &both[1]));
        let special = first.meets_specially(&second);
        let [[x1, y1], [x2, y2]] = [first.coordinates(), second.coordinates()];
        self.before = before;
        self.run = x2.minus_canonical(x1).or_one(special);
        self.rise = y2.minus_canonical(y1);
        self.first = first;
        special
    }
}

/// Asks memory for the points of a pair.
#[inline]
fn ask_for<F>(points: &[Point<F>], pair: &Pair) {
    for p in pair.points {
        let address: *const Point<F> = &raw const points[p.index()];
        // SAFETY: a hint without effect on what the program computes, for memory that is there.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(address.cast());
            _mm_prefetch::<_MM_HINT_T0>(address.cast::<i8>().wrapping_add(size_of::<Point<F>>() - 1));
        }
    }
}

/// The sums x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1, canonical, as words.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn finished<const N: usize>(slope: [Lanes<N>; CHAINS], step: &[Step<N>; CHAINS]) -> [Columns<N>; CHAINS] {
    let first = [step[0].first.coordinates(), step[1].first.coordinates()];
    let mut x3 = products(slope, slope);
    let mut run = x3;
    for k in 0..CHAINS {
        let [x1, _] = first[k];
        // x1 + x2 is 2·x1 + run, below 4·p.
        x3[k] = x3[k].minus_four(x1.plus(x1).plus(step[k].run)).canonical();
        run[k] = x1.minus_canonical(x3[k]);
    }
    let rise = products(slope, run);
    let mut out = [Columns::zero(); CHAINS];
    for k in 0..CHAINS {
        let [_, y1] = first[k];
        out[k] = Columns::of(x3[k], rise[k].minus_canonical(y1).canonical_below_four());
    }
    out
}

/// Inverts the numbers of every lane, none of them zero, through arkworks.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverted<const N: usize, F: Words<N>>(numbers: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let mut values = [Point::INFINITY; WIDTH];
    for (number, values) in numbers.into_iter().zip(values.chunks_exact_mut(8)) {
        let columns = Columns::of(number.canonical(), number.canonical());
        (0..8).zip(values).for_each(|(lane, value)| columns.store(lane, value));
    }
    let mut inverses = values.map(|p: Point<F>| p.x);
    // The number in a lane is 16·x for arkworks; 16·(1/x) is 256 over that.
    serial_batch_inversion_and_mul(&mut inverses, &F::from(256u64));
    let points = inverses.map(|x| Point { x, y: F::ZERO });
    let lanes: [Signed; 8] = std::array::from_fn(|lane| Signed::plain(lane as u32));
    let [low, high] =
        [&points[..8], &points[8..]].map(|points| Columns::load(points, &lanes).coordinates()[0]);
    [low, high]
}

/// Run 2·y and rise 3·x² of each tangent; lanes without a point repeat the first.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn tangents<const N: usize, F: Words<N>>(
    points: &[Point<F>],
    before: [Lanes<N>; CHAINS],
) -> [Step<N>; CHAINS] {
    let mut first = [Columns::zero(); CHAINS];
    for (chain, columns) in first.iter_mut().enumerate() {
        let index = |lane: usize| Some(8 * chain + lane).filter(|&i| i < points.len()).unwrap_or(0);
        *columns = Columns::load(points, &std::array::from_fn(|lane| Signed::plain(index(lane) as u32)));
    }
    let [[x0, y0], [x1, y1]] = [first[0].coordinates(), first[1].coordinates()];
    let squares = products([x0, x1], [x0, x1]);
    let mut out = [Step { before: before[0], run: y0.plus(y0), rise: x0, first: first[0] }; CHAINS];
    (out[1].before, out[1].run, out[1].first) = (before[1], y1.plus(y1), first[1]);
    for k in 0..CHAINS {
        out[k].rise = squares[k].plus(squares[k]).below_two().plus(squares[k]).below_two();
    }
    out
}

#[cfg(test)]
mod tests;
