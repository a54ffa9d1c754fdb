//! Entries sorted by bucket, and the weighted sum of a run of buckets.

use std::ops::Range;

use ark_ec::short_weierstrass::Projective;
use ark_ff::{AdditiveGroup, BigInt, Zero};
use zeroize::Zeroize;

use super::digits::Layout;
use super::pairs::{Batch, Form};
use super::{Curve, Point};

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
    /// Sorts the non-zero digits of the scalars by set and absolute value. A level of multiples has `stride` points.
    pub(super) fn sort(layout: Layout, stride: usize, terms: &[(u32, BigInt<4>)]) -> Self {
        let mut placed = placements(layout, stride, terms);
        let mut starts = vec![0u32; layout.buckets() * layout.step + 1];
        for &(bucket, _) in &placed {
            starts[bucket as usize + 1] += 1;
        }
        for b in 1..starts.len() {
            starts[b] += starts[b - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; placed.len()];
        for (bucket, entry) in &placed {
            let place = &mut next[*bucket as usize];
            entries[*place as usize] = *entry;
            *place += 1;
        }
        placed.zeroize();
        Self { layout, entries, starts }
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

fn placements(layout: Layout, stride: usize, terms: &[(u32, BigInt<4>)]) -> Vec<(u32, u32)> {
    let mut placed = Vec::with_capacity(terms.len() * layout.windows());
    for (point, scalar) in terms {
        let (mut set, mut base, mut entry) = (0, 0, *point);
        for digit in layout.digits(scalar) {
            if digit != 0 {
                placed.push((base + digit.unsigned_abs() - 1, entry << 1 | u32::from(digit < 0)));
            }
            (set, base) = (set + 1, base + layout.buckets() as u32);
            if set == layout.step {
                (set, base, entry) = (0, 0, entry + stride as u32);
            }
        }
    }
    placed
}

impl Drop for Buckets {
    fn drop(&mut self) {
        self.entries.zeroize();
        self.starts.zeroize();
    }
}

impl Segment<'_> {
    /// The buckets that the segment covers.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The sum of each bucket's entries.
    pub(super) fn sums<P: Curve>(&self, points: &[Point<P>], form: &Form<P>) -> Vec<Point<P>> {
        let (sums, lengths) = self.first_round(points, form);
        collapse(sums, lengths, form)
    }

    /// Adds neighbours of each bucket straight from the table.
    fn first_round<P: Curve>(&self, points: &[Point<P>], form: &Form<P>) -> (Vec<Point<P>>, Vec<usize>) {
        let starts = &self.buckets.starts[self.range.start..=self.range.end];
        let total = starts.windows(2).map(|s| (s[1] - s[0]).div_ceil(2) as usize).sum();
        let mut out = vec![Point::<P>::INFINITY; total];
        let mut lengths = Vec::with_capacity(self.range.len());
        let mut batch = Batch::new(form);
        let mut place = 0;
        for s in starts.windows(2) {
            let entries = &self.buckets.entries[s[0] as usize..s[1] as usize];
            for pair in entries.chunks(2) {
                match *pair {
                    [p, q] => batch.push(signed::<P>(points, p), signed::<P>(points, q), place, &mut out),
                    [p] => out[place] = signed::<P>(points, p),
                    _ => unreachable!("chunks of two have one or two entries"),
                }
                place += 1;
            }
            lengths.push(entries.len().div_ceil(2));
        }
        batch.flush(&mut out);
        (out, lengths)
    }
}

/// Σ (b + 1) · `sum_b` over the buckets of one set.
///
/// With b = width·row + column this is width · Σ row · (sum of the row) + Σ (column + 1) · (sum of the column): two affine
/// additions a bucket instead of two projective ones.
pub(super) fn weigh<P: Curve>(sums: &[Point<P>], form: &Form<P>) -> Projective<P> {
    let bits = sums.len().ilog2() / 2;
    let width = 1usize << bits;
    let rows = groups(sums.chunks_exact(width).map(|row| row.iter()), form);
    let columns = groups((0..width).map(|c| sums[c..].iter().step_by(width)), form);
    let mut total = running::<P>(&rows[1..], form);
    for _ in 0..bits {
        total.double_in_place();
    }
    total + running(&columns, form)
}

/// The sum of each group.
fn groups<'a, P: Curve>(
    groups: impl Iterator<Item = impl Iterator<Item = &'a Point<P>>>,
    form: &Form<P>,
) -> Vec<Point<P>> {
    let mut points = Vec::new();
    let mut lengths = Vec::new();
    for group in groups {
        let before = points.len();
        points.extend(group.filter(|p| !p.is_infinity()));
        lengths.push(points.len() - before);
    }
    collapse(points, lengths, form)
}

/// Σ (i + 1) · `sum_i` by running sums from the last.
fn running<P: Curve>(sums: &[Point<P>], form: &Form<P>) -> Projective<P> {
    let mut running = Projective::zero();
    let mut total = Projective::zero();
    for sum in sums.iter().rev() {
        if !sum.is_infinity() {
            running += form.release(*sum);
        }
        total += running;
    }
    total
}

/// One sum for each group of neighbours: infinity where a group is empty.
fn collapse<P: Curve>(mut sums: Vec<Point<P>>, mut lengths: Vec<usize>, form: &Form<P>) -> Vec<Point<P>> {
    while lengths.iter().any(|&n| n > 1) {
        halve(&mut sums, &mut lengths, form);
    }
    let mut left = sums.into_iter();
    let mut next = |n| if n == 0 { Point::<P>::INFINITY } else { left.next().expect("one for each group") };
    lengths.into_iter().map(&mut next).collect()
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
