//! Words of eight rows to and from registers by columns.

use std::arch::x86_64::{__m512i, _mm512_shuffle_i64x2, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64};

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn as_register(x: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn as_words(x: __m512i) -> [u64; 8] {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
}

/// Eight by eight words; its own inverse.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn transposed(r: [__m512i; 8]) -> [__m512i; 8] {
    let [c0, c2, c4, c6] = quarter([
        _mm512_unpacklo_epi64(r[0], r[1]),
        _mm512_unpacklo_epi64(r[2], r[3]),
        _mm512_unpacklo_epi64(r[4], r[5]),
        _mm512_unpacklo_epi64(r[6], r[7]),
    ]);
    let [c1, c3, c5, c7] = quarter([
        _mm512_unpackhi_epi64(r[0], r[1]),
        _mm512_unpackhi_epi64(r[2], r[3]),
        _mm512_unpackhi_epi64(r[4], r[5]),
        _mm512_unpackhi_epi64(r[6], r[7]),
    ]);
    [c0, c1, c2, c3, c4, c5, c6, c7]
}

/// Gathers the equal quarters of four registers.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn quarter(t: [__m512i; 4]) -> [__m512i; 4] {
    let a = _mm512_shuffle_i64x2::<0x88>(t[0], t[1]);
    let b = _mm512_shuffle_i64x2::<0x88>(t[2], t[3]);
    let c = _mm512_shuffle_i64x2::<0xdd>(t[0], t[1]);
    let d = _mm512_shuffle_i64x2::<0xdd>(t[2], t[3]);
    [
        _mm512_shuffle_i64x2::<0x88>(a, b),
        _mm512_shuffle_i64x2::<0x88>(c, d),
        _mm512_shuffle_i64x2::<0xdd>(a, b),
        _mm512_shuffle_i64x2::<0xdd>(c, d),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Vector;

    #[test]
    fn transposition_is_its_own_inverse() {
        #[target_feature(enable = "avx512f,avx512ifma")]
        fn inside(rows: [[u64; 8]; 8]) -> [[[u64; 8]; 8]; 2] {
            let mut registers = [as_register([0; 8]); 8];
            for (register, row) in registers.iter_mut().zip(rows) {
                *register = as_register(row);
            }
            let once = transposed(registers);
            [once, transposed(once)].map(|table| table.map(|r| as_words(r)))
        }
        if Vector::detect().is_none() {
            return;
        }
        let table: [[u64; 8]; 8] = std::array::from_fn(|i| std::array::from_fn(|j| (8 * i + j) as u64));
        // SAFETY: `detect` said that the processor can.
        let [once, twice] = unsafe { inside(table) };
        assert_eq!(twice, table);
        assert!((0..8).all(|i| (0..8).all(|j| once[i][j] == table[j][i])));
    }
}
