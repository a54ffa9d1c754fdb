//! What the prover chooses fixes every other variable, and for each row there is an attack that no other row refuses.

use std::collections::BTreeSet;

use super::*;
use crate::atom::MEMBERS;
use crate::constraints::attack::Target;
use crate::constraints::determinism::Derivation;
use crate::constraints::matrices::Matrices;

const PRIVATE_AT: usize = 1 + PUBLIC_INPUTS;
/// Attributes, holder, validity, salt, document.
const CREDENTIAL: usize = 16;
/// A credential and the variables of its hash.
const OPENING: usize = CREDENTIAL + 609;
const BLINDS_AT: usize = PRIVATE_AT + LINKS * OPENING;
/// A blind and the variables of the link's hash.
const LINK: usize = 1 + 258;
const ATOMS_AT: usize = BLINDS_AT + LINKS * LINK;

fn input(name: &str) -> usize {
    1 + input_names().iter().position(|n| n == name).unwrap()
}

fn private() -> Vec<usize> {
    let credentials = (0..LINKS).flat_map(|k| (0..CREDENTIAL).map(move |i| PRIVATE_AT + k * OPENING + i));
    credentials.chain((0..LINKS).map(|k| BLINDS_AT + k * LINK)).collect()
}

/// All that is chosen: the private part, and the public inputs but the links, which follow from it.
fn chosen() -> Vec<usize> {
    let links = LINKS_INPUT + 1..LINKS_INPUT + 1 + LINKS;
    (1..=PUBLIC_INPUTS).filter(|i| !links.contains(i)).chain(private()).collect()
}

#[test]
fn the_layout_is_that_of_the_witness() {
    let (public, private) = sample();
    let z = assign(&public, &private).unwrap();
    for (k, opening) in private.openings.iter().enumerate() {
        let at = PRIVATE_AT + k * OPENING;
        assert_eq!(z[at..][..ATTRIBUTES], opening.credential.values.elements());
        assert_eq!(
            [z[at + ATTRIBUTES], z[at + ATTRIBUTES + 2]],
            [opening.credential.holder, opening.credential.salt]
        );
        assert_eq!(z[BLINDS_AT + k * LINK], opening.blind);
    }
}

#[test]
fn what_is_chosen_fixes_everything_else() {
    let system = Matrices::new(Circuit::default());
    assert_eq!(Derivation::new(&system, (1..=PUBLIC_INPUTS).chain(private())).open, [0usize; 0]);
    assert_eq!(Derivation::new(&system, chosen()).open, [0usize; 0]);
    let unnamed = chosen().into_iter().filter(|v| *v != BLINDS_AT);
    assert!(Derivation::new(&system, unnamed).open.contains(&BLINDS_AT));
}

/// Whether the slots' sets contain the sums: half of the rows of `is_zero` speak of either.
#[derive(Clone, Copy)]
enum Member {
    In,
    Out,
}

/// An instance whose slots' bits are all 1, whatever they compare, and all named by every clause: what an attack does to one
/// slot breaks no formula.
fn target(member: Member) -> Target {
    let (mut public, private) = sample();
    let attributes = private.attributes();
    for (k, atom) in public.rows.atoms.iter_mut().enumerate() {
        let v = attributes[k * ATTRIBUTES];
        let set = match member {
            Member::In => v,
            Member::Out => v + one(),
        };
        *atom = samples::between(&[(k * ATTRIBUTES, 1)], 1, 5_000);
        atom.member = [set; MEMBERS];
        [atom.k_const, atom.k_order] = [one(), Fr::ZERO];
    }
    public.rows.literal = [[one(); SLOTS]; CLAUSES];
    let honest = assign(&public, &private).unwrap().to_vec();
    Target::new(Matrices::new(Circuit::default()), &chosen(), &[], honest)
}

/// Each row is attacked; those of hashes, which are of three kinds and thousands, every eleventh.
#[test]
fn every_row_alone_refuses_an_attack() {
    let rows = Matrices::new(Circuit::default()).rows.len();
    let mut without_attack: BTreeSet<usize> = (0..rows).collect();
    for member in [Member::In, Member::Out] {
        let target = target(member);
        for (row, attack) in target.attacks() {
            let is_of_a_hash = (PRIVATE_AT..ATOMS_AT).contains(&attack.variable);
            if !is_of_a_hash || row % 11 == 0 {
                assert_eq!(target.refused_by(&attack.altered), [row], "{:?}", attack.kind);
            }
            without_attack.remove(&row);
        }
        for clause in 0..CLAUSES {
            let unnamed: Vec<_> =
                (0..SLOTS).map(|j| (input(&format!("clauses[{clause}].literal[{j}]")), Fr::ZERO)).collect();
            let refused_by = target.refused_by(&unnamed);
            assert_eq!(refused_by.len(), 1, "{refused_by:?}");
            without_attack.remove(&refused_by[0]);
        }
    }
    assert_eq!(without_attack, BTreeSet::new());
}

/// Another income behind the link of the true one.
#[test]
fn another_credential_behind_a_link() {
    let target = target(Member::In);
    for k in 0..LINKS {
        let link = LINKS_INPUT + 1 + k;
        let altered = [(PRIVATE_AT + k * OPENING, Fr::from(1_999u64)), (link, target.honest[link])];
        let rows = target.refused_by(&altered);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(target.system.rows[rows[0]].iter().flatten().any(|(_, v)| *v == link));
    }
}

/// The links of the answer's proofs, but opened in another order.
#[test]
fn links_in_another_order() {
    let target = target(Member::In);
    let [first, second] = [LINKS_INPUT + 1, LINKS_INPUT + 2];
    let altered = [(first, target.honest[second]), (second, target.honest[first])];
    assert_eq!(target.refused_by(&altered).len(), 2);
}
