//! The statement in plain Rust, clause by clause.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

use super::{Clause, INDEX_BITS, Private, Public, SLOTS, Violated};
use crate::credential::{self, Scope};
use crate::{atom, field, poseidon};

/// The statement in plain Rust: the first clause that does not hold, or nothing. It agrees with the constraint system on
/// every input; clause 7 holds of any context.
pub fn check(public: &Public, private: &Private) -> Result<(), Violated> {
    let require = |holds: bool, clause| if holds { Ok(()) } else { Err(Violated(clause)) };
    require(leaf(public, private), Clause::Leaf)?;
    require(validity(public, private), Clause::Validity)?;
    require(issuer(public, private), Clause::Issuer)?;
    require(pseudonym(public, private), Clause::Pseudonym)?;
    let bits = atoms(public, private).ok_or(Violated(Clause::Atoms))?;
    require(formula(public, &bits), Clause::Formula)?;
    require(link(public, private), Clause::Link)
}

/// 1. Leaf: recomputed from secret and credential, it lies under the root. The credential's own `holder` and `schema` are
///    not taken.
fn leaf(public: &Public, private: &Private) -> bool {
    let issuer = private.credential.issuer.element();
    let leaf = poseidon::hash(&[issuer, public.rows.schema, inner(public, private)]);
    private.path.root(&leaf) == public.root
}

/// What the department committed to, for the holder that the secrets have.
fn inner(public: &Public, private: &Private) -> Fr {
    let issuer = private.credential.issuer.element();
    let scope = Scope { a: issuer, b: public.rows.schema, named: Fr::ZERO, uses: Fr::ONE };
    private.credential.inner_for(&private.secrets.nullifier(&scope, 0))
}

/// The holder value that clause 1 hashes: that of the secrets at the credential's issuer for its schema.
pub fn holder(private: &Private) -> Fr {
    private.secrets.holder(&private.credential.issuer, &private.credential.schema)
}

/// 2. Validity: from ≤ now ≤ until, all below 2^40.
fn validity(public: &Public, private: &Private) -> bool {
    field::to_u64(&public.now).is_some_and(|now| private.credential.validity.contains(now))
}

/// 3. Issuer: one of the four.
fn issuer(public: &Public, private: &Private) -> bool {
    public.rows.issuers.contains(&private.credential.issuer.element())
}

/// 4. Pseudonym: the nullifier is that of the same secrets, of an index below `uses`.
fn pseudonym(public: &Public, private: &Private) -> bool {
    let unused_after = public.scope.uses - Fr::ONE - Fr::from(private.index);
    let below_uses = field::to_u64(&unused_after).is_some_and(|n| n < 1 << INDEX_BITS);
    below_uses && private.secrets.nullifier(&public.scope, private.index) == public.nullifier
}

/// 5. Atoms: the slots' bits; none if an order atom compares a number outside ±2^64 of its bounds.
fn atoms(public: &Public, private: &Private) -> Option<[Fr; SLOTS]> {
    let attributes = private.credential.values.elements();
    let mut bits = [Fr::ZERO; SLOTS];
    for (bit, atom) in bits.iter_mut().zip(&public.rows.atoms) {
        *bit = atom.bit(&attributes)?;
    }
    Some(bits)
}

/// 6. Formula: every clause names an atom that holds.
fn formula(public: &Public, bits: &[Fr; SLOTS]) -> bool {
    atom::formula(&public.rows.literal, bits)
}

/// 8. Link: to the credential of clause 1, where it is asked for.
fn link(public: &Public, private: &Private) -> bool {
    let link = credential::link(&inner(public, private), &private.blind);
    public.linked * link == public.link
}
