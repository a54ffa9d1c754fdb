//! Doubling, for multiples of fixed points.

use super::{CHAINS, Chains, Columns, Lanes, Step, WIDTH, Words, finished, inverted, products};
use crate::simd::batch_add::{Point, Signed};

impl<const N: usize> Chains<N> {
    /// λ = 3·x² / (2·y), with one inversion for all. Both points of the chord are the same: the run between them is zero.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double_batch<F: Words<N>>(&mut self, points: &mut [Point<F>]) {
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
