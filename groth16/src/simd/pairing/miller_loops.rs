//! Eight rows of pairs, one in each lane: a row shares its squarings, all rows share each inversion.

use ark_bn254::{Config, Fq, Fq12, FqConfig, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::bn::BnConfig;
use ark_ff::{AdditiveGroup, Field, serial_batch_inversion_and_mul};

use super::fq2x6::Fqx8;
use super::fq2x8::{self, Fq2x8};
use super::fq12x8::Fq12x8;
use crate::simd::fp52::enter;

/// A pair of each row.
struct Column {
    /// −x / y and 1 / y of the first points; zeros where a row has ended, which makes its lines one.
    minus_x: Fqx8,
    y: Fqx8,
    /// The second points.
    q: Point,
    /// Their multiples as the loop goes on.
    t: Point,
}

/// Eight points of G2; coordinates up to 2·p.
#[derive(Clone, Copy)]
struct Point {
    x: Fq2x8,
    y: Fq2x8,
}

/// The rows' products; a row has up to `size` pairs and there are at most eight rows. Points not at infinity.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn miller_loops(pairs: &[(G1Affine, G2Affine)], size: usize) -> [Fq12; 8] {
    let mut columns = columns(pairs, size);
    let mut f = Fq12x8::one();
    for (i, digit) in Config::ATE_LOOP_COUNT.iter().rev().skip(1).enumerate() {
        if i > 0 {
            f = f.square();
        }
        double(&mut columns, &mut f);
        match digit {
            0 => {}
            1.. => add(&mut columns, &mut f, |column| column.q),
            _ => add(&mut columns, &mut f, |column| Point { y: column.q.y.opposite(), ..column.q }),
        }
    }
    let [x, y] = [Config::TWIST_MUL_BY_Q_X, Config::TWIST_MUL_BY_Q_Y].map(|c| Fq2x8::splat(&c));
    for column in &mut columns {
        column.q = column.q.image(x, y);
    }
    add(&mut columns, &mut f, |column| column.q);
    for column in &mut columns {
        let twice = column.q.image(x, y);
        column.q = Point { y: twice.y.opposite(), ..twice };
    }
    add(&mut columns, &mut f, |column| column.q);
    f.store()
}

impl Point {
    /// The p-power endomorphism.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn image(self, x: Fq2x8, y: Fq2x8) -> Self {
        Self { x: self.x.conjugate().times(x), y: self.y.conjugate().times(y) }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn columns(pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Column> {
    let mut inverses: Vec<Fq> = pairs.iter().map(|(p, _)| p.y).collect();
    serial_batch_inversion_and_mul(&mut inverses, &Fq::ONE);
    let enter = Fqx8::splat(&enter::<FqConfig>());
    let mut out = Vec::with_capacity(size);
    for c in 0..size {
        let (mut minus_x, mut y) = ([Fq::ZERO; 8], [Fq::ZERO; 8]);
        let mut q = [G2Affine::generator(); 8];
        for row in 0..8 {
            let at = row * size + c;
            if let (Some((p, second)), Some(inverse)) = (pairs.get(at), inverses.get(at)) {
                (minus_x[row], y[row], q[row]) = (-p.x * inverse, *inverse, *second);
            }
        }
        let [minus_x, y] = Fqx8::products(Fqx8::load([&minus_x, &y]), [enter, enter]);
        let q = Point { x: Fq2x8::load(&q.map(|q| q.x)), y: Fq2x8::load(&q.map(|q| q.y)) };
        out.push(Column { minus_x, y, q, t: q });
    }
    out
}

/// Tangents. The points have odd order, so y is never zero.
#[target_feature(enable = "avx512f,avx512ifma")]
fn double(columns: &mut [Column], f: &mut Fq12x8) {
    let mut inverses = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        inverses.push(column.t.y.plus(column.t.y).reduced());
    }
    fq2x8::invert(&mut inverses);
    for (column, inverse) in columns.iter_mut().zip(inverses) {
        let square = column.t.x.square();
        let slope = square.plus(square).plus(square).times(inverse);
        advance(column, slope, column.t.x, f);
    }
}

/// Chords through `other`. Multiples of a point of prime order r by less than r, other than ±1, are other points, so the
/// x coordinates differ.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add(columns: &mut [Column], f: &mut Fq12x8, other: impl Fn(&Column) -> Point) {
    let mut inverses = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        inverses.push(column.t.x.minus(other(column).x).reduced());
    }
    fq2x8::invert(&mut inverses);
    for (column, inverse) in columns.iter_mut().zip(inverses) {
        let other = other(column);
        let slope = column.t.y.minus(other.y).times(inverse);
        advance(column, slope, other.x, f);
    }
}

/// Takes T along the line of this slope through T and a point at `x`, and multiplies by the line, over y of the first point.
#[target_feature(enable = "avx512f,avx512ifma")]
fn advance(column: &mut Column, slope: Fq2x8, x: Fq2x8, f: &mut Fq12x8) {
    let Point { x: x1, y: y1 } = column.t;
    let x3 = slope.square().minus(x1).minus(x).reduced();
    let y3 = slope.times(x1.minus(x3).reduced()).minus(y1).reduced();
    let l3 = slope.times(x1).minus(y1).times_base(column.y);
    *f = f.times_line(slope.times_base(column.minus_x), l3);
    column.t = Point { x: x3, y: y3 };
}
