//! Multi-scalar multiplication over points that never change.
//!
//! The bucket method with signed digits. All additions into buckets are affine and share their inversions: the entries
//! of each bucket are added in pairs, round after round, so that thousands of independent additions pay for one field
//! inversion. A table of multiples 2^(c·step·k)·P lets windows share their buckets.

mod buckets;
mod digits;
mod form;
mod rounds;

use std::ops::Range;
use std::sync::OnceLock;

use ark_bn254::{g1, g2};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveConfig};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use groth16::simd::Vector;
use groth16::simd::batch_add::{self, Coordinate};
use rayon::prelude::*;

use self::buckets::{Buckets, Placed};
use self::digits::Layout;
use self::form::Form;
use self::rounds::wipe;

/// G1 and G2 of BN254.
pub trait Curve: SWCurveConfig<BaseField: Coordinate> {}

impl Curve for g1::Config {}

impl Curve for g2::Config {}

/// An affine point of the curve `P`, its coordinates plain or as the kernel wants them.
type Point<P> = batch_add::Point<<P as CurveConfig>::BaseField>;

/// Points of a proving key, without those at infinity, ready to be multiplied and summed.
pub struct FixedBases<P: Curve> {
    form: Form<P>,
    points: Vec<Point<P>>,
    /// Which scalar belongs to each point.
    columns: Vec<u32>,
    multiples: OnceLock<Table<P>>,
}

/// Multiples of all points, level after level; the points themselves first.
struct Table<P: Curve> {
    layout: Layout,
    points: Vec<Point<P>>,
}

/// How many sets of buckets a table of multiples leaves.
#[derive(Clone, Copy, Debug)]
pub enum Sets {
    /// The least work.
    One = 1,
    /// Half the memory.
    Two = 2,
}

/// Points by index, with the scalars that they are multiplied by. Wiped when dropped.
struct Terms(Vec<(u32, BigInt<4>)>);

impl Drop for Terms {
    fn drop(&mut self) {
        self.0.fill((0, BigInt::zero()));
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl<P: Curve> FixedBases<P> {
    /// Takes the points that are not at infinity; scalar i of [`Self::msm`] belongs to `query[i]`.
    pub fn new(query: &[Affine<P>]) -> Self {
        Self::on(query, Vector::detect())
    }

    /// [`Self::new`] for a processor with these vectors; without, the portable code runs.
    pub(crate) fn on(query: &[Affine<P>], vector: Option<Vector>) -> Self {
        let form = Form::of(vector);
        let finite = || (0u32..).zip(query).filter(|(_, p)| !p.is_zero());
        let points = finite().map(|(_, p)| form.keep(p)).collect();
        Self { form, points, columns: finite().map(|(i, _)| i).collect(), multiples: OnceLock::new() }
    }

    /// Derives a table of multiples, which every later sum uses where it pays. Takes about as long as twenty sums, on the
    /// calling thread alone: for one that has nothing else to do. Does nothing the second time.
    pub fn derive_multiples(&self, sets: Sets) {
        self.multiples.get_or_init(|| {
            let layout = Layout::with_multiples(self.points.len(), sets as usize);
            Table { layout, points: self.form.multiples(&self.points, layout) }
        });
    }

    /// Memory that the table of multiples takes, in bytes; zero as long as there is none.
    pub fn multiples_bytes(&self) -> usize {
        self.multiples.get().map_or(0, |table| size_of_val(table.points.as_slice()))
    }

    /// Σ `scalar_i` · `query_i` for i in the ranges. Scalars of points at infinity are not looked at.
    ///
    /// Not constant-time in the scalars: a proof is made where its owner is alone with the machine.
    pub fn msm<F: PrimeField<BigInt = BigInt<4>>>(
        &self,
        scalars: &[F],
        among: &[Range<usize>],
    ) -> Projective<P> {
        let terms = self.terms(scalars, among);
        let (layout, points) = self.quickest(&terms);
        let parts = parts(layout, terms.0.len());
        let portion = terms.0.len().div_ceil(parts).max(1);
        let stride = self.columns.len();
        let placed: Vec<_> =
            terms.0.par_chunks(portion).map(|terms| Placed::of(layout, stride, terms, parts)).collect();
        let mut sums = vec![Point::<P>::INFINITY; layout.all_buckets()];
        let of_part = layout.all_buckets() / parts;
        sums.par_chunks_exact_mut(of_part).enumerate().with_max_len(1).for_each(|(part, sums)| {
            Buckets::sort(&placed, part, of_part).sum(points, &self.form, sums);
        });
        let sets = buckets::weigh(layout, &sums, parts, &self.form);
        wipe::<P>(&mut sums);
        combine(layout, &sets)
    }

    /// Points with their scalars, without those that contribute nothing.
    fn terms<F: PrimeField<BigInt = BigInt<4>>>(&self, scalars: &[F], among: &[Range<usize>]) -> Terms {
        let mut terms = Terms(Vec::with_capacity(self.columns.len()));
        for range in among {
            let [from, to] =
                [range.start, range.end].map(|end| self.columns.partition_point(|&c| (c as usize) < end));
            for point in from..to {
                let scalar = &scalars[self.columns[point] as usize];
                if !scalar.is_zero() {
                    terms.0.push((point as u32, scalar.into_bigint()));
                }
            }
        }
        terms
    }

    /// Without multiples every sum may choose its own window: few large scalars need few buckets. Small ones need one or
    /// two windows in any layout.
    fn quickest(&self, terms: &Terms) -> (Layout, &[Point<P>]) {
        let large = terms.0.iter().filter(|(_, n)| n.num_bits() > 16).count();
        let own = Layout::new(large);
        match self.multiples.get() {
            Some(table) if table.layout.for_points(large).work(large) <= own.work(large) => {
                (table.layout.for_points(large), &table.points)
            }
            _ => (own, &self.points),
        }
    }

    /// Number of points that are not at infinity.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether every point is at infinity.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

/// In how many parts the buckets are summed: about two for each thread, so that one that is busy elsewhere is waited for
/// less, where they are worth it. A power of two.
fn parts(layout: Layout, terms: usize) -> usize {
    let threads = rayon::current_num_threads();
    let wanted = if threads == 1 { 1 } else { 2 * threads.next_power_of_two() };
    let worth_it = (terms * layout.count() / PART).max(1);
    wanted.min(1 << worth_it.ilog2()).min(layout.buckets())
}

/// Entries that are worth a part.
const PART: usize = 1 << 13;

/// Σ 2^(c·set) · (sum of the set).
fn combine<P: Curve>(layout: Layout, sets: &[Projective<P>]) -> Projective<P> {
    sets.iter().rev().fold(Projective::zero(), |mut total, set| {
        for _ in 0..layout.window {
            total.double_in_place();
        }
        total + set
    })
}

#[cfg(test)]
mod tests;
