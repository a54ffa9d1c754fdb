//! Entries sorted by bucket, and the weighted sum of a set of buckets.

use ark_ec::short_weierstrass::Projective;
use ark_ff::{AdditiveGroup, BigInt, Zero};
use groth16::simd::batch_add::Signed;
use zeroize::Zeroize;

use super::digits::{Digit, Layout};
use super::form::Form;
use super::rounds::{Rounds, wipe};
use super::{Curve, Point};

/// Entries of some buckets, bucket after bucket. Wiped when dropped.
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
    /// Sorts one part's entries of all portions by bucket.
    pub(super) fn sort(portions: &[Placed], part: usize, buckets: usize) -> Self {
        let placed = || portions.iter().flat_map(|placed| &placed.0[part]);
        let mut starts = vec![0u32; buckets + 1];
        for (bucket, _) in placed() {
            starts[*bucket as usize + 1] += 1;
        }
        for b in 1..starts.len() {
            starts[b] += starts[b - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![Signed::default(); starts[buckets] as usize];
        for (bucket, entry) in placed() {
            let place = &mut next[*bucket as usize];
            entries[*place as usize] = *entry;
            *place += 1;
        }
        next.zeroize();
        Self { entries, starts }
    }

    /// Writes the sum of each bucket's entries.
    pub(super) fn sum<P: Curve>(&self, points: &[Point<P>], form: &Form<P>, sums: &mut [Point<P>]) {
        Rounds::new(form).sum(points, &self.entries, &self.starts, sums);
    }
}

/// Entries of some scalars with their buckets, not yet sorted, for each part of the buckets. Wiped when dropped.
///
/// Bucket b is number b / parts of part b % parts: parts are equally full, although low buckets get more.
pub(super) struct Placed(Vec<Vec<(u32, Signed)>>);

impl Drop for Placed {
    fn drop(&mut self) {
        for placed in &mut self.0 {
            placed.fill((0, Signed::default()));
            zeroize::optimization_barrier(placed.as_slice());
        }
    }
}

impl Placed {
    /// The non-zero digits of the scalars. A level of multiples has `stride` points.
    pub(super) fn of(layout: Layout, stride: usize, terms: &[(u32, BigInt<4>)], parts: usize) -> Self {
        // Room for the worst, so that none grows and leaves a copy behind.
        let room = || Vec::with_capacity(terms.len() * layout.count());
        let mut placed: Vec<_> = (0..parts).map(|_| room()).collect();
        let shift = parts.ilog2();
        for (point, scalar) in terms {
            for Digit { level, set, value } in layout.digits(scalar) {
                if value != 0 {
                    let index = *point + (level * stride) as u32;
                    let entry = if value < 0 { Signed::negated(index) } else { Signed::plain(index) };
                    let bucket = set * layout.buckets() + value.unsigned_abs() as usize - 1;
                    placed[bucket & (parts - 1)].push(((bucket >> shift) as u32, entry));
                }
            }
        }
        Self(placed)
    }
}

/// Σ (b + 1) · `sum_b` over the buckets of each set. `sums` has those of all sets, part after part.
///
/// With b = width·row + column this is width · Σ row · (sum of the row) + Σ (column + 1) · (sum of the column): two affine
/// additions a bucket instead of two projective ones.
pub(super) fn weigh<P: Curve>(
    layout: Layout,
    sums: &[Point<P>],
    parts: usize,
    form: &Form<P>,
) -> Vec<Projective<P>> {
    let bits = layout.buckets().ilog2() / 2;
    let (width, height) = (1usize << bits, layout.buckets() >> bits);
    let of_part = sums.len() / parts;
    let buckets = (0..parts).flat_map(|part| (0..of_part).map(move |number| number * parts + part));
    let set_bits = layout.buckets().ilog2();
    let (mut rows, mut columns) = rayon::join(
        || groups(sums, layout.sets * height, &buckets.clone().map(|b| b >> bits), form),
        || {
            let column = |b: usize| (b >> set_bits << bits) + b % width;
            groups(sums, layout.sets * width, &buckets.clone().map(column), form)
        },
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

/// The sum of each group, leaving out what is at infinity; `groups` has one for each point.
fn groups<P: Curve>(
    points: &[Point<P>],
    count: usize,
    groups: &(impl Iterator<Item = usize> + Clone),
    form: &Form<P>,
) -> Vec<Point<P>> {
    let finite = || groups.clone().zip(points).enumerate().filter(|(_, (_, p))| !p.is_infinity());
    let mut starts = vec![0u32; count + 1];
    finite().for_each(|(_, (group, _))| starts[group + 1] += 1);
    (1..=count).for_each(|g| starts[g] += starts[g - 1]);
    let mut next = starts.clone();
    let mut entries = vec![Signed::default(); starts[count] as usize];
    for (i, (group, _)) in finite() {
        let place = &mut next[group];
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
