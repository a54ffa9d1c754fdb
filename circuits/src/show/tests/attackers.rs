//! What somebody would want to prove, and the one row that refuses it: all others hold of the altered assignment.

use super::layout::{self, ATTRIBUTES_AT, CREDENTIAL, DEVICE, FROM, HOLDER_HASH, UNTIL, input};
use super::soundness::{Member, target};
use super::*;
use crate::constraints::attack::{Kind, Target};

/// The row that refuses, and the assignment.
fn refused_by(target: &Target, altered: &[(usize, Fr)]) -> (usize, Vec<Fr>) {
    let rows = target.refused_by(altered);
    assert_eq!(rows.len(), 1, "{rows:?}");
    (rows[0], target.altered(altered))
}

/// The row fixes the variable, or the bits of it.
fn is_about(target: &Target, row: usize, variable: usize) {
    assert!(target.system.rows[row].iter().flatten().any(|(_, v)| *v == variable));
}

/// `from` + `until`·2^40 is the same with 2^40 less in the one and 1 more in the other.
#[test]
fn from_below_zero_for_a_credential_that_is_not_yet_valid() {
    let target = target(Member::In);
    let honest = &target.honest;
    let earlier = honest[FROM] - field::power_of_two(40);
    let before = honest[FROM] - Fr::from(5u64);
    let altered = [(FROM, earlier), (UNTIL, honest[UNTIL] + one()), (input("now"), before)];
    let (row, z) = refused_by(target, &altered);
    is_about(target, row, FROM);
    assert_eq!(z[input("root")], honest[input("root")]);
}

#[test]
fn a_bit_of_minus_five_for_a_credential_that_is_no_longer_valid() {
    let target = target(Member::In);
    let after = (input("now"), target.honest[UNTIL] + Fr::from(5u64));
    let (row, _) = refused_by(target, &[after]);
    // The row is the sum of the bits of `until` − `now`: the lowest takes all of it, the others none.
    let mut bits: Vec<usize> =
        target.system.rows[row][0].iter().map(|(_, v)| *v).filter(|v| *v > UNTIL).collect();
    bits.sort_unstable();
    let mut altered: Vec<(usize, Fr)> = bits.iter().map(|bit| (*bit, Fr::ZERO)).collect();
    altered[0].1 = -Fr::from(5u64);
    altered.push(after);
    let (row, _) = refused_by(target, &altered);
    assert_eq!(target.booleanity().find(|(_, by)| *by == row), Some((bits[0], row)));
}

/// A thief knows all of a credential but the device's secret, takes one of his own, and chooses the last variable of the
/// holder's hash so that it gives the holder that the department committed to.
#[test]
fn another_secret_for_a_stolen_credential() {
    let target = target(Member::In);
    let device = (DEVICE, *stranger().device.expose());
    let after_holder = ATTRIBUTES_AT + CREDENTIAL + HOLDER_HASH;
    let last = after_holder - 1;
    // The first row of the next hash squares the holder plus a constant.
    let squares = |row: &&[Vec<(Fr, usize)>; 3]| row[2].iter().any(|(_, v)| *v == after_holder);
    let holder = &target.system.rows.iter().find(squares).unwrap()[0];
    let weight = holder.iter().find(|(_, v)| *v == last).unwrap().0;
    let of = |z: &[Fr]| holder.iter().map(|(c, v)| *c * z[*v]).sum::<Fr>();
    let z = target.altered(&[device]);
    let made = z[last] + (of(&target.honest) - of(&z)) / weight;
    let (row, z) = refused_by(target, &[device, (last, made)]);
    is_about(target, row, last);
    assert_eq!(z[input("root")], target.honest[input("root")]);
}

/// The children are a real credential's and its neighbours.
#[test]
fn a_made_up_credential_under_a_real_root() {
    let target = target(Member::In);
    let [low, high] = layout::digit(0).map(|bit| usize::from(target.honest[bit] == one()));
    let real = layout::level(0) + low + 2 * high;
    let altered = [(ATTRIBUTES_AT, Fr::from(1_999u64)), (real, target.honest[real])];
    let (row, z) = refused_by(target, &altered);
    assert_eq!(row, layout::names_row(0));
    assert_eq!(z[input("root")], target.honest[input("root")]);
}

#[test]
fn an_eleventh_use_of_ten_and_one_below_the_first() {
    let target = target(Member::In);
    let index = layout::index();
    for beyond in [Fr::from(10u64), -one()] {
        let (row, z) = refused_by(target, &[(index, beyond)]);
        is_about(target, row, index);
        assert_ne!(z[input("nullifier")], target.honest[input("nullifier")]);
    }
}

/// Something else than zero in the device's place would give one person a second nullifier in a named scope.
#[test]
fn a_second_person_in_a_named_scope() {
    let target = target(Member::In);
    let device = layout::index() + 1;
    assert_eq!(target.honest[device], Fr::ZERO);
    let (row, z) = refused_by(target, &[(device, one())]);
    is_about(target, row, device);
    assert_ne!(z[input("nullifier")], target.honest[input("nullifier")]);
}

#[test]
fn a_link_to_another_credential() {
    let target = target(Member::In);
    let other = credential::link(&one(), &target.honest[layout::blind()]);
    let (row, _) = refused_by(target, &[(input("link"), other)]);
    assert_eq!(row, target.system.rows.len() - 1);
}

/// The last slot's bit is 1 where the sum is in the set: the row x · answer = 0 alone says that it is not.
#[test]
fn a_member_of_a_set_that_it_is_not_in() {
    let target = target(Member::Out);
    let attacks = target.attacks().into_iter();
    let claimed: Vec<_> = attacks.filter(|(_, attack)| attack.kind == Kind::ZeroClaimed).collect();
    assert_eq!(claimed.len(), SLOTS);
    let k_member: Vec<(usize, Fr)> =
        (0..SLOTS).map(|j| (input(&format!("slots[{j}].k_member")), one())).collect();
    for (expected, attack) in claimed {
        let (row, _) = refused_by(target, &[attack.altered, k_member.clone()].concat());
        assert_eq!(row, expected);
    }
}
