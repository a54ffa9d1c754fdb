//! The layers, depth first, so that all but the outermost work within the first-level cache.
//!
//! Elements are plain words, below 2·p between layers; roots and factors have R = 2^260. The three innermost layers pair
//! elements of one register: there blocks of eight registers are transposed, and back afterwards.

use ark_bn254::{Fr, FrConfig};
use ark_ff::AdditiveGroup;

use super::Factors;
use crate::simd::fp52::{Fp52x8, constant, enter};
use crate::simd::{Vector, wipe};

type E = Fp52x8<FrConfig>;

/// Elements in eight lanes: element 8·i + l in lane l of register i. Wiped when dropped.
pub struct Eights(Vec<E>);

impl Drop for Eights {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// A transform with its roots in eight lanes.
pub struct Transform {
    /// Whoever has one may run the kernel.
    _able: Vector,
    /// Roots of the layers whose pairs are in different registers, outermost first.
    layers: Vec<Layer>,
    inner: Inner,
    /// For each block of eight registers, transposed.
    coefficients: Vec<E>,
}

/// The roots of one layer, for each pair of registers.
struct Layer {
    down: Vec<E>,
    up: Vec<E>,
}

/// Roots of the innermost layers: powers 1, 2 and 3 of an eighth root of one.
struct Inner {
    down: [[u64; 5]; 3],
    up: [[u64; 5]; 3],
}

/// Elements of a transposed block.
const BLOCK: usize = 64;

impl Transform {
    /// `None` for fewer points than a block has.
    pub fn new(able: Vector, factors: Factors<'_>) -> Option<Self> {
        let size = factors.coefficients.len();
        if size < BLOCK
            || !size.is_power_of_two()
            || [factors.forward, factors.inverse].iter().any(|r| r.len() != size / 2)
        {
            return None;
        }
        // SAFETY: whoever has a `Vector` is on a processor with AVX-512 F and IFMA.
        unsafe {
            let layers = (0..size.ilog2() - 3).map(|depth| {
                let layer = |roots: &[Fr]| roots.iter().step_by(1 << depth).copied().collect::<Vec<_>>();
                Layer { down: factor(&layer(factors.inverse)), up: factor(&layer(factors.forward)) }
            });
            let eighth = |roots: &[Fr]| [1, 2, 3].map(|k| constant(&roots[k * size / 8]));
            Some(Self {
                _able: able,
                layers: layers.collect(),
                inner: Inner { down: eighth(factors.inverse), up: eighth(factors.forward) },
                coefficients: factor(&transposed_blocks(factors.coefficients)),
            })
        }
    }

    /// As many elements as there are points.
    pub fn load(&self, values: &[Fr]) -> Eights {
        assert_eq!(values.len(), 8 * self.coefficients.len(), "one value for each point");
        // SAFETY: `self` holds a `Vector`.
        Eights(unsafe { load(values) })
    }

    /// a·b, element by element.
    pub fn product(&self, a: &Eights, b: &Eights) -> Eights {
        // SAFETY: `self` holds a `Vector`.
        Eights(unsafe { product(&a.0, &b.0) })
    }

    /// Both transforms, with the factors between them.
    pub fn to_coset(&self, values: &mut Eights) {
        assert_eq!(values.0.len(), self.coefficients.len(), "one value for each point");
        // SAFETY: `self` holds a `Vector`.
        unsafe { self.within(&mut values.0, &self.coefficients, 0) }
    }

    /// a·b − c, element by element.
    pub fn product_less(&self, a: &Eights, b: &Eights, c: &Eights) -> Vec<Fr> {
        // SAFETY: `self` holds a `Vector`.
        unsafe { product_less(&a.0, &b.0, &c.0) }
    }

    /// The elements.
    pub fn store(&self, values: &Eights) -> Vec<Fr> {
        // SAFETY: `self` holds a `Vector`.
        unsafe { store(&values.0) }
    }

    /// All layers of a part: one down, the halves, one up.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn within(&self, values: &mut [E], coefficients: &[E], depth: usize) {
        if let Ok(block) = <&mut [E; 8]>::try_from(&mut *values) {
            return self.within_block(block, coefficients, depth);
        }
        let half = values.len() / 2;
        let (low, high) = values.split_at_mut(half);
        let (low_coefficients, high_coefficients) = coefficients.split_at(half);
        fold_down(low, high, &self.layers[depth].down);
        self.within(low, low_coefficients, depth + 1);
        self.within(high, high_coefficients, depth + 1);
        fold_up(low, high, &self.layers[depth].up);
    }
}

/// Distances between paired registers of a block.
const DISTANCES: [usize; 3] = [4, 2, 1];

impl Transform {
    /// The last three layers between registers and the three within them, down and up.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn within_block(&self, block: &mut [E; 8], coefficients: &[E], depth: usize) {
        let mut v = *block;
        for (layer, distance) in self.layers[depth..].iter().zip(DISTANCES) {
            for k in (0..8).filter(|k| k & distance == 0) {
                let difference = v[k].minus(v[k + distance]);
                v[k] = v[k].plus(v[k + distance]).below_two();
                v[k + distance] = difference.times(layer.down[k % distance]);
            }
        }
        v = self.inner.within(E::transposed(v), coefficients);
        v = E::transposed(v);
        for (layer, distance) in self.layers[depth..].iter().zip(DISTANCES).rev() {
            for k in (0..8).filter(|k| k & distance == 0) {
                let turned = v[k + distance].times(layer.up[k % distance]);
                v[k + distance] = v[k].minus(turned).below_two();
                v[k] = v[k].plus(turned).below_two();
            }
        }
        *block = v;
    }
}

impl Inner {
    /// The three layers within registers, transposed, down and up.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn within(&self, mut v: [E; 8], coefficients: &[E]) -> [E; 8] {
        let down = [E::splat(&self.down[0]), E::splat(&self.down[1]), E::splat(&self.down[2])];
        let up = [E::splat(&self.up[0]), E::splat(&self.up[1]), E::splat(&self.up[2])];
        for k in 0..4 {
            let difference = v[k].minus(v[k + 4]);
            v[k] = v[k].plus(v[k + 4]).below_two();
            v[k + 4] = if k == 0 { difference.below_two() } else { difference.times(down[k - 1]) };
        }
        for k in [0, 1, 4, 5] {
            let difference = v[k].minus(v[k + 2]);
            v[k] = v[k].plus(v[k + 2]).below_two();
            v[k + 2] = if k % 4 == 0 { difference.below_two() } else { difference.times(down[1]) };
        }
        for k in [0, 2, 4, 6] {
            let both = [v[k].plus(v[k + 1]), v[k].minus(v[k + 1])];
            let products = E::products(both, [coefficients[k], coefficients[k + 1]]);
            v[k] = products[0].plus(products[1]).below_two();
            v[k + 1] = products[0].minus(products[1]).below_two();
        }
        for k in [0, 1, 4, 5] {
            let turned = if k % 4 == 0 { v[k + 2] } else { v[k + 2].times(up[1]) };
            v[k + 2] = v[k].minus(turned).below_two();
            v[k] = v[k].plus(turned).below_two();
        }
        for k in 0..4 {
            let turned = if k == 0 { v[k + 4] } else { v[k + 4].times(up[k - 1]) };
            v[k + 4] = v[k].minus(turned).below_two();
            v[k] = v[k].plus(turned).below_two();
        }
        v
    }
}

/// One layer of the inverse transform (decimation in frequency).
#[target_feature(enable = "avx512f,avx512ifma")]
fn fold_down(low: &mut [E], high: &mut [E], roots: &[E]) {
    for ((l, h), w) in low.chunks_exact_mut(2).zip(high.chunks_exact_mut(2)).zip(roots.chunks_exact(2)) {
        let differences = [l[0].minus(h[0]), l[1].minus(h[1])];
        l[0] = l[0].plus(h[0]).below_two();
        l[1] = l[1].plus(h[1]).below_two();
        h.copy_from_slice(&E::products(differences, [w[0], w[1]]));
    }
}

/// One layer of the forward transform (decimation in time).
#[target_feature(enable = "avx512f,avx512ifma")]
fn fold_up(low: &mut [E], high: &mut [E], roots: &[E]) {
    for ((l, h), w) in low.chunks_exact_mut(2).zip(high.chunks_exact_mut(2)).zip(roots.chunks_exact(2)) {
        let turned = E::products([h[0], h[1]], [w[0], w[1]]);
        for k in 0..2 {
            h[k] = l[k].minus(turned[k]).below_two();
            l[k] = l[k].plus(turned[k]).below_two();
        }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn product(a: &[E], b: &[E]) -> Vec<E> {
    let enter = E::splat(&enter::<FrConfig>());
    let mut out = Vec::with_capacity(a.len());
    for (x, y) in a.iter().zip(b) {
        out.push(x.times(enter).times(*y));
    }
    out
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn product_less(a: &[E], b: &[E], c: &[E]) -> Vec<Fr> {
    let mut out = product(a, b);
    for (x, y) in out.iter_mut().zip(c) {
        *x = x.minus(*y).below_two();
    }
    let values = store(&out);
    wipe(&mut out);
    values
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn load(values: &[Fr]) -> Vec<E> {
    let mut out = Vec::with_capacity(values.len() / 8);
    let (groups, _) = values.as_chunks::<8>();
    for group in groups.chunks_exact(2) {
        out.extend(E::load([&group[0], &group[1]]));
    }
    out
}

/// Takes numbers below 4·p.
#[target_feature(enable = "avx512f,avx512ifma")]
fn store(values: &[E]) -> Vec<Fr> {
    let mut out = Vec::with_capacity(8 * values.len());
    for both in values.chunks_exact(2) {
        let groups = E::store([both[0].canonical_below_four(), both[1].canonical_below_four()]);
        for group in &groups {
            out.extend_from_slice(group);
        }
    }
    out
}

/// With R = 2^260, below 2·p.
#[target_feature(enable = "avx512f,avx512ifma")]
fn factor(values: &[Fr]) -> Vec<E> {
    let enter = E::splat(&enter::<FrConfig>());
    let mut out = Vec::with_capacity(values.len() / 8);
    let (groups, _) = values.as_chunks::<8>();
    for group in groups {
        let [x, _] = E::load([group, group]);
        out.push(x.times(enter));
    }
    out
}

/// Element 8·lane + k of each block to lane `lane` of register k.
fn transposed_blocks(values: &[Fr]) -> Vec<Fr> {
    let mut out = vec![Fr::ZERO; values.len()];
    for (out, block) in out.chunks_exact_mut(BLOCK).zip(values.chunks_exact(BLOCK)) {
        (0..BLOCK).for_each(|i| out[i] = block[8 * (i % 8) + i / 8]);
    }
    out
}
