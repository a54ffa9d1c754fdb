//! Defects of other systems, each shown here not to be possible, or shown to be possible in the circuit alone and closed
//! outside it.

use super::*;

/// A set padded with zero would contain every attribute that is 0 or false.
#[test]
fn padding_with_zero_would_make_membership_true() {
    let (mut public, private) = issued(|c| {
        let mut cells = c.values.to_json();
        cells.insert("owns_home".into(), false.into());
        c.values = samples::schema().values(&cells).unwrap();
    });
    let mut padded_with_zero = samples::member(4, &[Fr::from(1u64)]);
    padded_with_zero.member[7] = Fr::ZERO;
    public.rows.atoms[1] = padded_with_zero;
    accepted(&(public.clone(), private.clone()));
    public.rows.atoms[1] = samples::member(4, &[Fr::from(1u64)]);
    refused(&(public, private), Clause::Formula);
}

/// No department is zero, so even a list padded with zero admits nobody new; and no leaf of department zero exists.
#[test]
fn no_department_is_zero() {
    let (mut public, private) = sample();
    public.rows.issuers = [Fr::ZERO; ISSUERS];
    refused(&(public, private), Clause::Issuer);
}

/// A proof about one attribute is not a proof about another: the weights are public rows.
#[test]
fn a_predicate_stays_on_its_attribute() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    let names = input_names();
    let weights = names.iter().enumerate().filter(|(_, name)| name.contains("weight"));
    for (input, name) in weights {
        let other = system.assignment[input + 1] + one();
        assert!(!system.holds_with(input + 1, other), "{name} may change");
    }
}

/// Another policy, verifier or session means other inputs.
#[test]
fn context_and_policy_change_the_inputs() {
    let (public, _) = sample();
    let mut other = public.clone();
    other.context += one();
    assert_ne!(public.to_inputs(), other.to_inputs());
    let mut other = public.clone();
    other.rows.atoms[0].low += one();
    assert_ne!(public.to_inputs(), other.to_inputs());
}

/// Bounds near r, where low − 1 ≡ r + low − 1, are unsatisfiable and not true.
#[test]
fn numbers_do_not_wrap() {
    for low in [-Fr::from(1u64 << 63) * Fr::from(4u64), field::absent(), -field::absent()] {
        let (mut public, private) = sample();
        public.rows.atoms[0].low = low;
        refused(&(public, private), Clause::Atoms);
    }
}

/// The verifier's time beyond 2^40 is after every validity, whatever the differences are modulo r.
#[test]
fn times_do_not_wrap() {
    for now in [0, 1 << 40, u64::MAX].map(Fr::from).into_iter().chain([-one(), field::power_of_two(64)]) {
        let (mut public, private) = sample();
        public.now = now;
        refused(&(public, private), Clause::Validity);
    }
}

/// Session pseudonyms differ from session to session and from named ones: verifiers cannot link them.
#[test]
fn sessions_are_not_linkable() {
    let (_, private) = sample();
    let [first, second] = [1u64, 2].map(|c| private.secrets.nullifier(&Scope::session(&Fr::from(c)), 0));
    assert_ne!(first, second);
    assert_ne!(first, private.credential.holder);
}

/// Two phones of one person are two strangers in sessions: whoever rebuilt the person's secret could link none.
#[test]
fn devices_of_a_person_are_not_linkable_in_sessions() {
    let (_, private) = sample();
    let session = Scope::session(&one());
    let tablet = second_device(&private.secrets);
    assert_ne!(private.secrets.nullifier(&session, 0), tablet.nullifier(&session, 0));
}

/// Nonce and scope are inputs of their own: a new session leaves a named pseudonym as it was.
#[test]
fn a_nonce_is_not_a_scope() {
    let (mut public, private) = sample();
    public.context += one();
    accepted(&(public, private));
}

/// Weights stand on all twelve places of the committed list, and none beyond: an index that the schema does not use is
/// absent, which no order atom accepts and every set but {absent} denies.
#[test]
fn an_index_beyond_the_schema_is_absent() {
    for index in samples::schema().attributes.len()..ATTRIBUTES {
        let (mut public, private) = sample();
        public.rows.atoms[5] = samples::member(index, &[Fr::ZERO]);
        refused(&(public.clone(), private.clone()), Clause::Formula);
        public.rows.atoms[5] = samples::member(index, &[field::absent()]);
        accepted(&(public, private));
    }
}

/// Weights that cancel on two absent attributes cancel 2^250 too: the circuit accepts, so a verifier must not build such
/// rows (see [`Public`]).
#[test]
fn weights_that_cancel_on_absent_attributes_are_the_verifiers_matter() {
    let (mut public, private) = sample();
    let (debt, unused) = (7, ATTRIBUTES - 1);
    public.rows.atoms[5] = samples::between(&[(debt, 1), (unused, -1)], 0, 0);
    accepted(&(public.clone(), private.clone()));
    public.rows.atoms[5] = samples::between(&[(debt, 2), (unused, -1)], 0, 0);
    refused(&(public, private), Clause::Atoms);
}
