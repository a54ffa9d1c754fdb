//! What the prover chooses fixes every other variable, and for each row there is an attack that no other row refuses.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::layout::{ATTRIBUTES_AT, input};
use super::*;
use crate::constraints::attack::{Kind, Target};
use crate::constraints::determinism::Derivation;
use crate::tree::{ARITY, DEPTH};

#[test]
fn what_is_chosen_fixes_everything_else() {
    let open = |known: Vec<usize>| Derivation::new(layout::system(), known).open;
    assert_eq!(open((1..=PUBLIC_INPUTS).chain(layout::private()).collect()), [0usize; 0]);
    assert_eq!(open(layout::chosen()), [0usize; 0]);
    let but_the_blind = layout::chosen().into_iter().filter(|v| *v != layout::blind());
    assert!(open(but_the_blind.collect()).contains(&layout::blind()));
}

/// Without one of its rows each rule names the variable that it leaves open.
#[test]
fn a_row_less_leaves_a_variable_open() {
    let target = target(Member::In);
    let open = |row| Derivation::new(&target.system.without(row), layout::chosen()).open;
    let attacks = target.attacks();
    let of_kind = |kind| attacks.iter().filter(move |(_, attack)| attack.kind == kind);
    assert_eq!(of_kind(Kind::InverseOfZero).count(), SLOTS);
    for (row, attack) in of_kind(Kind::InverseOfZero) {
        assert_eq!(open(*row), [attack.variable]);
    }
    for (row, attack) in of_kind(Kind::Bit).step_by(199).chain(of_kind(Kind::Computed).step_by(1_999)) {
        assert!(open(*row).contains(&attack.variable), "row {row}");
    }
}

/// Whether the slots' sets contain the sums: half of the rows of `is_zero` speak of either.
#[derive(Clone, Copy)]
pub(super) enum Member {
    In,
    Out,
}

/// An instance whose slots' bits are all 1, whatever they compare, and all named by every clause: what an attack does to one
/// slot breaks no formula.
pub(super) fn target(member: Member) -> &'static Target {
    static TARGETS: [LazyLock<Target>; 2] =
        [LazyLock::new(|| made(Member::In)), LazyLock::new(|| made(Member::Out))];
    match member {
        Member::In => &TARGETS[0],
        Member::Out => &TARGETS[1],
    }
}

fn made(member: Member) -> Target {
    let (mut public, private) = sample();
    let attributes = private.credential.values.elements();
    for (j, atom) in public.rows.atoms.iter_mut().enumerate() {
        let v = attributes[j % 2];
        let set = match member {
            Member::In => v,
            Member::Out => v + one(),
        };
        *atom = samples::between(&[(j % 2, 1)], 1, 5_000);
        atom.member = [set; MEMBERS];
        [atom.k_const, atom.k_order] = [one(), Fr::ZERO];
    }
    public.rows.literal = [[one(); SLOTS]; CLAUSES];
    accepted(&(public.clone(), private.clone()));
    let copies: Vec<_> = (0..DEPTH).map(|l| layout::node_below(l, private.path.position.digit(l))).collect();
    let mut chosen = layout::chosen();
    chosen.retain(|v| copies.iter().all(|(copied, _)| copied != v));
    Target::new(layout::system().clone(), &chosen, &copies, assign(&public, &private).unwrap().to_vec())
}

/// Each row is attacked; those of hashes, which are of three kinds and thousands, every eleventh.
#[test]
fn every_row_alone_refuses_an_attack() {
    let mut without_attack: BTreeSet<usize> = (0..layout::system().rows.len()).collect();
    for member in [Member::In, Member::Out] {
        let target = target(member);
        let selections: Vec<usize> = (0..DEPTH).map(|l| selection(target, l).0).collect();
        for (row, attack) in target.attacks().into_iter().filter(|(row, _)| !selections.contains(row)) {
            if !layout::is_of_a_hash(attack.variable) || row % 11 == 0 {
                assert_eq!(target.refused_by(&attack.altered), [row], "{:?}", attack.kind);
            }
            without_attack.remove(&row);
        }
        for altered in assertions(target) {
            let refused_by = target.refused_by(&altered);
            assert_eq!(refused_by.len(), 1, "{refused_by:?}");
            without_attack.remove(&refused_by[0]);
        }
    }
    assert_eq!(without_attack, BTreeSet::new());
}

/// Attacks on the rows that fix nothing: the naming of a child, its digit's bits, the issuer, the formula.
fn assertions(target: &Target) -> Vec<Vec<(usize, Fr)>> {
    let mut attacks = Vec::new();
    for level in 0..DEPTH {
        attacks.extend(against_naming(&target.honest, layout::level(level), layout::digit(level)));
        attacks.push(selection(target, level).1);
    }
    let nobody = (0..ISSUERS).map(|k| (input(&format!("issuers[{k}]")), one()));
    attacks.push(nobody.collect());
    for clause in 0..CLAUSES {
        let unnamed = (0..SLOTS).map(|j| (input(&format!("clauses[{clause}].literal[{j}]")), Fr::ZERO));
        attacks.push(unnamed.collect());
    }
    attacks
}

/// The row that selects the node below from its pair, and what it alone refuses: a credential that no department issued, up to
/// this level, under a real root.
fn selection(target: &Target, level: usize) -> (usize, Vec<(usize, Fr)>) {
    let [low, high] = layout::digit(level).map(|bit| usize::from(target.honest[bit] == one()));
    let child = layout::level(level) + 2 * high + low;
    let selected = layout::level(level) + ARITY + 2 + high;
    let made_up = (ATTRIBUTES_AT, Fr::from(1_999u64));
    let node = target.altered(&[made_up])[child];
    (layout::names_row(level) - 2 + high, vec![made_up, (child, target.honest[child]), (selected, node)])
}

/// Another node in the place of the one below; and digits of which a bit is 2, so that no child is the one below.
fn against_naming(honest: &[Fr], children: usize, [low, high]: [usize; 2]) -> [Vec<(usize, Fr)>; 3] {
    let digit = [low, high].map(|bit| usize::from(honest[bit] == one()));
    let pair = children + 2 * digit[1];
    let below = honest[pair + digit[0]];
    let two = Fr::from(2u64);
    // c + 2·(d − c) = below, where the lower bit chooses between c and d.
    let low_is_two = vec![(low, two), (pair, two * honest[pair + 1] - below)];
    // e + 2·(f − e) = below, where e and f are what the lower bit chooses from the pairs.
    let [first, second] = [children, children + 2].map(|pair| pair + digit[0]);
    let high_is_two = vec![(high, two), (first, two * honest[second] - below)];
    [vec![(pair + digit[0], below + one())], low_is_two, high_is_two]
}
