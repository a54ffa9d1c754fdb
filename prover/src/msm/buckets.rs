//! Entries sorted by bucket, and the weighted sum of a run of buckets.

use std::ops::Range;

use ark_ec::short_weierstrass::Projective;
use ark_ff::{BigInt, Zero};

use super::digits::{Layout, is_zero};
use super::Curve;
use super::pairs::{Batch, Form, Point};

/// Segments that one sum is cut into, so that two cores and more share it evenly.
const SEGMENTS: usize = 8;

/// Entries of all buckets, bucket after bucket. An entry is the index of a point, shifted by one, and its sign.
pub(super) struct Buckets {
    layout: Layout,
    entries: Vec<u32>,
    /// Where each bucket begins; one more at the end.
    starts: Vec<u32>,
}

/// A run of buckets of one set.
pub(super) struct Segment<'a> {
    buckets: &'a Buckets,
    range: Range<usize>,
}

impl Buckets {
    /// Sorts the non-zero digits of the scalars by set and absolute value.
    pub(super) fn sort(layout: &Layout, scalars: &[BigInt<4>]) -> Self {
        let placed = placements(*layout, scalars);
        let mut starts = vec![0u32; layout.buckets() * layout.step + 1];
        for &(bucket, _) in &placed {
            starts[bucket as usize + 1] += 1;
        }
        for b in 1..starts.len() {
            starts[b] += starts[b - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; placed.len()];
        for (bucket, entry) in placed {
            let place = &mut next[bucket as usize];
            entries[*place as usize] = entry;
            *place += 1;
        }
        Self { layout: *layout, entries, starts }
    }

    /// Runs of buckets with about the same number of entries, none across two sets.
    pub(super) fn segments(&self) -> Vec<Segment<'_>> {
        let share = self.entries.len() / SEGMENTS + 1;
        let mut segments = Vec::new();
        for set in 0..self.layout.step {
            let end = (set + 1) * self.layout.buckets();
            let mut from = set * self.layout.buckets();
            while from < end {
                let to = self.cut(from, end, share);
                if self.starts[to] > self.starts[from] {
                    segments.push(Segment { buckets: self, range: from..to });
                }
                from = to;
            }
        }
        segments
    }

    /// The end of a run from `from` that has at least `share` entries, or `end`.
    fn cut(&self, from: usize, end: usize, share: usize) -> usize {
        let enough = self.starts[from] as usize + share;
        self.starts[from + 1..=end].partition_point(|&s| (s as usize) < enough).min(end - from - 1) + from + 1
    }
}

fn placements(layout: Layout, scalars: &[BigInt<4>]) -> Vec<(u32, u32)> {
    let mut placed = Vec::with_capacity(scalars.len() * layout.windows());
    for (i, scalar) in scalars.iter().enumerate().filter(|(_, s)| !is_zero(s)) {
        for (w, digit) in layout.digits(scalar).enumerate().filter(|(_, d)| *d != 0) {
            let bucket = (w % layout.step) * layout.buckets() + digit.unsigned_abs() as usize - 1;
            let point = (w / layout.step) * scalars.len() + i;
            placed.push((bucket as u32, (point as u32) << 1 | u32::from(digit < 0)));
        }
    }
    placed
}

impl Segment<'_> {
    /// The set that the segment belongs to.
    pub(super) fn set(&self) -> usize {
        self.range.start / self.buckets.layout.buckets()
    }

    /// Σ (digit of the bucket) · (sum of its entries).
    pub(super) fn sum<P: Curve>(&self, points: &[Point<P>], form: &Form<P>) -> Projective<P> {
        let (mut sums, mut lengths) = self.first_round(points, form);
        while lengths.iter().any(|&n| n > 1) {
            halve(&mut sums, &mut lengths, form);
        }
        self.weigh(&sums, &lengths, form)
    }

    /// Adds neighbours of each bucket straight from the table.
    fn first_round<P: Curve>(&self, points: &[Point<P>], form: &Form<P>) -> (Vec<Point<P>>, Vec<usize>) {
        let starts = &self.buckets.starts[self.range.start..=self.range.end];
        let total = starts.windows(2).map(|s| (s[1] - s[0]).div_ceil(2) as usize).sum();
        let mut out = vec![Point::INFINITY; total];
        let mut lengths = Vec::with_capacity(self.range.len());
        let mut batch = Batch::new(form);
        let mut place = 0;
        for s in starts.windows(2) {
            let entries = &self.buckets.entries[s[0] as usize..s[1] as usize];
            for pair in entries.chunks(2) {
                match *pair {
                    [p, q] => batch.push(signed(points, p), signed(points, q), place, &mut out),
                    [p] => out[place] = signed(points, p),
                    _ => unreachable!("chunks of two have one or two entries"),
                }
                place += 1;
            }
            lengths.push(entries.len().div_ceil(2));
        }
        batch.flush(&mut out);
        (out, lengths)
    }

    /// Σ (b + 1) · sum_b by running sums from the last bucket of the segment.
    fn weigh<P: Curve>(&self, sums: &[Point<P>], lengths: &[usize], form: &Form<P>) -> Projective<P> {
        let mut running = Projective::zero();
        let mut total = Projective::zero();
        let mut at = sums.len().min(lengths.iter().sum());
        for &n in lengths.iter().rev() {
            if n == 1 {
                at -= 1;
                running += form.release(sums[at]);
            }
            total += running;
        }
        let below = (self.range.start % self.buckets.layout.buckets()) as u64;
        total + P::mul_projective(&running, &[below])
    }
}

fn signed<P: Curve>(points: &[Point<P>], entry: u32) -> Point<P> {
    let p = points[(entry >> 1) as usize];
    if entry & 1 == 1 { p.negated() } else { p }
}

/// Adds neighbours of each bucket in place; what is left stays in the order of the buckets.
fn halve<P: Curve>(sums: &mut [Point<P>], lengths: &mut [usize], form: &Form<P>) {
    let mut batch = Batch::new(form);
    let (mut from, mut place) = (0, 0);
    for n in lengths {
        for k in (0..*n).step_by(2) {
            if k + 1 < *n {
                batch.push(sums[from + k], sums[from + k + 1], place, sums);
            } else {
                sums[place] = sums[from + k];
            }
            place += 1;
        }
        from += *n;
        *n = n.div_ceil(2);
    }
    batch.flush(sums);
}
