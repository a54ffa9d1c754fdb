//! Where the variables stand that the prover chooses, among all of them: the constant, the public inputs, the private ones.

use std::sync::LazyLock;

use super::*;
use crate::constraints::determinism::Copied;
use crate::constraints::matrices::Matrices;
use crate::tree::{ARITY, DEPTH};

/// The rows.
pub(super) fn system() -> &'static Matrices {
    static SYSTEM: LazyLock<Matrices> = LazyLock::new(|| Matrices::new(Circuit::default()));
    &SYSTEM
}

/// All that is chosen: the private part, and the public inputs but those that follow from it.
pub(super) fn chosen() -> Vec<usize> {
    let names = input_names();
    let follows = |input: &usize| ["root", "nullifier", "link"].contains(&names[input - 1].as_str());
    (1..=PUBLIC_INPUTS).filter(|input| !follows(input)).chain(private()).collect()
}

/// The private part: credential, secrets, children and digits of the path, index and blind.
pub(super) fn private() -> Vec<usize> {
    let credential = ATTRIBUTES_AT..ATTRIBUTES_AT + CREDENTIAL;
    let path = (0..DEPTH).flat_map(|l| level(l)..level(l) + ARITY + 2);
    credential.chain(path).chain([index(), blind()]).collect()
}

/// A public input.
pub(super) fn input(name: &str) -> usize {
    1 + input_names().iter().position(|n| n == name).unwrap()
}

/// The first child of a level.
pub(super) fn level(level: usize) -> usize {
    ATTRIBUTES_AT + CREDENTIAL + HASHES + LEVEL * level
}

/// Both bits of a digit, lower first.
pub(super) fn digit(at: usize) -> [usize; 2] {
    [level(at) + ARITY, level(at) + ARITY + 1]
}

/// The row high · (second − first) = below − first, the first two being what the lower bit selects from the pairs.
pub(super) fn names_row(level: usize) -> usize {
    HASHES + LEVEL_ROWS * level + 4
}

/// The child that a prover puts the node below in, and that node.
pub(super) fn node_below(at: usize, place: usize) -> Copied {
    let first = level(at) + ARITY + 2;
    let [_, _, below_less_first] = &system().rows[names_row(at)];
    let below = below_less_first.iter().filter(|(_, v)| *v != first).copied();
    (level(at) + place, below.collect())
}

/// Which of a nullifier's.
pub(super) fn index() -> usize {
    level(DEPTH) + VALIDITY_AND_ISSUER
}

/// After it comes the hash of the link, and nothing more.
pub(super) fn blind() -> usize {
    system().variables - 1 - 258
}

/// Whether a hash of clause 1 or 8 has the variable.
pub(super) fn is_of_a_hash(variable: usize) -> bool {
    let hashes = ATTRIBUTES_AT + CREDENTIAL..level(0);
    let in_level = |l| (level(l) + ARITY + 4..level(l + 1)).contains(&variable);
    hashes.contains(&variable) || (0..DEPTH).any(in_level) || variable > blind()
}

/// The first attribute.
pub(super) const ATTRIBUTES_AT: usize = 1 + PUBLIC_INPUTS;
/// Attributes, both secrets, issuer, from, until, salt, document.
pub(super) const CREDENTIAL: usize = 19;
pub(super) const DEVICE: usize = ATTRIBUTES_AT + 12;
pub(super) const FROM: usize = ATTRIBUTES_AT + 15;
pub(super) const UNTIL: usize = ATTRIBUTES_AT + 16;
/// Variables of the holder's hash.
pub(super) const HOLDER_HASH: usize = 348;
/// Those of holder, inner and leaf.
const HASHES: usize = HOLDER_HASH + 609 + 261;
/// Children, the two bits of a digit, two selections, a hash.
const LEVEL: usize = ARITY + 2 + 2 + 297;
/// Two bits, two selections, the naming, a hash.
const LEVEL_ROWS: usize = 2 + 2 + 1 + 297;
/// Bits of four times, and products of four factors.
const VALIDITY_AND_ISSUER: usize = 4 * 40 + 2;

#[test]
fn it_is_that_of_the_witness() {
    let (public, p) = sample();
    let z = assign(&public, &p).unwrap();
    assert_eq!(z[ATTRIBUTES_AT..][..ATTRIBUTES], p.credential.values.elements());
    let Validity { from, until } = p.credential.validity;
    let expected = [*p.secrets.device.expose(), from.into(), until.into(), p.index.into(), p.blind];
    assert_eq!([DEVICE, FROM, UNTIL, index(), blind()].map(|v| z[v]), expected);
    for level in 0..DEPTH {
        let base_four = p.path.position.digit(level) as u64;
        assert_eq!(digit(level).map(|v| z[v]), [Fr::from(base_four & 1), Fr::from(base_four >> 1)]);
    }
}
