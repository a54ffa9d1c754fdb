//! Eight elements of a prime field at a time, with AVX-512 IFMA where the processor has it.
//!
//! What is here gives bit for bit what arkworks gives and is only quicker. Each kernel has a portable twin, which is the
//! definition it is tested against and what runs on every other processor: [`batch_add::AddPairs`] adds points of a curve,
//! [`permutation::Permutation`] hashes many inputs.
//!
//! # The arithmetic
//!
//! `Fp52x8` holds a number in five limbs of 52 bits, one vector register a limb, eight numbers side by side. Both fields
//! of BN254 fit: any modulus p below 2^254 does. Products are Montgomery products with R = 2^260, while arkworks keeps
//! elements with R = 2^256. Taken with R = 2^260, the words of an element x in memory are those of x / 16. Kernels use this
//! instead of converting: a product of plain words with a constant that carries R = 2^260 is plain again.
//!
//! Bounds: p / 2^260 < 1/64, so a product of numbers below j·p and k·p is below (1 + j·k/64)·p, and a sum of such products
//! below (1 + Σ j·k/64)·p. Every function says what it takes and gives. No number exceeds 20·p < 2^259.
//!
//! # Safety
//!
//! The arithmetic needs AVX-512 F and IFMA. Every function that uses them says so to the compiler (`target_feature`), which
//! lets only functions of the same kind call it without `unsafe`. [`Vector`] is made by [`Vector::detect`] alone, which asks
//! the processor; every way in from other code takes or holds one, and that is the argument of each such call.
//! Memory is reached through references; the only other unsafe operation views `[u64; 8]` as a register and back, which
//! have the same size and no invalid values.
//!
//! Intrinsics must not stand in `inline(always)` functions without the features: there they stay calls, and eight lanes are
//! slower than one.
#![expect(unsafe_code, reason = "the calls into functions of vector instructions; each says why it is sound")]
#![expect(
    clippy::large_types_passed_by_value,
    reason = "blocks of registers stay in registers only when passed by value"
)]
#![expect(clippy::needless_range_loop, reason = "one index for several arrays reads better")]

pub mod batch_add;
#[cfg(target_arch = "x86_64")]
mod fp52;
#[cfg(target_arch = "x86_64")]
mod modulus;
pub mod ntt;
pub(crate) mod pairing;
pub mod permutation;
#[cfg(target_arch = "x86_64")]
mod transpose;

/// The proof that this processor has AVX-512 F and IFMA.
#[derive(Clone, Copy, Debug)]
pub struct Vector(());

impl Vector {
    /// `None` where the portable code must do.
    #[cfg(target_arch = "x86_64")]
    pub fn detect() -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
        able.then_some(Self(()))
    }

    /// `None`: only x86-64 has these instructions.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn detect() -> Option<Self> {
        None
    }
}

/// A type that may be overwritten with zeros and stays one.
///
/// # Safety
///
/// All bits zero are a value of it, and it holds no reference and nothing that is dropped.
#[cfg(target_arch = "x86_64")]
unsafe trait Zeroable: Copy {}

// SAFETY: an array is its elements and nothing else.
#[cfg(target_arch = "x86_64")]
unsafe impl<T: Zeroable, const N: usize> Zeroable for [T; N] {}

/// Overwrites registers that may hold secrets with zeros, and leaves none.
#[cfg(target_arch = "x86_64")]
fn wipe<T: Zeroable>(registers: &mut Vec<T>) {
    // SAFETY: all bits zero are a value of the type, by its trait; the range is the vector's.
    unsafe { registers.as_mut_ptr().write_bytes(0, registers.len()) }
    zeroize::optimization_barrier(registers.as_slice());
    registers.clear();
}
