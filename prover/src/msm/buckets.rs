//! Entries sorted by bucket, and the weighted sum of a set of buckets.

use ark_ec::short_weierstrass::Projective;
use ark_ff::{AdditiveGroup, BigInt, Zero};
use circuits::lanes::affine::Signed;
use zeroize::Zeroize;

use super::digits::Layout;
use super::form::Form;
use super::rounds::{Rounds, wipe};
use super::{Curve, Point};

/// Entries of all buckets, bucket after bucket and set after set. Wiped when dropped.
pub(super) struct Buckets {
    entries: Vec<Signed>,
    /// Where each bucket begins; one more at the end.
    starts: Vec<u32>,
}

impl Drop for Buckets {
    fn drop(&mut self) {
        self.entries.fill(Signed::default());
        zeroize::optimization_barrier(self.entries.as_slice());
        self.starts.zeroize();
    }
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
        let mut entries = vec![Signed::default(); placed.len()];
        for (bucket, entry) in &placed {
            let place = &mut next[*bucket as usize];
            entries[*place as usize] = *entry;
            *place += 1;
        }
        next.zeroize();
        placed.fill((0, Signed::default()));
        zeroize::optimization_barrier(placed.as_slice());
        Self { entries, starts }
    }

    /// Writes the sum of each bucket's entries.
    pub(super) fn sum<P: Curve>(&self, points: &[Point<P>], form: &Form<P>, sums: &mut [Point<P>]) {
        Rounds::new(form).sum(points, &self.entries, &self.starts, sums);
    }
}

/// Window w of a scalar meets level `w / step` of the multiples and set `w % step` of the buckets.
fn placements(layout: Layout, stride: usize, terms: &[(u32, BigInt<4>)]) -> Vec<(u32, Signed)> {
    let mut placed = Vec::with_capacity(terms.len() * layout.windows());
    for (point, scalar) in terms {
        let (mut set, mut base, mut index) = (0, 0, *point);
        for digit in layout.digits(scalar) {
            if digit != 0 {
                let entry = if digit < 0 { Signed::negated(index) } else { Signed::plain(index) };
                placed.push((base + digit.unsigned_abs() - 1, entry));
            }
            (set, base) = (set + 1, base + layout.buckets() as u32);
            if set == layout.step {
                (set, base, index) = (0, 0, index + stride as u32);
            }
        }
    }
    placed
}

/// Σ (b + 1) · `sum_b` over the buckets of each set. `sums` has one or more sums for each bucket, all buckets' in turn.
///
/// With b = width·row + column this is width · Σ row · (sum of the row) + Σ (column + 1) · (sum of the column): two affine
/// additions a bucket instead of two projective ones.
pub(super) fn weigh<P: Curve>(layout: Layout, sums: &[Point<P>], form: &Form<P>) -> Vec<Projective<P>> {
    let bits = layout.buckets().ilog2() / 2;
    let width = 1usize << bits;
    let all = layout.buckets() * layout.step;
    let height = layout.buckets() / width;
    let (mut rows, mut columns) = rayon::join(
        || groups(sums, all / width, |b| b % all / width, form),
        || groups(sums, width * layout.step, |b| b % all / layout.buckets() * width + b % width, form),
    );
    let of_set = |(rows, columns): (&[Point<P>], &[Point<P>])| {
        let mut total = running::<P>(&rows[1..], form);
        for _ in 0..bits {
            total.double_in_place();
        }
        total + running(columns, form)
    };
    let sets = rows.chunks_exact(height).zip(columns.chunks_exact(width)).map(of_set).collect();
    wipe::<P>(&mut rows);
    wipe::<P>(&mut columns);
    sets
}

/// The sum of each group, leaving out what is at infinity.
fn groups<P: Curve>(
    points: &[Point<P>],
    count: usize,
    group: impl Fn(usize) -> usize,
    form: &Form<P>,
) -> Vec<Point<P>> {
    let finite = || (0..points.len()).filter(|&i| !points[i].is_infinity());
    let mut starts = vec![0u32; count + 1];
    finite().for_each(|i| starts[group(i) + 1] += 1);
    (1..=count).for_each(|g| starts[g] += starts[g - 1]);
    let mut next = starts.clone();
    let mut entries = vec![Signed::default(); starts[count] as usize];
    for i in finite() {
        let place = &mut next[group(i)];
        entries[*place as usize] = Signed::plain(i as u32);
        *place += 1;
    }
    let mut sums = vec![Point::<P>::INFINITY; count];
    Rounds::new(form).sum(points, &entries, &starts, &mut sums);
    sums
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
