//! One pairing check in eight lanes.

use ark_bn254::{Config, Fq12, G1Affine};
use ark_ec::bn::BnConfig;
use ark_ff::Field;

use super::fq2x6::{Fq2x6, Line};
use super::lines::Lines;

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
