//! In what form coordinates are kept, and what adds them.

use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::Affine;
use ark_ff::Field;
use groth16::simd::Vector;
use groth16::simd::batch_add::{AddPairs, Coordinate, Pair, Portable};

use super::digits::Layout;
use super::{Curve, Point};

/// As they are, or as the vector kernel wants them.
pub(super) struct Form<P: Curve> {
    scale: P::BaseField,
    inverse: P::BaseField,
    /// The proof that the vector kernel can add.
    vector: Option<Vector>,
}

/// Adds in one form.
pub(super) enum Adder<P: Curve> {
    Portable(Portable),
    Vector(<P::BaseField as Coordinate>::Vector),
}

/// Points that are doubled again and again while they are in the second-level cache.
const CHUNK: usize = 4096;

impl<P: Curve> Form<P> {
    /// The quickest form on a processor with these vectors; without, the portable one.
    pub(super) fn of(vector: Option<Vector>) -> Self {
        let scale = match vector {
            Some(_) => <P::BaseField as Coordinate>::Vector::scale(),
            None => P::BaseField::ONE,
        };
        let inverse = scale.inverse().expect("a scale is not zero");
        Self { scale, inverse, vector }
    }

    /// From a point to kept coordinates.
    pub(super) fn keep(&self, p: &Affine<P>) -> Point<P> {
        p.xy().map_or(Point::<P>::INFINITY, |(x, y)| Point::<P> { x, y }.scaled(&self.scale))
    }

    /// From kept coordinates to a point.
    pub(super) fn release(&self, p: Point<P>) -> Affine<P> {
        let p = p.scaled(&self.inverse);
        if p.is_infinity() { Affine::identity() } else { Affine::new_unchecked(p.x, p.y) }
    }

    pub(super) fn adder(&self) -> Adder<P> {
        self.vector.map_or(Adder::Portable(Portable), |able| Adder::Vector(AddPairs::new(able)))
    }

    /// Level after level: each is the one before, doubled `stride` times.
    pub(super) fn multiples(&self, points: &[Point<P>], layout: Layout) -> Vec<Point<P>> {
        let mut all = Vec::with_capacity(points.len() * layout.levels());
        let mut level = points.to_vec();
        let mut adder = self.adder();
        all.extend_from_slice(&level);
        for _ in 1..layout.levels() {
            for chunk in level.chunks_mut(CHUNK) {
                (0..layout.stride).for_each(|_| adder.double(chunk));
            }
            all.extend_from_slice(&level);
        }
        all
    }
}

impl<P: Curve> Adder<P> {
    /// `sums[place]` = first + second for each pair.
    pub(super) fn add(&mut self, points: &[Point<P>], pairs: &[Pair], sums: &mut [Point<P>]) {
        match self {
            Self::Portable(adder) => adder.add(points, pairs, sums),
            Self::Vector(adder) => adder.add(points, pairs, sums),
        }
    }

    fn double(&mut self, points: &mut [Point<P>]) {
        match self {
            Self::Portable(adder) => adder.double(points),
            Self::Vector(adder) => adder.double(points),
        }
    }
}
