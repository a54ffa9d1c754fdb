//! Bytes of the matrices: little-endian counts, coefficient table, row ends, terms.

use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};

use super::{MAX_CONSTRAINTS, Matrices, Shape, Sparse, Term};

impl Matrices {
    /// The canonical encoding. One circuit has one, whatever the order of synthesis inside a row was.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Shape { public_inputs, witness, constraints } = self.shape;
        let mut out = Vec::new();
        put_counts(&mut out, [public_inputs, witness, constraints, self.coefficients.len()]);
        for k in &self.coefficients {
            out.extend(k.into_bigint().to_bytes_le());
        }
        for matrix in [&self.a, &self.b, &self.c] {
            put_counts(&mut out, [matrix.terms.len()]);
            out.extend(matrix.ends.iter().flat_map(|end| end.to_le_bytes()));
            out.extend(matrix.terms.iter().flat_map(|term| term.to_bytes()));
        }
        out
    }

    /// Reads [`Self::to_bytes`]; `None` unless every index is in range, every row sorted and no byte left over.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [public_inputs, witness, constraints, coefficients] = counts(&mut rest)?;
        let shape = Shape { public_inputs, witness, constraints };
        if constraints > MAX_CONSTRAINTS || public_inputs > MAX_CONSTRAINTS || witness > MAX_VARIABLES {
            return None;
        }
        let coefficients = take(&mut rest, coefficients, 32)?.map(coefficient).collect::<Option<Vec<_>>>()?;
        let mut sparse = || Sparse::from_bytes(&mut rest, shape, coefficients.len());
        let (a, b, c) = (sparse()?, sparse()?, sparse()?);
        rest.is_empty().then_some(Self { shape, coefficients, a, b, c })
    }
}

impl Sparse {
    fn from_bytes(rest: &mut &[u8], shape: Shape, coefficients: usize) -> Option<Self> {
        let [terms] = counts(rest)?;
        let ends: Vec<u32> = take(rest, shape.constraints, 4)?.map(number).collect();
        let terms: Vec<Term> = take(rest, terms, 8)?.map(Term::from_bytes).collect();
        let sparse = Self { ends, terms };
        sparse.is_sound(shape.variables(), coefficients).then_some(sparse)
    }

    /// Row ends rise to the number of terms; inside a row columns rise; all indices are in range.
    fn is_sound(&self, variables: usize, coefficients: usize) -> bool {
        let mut start = 0;
        for end in &self.ends {
            let Some(row) = self.terms.get(start..*end as usize) else { return false };
            if !row.is_sorted_by(|x, y| x.column < y.column) {
                return false;
            }
            start = *end as usize;
        }
        start == self.terms.len()
            && self
                .terms
                .iter()
                .all(|t| (t.column as usize) < variables && (t.coefficient as usize) < coefficients)
    }
}

impl Term {
    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.column) | u64::from(self.coefficient) << 32).to_le_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let (column, coefficient) = bytes.split_at(4);
        Self { column: number(column), coefficient: number(coefficient) }
    }
}

fn put_counts<const N: usize>(out: &mut Vec<u8>, counts: [usize; N]) {
    out.extend(counts.iter().flat_map(|n| (*n as u32).to_le_bytes()));
}

fn counts<const N: usize>(rest: &mut &[u8]) -> Option<[usize; N]> {
    let mut numbers = take(rest, N, 4)?.map(|bytes| number(bytes) as usize);
    Some([(); N].map(|()| numbers.next().expect("take yields N chunks")))
}

/// The next `count` records of `size` bytes. Nothing is allocated before the bytes are known to be there.
fn take<'a>(rest: &mut &'a [u8], count: usize, size: usize) -> Option<std::slice::ChunksExact<'a, u8>> {
    let (taken, left) = rest.split_at_checked(count.checked_mul(size)?)?;
    *rest = left;
    Some(taken.chunks_exact(size))
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("chunks of four bytes"))
}

fn coefficient(bytes: &[u8]) -> Option<Fr> {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"));
    }
    Fr::from_bigint(BigInt(limbs)).filter(|k| !k.is_zero())
}

const MAX_VARIABLES: usize = 4 * MAX_CONSTRAINTS;
