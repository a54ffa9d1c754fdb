//! Affine addition of many independent pairs with one inversion.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{AdditiveGroup, Field, Zero, batch_inversion};
use rayon::prelude::*;

use super::Curve;

/// Pairs that share an inversion: few enough that their coordinates stay in the second-level cache.
pub(super) const BATCH: usize = 2048;

/// An affine point. (0, 0), which is on neither curve, stands for infinity.
pub struct Point<P: SWCurveConfig> {
    pub x: P::BaseField,
    pub y: P::BaseField,
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

    /// Both coordinates times a constant.
    pub(super) fn scaled(self, factor: &P::BaseField) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    fn of(p: &Affine<P>) -> Self {
        p.xy().map_or(Self::INFINITY, |(x, y)| Self { x, y })
    }

    fn affine(self) -> Affine<P> {
        if self.is_infinity() { Affine::identity() } else { Affine::new_unchecked(self.x, self.y) }
    }
}

/// A way to add pairs faster than one by one.
pub trait AddPairs<P: SWCurveConfig>: Sized + Send {
    /// `None` where this machine cannot.
    fn detect() -> Option<Self>;
    /// What it wants coordinates multiplied by.
    fn scale() -> P::BaseField;
    /// Hands the sum of each pair to `sum`. The x coordinates of a pair differ and no point is at infinity.
    fn add(&mut self, pairs: &[(Point<P>, Point<P>)], sum: impl FnMut(usize, Point<P>));
}

/// In what form coordinates are kept: as they are, or as the vector kernel wants them.
pub(super) struct Form<P: SWCurveConfig> {
    scale: P::BaseField,
    inverse: P::BaseField,
    /// Whether the vector kernel adds.
    method: Method,
}

/// How pairs are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// With arkworks' field.
    Portable,
    /// With this machine's vector instructions.
    Vector,
}

impl<P: Curve> Form<P> {
    /// The quickest form on this machine.
    pub(super) fn detect() -> Self {
        match P::Vector::detect() {
            Some(_) => Self::with(Method::Vector, P::Vector::scale()),
            None => Self::portable(),
        }
    }

    /// The form that every machine has.
    pub(super) fn portable() -> Self {
        Self::with(Method::Portable, P::BaseField::ONE)
    }

    fn with(method: Method, scale: P::BaseField) -> Self {
        let inverse = scale.inverse().expect("a scale is not zero");
        Self { scale, inverse, method }
    }

    /// From plain coordinates to kept ones.
    pub(super) fn keep(&self, p: Point<P>) -> Point<P> {
        p.scaled(&self.scale)
    }

    /// From kept coordinates to a point.
    pub(super) fn release(&self, p: Point<P>) -> Affine<P> {
        p.scaled(&self.inverse).affine()
    }

    /// The sum where the formula for two different points does not hold.
    #[cold]
    fn add_singly(&self, p: Point<P>, q: Point<P>) -> Point<P> {
        let sum = self.release(p) + self.release(q);
        self.keep(Point::of(&sum.into()))
    }
}

/// Pairs that wait for a common inversion, with the places of their sums.
pub(super) struct Batch<'a, P: Curve> {
    form: &'a Form<P>,
    vector: Option<P::Vector>,
    pairs: Vec<(Point<P>, Point<P>)>,
    places: Vec<usize>,
}

impl<'a, P: Curve> Batch<'a, P> {
    pub(super) fn new(form: &'a Form<P>) -> Self {
        let vector = match form.method {
            Method::Portable => None,
            Method::Vector => P::Vector::detect(),
        };
        Self { form, vector, pairs: Vec::with_capacity(BATCH), places: Vec::with_capacity(BATCH) }
    }

    /// Asks for `out[place] = p + q`; carried out when the batch is full or flushed.
    #[inline]
    pub(super) fn push(&mut self, p: Point<P>, q: Point<P>, place: usize, out: &mut [Point<P>]) {
        if p.x == q.x || p.is_infinity() || q.is_infinity() {
            out[place] = self.form.add_singly(p, q);
            return;
        }
        self.pairs.push((p, q));
        self.places.push(place);
        if self.pairs.len() == BATCH {
            self.flush(out);
        }
    }

    /// Carries out what is waiting.
    pub(super) fn flush(&mut self, out: &mut [Point<P>]) {
        let places = &self.places;
        let write = |k: usize, sum| out[places[k]] = sum;
        match &mut self.vector {
            Some(vector) => vector.add(&self.pairs, write),
            None => add_portably(&self.pairs, write),
        }
        self.pairs.clear();
        self.places.clear();
    }
}

/// λ = (y2 − y1) / (x2 − x1), x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1.
fn add_portably<P: SWCurveConfig>(pairs: &[(Point<P>, Point<P>)], mut write: impl FnMut(usize, Point<P>)) {
    let mut inverses: Vec<P::BaseField> = pairs.iter().map(|(p, q)| q.x - p.x).collect();
    batch_inversion(&mut inverses);
    for (k, ((p, q), inverse)) in pairs.iter().zip(inverses).enumerate() {
        let slope = (q.y - p.y) * inverse;
        let x = slope.square() - p.x - q.x;
        write(k, Point { x, y: slope * (p.x - x) - p.y });
    }
}

/// Doubles every point in place: λ = 3x² / 2y. Both curves have a = 0 and no point with y = 0.
pub(super) fn double_all<P: SWCurveConfig>(points: &mut [Point<P>]) {
    points.par_chunks_mut(BATCH).for_each(|chunk| {
        let mut inverses: Vec<P::BaseField> = chunk.iter().map(|p| p.y.double()).collect();
        batch_inversion(&mut inverses);
        for (p, inverse) in chunk.iter_mut().zip(inverses) {
            let square = p.x.square();
            let slope = (square.double() + square) * inverse;
            let x = slope.square() - p.x.double();
            *p = Point { x, y: slope * (p.x - x) - p.y };
        }
    });
}
