//! The key before anybody contributed: δ = 1. Circuit and `.ptau` determine every byte of it.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, Field};

use super::CeremonyError;
use super::hashing::PointHash;
use super::lagrange::{Bases, Column};
use crate::iden3::points::put_number;
use crate::iden3::ptau::{Ptau, Sequence};
use crate::iden3::zkey::{Constants, Counts, Fixed, Record, Zkey, encode};
use crate::matrices::{Matrices, Shape};

/// Largest domain of a ceremony. Beyond it the circuit hash of snarkjs depends on how it splits its work.
pub const MAX_DOMAIN: usize = 1 << 14;

/// The key before the first contribution, for these constraints.
pub fn initialize(matrices: &Matrices, ptau: &Ptau) -> Result<Zkey, CeremonyError> {
    let shape = matrices.shape();
    let domain = shape.domain();
    if domain > MAX_DOMAIN {
        return Err(CeremonyError::TooLarge);
    }
    let level = domain.trailing_zeros();
    if level > ptau.power() {
        return Err(CeremonyError::Power { needed: level, found: ptau.power() });
    }
    if !ptau.is_prepared() {
        return Err(CeremonyError::NotPrepared);
    }
    let sums = Sums::new(&Columns::new(matrices), ptau, level)?;
    let constants = constants(ptau)?;
    let odd = |points: Vec<G1Affine>| points.into_iter().skip(1).step_by(2).collect();
    let h = odd(ptau.lagrange1(Sequence::Tau1, level + 1)?);
    let circuit_hash = circuit_hash(&constants, &sums, &quotient_powers(ptau, domain)?, shape);
    Ok(Zkey {
        counts: Counts { variables: shape.variables(), public_inputs: shape.public_inputs, domain },
        constants,
        fixed: Fixed {
            ic: encode(&sums.c[..=shape.public_inputs]),
            coefficients: coefficients(matrices),
            a: encode(&sums.a),
            b1: encode(&sums.b1),
            b2: encode(&sums.b2),
        },
        l: sums.c[1 + shape.public_inputs..].to_vec(),
        h,
        record: Record { circuit_hash, contributions: Vec::new() },
    })
}

fn constants(ptau: &Ptau) -> Result<Constants, CeremonyError> {
    let first = |sequence| Ok::<_, CeremonyError>(ptau.powers1(sequence, 0..1)?.first().copied());
    let (alpha1, beta1) = (first(Sequence::AlphaTau)?, first(Sequence::BetaTau)?);
    Ok(Constants {
        alpha1: alpha1.unwrap_or_default(),
        beta1: beta1.unwrap_or_default(),
        beta2: ptau.beta2()?,
        gamma2: G2Affine::generator(),
        delta1: G1Affine::generator(),
        delta2: G2Affine::generator(),
    })
}

/// The matrices by column, with one more row of A for each public input and the constant one.
struct Columns {
    a: Vec<Column>,
    b: Vec<Column>,
    c: Vec<Column>,
}

impl Columns {
    fn new(matrices: &Matrices) -> Self {
        let shape = matrices.shape();
        let [a, b, c] = matrices.to_rows().map(|rows| transposed(&rows, shape.variables()));
        let mut columns = Self { a, b, c };
        for input in 0..=shape.public_inputs {
            columns.a[input].push((Fr::ONE, shape.constraints + input));
        }
        columns
    }
}

fn transposed(rows: &[Vec<(Fr, usize)>], variables: usize) -> Vec<Column> {
    let mut columns = vec![Column::new(); variables];
    for (row, terms) in rows.iter().enumerate() {
        for (k, column) in terms {
            columns[*column].push((*k, row));
        }
    }
    columns
}

/// A in G1, B in G1 and G2, and β·A + α·B + C, at τ, of all variables.
struct Sums {
    a: Vec<G1Affine>,
    b1: Vec<G1Affine>,
    b2: Vec<G2Affine>,
    c: Vec<G1Affine>,
}

impl Sums {
    fn new(columns: &Columns, ptau: &Ptau, level: u32) -> Result<Self, CeremonyError> {
        let tau = ptau.lagrange1(Sequence::Tau1, level)?;
        let all =
            [ptau.lagrange1(Sequence::BetaTau, level)?, ptau.lagrange1(Sequence::AlphaTau, level)?, tau];
        let size = 1 << level;
        let terms =
            |column: &Column, at: usize| -> Column { column.iter().map(|(k, row)| (*k, at + row)).collect() };
        let with = |variable: usize| {
            let beta_a = terms(&columns.a[variable], 0);
            let alpha_b = terms(&columns.b[variable], size);
            [beta_a, alpha_b, terms(&columns.c[variable], 2 * size)].concat()
        };
        let combined: Vec<Column> = (0..columns.a.len()).map(with).collect();
        let bases = Bases::new(&all.concat());
        let at_tau =
            |columns: &[Column]| -> Vec<Column> { columns.iter().map(|c| terms(c, 2 * size)).collect() };
        Ok(Self {
            a: bases.sums(&at_tau(&columns.a)),
            b1: bases.sums(&at_tau(&columns.b)),
            b2: Bases::new(&ptau.lagrange2(level)?).sums(&columns.b),
            c: bases.sums(&combined),
        })
    }
}

/// (τ^n − 1)·τ^i: what H stands for, whatever its basis.
fn quotient_powers(ptau: &Ptau, domain: usize) -> Result<Vec<G1Affine>, CeremonyError> {
    let powers = ptau.powers1(Sequence::Tau1, 0..2 * domain - 1)?;
    let (low, high) = powers.split_at(domain);
    let differences: Vec<_> = high.iter().zip(low).map(|(high, low)| *high - low).collect();
    Ok(ark_bn254::G1Projective::normalize_batch(&differences))
}

fn circuit_hash(constants: &Constants, sums: &Sums, quotient: &[G1Affine], shape: Shape) -> [u8; 64] {
    let Constants { alpha1, beta1, beta2, gamma2, delta1, delta2 } = *constants;
    let (ic, l) = sums.c.split_at(1 + shape.public_inputs);
    PointHash::default()
        .points(&[alpha1, beta1])
        .points(&[beta2, gamma2])
        .points(&[delta1])
        .points(&[delta2])
        .counted(ic)
        .counted(quotient)
        .counted(l)
        .counted(&sums.a)
        .counted(&sums.b1)
        .counted(&sums.b2)
        .finish()
}

/// Row by row, A before B, with the rows of the public inputs at the end.
pub(crate) fn coefficients(matrices: &Matrices) -> Vec<u8> {
    let shape = matrices.shape();
    let [a, b, _] = matrices.to_rows();
    let mut entries = Vec::new();
    for (row, both) in a.iter().zip(&b).enumerate() {
        for (matrix, terms) in [both.0, both.1].into_iter().enumerate() {
            entries.extend(terms.iter().map(|(k, column)| (matrix, row, *column, *k)));
        }
    }
    entries.extend((0..=shape.public_inputs).map(|input| (0, shape.constraints + input, input, Fr::ONE)));
    let mut out = (entries.len() as u32).to_le_bytes().to_vec();
    let r_squared = r_squared();
    for (matrix, row, column, k) in entries {
        out.extend([matrix, row, column].into_iter().flat_map(|n| (n as u32).to_le_bytes()));
        put_number(&mut out, &(k * r_squared));
    }
    out
}

/// R² with R = 2^256, as a number.
fn r_squared() -> Fr {
    Fr::from(BigInt::new([0, 0, 1, 0])).square().square()
}
