//! What the statement says of rows, over numbers: clauses 5 and 6, written apart from `show::check`.

use ark_ff::{BigInteger, PrimeField};
use num_bigint::{BigInt, Sign};

use crate::Fr;
use crate::policy::Verdict;
use crate::schema::ATTRIBUTES;
use crate::show::{Atom, Rows};

/// Holds, fails, or no witness exists.
pub(super) fn run(rows: &Rows, attributes: &[Fr; ATTRIBUTES]) -> Verdict {
    run_slots(&rows.atoms, &rows.literal, attributes)
}

/// The same over any number of slots, clauses and attributes.
pub(super) fn run_slots<const N: usize, const WIDTH: usize>(
    atoms: &[Atom<Fr, WIDTH>; N],
    literal: &[[Fr; N]],
    attributes: &[Fr; WIDTH],
) -> Verdict {
    let bits: Option<Vec<BigInt>> = atoms.iter().map(|atom| bit(atom, attributes)).collect();
    let Some(bits) = bits else { return Verdict::Unprovable };
    let one = BigInt::from(1);
    let named = |literal: &[Fr; N]| literal.iter().zip(&bits).any(|(l, bit)| signed(*l) * bit == one);
    if literal.iter().all(named) { Verdict::Holds } else { Verdict::Fails }
}

fn bit<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>, attributes: &[Fr; WIDTH]) -> Option<BigInt> {
    let v: Fr = atom.weight.iter().zip(attributes).map(|(w, a)| *w * a).sum();
    let above = top_bit_of_65(signed(atom.order * (v - atom.low)))?;
    let below = top_bit_of_65(signed(atom.order * (atom.high - v)))?;
    let is_member = u8::from(atom.member.contains(&v));
    Some(signed(atom.k_const) + signed(atom.k_order) * (above * below) + signed(atom.k_member) * is_member)
}

/// Bit 64 of x + 2^64, if that has 65 bits.
fn top_bit_of_65(x: BigInt) -> Option<u8> {
    let shifted: BigInt = x + (BigInt::from(1) << 64u32);
    let fits = shifted.sign() != Sign::Minus && shifted.bits() <= 65;
    fits.then(|| u8::from(shifted.bit(64)))
}

/// The number nearest to zero that the element stands for.
pub(super) fn signed(x: Fr) -> BigInt {
    let number = |x: Fr| BigInt::from_bytes_be(Sign::Plus, &x.into_bigint().to_bytes_be());
    if x.into_bigint() <= Fr::MODULUS_MINUS_ONE_DIV_TWO { number(x) } else { -number(-x) }
}
