//! One sum for each of many groups of points, by adding neighbours round after round.

use groth16::simd::batch_add::{Pair, Signed};
use zeroize::Zeroize;

use super::form::{Adder, Form};
use super::{Curve, Point};

/// Entries that are summed together: their sums of the first round and the buffers of the kernel stay near.
const PORTION: usize = 1 << 15;

/// Sums groups, with buffers for all of them. Wiped when dropped.
pub(super) struct Rounds<P: Curve> {
    adder: Adder<P>,
    pairs: Vec<Pair>,
    lengths: Vec<u32>,
    now: Vec<Point<P>>,
    next: Vec<Point<P>>,
}

impl<P: Curve> Drop for Rounds<P> {
    fn drop(&mut self) {
        wipe::<P>(&mut self.now);
        wipe::<P>(&mut self.next);
        self.pairs.fill(Pair::default());
        zeroize::optimization_barrier(self.pairs.as_slice());
        self.lengths.zeroize();
    }
}

impl<P: Curve> Rounds<P> {
    pub(super) fn new(form: &Form<P>) -> Self {
        Self { adder: form.adder(), pairs: vec![], lengths: vec![], now: vec![], next: vec![] }
    }

    /// Writes the sum of each group; infinity where a group is empty. Group g is `entries[starts[g]..starts[g + 1]]`.
    pub(super) fn sum(
        &mut self,
        points: &[Point<P>],
        entries: &[Signed],
        starts: &[u32],
        sums: &mut [Point<P>],
    ) {
        let mut from = 0;
        while from < sums.len() {
            let enough = starts[from] as usize + PORTION;
            let to = from + starts[from + 1..].partition_point(|&s| (s as usize) <= enough).max(1);
            self.portion(points, entries, &starts[from..=to]);
            self.take(&mut sums[from..to]);
            from = to;
        }
    }

    fn portion(&mut self, points: &[Point<P>], entries: &[Signed], starts: &[u32]) {
        self.first(points, entries, starts);
        while self.lengths.iter().any(|&n| n > 1) {
            self.round();
        }
    }

    /// Adds neighbours straight from the points.
    fn first(&mut self, points: &[Point<P>], entries: &[Signed], starts: &[u32]) {
        let lengths = starts.windows(2).map(|s| (s[1] - s[0]).div_ceil(2));
        self.lengths.clear();
        self.lengths.extend(lengths);
        self.pairs.clear();
        let total: u32 = self.lengths.iter().sum();
        grow::<P>(&mut self.next, total as usize);
        let mut place = 0;
        for s in starts.windows(2) {
            for pair in entries[s[0] as usize..s[1] as usize].chunks(2) {
                match *pair {
                    [p, q] => self.pairs.push(Pair { points: [p, q], place }),
                    [p] => self.next[place as usize] = p.of(points),
                    _ => unreachable!("chunks of two have one or two entries"),
                }
                place += 1;
            }
        }
        self.adder.add(points, &self.pairs, &mut self.next);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// Adds neighbours of what is left; it stays in the order of the groups.
    fn round(&mut self) {
        let total: u32 = self.lengths.iter().map(|n| n.div_ceil(2)).sum();
        grow::<P>(&mut self.next, total as usize);
        self.pairs.clear();
        let (mut from, mut place) = (0, 0);
        for n in &mut self.lengths {
            for k in (from..from + *n).step_by(2) {
                if k + 1 < from + *n {
                    self.pairs.push(Pair { points: [k, k + 1].map(Signed::plain), place });
                } else {
                    self.next[place as usize] = self.now[k as usize];
                }
                place += 1;
            }
            from += *n;
            *n = n.div_ceil(2);
        }
        self.adder.add(&self.now, &self.pairs, &mut self.next);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// What is left: one for each group that is not empty.
    fn take(&self, sums: &mut [Point<P>]) {
        let mut left = self.now.iter();
        for (sum, n) in sums.iter_mut().zip(&self.lengths) {
            *sum = if *n == 0 { Point::<P>::INFINITY } else { *left.next().expect("one for each group") };
        }
    }
}

/// Makes room without leaving a copy behind. What was there is lost.
fn grow<P: Curve>(buffer: &mut Vec<Point<P>>, len: usize) {
    if buffer.capacity() < len {
        wipe::<P>(buffer);
        *buffer = Vec::with_capacity(len);
    }
    if buffer.len() < len {
        buffer.resize(len, Point::<P>::INFINITY);
    }
}

/// Overwrites sums of secret scalars' points.
pub(super) fn wipe<P: Curve>(points: &mut [Point<P>]) {
    points.fill(Point::<P>::INFINITY);
    zeroize::optimization_barrier(points);
}
