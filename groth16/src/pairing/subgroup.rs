//! Which points of the twist are in the subgroup of order r.

use ark_bn254::{Config, G2Affine, G2Projective};
use ark_ec::bn::BnConfig;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};

use crate::simd::{Vector, pairing as simd};

/// Whether each point is in the subgroup of order r, for points on the curve and not at infinity.
///
/// With ψ the p-power endomorphism and x the curve's parameter, exactly the points of the subgroup have
/// x·P + P + ψ(x·P) + ψ²(x·P) = 2·ψ³(x·P) (Dai, Lin, Zhao, Zhou, <https://eprint.iacr.org/2022/348>): the norm of that endomorphism and the
/// order of the twist's points have no factor in common but r. The multiplication is by 63 bits, arkworks' by 127.
pub fn in_subgroup(points: &[G2Affine]) -> Vec<bool> {
    match Vector::detect() {
        Some(able) => points.chunks(8).flat_map(|eight| in_lanes(able, eight)).collect(),
        None => points.iter().map(G2Affine::is_in_correct_subgroup_assuming_on_curve).collect(),
    }
}

/// At most eight points.
fn in_lanes(able: Vector, points: &[G2Affine]) -> Vec<bool> {
    let Some(first) = points.first() else { return Vec::new() };
    let eight = std::array::from_fn(|lane| *points.get(lane).unwrap_or(first));
    let multiples = G2Projective::normalize_batch(&simd::times_x(able, &eight));
    points.iter().zip(multiples).map(|(point, multiple)| holds(point, multiple)).collect()
}

/// `multiple` is x·P, or infinity for some points outside the subgroup.
fn holds(point: &G2Affine, multiple: G2Affine) -> bool {
    let once = image(multiple);
    let twice = image(once);
    let thrice = image(twice);
    let sum = *point + multiple + once + twice - thrice - thrice;
    !multiple.is_zero() && sum == G2Projective::ZERO
}

/// ψ.
fn image(point: G2Affine) -> G2Affine {
    let mut image = point;
    image.x.frobenius_map_in_place(1);
    image.y.frobenius_map_in_place(1);
    image.x *= Config::TWIST_MUL_BY_Q_X;
    image.y *= Config::TWIST_MUL_BY_Q_Y;
    image
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fq2, Fr};
    use ark_ff::{PrimeField, UniformRand};
    use num_bigint::BigInt;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn on_the_curve(rng: &mut StdRng) -> G2Affine {
        loop {
            if let Some(p) = G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), false) {
                return p;
            }
        }
    }

    #[test]
    fn verdicts_are_those_of_arkworks() {
        let rng = &mut StdRng::seed_from_u64(6);
        let mut points = vec![G2Affine::generator()];
        for _ in 0..12 {
            let point = on_the_curve(rng);
            let times_r = point.mul_bigint(Fr::MODULUS).into_affine();
            let inside = point.clear_cofactor();
            points.extend([point, -point, times_r, inside, (inside + times_r).into_affine()]);
        }
        let expected: Vec<_> =
            points.iter().map(G2Affine::is_in_correct_subgroup_assuming_on_curve).collect();
        assert_eq!(expected.iter().filter(|inside| **inside).count(), 13);
        assert_eq!(in_subgroup(&points), expected);
        assert_eq!(in_subgroup(&points[..3]), expected[..3]);
        assert!(in_subgroup(&[]).is_empty());
        for (point, inside) in points.iter().zip(expected) {
            let multiple = point.mul_bigint(Config::X).into_affine();
            assert_eq!(holds(point, multiple), inside);
        }
    }

    /// The equation's endomorphism a·ψ + b, by ψ² = t·ψ − p, has norm b² + a·b·t + a²·p.
    #[test]
    fn only_points_of_order_r_can_satisfy_the_equation() {
        let x = BigInt::from(Config::X[0]);
        let power = |n: u32| x.pow(n);
        let t: BigInt = 6 * power(2) + 1;
        let r: BigInt = 36 * power(4) + 36 * power(3) + 18 * power(2) + 6 * &x + 1;
        let p: BigInt = &r + &t - 1;
        let cofactor: BigInt = &p - 1 + &t;
        // −2x·ψ³ + x·ψ² + x·ψ + (x + 1), from the highest power down.
        let mut polynomial = vec![&x + 1, x.clone(), x.clone(), -2 * &x];
        while polynomial.len() > 2 {
            let highest = polynomial.pop().unwrap();
            let n = polynomial.len();
            polynomial[n - 1] += &highest * &t;
            polynomial[n - 2] -= &highest * &p;
        }
        let (b, a) = (&polynomial[0], &polynomial[1]);
        let norm = b * b + a * b * &t + a * a * &p;
        assert_eq!(gcd(norm, &r * cofactor), r);
    }

    fn gcd(a: BigInt, b: BigInt) -> BigInt {
        if b == BigInt::ZERO { a } else { gcd(b.clone(), a % b) }
    }
}
