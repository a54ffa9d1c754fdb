//! What the verifier must check natively, as properties of every row that a checked policy makes.

use ark_ff::{AdditiveGroup, Field};
use num_bigint::BigInt;
use proptest::prelude::*;
use serde_json::json;

use super::agreement::Case;
use super::row_machine::signed;
use super::sample::{check, compiled, policy, rows, rows_revealing};
use crate::Fr;
use crate::field;
use crate::schema::{Attribute, Schema};
use crate::show::{Atom, Rows};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn hold_of_every_compiled_policy(seed: u64) {
        if let Some(case) = Case::random(seed) {
            obey(&case.rows(), &case.schema);
        }
    }
}

fn obey(rows: &Rows, schema: &Schema) {
    let attributes: Vec<_> = schema.attributes.iter().map(Some).collect();
    obey_slots(&rows.atoms, &rows.literal, &attributes);
}

/// The same over the attributes of several credentials, in which a place without an attribute has no weight.
pub(super) fn obey_slots<const N: usize, const WIDTH: usize>(
    atoms: &[Atom<Fr, WIDTH>; N],
    literal: &[[Fr; N]],
    attributes: &[Option<&Attribute>],
) {
    for atom in atoms {
        coefficients_are_one_of_five(atom);
        bounds_fit(atom, attributes);
        order_is_a_bit_of_ordered_attributes(atom, attributes);
    }
    literals_name_used_slots(atoms, literal);
}

fn k<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>) -> [Fr; 3] {
    [atom.k_const, atom.k_order, atom.k_member]
}

/// `(k_const, k_order, k_member)` is one of (0,1,0), (1,−1,0), (0,0,1), (1,0,−1), (1,0,0), and goes with `order`.
fn coefficients_are_one_of_five<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>) {
    let (zero, one) = (Fr::ZERO, Fr::ONE);
    let order = [[zero, one, zero], [one, -one, zero]];
    let other = [[zero, zero, one], [one, zero, -one], [one, zero, zero]];
    assert!(if atom.order == one { order.contains(&k(atom)) } else { other.contains(&k(atom)) });
}

/// `low`, `high` within ±2^63; Σ|weight|·max < 2^63 by the schema's bounds.
fn bounds_fit<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>, attributes: &[Option<&Attribute>]) {
    let limit = BigInt::from(1) << 63;
    for bound in [atom.low, atom.high].map(signed) {
        assert!(-&limit <= bound && bound < limit);
    }
    let mut reach = BigInt::from(0);
    for (i, weight) in atom.weight.iter().enumerate() {
        let Some(attribute) = attributes.get(i).copied().flatten() else {
            assert_eq!(*weight, Fr::ZERO);
            continue;
        };
        let range = attribute.kind.range().unwrap_or(0..=0);
        let magnitude = range.start().unsigned_abs().max(range.end().unsigned_abs());
        reach += BigInt::from(signed(*weight).magnitude().clone()) * magnitude;
    }
    assert!(reach < limit);
}

/// `order` is 0 or 1, and 1 only where every attribute with a weight has an order.
fn order_is_a_bit_of_ordered_attributes<const WIDTH: usize>(
    atom: &Atom<Fr, WIDTH>,
    attributes: &[Option<&Attribute>],
) {
    assert!([Fr::ZERO, Fr::ONE].contains(&atom.order));
    let mut weighted = atom.weight.iter().zip(attributes).filter(|(weight, _)| **weight != Fr::ZERO);
    let has_order = |attribute: Option<&Attribute>| attribute.is_some_and(|a| a.kind.range().is_some());
    assert!(atom.order == Fr::ZERO || weighted.all(|(_, attribute)| has_order(*attribute)));
}

/// Literals are 0 or 1, each clause has one, and only a policy without atoms names a constant slot.
fn literals_name_used_slots<const N: usize, const WIDTH: usize>(
    atoms: &[Atom<Fr, WIDTH>; N],
    literal: &[[Fr; N]],
) {
    let constant = [Fr::ONE, Fr::ZERO, Fr::ZERO];
    let empty = atoms.iter().all(|atom| k(atom) == constant);
    for clause in literal {
        assert!(clause.iter().all(|literal| [Fr::ZERO, Fr::ONE].contains(literal)));
        assert!(clause.contains(&Fr::ONE));
        let mut named = clause.iter().zip(atoms).filter(|(literal, _)| **literal == Fr::ONE);
        assert!(named.all(|(_, atom)| empty || k(atom) != constant));
    }
}

#[test]
fn rows_depend_on_policy_clock_and_revealed_values_alone() {
    let build = || compiled(json!({"attr": "since", "op": "le", "value": {"today": "-18y"}}));
    assert_eq!(rows(&build()), rows(&build()));
    let later = build().rows("c", crate::samples::NOW + 86_400, &serde_json::Map::new()).unwrap();
    assert_eq!(later.atoms[0].high, rows(&build()).atoms[0].high + Fr::ONE);
}

#[test]
fn each_operator_has_its_coefficients() {
    let (zero, one) = (Fr::ZERO, Fr::ONE);
    let pair = json!([1, 2]);
    for (atom, expected) in [
        (json!({"attr": "score", "op": "between", "value": pair}), [zero, one, zero]),
        (json!({"attr": "score", "op": "not_between", "value": pair}), [one, -one, zero]),
        (json!({"attr": "score", "op": "in", "value": pair}), [zero, zero, one]),
        (json!({"attr": "score", "op": "not_in", "value": pair}), [one, zero, -one]),
        (json!({"attr": "score", "op": "absent"}), [zero, zero, one]),
        (json!({"attr": "score", "op": "present"}), [one, zero, -one]),
    ] {
        let rows = rows(&compiled(atom));
        assert_eq!(k(&rows.atoms[0]), expected);
        assert_eq!(k(&rows.atoms[5]), [one, zero, zero]);
    }
}

#[test]
fn one_sided_ranges_end_at_the_limits() {
    let at_least = rows(&compiled(json!({"attr": "score", "op": "ge", "value": 650})));
    assert_eq!((at_least.atoms[0].low, at_least.atoms[0].high), (Fr::from(650), Fr::from(i64::MAX)));
    let less = rows(&compiled(json!({"attr": "score", "op": "lt", "value": 650})));
    assert_eq!((less.atoms[0].low, less.atoms[0].high), (Fr::from(i64::MIN), Fr::from(649)));
}

#[test]
fn padding_repeats_what_is_there() {
    let mut two = policy();
    two["credentials"][0]["issuers"] = json!(["a", "b"]);
    two["credentials"][0]["require"] = json!({"all": [
        {"attr": "level", "op": "in", "value": ["A", "C", "D"]}, {"attr": "score", "op": "ge", "value": 1}]});
    let rows = rows(&check(two).unwrap());
    assert_eq!(rows.issuers, ["a", "b", "a", "b"].map(|d| field::text(d).unwrap()));
    let [a, c, d] = [1, 3, 4].map(Fr::from);
    assert_eq!(rows.atoms[0].member, [a, c, d, a, c, d, a, c]);
    assert!(rows.literal[2..].iter().all(|clause| *clause == rows.literal[0]));
    assert_ne!(rows.literal[1], rows.literal[0]);
}

#[test]
fn unused_slots_compare_nothing_and_hold() {
    let rows = rows(&compiled(json!({"attr": "score", "op": "ge", "value": 1})));
    for atom in &rows.atoms[1..] {
        assert!(atom.weight.iter().all(|weight| *weight == Fr::ZERO));
        assert_eq!([atom.order, atom.low, atom.high], [Fr::ZERO; 3]);
        assert!(atom.member.iter().all(|member| *member == field::absent()));
        assert_eq!(k(atom), [Fr::ONE, Fr::ZERO, Fr::ZERO]);
    }
    assert!(rows.literal.iter().all(|clause| clause[1..].iter().all(|literal| *literal == Fr::ZERO)));
}

#[test]
fn revealed_attributes_have_a_unit_clause_each() {
    let mut revealing = policy();
    revealing["credentials"][0]["reveal"] = json!(["name", "debt"]);
    let rows = rows_revealing(&check(revealing).unwrap(), json!({"name": "南宁", "debt": null})).unwrap();
    assert_eq!(rows.atoms[0].member, [field::text("南宁").unwrap(); 8]);
    assert_eq!(rows.atoms[1].member, [field::absent(); 8]);
    assert_eq!((rows.atoms[0].weight[5], rows.atoms[1].weight[7]), (Fr::ONE, Fr::ONE));
    assert_eq!((rows.literal[0][0], rows.literal[0][1]), (Fr::ONE, Fr::ZERO));
    assert_eq!((rows.literal[1][0], rows.literal[1][1]), (Fr::ZERO, Fr::ONE));
}
