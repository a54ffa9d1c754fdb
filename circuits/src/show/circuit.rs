//! The statement as constraints, clause by clause.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, SynthesisError, SynthesisMode,
};
use zeroize::Zeroizing;

use super::public::RowName;
use super::{Atom, Clause, INDEX_BITS, PUBLIC_INPUTS, Private, Public, SLOTS, Violated, holder};
use crate::constraints::{Builder, Expr};
use crate::credential::{Credential, Scope, TIME_BITS, link_tag, pseudonym_tag};
use crate::field::power_of_two;
use crate::poseidon::gadget::hash;
use crate::schema::ATTRIBUTES;
use crate::tree::{self, Path};

/// The constraint system. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, Private)>,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        clauses(&Builder::new(cs), self.assignment.as_ref()).map(drop)
    }
}

/// How many rows each clause has, in order, without the public inputs.
pub fn rows_per_clause() -> Vec<(Clause, usize)> {
    let cs = ConstraintSystem::new_ref();
    cs.set_mode(SynthesisMode::Setup);
    clauses(&Builder::new(cs), None).expect("synthesis without an assignment reads no value")
}

/// Why there are no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unassigned {
    /// The statement does not hold.
    #[error(transparent)]
    Violated(#[from] Violated),
    /// The circuit asked for a value that nothing gives: a defect of this program.
    #[error("the circuit asks for a value that the witness does not have")]
    Incomplete,
}

/// The values of all variables: the constant one, the public inputs, the private variables.
///
/// Computes what [`Circuit`] assigns, without a constraint system, and checks in the same pass the rows that could fail: the
/// answer is that of [`check`](super::check()).
pub fn assign(public_part: &Public, private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let b = Builder::for_values(PUBLIC_INPUTS, ROOM);
    let inputs = public(&b, Some(public_part))?;
    let witness = Witness::new(&b, Some(private))?;
    let inner = leaf(&b, &inputs, &witness, Some(&private.path))?;
    finish(b, &inputs, &witness, &inner, private)
}

/// The private variables of clause 1 and of the credential, the first of all. They depend on nothing else than the
/// credential, its path and the secret, and neither do the first [`LEAF_ROWS`] rows with root and schema given. That clause 1
/// holds is for the caller to say.
pub fn assign_leaf(private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let b = Builder::for_values(0, ROOM);
    let schema = private.credential.schema.element();
    let inputs = Public::filled(()).try_map(|name, ()| {
        let value = if name == RowName::SCHEMA { schema } else { Fr::ZERO };
        Ok::<_, Unassigned>(Expr::known(value))
    })?;
    let witness = Witness::new(&b, Some(private))?;
    leaf(&b, &inputs, &witness, Some(&private.path))?;
    Ok(b.into_private())
}

/// [`assign`] with the outcome of [`assign_leaf`] for the same `private`, whose clause 1 is known to hold.
pub fn assign_after_leaf(
    public_part: &Public,
    private: &Private,
    leaf: &[Fr],
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let b = Builder::for_values(PUBLIC_INPUTS, ROOM);
    let inputs = public(&b, Some(public_part))?;
    let witness = Witness::new(&b, Some(private))?;
    b.extend(leaf.get(b.variables()..).ok_or(Unassigned::Incomplete)?);
    let inner = Expr::known(private.credential.inner_for(&holder(private)));
    finish(b, &inputs, &witness, &inner, private)
}

fn finish(
    b: Builder,
    inputs: &Public<Expr>,
    w: &Witness,
    inner: &Expr,
    private: &Private,
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    let mut rows = ClauseRows::new(&b);
    if !b.holds() {
        return Err(Violated(Clause::Leaf).into());
    }
    remaining(&b, inputs, w, inner, Some(private), &mut rows)?;
    match rows.violated {
        Some(clause) => Err(Violated(clause).into()),
        None => Ok(b.into_assignment()),
    }
}

impl From<SynthesisError> for Unassigned {
    fn from(_: SynthesisError) -> Self {
        Self::Incomplete
    }
}

/// Rows of clause 1.
pub const LEAF_ROWS: usize = 6_051;

/// More private variables than the statement has.
const ROOM: usize = 1 << 13;

fn clauses(
    b: &Builder,
    assignment: Option<&(Public, Private)>,
) -> Result<Vec<(Clause, usize)>, SynthesisError> {
    let inputs = public(b, assignment.map(|(public, _)| public))?;
    let witness = Witness::new(b, assignment.map(|(_, private)| private))?;
    let private = assignment.map(|(_, private)| private);
    let mut rows = ClauseRows::new(b);
    let inner = leaf(b, &inputs, &witness, private.map(|p| &p.path))?;
    rows.close(Clause::Leaf);
    remaining(b, &inputs, &witness, &inner, private, &mut rows)?;
    Ok(rows.rows)
}

/// Clauses 2 to 8.
fn remaining(
    b: &Builder,
    inputs: &Public<Expr>,
    witness: &Witness,
    inner: &Expr,
    private: Option<&Private>,
    rows: &mut ClauseRows,
) -> Result<(), SynthesisError> {
    validity(b, inputs, witness)?;
    rows.close(Clause::Validity);
    issuer(b, inputs, witness)?;
    rows.close(Clause::Issuer);
    pseudonym(b, inputs, witness, private.map(|p| p.index))?;
    rows.close(Clause::Pseudonym);
    let bits = atoms(b, inputs, witness)?;
    rows.close(Clause::Atoms);
    formula(b, inputs, &bits)?;
    rows.close(Clause::Formula);
    context(b, inputs)?;
    rows.close(Clause::Context);
    link(b, inputs, inner, private.map(|p| p.blind))?;
    rows.close(Clause::Link);
    Ok(())
}

/// 1. Leaf: recomputed from the secrets and the credential, it lies under the root. Returns `inner`.
fn leaf(
    b: &Builder,
    inputs: &Public<Expr>,
    w: &Witness,
    path: Option<&Path>,
) -> Result<Expr, SynthesisError> {
    let zero = Expr::Constant(Fr::ZERO);
    let holder = tagged(b, &w.device, &w.person, [&w.issuer, &inputs.rows.schema, &zero])?;
    let validity = Expr::sum(Fr::ZERO, [(Fr::ONE, &w.from), (power_of_two(TIME_BITS), &w.until)]);
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = &w.attributes;
    let head = [&holder, &validity, &w.salt, &w.document];
    let [h0, h1, h2, h3] = head;
    let inner = hash(b, &[h0, h1, h2, h3, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11])?;
    let leaf = hash(b, &[&w.issuer, &inputs.rows.schema, &inner])?;
    let root = tree::gadget::root(b, &leaf, path)?;
    b.equal(&root, &inputs.root)?;
    Ok(inner)
}

/// 2. Validity: from ≤ now ≤ until. All four numbers below 2^40 makes the differences those of integers.
fn validity(b: &Builder, inputs: &Public<Expr>, w: &Witness) -> Result<(), SynthesisError> {
    let since_from = &inputs.now - &w.from;
    let to_until = &w.until - &inputs.now;
    for time in [&w.from, &w.until, &since_from, &to_until] {
        b.bits(time, TIME_BITS as usize)?;
    }
    Ok(())
}

/// 3. Issuer: one of the four.
fn issuer(b: &Builder, inputs: &Public<Expr>, w: &Witness) -> Result<(), SynthesisError> {
    b.product_is_zero(&inputs.rows.issuers.each_ref().map(|accepted| &w.issuer - accepted))
}

/// 4. Pseudonym: of the same secrets and an index below `uses`. A named one leaves the device out.
fn pseudonym(
    b: &Builder,
    inputs: &Public<Expr>,
    w: &Witness,
    index: Option<u16>,
) -> Result<(), SynthesisError> {
    let Scope { a, b: second, named, uses } = &inputs.scope;
    let device = b.product(&w.device, &named.negation())?;
    let index = b.private(index.map(Fr::from))?;
    for number in [&index, &(uses - &index).plus(-Fr::ONE)] {
        b.bits(number, INDEX_BITS as usize)?;
    }
    let pseudonym = tagged(b, &device, &w.person, [a, second, &index])?;
    b.equal(&pseudonym, &inputs.nullifier)
}

/// 5. Atoms: the slots' bits.
fn atoms(b: &Builder, inputs: &Public<Expr>, w: &Witness) -> Result<Vec<Expr>, SynthesisError> {
    inputs.rows.atoms.iter().map(|rows| atom(b, rows, &w.attributes)).collect()
}

fn atom(b: &Builder, atom: &Atom<Expr>, attributes: &[Expr; ATTRIBUTES]) -> Result<Expr, SynthesisError> {
    let products = atom.weight.iter().zip(attributes).map(|(weight, a)| b.product(weight, a));
    let products: Vec<Expr> = products.collect::<Result<_, _>>()?;
    let v = Expr::sum(Fr::ZERO, products.iter().map(|p| (Fr::ONE, p)));
    let ordered = b.product(&atom.k_order, &between(b, atom, &v)?)?;
    let listed = b.product(&atom.k_member, &member(b, atom, &v)?)?;
    Ok(&atom.k_const + &(&ordered + &listed))
}

/// [low ≤ v] · [v ≤ high]; outside ±2^64 of a bound there is no assignment.
fn between(b: &Builder, atom: &Atom<Expr>, v: &Expr) -> Result<Expr, SynthesisError> {
    let above_low = not_negative(b, &b.product(&atom.order, &(v - &atom.low))?)?;
    let below_high = not_negative(b, &b.product(&atom.order, &(&atom.high - v))?)?;
    b.product(&above_low, &below_high)
}

/// Bit 64 of x + 2^64, which has 65 bits.
fn not_negative(b: &Builder, x: &Expr) -> Result<Expr, SynthesisError> {
    Ok(b.bits(&x.plus(power_of_two(64)), 65)?.swap_remove(64))
}

/// Whether v is one of the members.
fn member(b: &Builder, atom: &Atom<Expr>, v: &Expr) -> Result<Expr, SynthesisError> {
    let [first, others @ ..] = atom.member.each_ref().map(|member| v - member);
    let distance = others.iter().try_fold(first, |product, factor| b.product(&product, factor))?;
    b.is_zero(&distance)
}

/// 6. Formula: every clause names an atom that holds.
fn formula(b: &Builder, inputs: &Public<Expr>, bits: &[Expr]) -> Result<(), SynthesisError> {
    for literal in &inputs.rows.literal {
        let named = literal.iter().zip(bits).map(|(l, bit)| Ok(b.product(l, bit)?.negation()));
        let misses: Vec<Expr> = named.collect::<Result<_, SynthesisError>>()?;
        debug_assert_eq!(misses.len(), SLOTS);
        b.product_is_zero(&misses)?;
    }
    Ok(())
}

/// 7. Context: squared, so that a row of the constraint system holds it.
fn context(b: &Builder, inputs: &Public<Expr>) -> Result<(), SynthesisError> {
    b.product(&inputs.context, &inputs.context).map(drop)
}

/// 8. Link: to the credential of clause 1, where it is asked for.
fn link(b: &Builder, inputs: &Public<Expr>, inner: &Expr, blind: Option<Fr>) -> Result<(), SynthesisError> {
    let blind = b.private(blind)?;
    let link = hash(b, &[&Expr::Constant(link_tag()), inner, &blind])?;
    b.enforce(&inputs.linked, &link, &inputs.link)
}

/// `pseudonym(x, psk, a, b, index)`.
fn tagged(b: &Builder, x: &Expr, person: &Expr, rest: [&Expr; 3]) -> Result<Expr, SynthesisError> {
    let [first, second, index] = rest;
    hash(b, &[&Expr::Constant(pseudonym_tag()), x, person, first, second, index])
}

fn public(b: &Builder, public: Option<&Public>) -> Result<Public<Expr>, SynthesisError> {
    match public {
        Some(public) => public.clone().try_map(|_, x| b.public(Some(x))),
        None => Public::filled(()).try_map(|_, ()| b.public(None)),
    }
}

/// The private variables but the path's, the index and the blind. Clause 1 hashes all of them into the leaf, `from` and `until` as one number, which
/// clause 2 splits at 2^40.
struct Witness {
    device: Expr,
    person: Expr,
    issuer: Expr,
    from: Expr,
    until: Expr,
    salt: Expr,
    document: Expr,
    attributes: [Expr; ATTRIBUTES],
}

impl Witness {
    fn new(b: &Builder, private: Option<&Private>) -> Result<Self, SynthesisError> {
        let credential = private.map(|p| &p.credential);
        let elements = credential.map(|c| c.values.elements());
        let mut attributes = [const { Expr::Constant(Fr::ZERO) }; ATTRIBUTES];
        for (i, attribute) in attributes.iter_mut().enumerate() {
            *attribute = b.private(elements.map(|e| e[i]))?;
        }
        Ok(Self {
            device: b.private(private.map(|p| *p.secrets.device.expose()))?,
            person: b.private(private.map(|p| *p.secrets.person.expose()))?,
            issuer: b.private(credential.map(|c| c.issuer.element()))?,
            from: b.private(credential.map(|c| Fr::from(c.validity.from)))?,
            until: b.private(credential.map(|c| Fr::from(c.validity.until)))?,
            salt: b.private(credential.map(|c| c.salt))?,
            document: b.private(credential.map(Credential::document_element))?,
            attributes,
        })
    }
}

/// Counts the rows of each clause, and notes the first that does not hold.
struct ClauseRows<'a> {
    b: &'a Builder,
    counted: usize,
    rows: Vec<(Clause, usize)>,
    violated: Option<Clause>,
}

impl<'a> ClauseRows<'a> {
    fn new(b: &'a Builder) -> Self {
        Self { b, counted: 0, rows: Vec::new(), violated: None }
    }

    fn close(&mut self, clause: Clause) {
        let all = self.b.rows();
        self.rows.push((clause, all - self.counted));
        self.counted = all;
        if !self.b.holds() {
            self.violated.get_or_insert(clause);
        }
    }
}
