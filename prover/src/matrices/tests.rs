use ark_ff::{AdditiveGroup, Field};
use proptest::prelude::*;

use super::*;
use crate::statement::{Assignment, Enroll, Join, Score, Show};
use crate::toy::{OtherConstraints, Toy, sample};

/// Run with `UPDATE=1` to approve changed constraints: every key made before becomes useless.
fn assert_pinned<S: Statement>() {
    let matrices = Matrices::new::<S>().unwrap();
    assert_eq!(matrices.shape().public_inputs, S::PUBLIC_INPUTS);
    let digest = hex::encode(matrices.digest());
    let path = format!("{}/pins/{}-{}.matrices", env!("CARGO_MANIFEST_DIR"), S::NAME, S::VERSION);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{digest}\n")).unwrap();
    } else {
        assert_eq!(digest, S::MATRICES, "constraints changed; UPDATE=1 approves");
    }
}

#[test]
fn show_has_the_pinned_constraints() {
    assert_pinned::<Show>();
}

#[test]
fn enroll_has_the_pinned_constraints() {
    assert_pinned::<Enroll>();
}

#[test]
fn join_has_the_pinned_constraints() {
    assert_pinned::<Join>();
}

#[test]
fn score_has_the_pinned_constraints() {
    assert_pinned::<Score>();
}

#[test]
fn toys_have_the_pinned_constraints() {
    for (found, pinned) in [
        (Matrices::new::<Toy>().unwrap().digest(), Toy::MATRICES),
        (Matrices::new::<OtherConstraints>().unwrap().digest(), OtherConstraints::MATRICES),
    ] {
        assert_eq!(hex::encode(found), pinned);
    }
}

#[test]
fn bytes_are_read_back_and_mean_the_same_to_arkworks() {
    let matrices = Matrices::new::<Toy>().unwrap();
    let again = Matrices::from_bytes(&matrices.to_bytes()).unwrap();
    assert_eq!(again, matrices);
    let three = Fr::from(3);
    assert_eq!(
        again.to_ark(),
        [
            [vec![(three, 3)], vec![(Fr::ONE, 2)]],
            [vec![(Fr::ONE, 4)], vec![(Fr::ONE, 2)]],
            [vec![(three, 1)], vec![(Fr::ONE, 5)]],
        ]
    );
}

#[test]
fn a_row_sums_sorts_and_drops() {
    let (one, two) = (Fr::ONE, Fr::from(2));
    let row = [(two, 7), (one, 1), (one, 7), (one, 4), (-one, 4)];
    assert_eq!(canonical_row(&row).collect::<Vec<_>>(), [(1, one), (7, Fr::from(3))]);
}

#[test]
fn hold_exactly_for_a_satisfying_assignment() {
    let matrices = Matrices::new::<Toy>().unwrap();
    let (public, private) = sample();
    let z = Assignment::new::<Toy>(&public, &private).unwrap();
    assert!(matrices.hold(z.as_slice()));
    for i in 1..z.as_slice().len() {
        let mut changed = z.as_slice().to_vec();
        changed[i] += Fr::ONE;
        assert!(!matrices.hold(&changed), "variable {i}");
    }
    assert!(!matrices.hold(&z.as_slice()[..4]));
    let zeros = [Fr::ZERO; 6];
    assert!(matrices.hold(&zeros));
}

#[test]
fn refuses_every_truncation_and_extension() {
    let bytes = Matrices::new::<Toy>().unwrap().to_bytes();
    for n in 0..bytes.len() {
        assert!(Matrices::from_bytes(&bytes[..n]).is_none(), "{n}");
    }
    assert!(Matrices::from_bytes(&[&bytes[..], &[0]].concat()).is_none());
}

#[test]
fn refuses_indices_out_of_range_and_huge_counts() {
    let good = Matrices::new::<Toy>().unwrap();
    let mut column = good.clone();
    column.a.terms[0].column = 6;
    let mut coefficient = good.clone();
    coefficient.b.terms[1].coefficient = 2;
    let mut ends = good.clone();
    ends.c.ends = vec![2, 1];
    let mut unsorted = good.clone();
    unsorted.a.ends = vec![2, 2];
    let mut zero = good.clone();
    zero.coefficients[0] = Fr::ZERO;
    for (name, bad) in [
        ("column", column),
        ("coefficient", coefficient),
        ("ends", ends),
        ("unsorted", unsorted),
        ("zero", zero),
    ] {
        assert!(Matrices::from_bytes(&bad.to_bytes()).is_none(), "{name}");
    }
    for count in 0..4 {
        let mut bytes = good.to_bytes();
        bytes[4 * count..][..4].fill(0xff);
        assert!(Matrices::from_bytes(&bytes).is_none(), "count {count}");
    }
}

proptest! {
    #[test]
    fn reading_arbitrary_changes_never_panics(at in 0usize..200, byte: u8) {
        let mut bytes = Matrices::new::<Toy>().unwrap().to_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Some(read) = Matrices::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
