//! Plain Rust, constraints and values alone give one answer, at widths that no statement has.

use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::GR1CSVar;
use ark_relations::gr1cs::ConstraintSystem;
use proptest::prelude::*;

use super::*;
use crate::constraints::private;
use crate::constraints::values::Values;

type Row3 = Atom<Fr, 3>;

/// Small numbers, so that bounds and members are met; and now and then one out of every range.
fn number() -> impl Strategy<Value = Fr> {
    prop_oneof![12 => (-4i64..5).prop_map(Fr::from), 1 => Just(field::absent()), 1 => Just(field::power_of_two(65))]
}

fn bit() -> impl Strategy<Value = Fr> {
    (0u64..2).prop_map(Fr::from)
}

fn atom() -> impl Strategy<Value = Row3> {
    let bounds = ([number(), number(), number()], number(), number(), bit());
    let rest = (prop::array::uniform8(number()), [number(), number(), number()]);
    (bounds, rest).prop_map(|((weight, low, high, order), (member, [k_const, k_order, k_member]))| Atom {
        weight,
        low,
        high,
        order,
        member,
        k_const,
        k_order,
        k_member,
    })
}

proptest! {
    #[test]
    fn three_ways_agree(atom in atom(), attributes in [number(), number(), number()]) {
        let plain = atom.bit(&attributes);
        let cs = ConstraintSystem::new_ref();
        let mut values = Values::with_room(0, 400);
        let variable = |x: Fr| private(&cs, Some(x));
        let in_circuit = atom.clone().try_map(0, &mut |_, x| variable(x)).unwrap();
        let inputs = attributes.map(|a| variable(a).unwrap());
        atom.clone().try_map(0, &mut |_, x| Ok::<_, ()>(values.private(x))).unwrap();
        let answer = in_circuit.bit_in_circuit(&inputs).unwrap().value().unwrap();
        values.extend(&attributes);
        let alone = atom.bit_values(&mut values, &attributes);
        prop_assert_eq!(cs.num_constraints(), 3 + 147);
        prop_assert_eq!(cs.is_satisfied().unwrap(), plain.is_some());
        prop_assert_eq!(values.holds(), plain.is_some());
        prop_assert!(plain.is_none() || plain == Some(answer) && plain == Some(alone));
        prop_assert!(cs.witness_assignment().unwrap() == values.into_private().as_slice());
    }

    #[test]
    fn a_formula_is_the_same_three_times(literal in [[bit(), bit()], [bit(), bit()], [bit(), bit()]], bits in [bit(), bit()]) {
        let plain = formula(&literal, &bits);
        let cs = ConstraintSystem::new_ref();
        let mut values = Values::with_room(0, 100);
        let in_circuit = literal.map(|clause| clause.map(|l| private(&cs, Some(l)).unwrap()));
        gadget::formula(&in_circuit, &bits.map(|bit| private(&cs, Some(bit)).unwrap())).unwrap();
        literal.iter().flatten().chain(&bits).for_each(|x| values.extend(&[*x]));
        values::formula(&mut values, &literal, &bits);
        prop_assert_eq!((cs.is_satisfied().unwrap(), values.holds()), (plain, plain));
        prop_assert_eq!(cs.num_constraints(), 3 * 3);
        prop_assert!(cs.witness_assignment().unwrap() == values.into_private().as_slice());
    }
}

#[test]
fn a_weighted_sum_is_compared() {
    let weight = [2u64, 3, 0].map(Fr::from);
    let [low, high] = [Fr::from(12u64), Fr::from(13u64)];
    let atom = Atom { weight, low, high, order: Fr::ONE, k_order: Fr::ONE, ..Row3::filled(Fr::ZERO) };
    assert_eq!(atom.bit(&[Fr::from(3u64), Fr::from(2u64), field::absent()]), Some(Fr::ONE));
    assert_eq!(atom.bit(&[Fr::from(2u64), Fr::from(2u64), field::absent()]), Some(Fr::ZERO));
    assert_eq!(atom.bit(&[field::absent(), Fr::ZERO, Fr::ZERO]), None);
}
