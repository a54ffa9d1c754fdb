//! One product of Miller loops with its numbers side by side, over lines that were computed before.

use ark_bn254::{Bn254, Config, Fq, Fq2, Fq12, G1Affine};
use ark_ec::bn::BnConfig;
use ark_ec::pairing::Pairing;
use ark_ff::{AdditiveGroup, Field};

use super::fq2x6::{Fq2x6, Fqx8, Line};
use crate::simd::fp52::constant;

/// The Miller loops of pairs, multiplied; up to a factor in the base field.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn multi_miller_loop(pairs: &[(G1Affine, &Lines)]) -> Fq12 {
    let evaluated: Vec<Vec<Line>> = pairs.iter().map(|(p, lines)| lines.at(p)).collect();
    let mut f = Fq2x6::load(&Fq12::ONE);
    let mut step = 0;
    for (i, digit) in Config::ATE_LOOP_COUNT.iter().rev().skip(1).enumerate() {
        if i > 0 {
            f = f.times(f);
        }
        let count = 1 + usize::from(*digit != 0);
        f = with_lines(f, &evaluated, step, count);
        step += count;
    }
    with_lines(f, &evaluated, step, 2).store()
}

/// Multiplies by `count` lines of every pair from number `step` on.
#[target_feature(enable = "avx512f,avx512ifma")]
fn with_lines(mut f: Fq2x6, evaluated: &[Vec<Line>], step: usize, count: usize) -> Fq2x6 {
    for lines in evaluated {
        for line in lines.iter().skip(step).take(count) {
            f = f.times_line(line);
        }
    }
    f
}

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
