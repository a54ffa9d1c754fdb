//! The values of all variables of the constraint system, computed without one.

use ark_bn254::Fr;
use zeroize::Zeroizing;

use super::{Clause, LINKS, PUBLIC_INPUTS, Private, Public, SLOTS, Violated};
use crate::atom;
use crate::constraints::values::Values;
use crate::credential::Credential;
use crate::opening::values::{COMMITTED_VARIABLES, committed, opens};

/// Why there are no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unassigned {
    /// The statement does not hold.
    #[error(transparent)]
    Violated(#[from] Violated),
    /// What is called the credentials' variables has another number of them: a defect of this program.
    #[error("the credentials have another number of variables than three openings")]
    Incomplete,
}

/// The values of all variables: the constant one, the public inputs, the private variables.
///
/// Computes what [`Circuit`](super::Circuit) assigns, without a constraint system, and checks in the same pass the rows that
/// could fail: the answer is that of [`check`](super::check()).
pub fn assign(public: &Public, private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let openings = assign_openings(private.openings.each_ref().map(|opening| &opening.credential));
    assign_after_openings(public, private, &openings)
}

/// The private variables of the credentials, the first of all. They depend on nothing else, and neither do the first
/// [`OPENING_ROWS`](super::OPENING_ROWS) rows.
pub fn assign_openings(credentials: [&Credential; LINKS]) -> Zeroizing<Vec<Fr>> {
    let mut values = Values::with_room(0, LINKS * COMMITTED_VARIABLES);
    for credential in credentials {
        committed(&mut values, credential);
    }
    values.into_private()
}

/// [`assign`] with the outcome of [`assign_openings`] for the credentials of the same `private`.
pub fn assign_after_openings(
    public: &Public,
    private: &Private,
    openings: &[Fr],
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    if openings.len() != LINKS * COMMITTED_VARIABLES {
        return Err(Unassigned::Incomplete);
    }
    let mut values = Values::with_room(PUBLIC_INPUTS, ROOM);
    public.clone().for_each(|_, x| values.public(x));
    values.extend(openings);
    links(&mut values, public, private);
    held(&values, Clause::Openings)?;
    let bits = atoms(&mut values, public, private);
    held(&values, Clause::Atoms)?;
    formula(&mut values, public, &bits);
    held(&values, Clause::Formula)?;
    context(&mut values, public);
    Ok(values.into_assignment())
}

/// More private variables than the statement has.
const ROOM: usize = 1 << 12;

fn held(values: &Values, clause: Clause) -> Result<(), Violated> {
    if values.holds() { Ok(()) } else { Err(Violated(clause)) }
}

/// 1. Openings: each link is that of its credential and its blind.
fn links(values: &mut Values, public: &Public, private: &Private) {
    for (opening, link) in private.openings.iter().zip(public.links) {
        opens(values, opening, link);
    }
}

/// 2. Atoms: the slots' bits.
fn atoms(values: &mut Values, public: &Public, private: &Private) -> [Fr; SLOTS] {
    let attributes = private.attributes();
    public.rows.atoms.each_ref().map(|atom| atom.bit_values(values, &attributes))
}

/// 3. Formula: every clause names an atom that holds.
fn formula(values: &mut Values, public: &Public, bits: &[Fr; SLOTS]) {
    atom::values::formula(values, &public.rows.literal, bits);
}

/// 4. Context: squared.
fn context(values: &mut Values, public: &Public) {
    values.product(public.context, public.context);
}
