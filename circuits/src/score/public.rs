//! The public rows: their types, and the one place that knows their order.

use std::convert::Infallible;

use ark_bn254::Fr;

use super::{BINS, CHOICES, PUBLIC_INPUTS};
use crate::row::{RowName, array, try_map_array};
use crate::schema::ATTRIBUTES;

/// All public inputs.
///
/// The circuit holds the prover to these rows, not the rows to sense. A verifier copies `link` from the proof of `show` of
/// the same answer, and makes the rest from its policy and the published model: `used` is 0 or 1; the edges of a used
/// attribute ascend strictly within [−2^40, 2^62), the first at or below what the schema allows, and are padded with 2^62;
/// points are within ±2^40 and padded with 0; `low` and `high` are within ±2^61; an attribute that is not used has no edge
/// and no points but padding; used attributes are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public<T = Fr> {
    /// Binds the proof to one session.
    pub context: T,
    /// The credential.
    pub link: T,
    /// The rows of the policy and its model.
    pub rows: Rows<T>,
}

/// The rows that a policy and its model make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T = Fr> {
    /// edge[i][b]: the least value of attribute i in bin b.
    pub edge: [[T; BINS]; ATTRIBUTES],
    /// points[i][b]: what attribute i counts in bin b; the last is what it counts where it is absent.
    pub points: [[T; CHOICES]; ATTRIBUTES],
    /// 1 where the model uses the attribute.
    pub used: [T; ATTRIBUTES],
    /// Least sum of points.
    pub low: T,
    /// Greatest sum of points.
    pub high: T,
}

impl Public {
    /// The 412 public inputs in the order of the statement.
    pub fn to_inputs(&self) -> Vec<Fr> {
        let mut all = Vec::with_capacity(PUBLIC_INPUTS);
        self.clone().for_each(|_, x| all.push(x));
        all
    }
}

/// The names of the 412 public inputs, in the same order, such as `attributes[2].edge[15]`.
pub fn input_names() -> Vec<String> {
    let mut names = Vec::with_capacity(PUBLIC_INPUTS);
    Public::filled(()).for_each(|name, ()| names.push(name.to_string()));
    names
}

impl<T> Public<T> {
    /// The same layout with `f` of each row's name and value, in the statement's order.
    pub(super) fn try_map<U, E>(self, mut f: impl FnMut(RowName, T) -> Result<U, E>) -> Result<Public<U>, E> {
        let of = |i, field| RowName::within("attributes", i, field);
        Ok(Public {
            context: f(RowName::new("context"), self.context)?,
            link: f(RowName::new("link"), self.link)?,
            rows: Rows {
                edge: try_map_array(self.rows.edge, |i, edges| array(of(i, "edge"), edges, &mut f))?,
                points: try_map_array(self.rows.points, |i, points| array(of(i, "points"), points, &mut f))?,
                used: try_map_array(self.rows.used, |i, used| f(of(i, "used"), used))?,
                low: f(RowName::new("low"), self.rows.low)?,
                high: f(RowName::new("high"), self.rows.high)?,
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
        let rows = Rows {
            edge: [[x; BINS]; ATTRIBUTES],
            points: [[x; CHOICES]; ATTRIBUTES],
            used: [x; ATTRIBUTES],
            low: x,
            high: x,
        };
        Self { context: x, link: x, rows }
    }
}
