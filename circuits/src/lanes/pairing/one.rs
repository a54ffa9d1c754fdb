//! One pairing check in eight lanes.

use ark_bn254::{Config, Fq, Fq12, G1Affine};
use ark_ec::bn::BnConfig;
use ark_ff::{CyclotomicMultSubgroup, Field, MontFp};

use super::exponentiation::{self, SIXTEEN};
use super::lines::Lines;
use super::sextic::{Line, Sextic};

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn multi_miller_loop(pairs: &[(G1Affine, &Lines)]) -> Fq12 {
    let evaluated: Vec<Vec<Line>> = pairs.iter().map(|(p, lines)| lines.at(p)).collect();
    let mut f = Sextic::load(&Fq12::ONE);
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
fn with_lines(mut f: Sextic, evaluated: &[Vec<Line>], step: usize, count: usize) -> Sextic {
    for lines in evaluated {
        for line in lines.iter().skip(step).take(count) {
            f = f.times_line(line);
        }
    }
    f
}

/// The power (p⁶ − 1)·(p² + 1).
pub(super) fn easy_part(f: &Fq12) -> Option<Fq12> {
    let mut conjugate = *f;
    conjugate.cyclotomic_inverse_in_place();
    let once = conjugate * f.inverse()?;
    let mut twice = once;
    twice.frobenius_map_in_place(2);
    Some(twice * once)
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn hard_part(mut easy: Fq12) -> Fq12 {
    easy.mul_by_fp(&SIXTEEN);
    let mut out = exponentiation::hard_part(Sextic::load(&easy)).store();
    out.mul_by_fp(&SIXTEENTH);
    out
}

/// Inverse of [`SIXTEEN`].
pub(super) const SIXTEENTH: Fq =
    MontFp!("12312136615409592312513603231707217237391675025980025810262583815737939742328");
