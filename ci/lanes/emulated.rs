//! The AVX-512 instructions that the eight lanes use, in plain Rust, by Intel's description of each.
#![allow(non_camel_case_types, missing_docs, clippy::all)]

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct __m512i([u64; 8]);

pub type __mmask8 = u8;

const LIMB: u64 = (1 << 52) - 1;

fn each(a: __m512i, b: __m512i, f: impl Fn(u64, u64) -> u64) -> __m512i {
    __m512i(std::array::from_fn(|i| f(a.0[i], b.0[i])))
}

fn mask(a: __m512i, b: __m512i, f: impl Fn(u64, u64) -> bool) -> __mmask8 {
    (0..8).map(|i| u8::from(f(a.0[i], b.0[i])) << i).sum()
}

fn set(k: __mmask8, i: usize) -> bool {
    k >> i & 1 == 1
}

pub fn _mm512_setzero_si512() -> __m512i {
    __m512i([0; 8])
}

pub fn _mm512_set1_epi64(x: i64) -> __m512i {
    __m512i([x as u64; 8])
}

pub fn _mm512_add_epi64(a: __m512i, b: __m512i) -> __m512i {
    each(a, b, u64::wrapping_add)
}

pub fn _mm512_sub_epi64(a: __m512i, b: __m512i) -> __m512i {
    each(a, b, u64::wrapping_sub)
}

pub fn _mm512_and_si512(a: __m512i, b: __m512i) -> __m512i {
    each(a, b, |x, y| x & y)
}

pub fn _mm512_or_si512(a: __m512i, b: __m512i) -> __m512i {
    each(a, b, |x, y| x | y)
}

pub fn _mm512_xor_si512(a: __m512i, b: __m512i) -> __m512i {
    each(a, b, |x, y| x ^ y)
}

pub fn _mm512_slli_epi64<const N: u32>(a: __m512i) -> __m512i {
    each(a, a, |x, _| x.checked_shl(N).unwrap_or(0))
}

pub fn _mm512_srli_epi64<const N: u32>(a: __m512i) -> __m512i {
    each(a, a, |x, _| x.checked_shr(N).unwrap_or(0))
}

pub fn _mm512_srai_epi64<const N: u32>(a: __m512i) -> __m512i {
    each(a, a, |x, _| (x as i64 >> N.min(63)) as u64)
}

fn product(b: u64, c: u64) -> u128 {
    u128::from(b & LIMB) * u128::from(c & LIMB)
}

pub fn _mm512_madd52lo_epu64(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| a.0[i].wrapping_add(product(b.0[i], c.0[i]) as u64 & LIMB)))
}

pub fn _mm512_madd52hi_epu64(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| a.0[i].wrapping_add((product(b.0[i], c.0[i]) >> 52) as u64)))
}

pub fn _mm512_cmpeq_epi64_mask(a: __m512i, b: __m512i) -> __mmask8 {
    mask(a, b, |x, y| x == y)
}

pub fn _mm512_cmplt_epi64_mask(a: __m512i, b: __m512i) -> __mmask8 {
    mask(a, b, |x, y| (x as i64) < y as i64)
}

/// Takes b where the mask is set.
pub fn _mm512_mask_blend_epi64(k: __mmask8, a: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| if set(k, i) { b.0[i] } else { a.0[i] }))
}

/// Keeps `src` where the mask is clear.
pub fn _mm512_mask_add_epi64(src: __m512i, k: __mmask8, a: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| if set(k, i) { a.0[i].wrapping_add(b.0[i]) } else { src.0[i] }))
}

/// Lanes of 128 bits: two of a, then two of b.
pub fn _mm512_shuffle_i64x2<const N: i32>(a: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| {
        let from = if i < 4 { a.0 } else { b.0 };
        from[2 * (N as usize >> (i / 2 * 2) & 3) + i % 2]
    }))
}

pub fn _mm512_unpacklo_epi64(a: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| if i % 2 == 0 { a.0[i] } else { b.0[i - 1] }))
}

pub fn _mm512_unpackhi_epi64(a: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| if i % 2 == 0 { a.0[i + 1] } else { b.0[i] }))
}

/// Bit 3 of an index chooses b.
pub fn _mm512_permutex2var_epi64(a: __m512i, indices: __m512i, b: __m512i) -> __m512i {
    __m512i(std::array::from_fn(|i| {
        let index = indices.0[i] as usize & 15;
        if index < 8 { a.0[index] } else { b.0[index - 8] }
    }))
}

pub unsafe fn _mm512_loadu_si512(from: *const __m512i) -> __m512i {
    // SAFETY: the caller's, as with the instruction.
    unsafe { __m512i(from.cast::<[u64; 8]>().read_unaligned()) }
}

pub unsafe fn _mm512_storeu_si512(to: *mut __m512i, x: __m512i) {
    // SAFETY: the caller's, as with the instruction.
    unsafe { to.cast::<[u64; 8]>().write_unaligned(x.0) }
}

pub const _MM_HINT_T0: i32 = 3;

pub unsafe fn _mm_prefetch<const HINT: i32>(_: *const i8) {}
