//! The lines of a Miller loop, eight of them in eight lanes.

#![allow(clippy::needless_range_loop)]

use ark_bn254::{Bn254, Fq, Fq2, G1Affine};
use ark_ec::pairing::Pairing;
use ark_ff::AdditiveGroup;

use super::fq2x6::{Fqx8, Line};
use crate::simd::fp52::constant;

/// arkworks' coefficients of a point's lines, which are to be multiplied by y and x of the other point and by one.
#[derive(Clone)]
pub(crate) struct Lines(Vec<[Fqx8; 6]>);

impl Lines {
    /// Zeros fill the last lanes.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn load(point: &<Bn254 as Pairing>::G2Prepared) -> Self {
        let blocks = point.ell_coeffs.chunks(8).map(|lines| {
            let of = |coefficient: usize| {
                let (mut re, mut im) = ([Fq::ZERO; 8], [Fq::ZERO; 8]);
                for (lane, line) in lines.iter().enumerate() {
                    let x: [Fq2; 3] = [line.0, line.1, line.2];
                    (re[lane], im[lane]) = (x[coefficient].c0, x[coefficient].c1);
                }
                Fqx8::load([&re, &im])
            };
            let ([a, b], [c, d], [e, f]) = (of(0), of(1), of(2));
            [a, b, c, d, e, f]
        });
        Self(blocks.collect())
    }

    /// The lines at a point of G1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn at(&self, p: &G1Affine) -> Vec<Line> {
        let (x, y) = (Fqx8::splat(&constant(&p.x)), Fqx8::splat(&constant(&p.y)));
        let mut out = Vec::with_capacity(8 * self.0.len());
        for &[a, b, c, d, e, f] in &self.0 {
            let [a, b, c, d] = Fqx8::products([a, b, c, d], [y, y, x, x]);
            let parts = [(a, b), (c, d), (e, f)];
            let mut lines = [[[[0; 5]; 3]; 3]; 8];
            for k in 0..3 {
                let (re, im) = parts[k];
                for (part, words) in [re.words(), im.words(), im.opposite().words()].into_iter().enumerate() {
                    for lane in 0..8 {
                        for i in 0..5 {
                            lines[lane][k][part][i] = words[i][lane];
                        }
                    }
                }
            }
            out.extend(lines);
        }
        out
    }
}
