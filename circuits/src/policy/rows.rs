//! From slots and clauses to the statement's public rows, once the clock and the revealed values are known.

use ark_bn254::Fr;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};

use super::slot::{Bound, Comparison, Point, Polarity, Slot};
use super::vocabulary::Vocabulary;
use super::{CheckedQuery, CredentialQuery, Offset, PolicyError, PolicyErrorKind};
use crate::field;
use crate::schema::Value;
use crate::show::{Atom, CLAUSES, ISSUERS, MEMBERS, Rows, SLOTS};

/// `path` is the query's.
pub(super) fn rows(
    path: &str,
    query: &CredentialQuery,
    checked: &CheckedQuery,
    today: Date,
    revealed: &Map<String, Json>,
) -> Result<Rows, PolicyError> {
    let slots = checked.normal_form.slots.iter();
    let mut atoms = slots
        .map(|slot| atom(slot, today))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| PolicyError::new(format!("{path}.require"), PolicyErrorKind::DateOutOfRange))?;
    let mut clauses = checked.normal_form.clauses.clone();
    for revealed in revealed_atoms(path, query, checked, revealed)? {
        clauses.push(1 << atoms.len());
        atoms.push(revealed);
    }
    if clauses.is_empty() {
        // Possession alone: slot 0 is unused, hence constantly true.
        clauses.push(1);
    }
    Ok(Rows {
        schema: query.schema.element(),
        issuers: issuers(query),
        atoms: std::array::from_fn(|j| atoms.get(j).cloned().unwrap_or_else(unused)),
        literal: std::array::from_fn(|c| {
            clauses.get(c).or(clauses.first()).copied().map_or_else(no_slot, literals)
        }),
    })
}

/// Fewer than four are padded by repetition.
fn issuers(query: &CredentialQuery) -> [Fr; ISSUERS] {
    let mut departments = query.issuers.iter().map(crate::credential::DepartmentId::element).cycle();
    std::array::from_fn(|_| departments.next().expect("a checked query accepts at least one department"))
}

/// Row c of the formula: 1 where bit j of the clause is set.
pub(super) fn literals<const N: usize>(clause: u8) -> [Fr; N] {
    std::array::from_fn(|j| Fr::from(clause >> j & 1))
}

/// A clause without literals is false; there always is a first clause to repeat instead.
fn no_slot() -> [Fr; SLOTS] {
    [Fr::from(0u8); SLOTS]
}

/// A slot that no clause needs: constantly true, compares nothing, and its set is no value.
pub(super) fn unused<const WIDTH: usize>() -> Atom<Fr, WIDTH> {
    let zero = Fr::from(0u8);
    Atom {
        weight: [zero; WIDTH],
        low: zero,
        high: zero,
        order: zero,
        member: [field::absent(); MEMBERS],
        k_const: Fr::from(1u8),
        k_order: zero,
        k_member: zero,
    }
}

/// A slot once the date is known; none if a relative date does not exist.
pub(super) fn atom<const WIDTH: usize>(slot: &Slot, today: Date) -> Option<Atom<Fr, WIDTH>> {
    let base = Atom { weight: weights(&slot.terms), ..unused() };
    let (one, minus_one, zero) = (Fr::from(1u8), -Fr::from(1u8), Fr::from(0u8));
    let (k_const, k) = match slot.polarity {
        Polarity::Holds => (zero, one),
        Polarity::Fails => (one, minus_one),
    };
    Some(match &slot.comparison {
        Comparison::Between(low, high) => Atom {
            low: bound(*low, today)?,
            high: bound(*high, today)?,
            order: one,
            k_const,
            k_order: k,
            ..base
        },
        Comparison::Member(set) => {
            let points = set.iter().map(|p| point(p, today)).collect::<Option<Vec<_>>>()?;
            Atom { member: members(&points), k_const, k_member: k, ..base }
        }
    })
}

fn weights<const WIDTH: usize>(terms: &[(usize, i64)]) -> [Fr; WIDTH] {
    std::array::from_fn(|i| {
        terms.iter().filter(|(index, _)| *index == i).map(|(_, weight)| Fr::from(*weight)).sum()
    })
}

/// Fewer than eight are padded by repetition of a real member, never with another value.
fn members(points: &[Fr]) -> [Fr; MEMBERS] {
    let mut points = points.iter().copied().cycle();
    std::array::from_fn(|_| points.next().expect("a checked set has at least one member"))
}

fn bound(bound: Bound, today: Date) -> Option<Fr> {
    Some(match bound {
        Bound::Least => Fr::from(i64::MIN),
        Bound::Greatest => Fr::from(i64::MAX),
        Bound::At(number) => Fr::from(number),
        Bound::Today(offset, days) => days_of(offset, today)? + Fr::from(days),
    })
}

fn point(point: &Point, today: Date) -> Option<Fr> {
    Some(match point {
        Point::Number(number) => Fr::from(*number),
        Point::Text(text) => Value::Text(text.clone()).element(),
        Point::Today(offset) => days_of(*offset, today)?,
        Point::Absent => field::absent(),
    })
}

fn days_of(offset: Offset, today: Date) -> Option<Fr> {
    offset.from(today).map(|date| Value::Date(date).element())
}

/// One equality atom for each attribute of `reveal`, in its order.
fn revealed_atoms(
    path: &str,
    query: &CredentialQuery,
    checked: &CheckedQuery,
    revealed: &Map<String, Json>,
) -> Result<Vec<Atom>, PolicyError> {
    if revealed.len() != query.reveal.len() {
        return Err(PolicyError::new(format!("{path}.reveal"), PolicyErrorKind::RevealedCount));
    }
    let names = query.reveal.iter().enumerate();
    names
        .map(|(i, name)| {
            let refuse = |kind| PolicyError::new(format!("{path}.reveal[{i}]"), kind);
            let (index, attribute) = checked.names.attribute(name).map_err(refuse)?;
            let element = match revealed.get(name) {
                None => return Err(refuse(PolicyErrorKind::RevealedNothing(name.clone()))),
                Some(Json::Null) if attribute.optional => field::absent(),
                Some(Json::Null) => return Err(refuse(PolicyErrorKind::RevealedNull(name.clone()))),
                Some(json) => Value::from_json(&attribute.kind, json)
                    .map_err(|kind| refuse(PolicyErrorKind::RevealedValue { attribute: name.clone(), kind }))?
                    .element(),
            };
            let weight = weights(&[(index, 1)]);
            Ok(Atom { weight, member: [element; MEMBERS], k_const: 0.into(), k_member: 1.into(), ..unused() })
        })
        .collect()
}

const _: () = assert!(SLOTS <= 8 && CLAUSES >= 1, "a clause is a byte of slots");
