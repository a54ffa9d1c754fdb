//! The public rows: their types, and the one place that knows their order.

use std::convert::Infallible;

use ark_bn254::Fr;

use super::{CLAUSES, ISSUERS, PUBLIC_INPUTS, SLOTS};
use crate::atom::Atom;
use crate::credential::Scope;
use crate::row::{RowName, array, try_map_array};

/// All public inputs: numbers outside the circuit, expressions inside.
///
/// The circuit holds the prover to these rows, not the rows to sense. A verifier rebuilds every one but `nullifier` and,
/// where `linked` is 1, `link`, from its policy, its clock and the ledger, with `named` and `linked` 0 or 1; `uses` from 1 to
/// 65,535; `(k_const, k_order, k_member)` one of (0,1,0), (1,−1,0), (0,0,1), (1,0,−1),
/// (1,0,0); literals and `order` 0 or 1; `low` and `high` within ±2^63; Σ|`weight_i`|·max(`a_i`) < 2^63; order atoms on
/// ordered attributes only, with weights of which no selection that could be absent together adds up to zero; sets and
/// departments padded by repetition, never with zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public<T = Fr> {
    /// Root of the credential tree.
    pub root: T,
    /// The verifier's time, unix seconds.
    pub now: T,
    /// Binds the proof to one session.
    pub context: T,
    /// What the pseudonym is for.
    pub scope: Scope<T>,
    /// 1 where the policy speaks of this credential in another proof of the answer, else 0.
    pub linked: T,
    /// `pseudonym(sk·(1 − named), psk, scope, index)`.
    pub nullifier: T,
    /// `linked` · `H(TAG_LINK, inner, blind)`.
    pub link: T,
    /// The policy's rows.
    pub rows: Rows<T>,
}

/// The policy-dependent rows of one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T = Fr> {
    /// `text(schema)`.
    pub schema: T,
    /// Accepted departments, padded by repetition.
    pub issuers: [T; ISSUERS],
    /// The slots.
    pub atoms: [Atom<T>; SLOTS],
    /// literal[c][j] is 1 where clause c names slot j.
    pub literal: [[T; SLOTS]; CLAUSES],
}

impl Public {
    /// The 207 public inputs in the order of the statement.
    pub fn to_inputs(&self) -> Vec<Fr> {
        let mut all = Vec::with_capacity(PUBLIC_INPUTS);
        self.clone().for_each(|_, x| all.push(x));
        all
    }
}

/// The names of the 207 public inputs, in the same order, such as `slots[2].low`.
pub fn input_names() -> Vec<String> {
    let mut names = Vec::with_capacity(PUBLIC_INPUTS);
    Public::filled(()).for_each(|name, ()| names.push(name.to_string()));
    names
}

impl<T> Public<T> {
    /// The same layout with `f` of each row's name and value, in the statement's order.
    pub(super) fn try_map<U, E>(self, mut f: impl FnMut(RowName, T) -> Result<U, E>) -> Result<Public<U>, E> {
        Ok(Public {
            root: f(RowName::new("root"), self.root)?,
            now: f(RowName::new("now"), self.now)?,
            context: f(RowName::new("context"), self.context)?,
            scope: Scope {
                a: f(RowName::new("scope_a"), self.scope.a)?,
                b: f(RowName::new("scope_b"), self.scope.b)?,
                named: f(RowName::new("named"), self.scope.named)?,
                uses: f(RowName::new("uses"), self.scope.uses)?,
            },
            linked: f(RowName::new("linked"), self.linked)?,
            nullifier: f(RowName::new("nullifier"), self.nullifier)?,
            link: f(RowName::new("link"), self.link)?,
            rows: self.rows.try_map(&mut f)?,
        })
    }

    /// `visit` each row in order.
    pub(super) fn for_each(self, mut visit: impl FnMut(RowName, T)) {
        let Ok(Public { .. }) = self.try_map(|name, x| {
            visit(name, x);
            Ok::<(), Infallible>(())
        });
    }
}

impl<T> Rows<T> {
    fn try_map<U, E>(self, f: &mut impl FnMut(RowName, T) -> Result<U, E>) -> Result<Rows<U>, E> {
        Ok(Rows {
            schema: f(RowName::new("schema"), self.schema)?,
            issuers: array(RowName::new("issuers"), self.issuers, f)?,
            atoms: try_map_array(self.atoms, |j, atom| atom.try_map(j, f))?,
            literal: try_map_array(self.literal, |c, literal| {
                array(RowName::within("clauses", c, "literal"), literal, f)
            })?,
        })
    }
}

impl<T: Copy> Public<T> {
    /// The layout with one value everywhere.
    pub(super) fn filled(x: T) -> Self {
        Self {
            root: x,
            now: x,
            context: x,
            scope: Scope { a: x, b: x, named: x, uses: x },
            linked: x,
            nullifier: x,
            link: x,
            rows: Rows {
                schema: x,
                issuers: [x; ISSUERS],
                atoms: std::array::from_fn(|_| Atom::filled(x)),
                literal: [[x; SLOTS]; CLAUSES],
            },
        }
    }
}
