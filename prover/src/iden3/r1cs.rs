//! `.r1cs`: constraint systems as circom writes them.

use ark_bn254::Fr;

use super::container;
use super::points::{put_number, put_prime};
use crate::matrices::Matrices;

/// The file. Public inputs are written as public inputs; no wire is named, so labels are the wires' numbers.
pub fn to_bytes(matrices: &Matrices) -> Vec<u8> {
    container::write("r1cs", 1, &[(1, header(matrices)), (2, constraints(matrices)), (3, labels(matrices))])
}

fn header(matrices: &Matrices) -> Vec<u8> {
    let shape = matrices.shape();
    let mut out = Vec::new();
    put_prime::<Fr>(&mut out);
    let (outputs, private_inputs) = (0, shape.witness);
    for count in [shape.variables(), outputs, shape.public_inputs, private_inputs] {
        out.extend((count as u32).to_le_bytes());
    }
    out.extend((shape.variables() as u64).to_le_bytes());
    out.extend((shape.constraints as u32).to_le_bytes());
    out
}

fn constraints(matrices: &Matrices) -> Vec<u8> {
    let [a, b, c] = matrices.to_rows();
    let mut out = Vec::new();
    for ((a, b), c) in a.iter().zip(&b).zip(&c) {
        for row in [a, b, c] {
            out.extend((row.len() as u32).to_le_bytes());
            for (k, column) in row {
                out.extend((*column as u32).to_le_bytes());
                put_number(&mut out, k);
            }
        }
    }
    out
}

fn labels(matrices: &Matrices) -> Vec<u8> {
    (0..matrices.shape().variables() as u64).flat_map(u64::to_le_bytes).collect()
}
