//! Numbers and points as bytes: Montgomery form, little endian, in files; plain, big endian, in hashes.

use ark_bn254::{Fq, Fq2, Fr};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, Fp, MontBackend, MontConfig, PrimeField};
use rayon::prelude::*;

use super::FormatError;
use super::container::Cursor;

/// Bytes of a field element.
pub(crate) const FIELD_BYTES: usize = 32;

/// A coordinate of a point: an element of Fq or Fq2.
pub(crate) trait Coordinate: Field {
    /// Bytes of an element.
    const BYTES: usize;

    /// From Montgomery form; one encoding for each element.
    fn from_montgomery(bytes: &[u8]) -> Option<Self>;

    /// Montgomery form, little endian, real part first.
    fn put_montgomery(&self, out: &mut Vec<u8>);

    /// Plain number, big endian, imaginary part first.
    fn put_plain(&self, out: &mut Vec<u8>);

    /// Whether it is the larger of itself and its negative, as the imaginary part decides, or the real part without one.
    fn is_large(&self) -> bool;
}

impl Coordinate for Fq {
    const BYTES: usize = FIELD_BYTES;

    fn from_montgomery(bytes: &[u8]) -> Option<Self> {
        element_from_montgomery(bytes)
    }

    fn put_montgomery(&self, out: &mut Vec<u8>) {
        out.extend(self.0.to_bytes_le());
    }

    fn put_plain(&self, out: &mut Vec<u8>) {
        out.extend(self.into_bigint().to_bytes_be());
    }

    fn is_large(&self) -> bool {
        self.into_bigint() > Self::MODULUS_MINUS_ONE_DIV_TWO
    }
}

impl Coordinate for Fq2 {
    const BYTES: usize = 2 * FIELD_BYTES;

    fn from_montgomery(bytes: &[u8]) -> Option<Self> {
        let (real, imaginary) = bytes.split_at_checked(FIELD_BYTES)?;
        Some(Self::new(Fq::from_montgomery(real)?, Fq::from_montgomery(imaginary)?))
    }

    fn put_montgomery(&self, out: &mut Vec<u8>) {
        self.c0.put_montgomery(out);
        self.c1.put_montgomery(out);
    }

    fn put_plain(&self, out: &mut Vec<u8>) {
        self.c1.put_plain(out);
        self.c0.put_plain(out);
    }

    fn is_large(&self) -> bool {
        if self.c1 == Fq::ZERO { self.c0.is_large() } else { self.c1.is_large() }
    }
}

/// The element that has these bytes as its Montgomery form.
pub(crate) fn element_from_montgomery<T: MontConfig<4>>(bytes: &[u8]) -> Option<Fp<MontBackend<T, 4>, 4>> {
    let limbs = limbs(bytes)?;
    (limbs < T::MODULUS).then(|| Fp::new_unchecked(limbs))
}

/// A number below r as 32 bytes, little endian.
pub(crate) fn put_number(out: &mut Vec<u8>, x: &Fr) {
    out.extend(x.into_bigint().to_bytes_le());
}

/// The prime r, or q, as 32 bytes, little endian, behind their number.
pub(crate) fn put_prime<F: PrimeField>(out: &mut Vec<u8>) {
    out.extend((FIELD_BYTES as u32).to_le_bytes());
    out.extend(F::MODULUS.to_bytes_le());
}

/// Refuses every prime but that of `F`.
pub(crate) fn expect_prime<F: PrimeField>(cursor: &mut Cursor) -> Result<(), FormatError> {
    let mut expected = Vec::new();
    put_prime::<F>(&mut expected);
    if cursor.take(expected.len())? == expected { Ok(()) } else { Err(FormatError::Curve) }
}

/// Bytes of a point in a file.
pub(crate) fn size<P: SWCurveConfig<BaseField: Coordinate>>() -> usize {
    2 * P::BaseField::BYTES
}

/// Appends x and y; zeros for the point at infinity.
pub(crate) fn put<P: SWCurveConfig<BaseField: Coordinate>>(out: &mut Vec<u8>, points: &[Affine<P>]) {
    for p in points {
        let (x, y) = p.xy().unwrap_or_default();
        x.put_montgomery(out);
        y.put_montgomery(out);
    }
}

/// Appends x and y as transcripts hash them.
pub(crate) fn put_plain<P: SWCurveConfig<BaseField: Coordinate>>(out: &mut Vec<u8>, points: &[Affine<P>]) {
    for p in points {
        let (x, y) = p.xy().unwrap_or_default();
        x.put_plain(out);
        y.put_plain(out);
    }
}

/// Appends x alone, with the sign of y in its highest bit and infinity in the next.
pub(crate) fn put_compressed<P: SWCurveConfig<BaseField: Coordinate>>(
    out: &mut Vec<u8>,
    points: &[Affine<P>],
) {
    for p in points {
        let start = out.len();
        let (x, y) = p.xy().unwrap_or_default();
        x.put_plain(out);
        out[start] |= if p.is_zero() { 0x40 } else { u8::from(y.is_large()) << 7 };
    }
}

/// All points of `bytes`, which holds a whole number of them; each in its group, infinity allowed.
pub(crate) fn read<P: SWCurveConfig<BaseField: Coordinate>>(
    bytes: &[u8],
    section: u32,
) -> Result<Vec<Affine<P>>, FormatError> {
    if !bytes.len().is_multiple_of(size::<P>()) {
        return Err(FormatError::Size(section));
    }
    let decode = |bytes| point(bytes).ok_or(FormatError::Point(section));
    bytes.par_chunks_exact(size::<P>()).with_min_len(64).map(decode).collect()
}

/// One point that is not at infinity.
pub(crate) fn one<P: SWCurveConfig<BaseField: Coordinate>>(
    cursor: &mut Cursor,
    section: u32,
) -> Result<Affine<P>, FormatError> {
    point(cursor.take(size::<P>())?).filter(|p| !p.is_zero()).ok_or(FormatError::Point(section))
}

fn point<P: SWCurveConfig<BaseField: Coordinate>>(bytes: &[u8]) -> Option<Affine<P>> {
    let (x, y) = bytes.split_at_checked(P::BaseField::BYTES)?;
    let (x, y) = (P::BaseField::from_montgomery(x)?, P::BaseField::from_montgomery(y)?);
    if x == P::BaseField::ZERO && y == P::BaseField::ZERO {
        return Some(Affine::identity());
    }
    let p = Affine::new_unchecked(x, y);
    (p.is_on_curve() && p.is_in_correct_subgroup_assuming_on_curve()).then_some(p)
}

fn limbs(bytes: &[u8]) -> Option<BigInt<4>> {
    let bytes: &[u8; FIELD_BYTES] = bytes.try_into().ok()?;
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"));
    }
    Some(BigInt(limbs))
}

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Affine, G2Affine, g1, g2};
    use ark_ec::CurveGroup;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn bytes<P: SWCurveConfig<BaseField: Coordinate>>(points: &[Affine<P>]) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, points);
        out
    }

    #[test]
    fn points_are_read_back() {
        let rng = &mut StdRng::seed_from_u64(1);
        let g1 =
            [G1Affine::generator(), G1Affine::identity(), ark_bn254::G1Projective::rand(rng).into_affine()];
        assert_eq!(read::<g1::Config>(&bytes(&g1), 1).unwrap(), g1);
        let g2 =
            [G2Affine::generator(), G2Affine::identity(), ark_bn254::G2Projective::rand(rng).into_affine()];
        assert_eq!(read::<g2::Config>(&bytes(&g2), 1).unwrap(), g2);
    }

    #[test]
    fn refuses_points_off_the_curve_and_numbers_that_are_not_canonical() {
        let mut off = bytes(&[G1Affine::generator()]);
        off[32] ^= 1;
        assert_eq!(read::<g1::Config>(&off, 5), Err(FormatError::Point(5)));
        let mut not_reduced = Fq::MODULUS.to_bytes_le();
        not_reduced.extend([0; 32]);
        assert_eq!(read::<g1::Config>(&not_reduced, 5), Err(FormatError::Point(5)));
        assert_eq!(read::<g1::Config>(&off[..63], 5), Err(FormatError::Size(5)));
    }

    /// Most points of the twist lie outside the subgroup.
    #[test]
    fn refuses_points_of_the_twist_outside_the_subgroup() {
        let outside = (1u64..100)
            .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true))
            .find(|p| !p.is_in_correct_subgroup_assuming_on_curve())
            .unwrap();
        assert!(outside.is_on_curve());
        assert_eq!(read::<g2::Config>(&bytes(&[outside]), 7), Err(FormatError::Point(7)));
    }

    #[test]
    fn infinity_is_not_taken_where_a_point_is_needed() {
        let zero = [0; 64];
        assert_eq!(one::<g1::Config>(&mut Cursor::new(&zero), 2), Err(FormatError::Point(2)));
    }
}
