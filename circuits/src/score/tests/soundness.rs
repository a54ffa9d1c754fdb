//! What the prover chooses fixes every other variable, and for each row there is an attack that no other row refuses.

use std::collections::BTreeSet;

use super::*;
use crate::constraints::attack::Target;
use crate::constraints::determinism::Derivation;
use crate::constraints::matrices::Matrices;
use crate::schema::Schema;

const PRIVATE_AT: usize = 1 + PUBLIC_INPUTS;
/// Attributes, holder, validity, salt, document.
const CREDENTIAL: usize = 16;
const BLIND: usize = PRIVATE_AT + CREDENTIAL + 609;
/// The first attribute's choice, after the link's hash.
const CHOICES_AT: usize = BLIND + 1 + 258;
/// Variables of an attribute: bits of the bins, products with both edges, with the attribute, bits of two differences,
/// products with `used` and with the points.
const ATTRIBUTE: usize = BINS + BINS + (BINS - 1) + 1 + 2 * 63 + 1 + CHOICES;

fn input(name: &str) -> usize {
    1 + input_names().iter().position(|n| n == name).unwrap()
}

/// The bit of attribute i and bin b.
fn choice(i: usize, b: usize) -> usize {
    CHOICES_AT + i * ATTRIBUTE + b
}

fn private() -> Vec<usize> {
    let credential = PRIVATE_AT..PRIVATE_AT + CREDENTIAL;
    let choices = (0..ATTRIBUTES).flat_map(|i| (0..BINS).map(move |b| choice(i, b)));
    credential.chain([BLIND]).chain(choices).collect()
}

/// All that is chosen: the private part, and the public inputs but the link, which follows from it.
fn chosen() -> Vec<usize> {
    (1..=PUBLIC_INPUTS).filter(|i| *i != LINK_INPUT + 1).chain(private()).collect()
}

#[test]
fn the_layout_is_that_of_the_witness() {
    let (public, private) = sample();
    let z = assign(&public, &private).unwrap();
    assert_eq!(z[PRIVATE_AT..][..ATTRIBUTES], private.opening.credential.values.elements());
    assert_eq!(z[BLIND], private.opening.blind);
    let chosen = check::choices(&public.rows, &private.opening.credential.values.elements());
    for (i, chosen) in chosen.into_iter().enumerate() {
        for b in 0..BINS {
            assert_eq!(z[choice(i, b)], Fr::from(b == chosen));
        }
    }
    assert_eq!(choice(ATTRIBUTES, 0) + 2 * 63 + 1, z.len());
}

#[test]
fn what_is_chosen_fixes_everything_else() {
    let system = Matrices::new(Circuit::default());
    assert_eq!(Derivation::new(&system, (1..=PUBLIC_INPUTS).chain(private())).open, [0usize; 0]);
    assert_eq!(Derivation::new(&system, chosen()).open, [0usize; 0]);
    let unnamed = chosen().into_iter().filter(|v| *v != choice(3, 5));
    assert!(Derivation::new(&system, unnamed).open.contains(&choice(3, 5)));
}

/// Twelve attributes that are all 505.
fn all_505() -> Schema {
    let title = json!({"zh-CN": "标题", "en": "Title"});
    let attribute = |i| json!({"name": format!("a{i}"), "type": "uint", "max": 2_000, "title": title});
    let attributes: Vec<_> = (0..ATTRIBUTES).map(attribute).collect();
    serde_json::from_value(json!({"schema": "wide/1", "title": title, "attributes": attributes})).unwrap()
}

/// Every attribute is 505 and has these edges, is in bin 2, and counts nothing much; the bounds are wide.
fn target(edges: &[i64], used: bool) -> Target {
    let (mut public, mut private) = sample();
    let schema = all_505();
    let values = (0..ATTRIBUTES).map(|i| (format!("a{i}"), json!(505))).collect();
    private.opening.credential.schema = schema.schema.clone();
    private.opening.credential.values = schema.values(&values).unwrap();
    public.link = private.opening.link();
    for i in 0..ATTRIBUTES {
        for b in 0..BINS {
            public.rows.edge[i][b] =
                edges.get(b).map_or(field::power_of_two(END_BITS), |edge| Fr::from(*edge));
        }
        public.rows.points[i] = std::array::from_fn(|b| Fr::from(b as u64));
        public.rows.used[i] = Fr::from(used);
    }
    [public.rows.low, public.rows.high] = [Fr::from(-9_000), Fr::from(9_000)];
    let honest = assign(&public, &private).unwrap().to_vec();
    assert!((0..ATTRIBUTES).all(|i| honest[choice(i, 2)] == one()));
    Target::new(Matrices::new(Circuit::default()), &chosen(), &[], honest)
}

/// Bin 2 has no end, so that sums of other bins may stand for it.
const OPEN: [i64; 3] = [0, 1, 2];
/// Bin 2 is [500, 510), between others.
const NARROW: [i64; 4] = [-10, 0, 500, 510];

fn set(i: usize, bits: &[(usize, i64)]) -> Vec<(usize, Fr)> {
    bits.iter().map(|(b, x)| (choice(i, *b), Fr::from(*x))).collect()
}

/// Each row is attacked; those of hashes, which are of three kinds and thousands, every eleventh.
#[test]
fn every_row_alone_refuses_an_attack() {
    let open = target(&OPEN, true);
    let mut without_attack: BTreeSet<usize> = (0..open.system.rows.len()).collect();
    for (row, attack) in open.attacks() {
        let is_of_a_hash = (PRIVATE_AT..CHOICES_AT).contains(&attack.variable);
        if !is_of_a_hash || row % 11 == 0 {
            assert_eq!(open.refused_by(&attack.altered), [row], "{:?}", attack.kind);
        }
        without_attack.remove(&row);
    }
    let narrow = target(&NARROW, true);
    let unused = target(&OPEN, false);
    for i in 0..ATTRIBUTES {
        for (target, altered) in assertions(&open, &narrow, &unused, i) {
            let refused_by = target.refused_by(&altered);
            assert_eq!(refused_by.len(), 1, "{refused_by:?} of attribute {i}");
            without_attack.remove(&refused_by[0]);
        }
    }
    assert_eq!(without_attack, BTreeSet::new());
}

/// Attacks on the rows that fix nothing: that a choice's bits are bits, that one is chosen, and that only what is absent, or
/// not used, is chosen to be so.
fn assertions<'a>(
    open: &'a Target,
    narrow: &'a Target,
    unused: &'a Target,
    i: usize,
) -> Vec<(&'a Target, Vec<(usize, Fr)>)> {
    // With −1 as one bit and 1 as two others, their sum is still 1, and the edges are what these three make of them.
    let mut attacks = vec![
        (open, set(i, &[(0, -1), (1, 1), (2, 1)])),
        (open, set(i, &[(1, -1), (0, 1), (2, 1)])),
        (narrow, set(i, &[(2, -1), (1, 1), (3, 1)])),
    ];
    attacks.extend((3..BINS).map(|b| (open, set(i, &[(b, -1), (if b == 3 { 4 } else { 3 }, 1), (2, 1)]))));
    // Two bins at once, where `used` does not forbid it: no verifier gives an attribute that is not used any edges.
    attacks.push((unused, set(i, &[(0, 1), (2, 1)])));
    // A number is said to be absent.
    attacks.push((open, set(i, &[(2, 0)])));
    attacks
}

/// Points of a bin above or below the number's own: one of the differences does not have 63 bits.
#[test]
fn a_better_bin() {
    let narrow = target(&NARROW, true);
    for bin in [0, 1, 3] {
        let rows = narrow.refused_by(&set(4, &[(2, 0), (bin, 1)]));
        assert_eq!(rows.len(), 1, "{rows:?}");
    }
}

/// A better number behind the link of the true one.
#[test]
fn another_credential_behind_the_link() {
    let target = target(&OPEN, true);
    let link = LINK_INPUT + 1;
    let rows = target.refused_by(&[(PRIVATE_AT, Fr::from(1_999u64)), (link, target.honest[link])]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(target.system.rows[rows[0]].iter().flatten().any(|(_, v)| *v == link));
}

/// A sum below the least: the verifier's row is what it is, and only the bits of the difference do not fit.
#[test]
fn a_sum_below_the_least() {
    let target = target(&OPEN, true);
    for (name, bound) in [("low", 25i64), ("high", 23)] {
        assert_eq!(target.refused_by(&[(input(name), Fr::from(bound))]).len(), 1, "{name}");
        assert_eq!(target.refused_by(&[(input(name), Fr::from(24))]), [0usize; 0], "{name}");
    }
}
