//! The final exponentiation.

use ark_bn254::{Config, Fq, Fq2, Fq6, Fq12, Fq12Config};
use ark_ec::bn::BnConfig;
use ark_ff::fields::fp12_2over3over2::Fp12Config;
use ark_ff::{CyclotomicMultSubgroup, Field, MontFp};

use super::fq2x6::Fq2x6;

/// The power (p⁶ − 1)·(p² + 1).
pub(super) fn easy_part(f: &Fq12) -> Option<Fq12> {
    let mut conjugate = *f;
    conjugate.cyclotomic_inverse_in_place();
    let once = conjugate * f.inverse()?;
    let mut twice = once;
    twice.frobenius_map_in_place(2);
    Some(twice * once)
}

/// The rest of it, of what the easy part gave.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn hard_part(mut easy: Fq12) -> Fq12 {
    easy.mul_by_fp(&SIXTEEN);
    let mut out = montgomery_hard_part(Fq2x6::load(&easy)).store();
    out.mul_by_fp(&SIXTEENTH);
    out
}

/// The power by 2x·(6x² + 3x + 1)·(p⁴ − p² + 1)/r of an element that the easy part gave, as arkworks' (Fuentes-Castañeda, Knapp,
/// Rodríguez-Henríquez, SAC 2011). Takes and gives elements with R = 2^260.
#[target_feature(enable = "avx512f,avx512ifma")]
fn montgomery_hard_part(r: Fq2x6) -> Fq2x6 {
    let y0 = power_minus_x(r);
    let y1 = y0.cyclotomic_square();
    let y3 = y1.cyclotomic_square().times(y1);
    let y4 = power_minus_x(y3);
    let y6 = power_minus_x(y4.cyclotomic_square()).conjugate();
    let y8 = y6.times(y4).times(y3.conjugate());
    let y9 = y8.times(y1);
    let y11 = y8.times(y4).times(r);
    let y13 = frobenius(y9, 1).times(y11);
    let y14 = frobenius(y8, 2).times(y13);
    frobenius(r.conjugate().times(y9), 3).times(y14)
}

/// The power p^k.
#[target_feature(enable = "avx512f,avx512ifma")]
fn frobenius(f: Fq2x6, k: usize) -> Fq2x6 {
    let gamma = Fq12Config::FROBENIUS_COEFF_FP12_C1[k];
    let mut powers = [Fq2::ONE; 6];
    for i in 1..6 {
        powers[i] = powers[i - 1] * gamma;
    }
    let [a, b, c, d, e, g] = powers;
    let mut constants = Fq12::new(Fq6::new(a, c, e), Fq6::new(b, d, g));
    constants.mul_by_fp(&SIXTEEN);
    f.frobenius(k, &Fq2x6::load(&constants))
}

/// The power −x, by signed digits: the inverse is the conjugate.
#[target_feature(enable = "avx512f,avx512ifma")]
fn power_minus_x(f: Fq2x6) -> Fq2x6 {
    let square = f.cyclotomic_square();
    let mut odd = [f; 4];
    for i in 1..4 {
        odd[i] = odd[i - 1].times(square);
    }
    let mut digits = X_DIGITS.iter().rev().skip_while(|d| **d == 0);
    let first = digits.next().map_or(0, |d| usize::from(d.unsigned_abs()));
    let mut out = odd[first / 2];
    for &digit in digits {
        out = out.cyclotomic_square();
        let factor = odd[usize::from(digit.unsigned_abs()) / 2];
        out = match digit {
            0 => out,
            1.. => out.times(factor),
            _ => out.times(factor.conjugate()),
        };
    }
    out.conjugate()
}

/// x = Σ digit · 2^i with odd digits from −7 to 7, no two of which are within four places; the highest is positive.
const X_DIGITS: [i8; 66] = {
    let mut x = <Config as BnConfig>::X[0] as i128;
    let mut digits = [0; 66];
    let mut i = 0;
    while x != 0 {
        if x & 1 == 1 {
            let low = (x & 15) as i8;
            digits[i] = if low > 8 { low - 16 } else { low };
            x -= digits[i] as i128;
        }
        x >>= 1;
        i += 1;
    }
    digits
};

/// What multiplying coefficients with R = 2^256 by makes them have R = 2^260.
pub(super) const SIXTEEN: Fq = MontFp!("16");
/// Inverse of [`SIXTEEN`].
pub(super) const SIXTEENTH: Fq =
    MontFp!("12312136615409592312513603231707217237391675025980025810262583815737939742328");
