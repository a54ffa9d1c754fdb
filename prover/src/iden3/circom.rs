//! `.r1cs` and `.wtns`: constraint systems and the values of their variables as circom writes them.

use ark_bn254::Fr;
use zeroize::{Zeroize, Zeroizing};

use super::container;
use super::points::{FIELD_BYTES, put_number, put_prime};
use crate::matrices::Matrices;
use crate::statement::Assignment;

/// The `.r1cs` file. Public inputs are written as public inputs; no wire is named, so labels are the wires' numbers.
pub fn r1cs(matrices: &Matrices) -> Vec<u8> {
    container::write(
        "r1cs",
        1,
        &[(1, r1cs_header(matrices)), (2, constraints(matrices)), (3, labels(matrices))],
    )
}

/// The `.wtns` file, which is as secret as the witness; wiped when it is dropped.
pub fn wtns(assignment: &Assignment) -> Zeroizing<Vec<u8>> {
    let z = assignment.as_slice();
    let mut header = Vec::new();
    put_prime::<Fr>(&mut header);
    header.extend((z.len() as u32).to_le_bytes());
    // No reallocation leaves a copy behind.
    let mut values = Vec::with_capacity(z.len() * FIELD_BYTES);
    for x in z {
        put_number(&mut values, x);
    }
    let mut sections = [(1, header), (2, values)];
    let file = Zeroizing::new(container::write("wtns", 2, &sections));
    sections[1].1.zeroize();
    file
}

fn r1cs_header(matrices: &Matrices) -> Vec<u8> {
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
