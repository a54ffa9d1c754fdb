//! The public rows, laid out in one place.

use std::convert::Infallible;
use std::fmt;

use ark_bn254::Fr;

use super::{Atom, CLAUSES, ISSUERS, MEMBERS, Public, SLOTS};
use crate::schema::ATTRIBUTES;

/// Every public row by name: numbers outside the circuit, expressions inside.
pub(super) struct Inputs<T> {
    pub(super) root: T,
    pub(super) now: T,
    pub(super) context: T,
    pub(super) scope_a: T,
    pub(super) scope_b: T,
    pub(super) nullifier: T,
    pub(super) schema: T,
    pub(super) issuers: [T; ISSUERS],
    pub(super) slots: [Slot<T>; SLOTS],
    pub(super) clauses: [[T; SLOTS]; CLAUSES],
}

/// The rows of one [`Atom`].
pub(super) struct Slot<T> {
    pub(super) weight: [T; ATTRIBUTES],
    pub(super) low: T,
    pub(super) high: T,
    pub(super) order: T,
    pub(super) member: [T; MEMBERS],
    pub(super) k_const: T,
    pub(super) k_order: T,
    pub(super) k_member: T,
}

/// The name of a row, such as `slots[2].low`, not yet written out: most who walk the rows do not read it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    group: Option<(&'static str, usize)>,
    field: &'static str,
    index: Option<usize>,
}

impl<T> Inputs<T> {
    /// This layout with `f` of each row's name and value, in the statement's order: the only place that knows it.
    pub(super) fn try_map<U, E>(self, mut f: impl FnMut(Name, T) -> Result<U, E>) -> Result<Inputs<U>, E> {
        Ok(Inputs {
            root: f(Name::of("root"), self.root)?,
            now: f(Name::of("now"), self.now)?,
            context: f(Name::of("context"), self.context)?,
            scope_a: f(Name::of("scope_a"), self.scope_a)?,
            scope_b: f(Name::of("scope_b"), self.scope_b)?,
            nullifier: f(Name::of("nullifier"), self.nullifier)?,
            schema: f(Name::of("schema"), self.schema)?,
            issuers: array(Name::of("issuers"), self.issuers, &mut f)?,
            slots: try_from_each(self.slots, |j, slot| slot.try_map(("slots", j), &mut f))?,
            clauses: try_from_each(self.clauses, |c, literal| {
                array(Name::within(("clauses", c), "literal"), literal, &mut f)
            })?,
        })
    }

    /// Shows each row's name and value to `see`, in order.
    pub(super) fn each(self, mut see: impl FnMut(Name, &T)) {
        let Ok(Inputs { .. }) = self.try_map(|name, x| {
            see(name, &x);
            Ok::<(), Infallible>(())
        });
    }
}

impl<T> Slot<T> {
    fn try_map<U, E>(
        self,
        at: (&'static str, usize),
        f: &mut impl FnMut(Name, T) -> Result<U, E>,
    ) -> Result<Slot<U>, E> {
        let name = |field| Name::within(at, field);
        Ok(Slot {
            weight: array(name("weight"), self.weight, f)?,
            low: f(name("low"), self.low)?,
            high: f(name("high"), self.high)?,
            order: f(name("order"), self.order)?,
            member: array(name("member"), self.member, f)?,
            k_const: f(name("k_const"), self.k_const)?,
            k_order: f(name("k_order"), self.k_order)?,
            k_member: f(name("k_member"), self.k_member)?,
        })
    }
}

impl Name {
    /// The name of the row `schema`.
    pub(super) const SCHEMA: Self = Self::of("schema");

    const fn of(field: &'static str) -> Self {
        Self { group: None, field, index: None }
    }

    fn within(group: (&'static str, usize), field: &'static str) -> Self {
        Self { group: Some(group), ..Self::of(field) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((group, index)) = self.group {
            write!(f, "{group}[{index}].")?;
        }
        f.write_str(self.field)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

impl Inputs<Fr> {
    pub(super) fn of(public: &Public) -> Self {
        Self {
            root: public.root,
            now: Fr::from(public.now),
            context: public.context,
            scope_a: *public.scope.a(),
            scope_b: *public.scope.b(),
            nullifier: public.nullifier,
            schema: public.rows.schema,
            issuers: public.rows.issuers,
            slots: public.rows.atoms.each_ref().map(Slot::of),
            clauses: public.rows.literal,
        }
    }
}

impl Slot<Fr> {
    fn of(atom: &Atom) -> Self {
        Self {
            weight: atom.weight,
            low: atom.low,
            high: atom.high,
            order: atom.order,
            member: atom.member,
            k_const: atom.k_const,
            k_order: atom.k_order,
            k_member: atom.k_member,
        }
    }
}

impl Inputs<()> {
    /// The layout alone.
    pub(super) fn unassigned() -> Self {
        let slot = || Slot {
            weight: [(); ATTRIBUTES],
            low: (),
            high: (),
            order: (),
            member: [(); MEMBERS],
            k_const: (),
            k_order: (),
            k_member: (),
        };
        Self {
            root: (),
            now: (),
            context: (),
            scope_a: (),
            scope_b: (),
            nullifier: (),
            schema: (),
            issuers: [(); ISSUERS],
            slots: std::array::from_fn(|_| slot()),
            clauses: [[(); SLOTS]; CLAUSES],
        }
    }
}

fn array<T, U, E, const N: usize>(
    name: Name,
    items: [T; N],
    f: &mut impl FnMut(Name, T) -> Result<U, E>,
) -> Result<[U; N], E> {
    try_from_each(items, |i, item| f(Name { index: Some(i), ..name }, item))
}

fn try_from_each<T, U, E, const N: usize>(
    items: [T; N],
    mut f: impl FnMut(usize, T) -> Result<U, E>,
) -> Result<[U; N], E> {
    let made: Vec<U> = items.into_iter().enumerate().map(|(i, item)| f(i, item)).collect::<Result<_, E>>()?;
    let Ok(array) = made.try_into() else { unreachable!("an array of N maps to N items") };
    Ok(array)
}
