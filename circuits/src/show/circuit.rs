//! The statement as constraints, clause by clause.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, SynthesisError, SynthesisMode,
};

use super::inputs::{Inputs, Slot};
use super::{Clause, Private, Public, SLOTS};
use crate::constraints::{Builder, Expr};
use crate::credential::{Credential, TIME_BITS, pseudonym_tag};
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

fn clauses(
    b: &Builder,
    assignment: Option<&(Public, Private)>,
) -> Result<Vec<(Clause, usize)>, SynthesisError> {
    let inputs = public(b, assignment.map(|(public, _)| public))?;
    let witness = Witness::new(b, assignment.map(|(_, private)| private))?;
    let path = assignment.map(|(_, private)| &private.path);
    let mut rows = Tally { b, counted: 0, rows: Vec::new() };
    leaf(b, &inputs, &witness, path)?;
    rows.close(Clause::Leaf);
    validity(b, &inputs, &witness)?;
    rows.close(Clause::Validity);
    issuer(b, &inputs, &witness)?;
    rows.close(Clause::Issuer);
    pseudonym(b, &inputs, &witness)?;
    rows.close(Clause::Pseudonym);
    let bits = atoms(b, &inputs, &witness)?;
    rows.close(Clause::Atoms);
    formula(b, &inputs, &bits)?;
    rows.close(Clause::Formula);
    context(b, &inputs)?;
    rows.close(Clause::Context);
    Ok(rows.rows)
}

/// 1. Leaf: recomputed from the secret and the credential, it lies under the root.
fn leaf(b: &Builder, inputs: &Inputs<Expr>, w: &Witness, path: Option<&Path>) -> Result<(), SynthesisError> {
    let holder = tagged(b, w, &w.issuer, &inputs.schema)?;
    let validity = Expr::sum(Fr::ZERO, [(Fr::ONE, &w.from), (power_of_two(TIME_BITS), &w.until)]);
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = &w.attributes;
    let head = [&holder, &validity, &w.salt, &w.document];
    let [h0, h1, h2, h3] = head;
    let inner = hash(b, &[h0, h1, h2, h3, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11])?;
    let leaf = hash(b, &[&w.issuer, &inputs.schema, &inner])?;
    let root = tree::gadget::root(b, &leaf, path)?;
    b.equal(&root, &inputs.root)
}

/// 2. Validity: from ≤ now ≤ until. All four numbers below 2^40 makes the differences those of integers.
fn validity(b: &Builder, inputs: &Inputs<Expr>, w: &Witness) -> Result<(), SynthesisError> {
    let since_from = &inputs.now - &w.from;
    let to_until = &w.until - &inputs.now;
    for time in [&w.from, &w.until, &since_from, &to_until] {
        b.bits(time, TIME_BITS as usize)?;
    }
    Ok(())
}

/// 3. Issuer: one of the four.
fn issuer(b: &Builder, inputs: &Inputs<Expr>, w: &Witness) -> Result<(), SynthesisError> {
    b.product_is_zero(&inputs.issuers.each_ref().map(|accepted| &w.issuer - accepted))
}

/// 4. Pseudonym: of the same secret.
fn pseudonym(b: &Builder, inputs: &Inputs<Expr>, w: &Witness) -> Result<(), SynthesisError> {
    let pseudonym = tagged(b, w, &inputs.scope_a, &inputs.scope_b)?;
    b.equal(&pseudonym, &inputs.nullifier)
}

/// 5. Atoms: the slots' bits.
fn atoms(b: &Builder, inputs: &Inputs<Expr>, w: &Witness) -> Result<Vec<Expr>, SynthesisError> {
    inputs.slots.iter().map(|slot| atom(b, slot, &w.attributes)).collect()
}

fn atom(b: &Builder, slot: &Slot<Expr>, attributes: &[Expr; ATTRIBUTES]) -> Result<Expr, SynthesisError> {
    let products = slot.weight.iter().zip(attributes).map(|(weight, a)| b.product(weight, a));
    let products: Vec<Expr> = products.collect::<Result<_, _>>()?;
    let v = Expr::sum(Fr::ZERO, products.iter().map(|p| (Fr::ONE, p)));
    let ordered = b.product(&slot.k_order, &between(b, slot, &v)?)?;
    let listed = b.product(&slot.k_member, &member(b, slot, &v)?)?;
    Ok(&slot.k_const + &(&ordered + &listed))
}

/// [low ≤ v] · [v ≤ high]; outside ±2^64 of a bound there is no assignment.
fn between(b: &Builder, slot: &Slot<Expr>, v: &Expr) -> Result<Expr, SynthesisError> {
    let above_low = not_negative(b, &b.product(&slot.order, &(v - &slot.low))?)?;
    let below_high = not_negative(b, &b.product(&slot.order, &(&slot.high - v))?)?;
    b.product(&above_low, &below_high)
}

/// Bit 64 of x + 2^64, which has 65 bits.
fn not_negative(b: &Builder, x: &Expr) -> Result<Expr, SynthesisError> {
    Ok(b.bits(&x.plus(power_of_two(64)), 65)?.swap_remove(64))
}

/// Whether v is one of the members.
fn member(b: &Builder, slot: &Slot<Expr>, v: &Expr) -> Result<Expr, SynthesisError> {
    let [first, others @ ..] = slot.member.each_ref().map(|member| v - member);
    let distance = others.iter().try_fold(first, |product, factor| b.product(&product, factor))?;
    b.is_zero(&distance)
}

/// 6. Formula: every clause names an atom that holds.
fn formula(b: &Builder, inputs: &Inputs<Expr>, bits: &[Expr]) -> Result<(), SynthesisError> {
    for literal in &inputs.clauses {
        let named = literal.iter().zip(bits).map(|(l, bit)| Ok(b.product(l, bit)?.negation()));
        let misses: Vec<Expr> = named.collect::<Result<_, SynthesisError>>()?;
        debug_assert_eq!(misses.len(), SLOTS);
        b.product_is_zero(&misses)?;
    }
    Ok(())
}

/// 7. Context: squared, so that a row of the constraint system holds it.
fn context(b: &Builder, inputs: &Inputs<Expr>) -> Result<(), SynthesisError> {
    b.product(&inputs.context, &inputs.context).map(drop)
}

fn tagged(b: &Builder, w: &Witness, scope_a: &Expr, scope_b: &Expr) -> Result<Expr, SynthesisError> {
    hash(b, &[&Expr::Constant(pseudonym_tag()), &w.secret, scope_a, scope_b])
}

fn public(b: &Builder, public: Option<&Public>) -> Result<Inputs<Expr>, SynthesisError> {
    match public {
        Some(public) => Inputs::of(public).try_map(|_, x| b.public(Some(x))),
        None => Inputs::unassigned().try_map(|_, ()| b.public(None)),
    }
}

/// The private variables but the path's. Clause 1 hashes all of them into the leaf, `from` and `until` as one number, which
/// clause 2 splits at 2^40.
struct Witness {
    secret: Expr,
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
            secret: b.private(private.map(|p| *p.secret.expose()))?,
            issuer: b.private(credential.map(|c| c.issuer.element()))?,
            from: b.private(credential.map(|c| Fr::from(c.validity.from)))?,
            until: b.private(credential.map(|c| Fr::from(c.validity.until)))?,
            salt: b.private(credential.map(|c| c.salt))?,
            document: b.private(credential.map(Credential::document_element))?,
            attributes,
        })
    }
}

/// Counts the rows of each clause.
struct Tally<'a> {
    b: &'a Builder,
    counted: usize,
    rows: Vec<(Clause, usize)>,
}

impl Tally<'_> {
    fn close(&mut self, clause: Clause) {
        let all = self.b.rows();
        self.rows.push((clause, all - self.counted));
        self.counted = all;
    }
}
