//! Rows that use everything that their statement has.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use circuits::credential::Credential;
use circuits::schema::ATTRIBUTES;
use circuits::show::{Atom, CLAUSES, ISSUERS, MEMBERS, SLOTS};
use circuits::{join, score, show};

use super::CELLS;

/// score ≥ 650, a weighted sum of all numbers within bounds, level in a set, and their negations of the contrary.
pub(super) fn show(credential: &Credential) -> show::Rows {
    let score = only(0);
    let born = only(1);
    let level = only(2);
    let atoms = [
        between(&score, 650, 2_000),
        not(&between(&score, 0, 649)),
        between(&numbers(), 0, 1 << 40),
        member(&level, &[1, 2]),
        not(&member(&level, &[3, 4])),
        between(&born, 0, 14_000),
    ];
    show::Rows {
        schema: credential.schema.element(),
        issuers: [credential.issuer.element(); ISSUERS],
        atoms,
        literal: each_slot::<SLOTS, CLAUSES>(),
    }
}

/// A weighted sum of all numbers of all credentials within bounds, a level in a set, and the negation of the contrary.
pub(super) fn join() -> join::Rows {
    let of_one = numbers();
    let of_all: [Fr; join::WIDTH] = std::array::from_fn(|i| of_one[i % ATTRIBUTES]);
    let level = only(2 * ATTRIBUTES + 2);
    let atoms = [between(&of_all, 0, 1 << 40), member(&level, &[1, 2]), not(&member(&level, &[3, 4]))];
    join::Rows { atoms, literal: each_slot::<{ join::SLOTS }, { join::CLAUSES }>() }
}

/// A curve of sixteen bins for each attribute that has an order, and bounds that every sum is within.
pub(super) fn score() -> score::Rows {
    let mut rows = score::Rows {
        edge: [[Fr::from(1_u64 << score::END_BITS); score::BINS]; ATTRIBUTES],
        points: [[Fr::ZERO; score::CHOICES]; ATTRIBUTES],
        used: [Fr::ZERO; ATTRIBUTES],
        low: Fr::from(-10_000),
        high: Fr::from(10_000),
    };
    for (i, start, width) in CURVES {
        rows.edge[i] = ascending(start, width);
        rows.points[i] = ascending(-40, 7);
        rows.used[i] = Fr::ONE;
    }
    rows
}

/// Clause c names slot c.
fn each_slot<const SLOTS: usize, const CLAUSES: usize>() -> [[Fr; SLOTS]; CLAUSES] {
    std::array::from_fn(only)
}

/// start, start + step and so on.
fn ascending<const COUNT: usize>(start: i64, step: i64) -> [Fr; COUNT] {
    let mut next = start;
    std::array::from_fn(|_| {
        let x = next;
        next += step;
        Fr::from(x)
    })
}

fn only<const WIDTH: usize>(i: usize) -> [Fr; WIDTH] {
    std::array::from_fn(|k| Fr::from(u64::from(k == i)))
}

/// All attributes but the last of the schema, which is text and has no order, and those after it, which are absent.
fn numbers() -> [Fr; ATTRIBUTES] {
    std::array::from_fn(|i| Fr::from(u64::from(i < CELLS.len() - 1)))
}

fn between<const WIDTH: usize>(weight: &[Fr; WIDTH], low: u64, high: u64) -> Atom<Fr, WIDTH> {
    Atom {
        weight: *weight,
        low: Fr::from(low),
        high: Fr::from(high),
        order: Fr::ONE,
        member: [Fr::ZERO; MEMBERS],
        k_const: Fr::ZERO,
        k_order: Fr::ONE,
        k_member: Fr::ZERO,
    }
}

fn member<const WIDTH: usize>(weight: &[Fr; WIDTH], members: &[u64]) -> Atom<Fr, WIDTH> {
    Atom {
        order: Fr::ZERO,
        member: std::array::from_fn(|i| Fr::from(members[i % members.len()])),
        k_order: Fr::ZERO,
        k_member: Fr::ONE,
        ..between(weight, 0, 0)
    }
}

fn not<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>) -> Atom<Fr, WIDTH> {
    let (k_order, k_member) = (-atom.k_order, -atom.k_member);
    Atom { k_const: Fr::ONE - atom.k_const, k_order, k_member, ..atom.clone() }
}

/// Attribute, first edge and width of its bins.
const CURVES: [(usize, i64, i64); 5] =
    [(0, 0, 125), (1, -719_162, 60_000), (4, 0, 5_000), (5, 0, 50_000), (6, 0, 100)];
