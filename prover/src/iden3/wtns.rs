//! `.wtns`: the values of all variables. The file is as secret as the witness.

use ark_bn254::Fr;
use zeroize::Zeroizing;

use super::container;
use super::points::{FIELD_BYTES, put_number, put_prime};
use crate::statement::Assignment;

/// The file, wiped when it is dropped.
pub fn to_bytes(assignment: &Assignment) -> Zeroizing<Vec<u8>> {
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
    zeroize::Zeroize::zeroize(&mut sections[1].1);
    file
}
