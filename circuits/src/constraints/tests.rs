//! Each gadget: its rows, its answer, the twin that computes the same variables, and that nothing else satisfies the rows.

use ark_ff::Field;
use ark_r1cs_std::eq::EqGadget;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem};

use super::determinism::Derivation;
use super::matrices::Matrices;
use super::values::Values;
use super::*;

/// Rows that `gadget` has on inputs of these values, and whether they hold, after comparing its variables with those that
/// `twin` computes, and both on whether the rows hold.
fn outcome<const N: usize>(
    inputs: [Fr; N],
    gadget: impl FnOnce([FpVar<Fr>; N]) -> Result<(), SynthesisError>,
    twin: impl FnOnce(&mut Values, [Fr; N]),
) -> (usize, bool) {
    let cs = ConstraintSystem::new_ref();
    let mut values = Values::with_room(0, 100);
    gadget(inputs.map(|x| private(&cs, Some(x)).unwrap())).unwrap();
    let inputs = inputs.map(|x| values.private(x));
    twin(&mut values, inputs);
    let holds = cs.is_satisfied().unwrap();
    assert_eq!(holds, values.holds());
    assert_eq!(*values.into_private(), cs.witness_assignment().unwrap());
    (cs.num_constraints(), holds)
}

fn numbers() -> impl Iterator<Item = Fr> {
    [0u64, 1, 2, 1 << 39, (1 << 40) - 1, 1 << 40, u64::MAX].map(Fr::from).into_iter().flat_map(|x| [x, -x])
}

#[test]
fn a_number_of_forty_bits() {
    for x in numbers() {
        let fits = crate::field::to_u64(&x).is_some_and(|x| x < 1 << 40);
        let found = outcome([x], |[x]| in_bits(&x, 40), |values, [x]| values.in_bits(x, 40));
        assert_eq!(found, (41, fits), "{x}");
    }
}

#[test]
fn the_sign_of_a_number_of_64_bits() {
    for x in numbers().chain([power_of_two(64), -power_of_two(64), -power_of_two(64) - Fr::ONE]) {
        let negative = crate::field::to_u64(&x).is_none();
        let (mut in_circuit, mut alone) = (None, None);
        let (rows, holds) = outcome(
            [x],
            |[x]| {
                in_circuit = Some(not_negative(&x)?.value()?);
                Ok(())
            },
            |values, [x]| alone = Some(values.not_negative(x)),
        );
        assert_eq!(rows, 66);
        let in_range = x != power_of_two(64) && x != -power_of_two(64) - Fr::ONE;
        assert_eq!(holds, in_range, "{x}");
        assert!(!in_range || (in_circuit, alone) == (Some(!negative), Some(!negative)), "{x}");
    }
}

#[test]
fn zero_is_told_from_all_others() {
    for x in numbers() {
        let mut answers = (None, None);
        let (rows, holds) = outcome(
            [x],
            |[x]| {
                answers.0 = Some(is_zero(&x)?.value()?);
                Ok(())
            },
            |values, [x]| answers.1 = Some(Fr::from(values.is_zero(x))),
        );
        let expected = Some(Fr::from(x == Fr::ZERO));
        assert_eq!((rows, holds, answers), (3, true, (expected, expected)), "{x}");
    }
}

#[test]
fn a_product_is_zero_where_a_factor_is() {
    for zero in [None, Some(0), Some(1), Some(2), Some(3)] {
        let factors: [Fr; 4] =
            std::array::from_fn(|i| if Some(i) == zero { Fr::ZERO } else { Fr::from(i as u64 + 5) });
        let found = outcome(factors, |f| product_is_zero(&f), |values, f| values.product_is_zero(&f));
        assert_eq!(found, (3, zero.is_some()));
    }
    assert_eq!(product_is_zero(&[]), Err(SynthesisError::Unsatisfiable));
}

/// A circuit of one private variable, which is variable 1.
struct OfOne(fn(&FpVar<Fr>) -> Result<(), SynthesisError>);

impl ConstraintSynthesizer<Fr> for OfOne {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        (self.0)(&private(&cs, None)?)
    }
}

/// What the variable leaves open.
fn open(gadget: fn(&FpVar<Fr>) -> Result<(), SynthesisError>) -> Vec<usize> {
    Derivation::new(&Matrices::new(OfOne(gadget)), [1]).open
}

#[test]
fn gadgets_fix_their_variables() {
    assert_eq!(open(|x| in_bits(x, 40)), [0usize; 0]);
    assert_eq!(open(|x| in_bits(x, 253)), [0usize; 0]);
    assert_eq!(open(|x| not_negative(x).map(drop)), [0usize; 0]);
    assert_eq!(open(|x| is_zero(x).map(drop)), [0usize; 0]);
    assert_eq!(open(|x| (x * x).square().map(drop)), [0usize; 0]);
}

/// Variable 3 is r1cs-std's inverse, which may be anything where x is zero.
#[test]
fn equality_of_r1cs_std_leaves_a_variable_open() {
    assert!(open(|x| x.is_eq(&FpVar::zero()).map(drop)).contains(&3));
}

#[test]
fn sums_that_two_choices_of_bits_have_are_open() {
    fn sum_of_two(x: &FpVar<Fr>, weight: u64) -> Result<(), SynthesisError> {
        let [a, b] = [bit(&x.cs(), None)?, bit(&x.cs(), None)?];
        (FpVar::from(a) + FpVar::from(b) * Fr::from(weight)).enforce_equal(x)
    }
    assert_eq!(open(|x| sum_of_two(x, 2)), [0usize; 0]);
    assert_eq!(open(|x| sum_of_two(x, 1)), [2, 3]);
    assert_eq!(open(|x| sum_of_two(x, 3)), [2, 3]);
    assert_eq!(open(|x| private(&x.cs(), None)?.square_equals(x)), [2]);
}
