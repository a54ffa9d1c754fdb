//! The public rows: their types, and the one place that knows their order.

use std::convert::Infallible;

use ark_bn254::Fr;

use super::{CLAUSES, LINKS, PUBLIC_INPUTS, SLOTS, WIDTH};
use crate::atom::Atom;
use crate::row::{RowName, array, try_map_array};

/// All public inputs.
///
/// The circuit holds the prover to these rows, not the rows to sense. A verifier copies `links` from the proofs of `show` of
/// the same answer, and makes the rest from its policy and its clock: what it makes sure of for a slot is what
/// [`show::Public`](crate::show::Public) lists, over the attributes of all credentials together. A link stands twice only as
/// padding, whose weights are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public<T = Fr> {
    /// Binds the proof to one session.
    pub context: T,
    /// The credentials, in the order of the policy; fewer are padded by repeating the last.
    pub links: [T; LINKS],
    /// The policy's rows.
    pub rows: Rows<T>,
}

/// The rows that the policy makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T = Fr> {
    /// The slots; weight 12·k + i is that of attribute i behind link k.
    pub atoms: [Atom<T, WIDTH>; SLOTS],
    /// literal[c][j] is 1 where clause c names slot j.
    pub literal: [[T; SLOTS]; CLAUSES],
}

impl Public {
    /// The 163 public inputs in the order of the statement.
    pub fn to_inputs(&self) -> Vec<Fr> {
        let mut all = Vec::with_capacity(PUBLIC_INPUTS);
        self.clone().for_each(|_, x| all.push(x));
        all
    }
}

/// The names of the 163 public inputs, in the same order, such as `slots[2].low`.
pub fn input_names() -> Vec<String> {
    let mut names = Vec::with_capacity(PUBLIC_INPUTS);
    Public::filled(()).for_each(|name, ()| names.push(name.to_string()));
    names
}

impl<T> Public<T> {
    /// The same layout with `f` of each row's name and value, in the statement's order.
    pub(super) fn try_map<U, E>(self, mut f: impl FnMut(RowName, T) -> Result<U, E>) -> Result<Public<U>, E> {
        Ok(Public {
            context: f(RowName::new("context"), self.context)?,
            links: array(RowName::new("links"), self.links, &mut f)?,
            rows: Rows {
                atoms: try_map_array(self.rows.atoms, |j, atom| atom.try_map(j, &mut f))?,
                literal: try_map_array(self.rows.literal, |c, literal| {
                    array(RowName::within("clauses", c, "literal"), literal, &mut f)
                })?,
            },
        })
    }

    pub(super) fn for_each(self, mut visit: impl FnMut(RowName, T)) {
        let Ok(Public { .. }) = self.try_map(|name, x| {
            visit(name, x);
            Ok::<(), Infallible>(())
        });
    }
}

impl<T: Copy> Public<T> {
    /// The layout with one value everywhere.
    pub(super) fn filled(x: T) -> Self {
        let rows = Rows { atoms: std::array::from_fn(|_| Atom::filled(x)), literal: [[x; SLOTS]; CLAUSES] };
        Self { context: x, links: [x; LINKS], rows }
    }
}
