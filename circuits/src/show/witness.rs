//! The values of all variables of the constraint system, computed without one.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use zeroize::Zeroizing;

use super::{Clause, INDEX_BITS, PUBLIC_INPUTS, Private, Public, SLOTS, Violated, holder};
use crate::atom;
use crate::constraints::values::Values;
use crate::credential::{Scope, TIME_BITS, link_tag, pseudonym_tag};
use crate::poseidon::gadget::Input::{self, Constant, Variable};
use crate::poseidon::gadget::hash_values;
use crate::tree;

/// Why there are no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unassigned {
    /// The statement does not hold.
    #[error(transparent)]
    Violated(#[from] Violated),
    /// What is called the leaf's variables has another number of them: a defect of this program.
    #[error("the leaf has another number of variables than clause 1")]
    Incomplete,
}

/// The values of all variables: the constant one, the public inputs, the private variables.
///
/// Computes what [`Circuit`](super::Circuit) assigns, without a constraint system, and checks in the same pass the rows that
/// could fail: the answer is that of [`check`](super::check()).
pub fn assign(public: &Public, private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let mut values = beginning(public);
    let (inner, root) = leaf(&mut values, public.rows.schema, private);
    values.require(root == public.root);
    held(&values, Clause::Leaf)?;
    remaining(values, public, private, inner)
}

/// The private variables of clause 1 and of the credential, the first of all. They depend on nothing else than the
/// credential, its path and the secrets, and neither do the first [`LEAF_ROWS`](super::LEAF_ROWS) rows with root and schema
/// given. That clause 1 holds is for the caller to say.
pub fn assign_leaf(private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let mut values = Values::with_room(0, LEAF_VARIABLES);
    leaf(&mut values, private.credential.schema.element(), private);
    Ok(values.into_private())
}

/// [`assign`] with the outcome of [`assign_leaf`] for the same `private`, whose clause 1 is known to hold.
pub fn assign_after_leaf(
    public: &Public,
    private: &Private,
    leaf: &[Fr],
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    if leaf.len() != LEAF_VARIABLES {
        return Err(Unassigned::Incomplete);
    }
    let mut values = beginning(public);
    values.extend(leaf);
    let inner = private.credential.inner_for(&holder(private));
    remaining(values, public, private, inner)
}

/// Variables of the credential, the path and clause 1.
const LEAF_VARIABLES: usize = 6_117;

/// More private variables than the statement has.
const ROOM: usize = 1 << 13;

fn beginning(public: &Public) -> Values {
    let mut values = Values::with_room(PUBLIC_INPUTS, ROOM);
    public.clone().for_each(|_, x| values.public(x));
    values
}

/// Clauses 2 to 8.
fn remaining(
    mut values: Values,
    public: &Public,
    private: &Private,
    inner: Fr,
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    validity(&mut values, public, private);
    held(&values, Clause::Validity)?;
    issuer(&mut values, public, private);
    held(&values, Clause::Issuer)?;
    pseudonym(&mut values, public, private);
    held(&values, Clause::Pseudonym)?;
    let bits = atoms(&mut values, public, private);
    held(&values, Clause::Atoms)?;
    formula(&mut values, public, &bits);
    held(&values, Clause::Formula)?;
    context(&mut values, public);
    link(&mut values, public, inner, private.blind);
    held(&values, Clause::Link)?;
    Ok(values.into_assignment())
}

fn held(values: &Values, clause: Clause) -> Result<(), Violated> {
    if values.holds() { Ok(()) } else { Err(Violated(clause)) }
}

/// 1. Leaf: `inner`, and the root that the leaf has.
fn leaf(values: &mut Values, schema: Fr, private: &Private) -> (Fr, Fr) {
    let credential = &private.credential;
    let attributes = credential.values.elements().map(|a| values.private(a));
    let device = values.private(*private.secrets.device.expose());
    let person = values.private(*private.secrets.person.expose());
    let issuer = values.private(credential.issuer.element());
    values.private(Fr::from(credential.validity.from));
    values.private(Fr::from(credential.validity.until));
    let salt = values.private(credential.salt);
    let document = values.private(credential.document_element());

    let rest = [Variable(issuer), Variable(schema), Constant(Fr::ZERO)];
    let holder = pseudonym_of(values, device, person, rest);
    let mut inputs = [Variable(Fr::ZERO); 16];
    let (head, tail) = inputs.split_at_mut(4);
    head.copy_from_slice(&[holder, credential.validity.element(), salt, document].map(Variable));
    tail.copy_from_slice(&attributes.map(Variable));
    let inner = hash_values(values, inputs);
    let leaf = hash_values(values, [issuer, schema, inner].map(Variable));
    (inner, tree::gadget::root_values(values, leaf, &private.path))
}

/// 2. Validity: from ≤ now ≤ until.
fn validity(values: &mut Values, public: &Public, private: &Private) {
    let [from, until] = [private.credential.validity.from, private.credential.validity.until].map(Fr::from);
    for time in [from, until, public.now - from, until - public.now] {
        values.in_bits(time, TIME_BITS);
    }
}

/// 3. Issuer: one of the four.
fn issuer(values: &mut Values, public: &Public, private: &Private) {
    let issuer = private.credential.issuer.element();
    values.product_is_zero(&public.rows.issuers.map(|accepted| issuer - accepted));
}

/// 4. Pseudonym: of the same secrets and an index below `uses`.
fn pseudonym(values: &mut Values, public: &Public, private: &Private) {
    let Scope { a, b, named, uses } = public.scope;
    let index = values.private(Fr::from(private.index));
    let device = values.product(*private.secrets.device.expose(), Fr::ONE - named);
    values.in_bits(index, INDEX_BITS);
    values.in_bits(uses - index - Fr::ONE, INDEX_BITS);
    let person = *private.secrets.person.expose();
    let nullifier = pseudonym_of(values, device, person, [a, b, index].map(Variable));
    values.require(nullifier == public.nullifier);
}

/// 5. Atoms: the slots' bits.
fn atoms(values: &mut Values, public: &Public, private: &Private) -> [Fr; SLOTS] {
    let attributes = private.credential.values.elements();
    public.rows.atoms.each_ref().map(|atom| atom.bit_values(values, &attributes))
}

/// 6. Formula: every clause names an atom that holds.
fn formula(values: &mut Values, public: &Public, bits: &[Fr; SLOTS]) {
    atom::values::formula(values, &public.rows.literal, bits);
}

/// 7. Context: squared.
fn context(values: &mut Values, public: &Public) {
    values.product(public.context, public.context);
}

/// 8. Link: to the credential of clause 1, where it is asked for.
fn link(values: &mut Values, public: &Public, inner: Fr, blind: Fr) {
    let blind = values.private(blind);
    let link = hash_values(values, [Constant(link_tag()), Variable(inner), Variable(blind)]);
    values.require(public.linked * link == public.link);
}

/// `pseudonym(x, psk, a, b, index)`.
fn pseudonym_of(values: &mut Values, x: Fr, person: Fr, [a, b, index]: [Input; 3]) -> Fr {
    hash_values(values, [Constant(pseudonym_tag()), Variable(x), Variable(person), a, b, index])
}
