//! Affine addition of many independent pairs with one inversion.

use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, Field, Zero};
use rayon::prelude::*;

/// Pairs that share an inversion: few enough that their coordinates stay in the second-level cache.
pub(super) const BATCH: usize = 512;

/// An affine point. (0, 0), which is on neither curve, stands for infinity.
pub(super) struct Point<P: SWCurveConfig> {
    pub(super) x: P::BaseField,
    pub(super) y: P::BaseField,
}

impl<P: SWCurveConfig> Clone for Point<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: SWCurveConfig> Copy for Point<P> {}

impl<P: SWCurveConfig> Point<P> {
    pub(super) const INFINITY: Self = Self { x: P::BaseField::ZERO, y: P::BaseField::ZERO };

    pub(super) fn is_infinity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }

    pub(super) fn negated(self) -> Self {
        Self { x: self.x, y: -self.y }
    }
}

/// How a pair is added, and the inverse that it needs.
enum Addition<F> {
    /// λ = numerator / denominator.
    Slope { numerator: F },
    /// The sum is known without a slope; its denominator is 1.
    Known,
}

/// One batch of pairs with the places of their sums. Reused, so that it allocates once.
pub(super) struct Batch<P: SWCurveConfig> {
    pairs: Vec<(Point<P>, Point<P>)>,
    places: Vec<usize>,
    additions: Vec<Addition<P::BaseField>>,
    denominators: Vec<P::BaseField>,
    prefixes: Vec<P::BaseField>,
}

impl<P: SWCurveConfig> Batch<P> {
    pub(super) fn new() -> Self {
        Self {
            pairs: Vec::with_capacity(BATCH),
            places: Vec::with_capacity(BATCH),
            additions: Vec::with_capacity(BATCH),
            denominators: Vec::with_capacity(BATCH),
            prefixes: Vec::with_capacity(BATCH),
        }
    }

    /// Asks for `out[place] = p + q`; carried out when the batch is full or flushed.
    pub(super) fn push(&mut self, p: Point<P>, q: Point<P>, place: usize, out: &mut [Point<P>]) {
        self.pairs.push((p, q));
        self.places.push(place);
        if self.pairs.len() == BATCH {
            self.flush(out);
        }
    }

    /// Carries out what is waiting.
    pub(super) fn flush(&mut self, out: &mut [Point<P>]) {
        let mut inverse = self.prepare().inverse().expect("every denominator is non-zero");
        for k in (0..self.pairs.len()).rev() {
            let lambda = inverse * self.prefixes[k];
            inverse *= self.denominators[k];
            out[self.places[k]] = sum(&self.pairs[k], &self.additions[k], lambda);
        }
        self.pairs.clear();
        self.places.clear();
        self.additions.clear();
        self.denominators.clear();
        self.prefixes.clear();
    }

    /// Fills slopes, denominators and their prefix products; answers the whole product.
    fn prepare(&mut self) -> P::BaseField {
        let mut product = P::BaseField::ONE;
        for (p, q) in &self.pairs {
            let (addition, denominator) = slope(p, q);
            self.additions.push(addition);
            self.prefixes.push(product);
            product *= denominator;
            self.denominators.push(denominator);
        }
        product
    }
}

fn slope<P: SWCurveConfig>(p: &Point<P>, q: &Point<P>) -> (Addition<P::BaseField>, P::BaseField) {
    let dx = q.x - p.x;
    if p.is_infinity() || q.is_infinity() {
        (Addition::Known, P::BaseField::ONE)
    } else if !dx.is_zero() {
        (Addition::Slope { numerator: q.y - p.y }, dx)
    } else if p.y == q.y {
        (tangent(p), p.y.double())
    } else {
        (Addition::Known, P::BaseField::ONE)
    }
}

/// 3x² over 2y: both curves have a = 0 and no point with y = 0.
fn tangent<P: SWCurveConfig>(p: &Point<P>) -> Addition<P::BaseField> {
    let square = p.x.square();
    Addition::Slope { numerator: square.double() + square }
}

fn sum<P: SWCurveConfig>(
    (p, q): &(Point<P>, Point<P>),
    addition: &Addition<P::BaseField>,
    inverse: P::BaseField,
) -> Point<P> {
    match addition {
        Addition::Slope { numerator } => {
            let lambda = *numerator * inverse;
            let x = lambda.square() - p.x - q.x;
            Point { x, y: lambda * (p.x - x) - p.y }
        }
        Addition::Known if p.is_infinity() => *q,
        Addition::Known if q.is_infinity() => *p,
        Addition::Known => Point::INFINITY,
    }
}

/// Doubles every point in place.
pub(super) fn double_all<P: SWCurveConfig>(points: &mut [Point<P>]) {
    points.par_chunks_mut(BATCH).for_each(|chunk| {
        let mut batch = Batch::new();
        for place in 0..chunk.len() {
            let p = chunk[place];
            batch.push(p, p, place, chunk);
        }
        batch.flush(chunk);
    });
}
