//! Refusals of what a pseudonym and a link must be, each of which breaks only that.

use std::num::NonZeroU16;

use super::*;

// 4. Pseudonym

#[test]
fn pseudonym_another_nullifier() {
    let (mut public, private) = sample();
    public.nullifier += one();
    refused(&(public, private), Clause::Pseudonym);
}

#[test]
fn pseudonym_in_another_scope() {
    let (mut public, private) = sample();
    public.scope = Scope::named("housing-2027", &samples::department(), NonZeroU16::MAX);
    refused(&(public, private), Clause::Pseudonym);
}

#[test]
fn pseudonym_of_another_secret() {
    let (mut public, private) = sample();
    public.nullifier = stranger().nullifier(&public.scope, private.index);
    refused(&(public, private), Clause::Pseudonym);
}

#[test]
fn pseudonym_of_another_index() {
    let (public, mut private) = sample();
    private.index -= 1;
    refused(&(public, private), Clause::Pseudonym);
}

/// The sample in a scope of so many uses, with a pseudonym of this index.
fn used(uses: Fr, index: u16) -> Instance {
    let (mut public, mut private) = sample();
    public.scope.uses = uses;
    private.index = index;
    public.nullifier = private.secrets.nullifier(&public.scope, index);
    (public, private)
}

#[test]
fn pseudonym_index_below_uses() {
    for (uses, index) in [(1, 0), (10, 0), (10, 9), (65_535, 65_534)] {
        accepted(&used(Fr::from(uses), index));
    }
}

#[test]
fn pseudonym_index_at_or_beyond_uses() {
    for (uses, index) in [(1u64, 1), (1, u16::MAX), (10, 10), (10, 11), (65_535, 65_535)] {
        refused(&used(Fr::from(uses), index), Clause::Pseudonym);
    }
}

/// No index is below them: the difference to it would not have 16 bits. The verifier makes none of these rows.
#[test]
fn pseudonym_uses_out_of_range() {
    for uses in [Fr::ZERO, -one(), Fr::from(1u64 << 17), field::power_of_two(64)] {
        refused(&used(uses, 0), Clause::Pseudonym);
    }
}

/// The device has no part in a named pseudonym, and a part in every other.
#[test]
fn pseudonym_named_leaves_the_device_out() {
    let (mut public, private) = sample();
    let tablet = second_device(&private.secrets);
    public.nullifier = tablet.nullifier(&public.scope, private.index);
    accepted(&(public.clone(), private.clone()));
    public.scope.named = Fr::ZERO;
    public.nullifier = tablet.nullifier(&public.scope, private.index);
    refused(&(public.clone(), private.clone()), Clause::Pseudonym);
    public.nullifier = private.secrets.nullifier(&public.scope, private.index);
    accepted(&(public, private));
}

#[test]
fn pseudonym_in_a_session() {
    let (mut public, mut private) = sample();
    public.scope = Scope::session(&public.context);
    private.index = 0;
    public.nullifier = private.secrets.nullifier(&public.scope, 0);
    accepted(&(public, private));
}

// 8. Link

#[test]
fn link_of_another_credential() {
    let (mut public, private) = sample();
    public.link = credential::link(&(private.credential.inner() + one()), &private.blind);
    refused(&(public, private), Clause::Link);
}

#[test]
fn link_of_another_blind() {
    let (public, mut private) = sample();
    private.blind += one();
    refused(&(public, private), Clause::Link);
}

#[test]
fn link_where_none_is_asked_for() {
    let (mut public, private) = sample();
    public.linked = Fr::ZERO;
    refused(&(public.clone(), private.clone()), Clause::Link);
    public.link = Fr::ZERO;
    accepted(&(public, private));
}

#[test]
fn link_missing() {
    let (mut public, private) = sample();
    public.link = Fr::ZERO;
    refused(&(public, private), Clause::Link);
}
