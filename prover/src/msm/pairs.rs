//! Affine addition of many independent pairs with one inversion.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::{AdditiveGroup, Field, batch_inversion};
use circuits::lanes::Vector;
use circuits::lanes::affine::{AddPairs, Coordinate, Portable};
use rayon::prelude::*;

use super::{Curve, Point};

/// Pairs that share an inversion: few enough that their coordinates stay in the second-level cache.
pub(super) const BATCH: usize = 2048;

/// In what form coordinates are kept: as they are, or as the vector kernel wants them.
pub(super) struct Form<P: Curve> {
    scale: P::BaseField,
    inverse: P::BaseField,
    /// The proof that the vector kernel can add.
    vector: Option<Vector>,
}

impl<P: Curve> Form<P> {
    /// The quickest form on this machine.
    pub(super) fn detect() -> Self {
        Self::with(Vector::detect())
    }

    /// The form that every machine has.
    #[cfg(test)]
    pub(super) fn portable() -> Self {
        Self::with(None)
    }

    fn with(vector: Option<Vector>) -> Self {
        let scale = match vector {
            Some(_) => <P::BaseField as Coordinate>::Vector::scale(),
            None => P::BaseField::ONE,
        };
        let inverse = scale.inverse().expect("a scale is not zero");
        Self { scale, inverse, vector }
    }

    /// From plain coordinates to kept ones.
    pub(super) fn keep(&self, p: Point<P>) -> Point<P> {
        p.scaled(&self.scale)
    }

    /// From kept coordinates to a point.
    pub(super) fn release(&self, p: Point<P>) -> Affine<P> {
        affine(p.scaled(&self.inverse))
    }

    /// The sum where the formula for two different points does not hold.
    #[cold]
    fn add_singly(&self, p: Point<P>, q: Point<P>) -> Point<P> {
        let sum = self.release(p) + self.release(q);
        self.keep(point(&sum.into()))
    }
}

/// Pairs that wait for a common inversion, with the places of their sums.
pub(super) struct Batch<'a, P: Curve> {
    form: &'a Form<P>,
    vector: Option<<P::BaseField as Coordinate>::Vector>,
    pairs: Vec<(Point<P>, Point<P>)>,
    places: Vec<usize>,
}

impl<'a, P: Curve> Batch<'a, P> {
    pub(super) fn new(form: &'a Form<P>) -> Self {
        let vector = form.vector.map(AddPairs::new);
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
            None => Portable.add(&self.pairs, write),
        }
        self.pairs.clear();
        self.places.clear();
    }
}

/// The coordinates of a point as they are.
pub(super) fn point<P: Curve>(p: &Affine<P>) -> Point<P> {
    p.xy().map_or(Point::<P>::INFINITY, |(x, y)| Point::<P> { x, y })
}

fn affine<P: Curve>(p: Point<P>) -> Affine<P> {
    if p.is_infinity() { Affine::identity() } else { Affine::new_unchecked(p.x, p.y) }
}

/// Doubles every point in place: λ = 3x² / 2y. Both curves have a = 0 and no point with y = 0.
pub(super) fn double_all<P: Curve>(points: &mut [Point<P>]) {
    points.par_chunks_mut(BATCH).for_each(|chunk| {
        let mut inverses: Vec<P::BaseField> = chunk.iter().map(|p| p.y.double()).collect();
        batch_inversion(&mut inverses);
        for (p, inverse) in chunk.iter_mut().zip(inverses) {
            let square = p.x.square();
            let slope = (square.double() + square) * inverse;
            let x = slope.square() - p.x.double();
            *p = Point::<P> { x, y: slope * (p.x - x) - p.y };
        }
    });
}
