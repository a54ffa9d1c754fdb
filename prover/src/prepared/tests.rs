use ark_ff::{AdditiveGroup, Field};
use circuits::credential::Scope;
use circuits::opening::Opening;
use circuits::show::{Clause, LEAF_ROWS, Private};
use circuits::{join, samples, score, show};
use rand::rngs::OsRng;

use super::*;
use crate::engine::Engine;
use crate::key::Key;
use crate::testing::prover;

/// The proof is the ordinary one for the same blinding, and a fresh one verifies.
fn assert_same<S: Preparable>(
    prover: &CircuitProver<S>,
    prepared: &Prepared<S>,
    public: &S::Public,
    private: &S::Private,
) {
    let assignment = CircuitProver::<S>::assign(public, private).unwrap();
    let blinding = Blinding::random(&mut OsRng);
    let ordinary = prover.engine().prove(&assignment, &blinding).unwrap();
    assert_eq!(prover.prove_prepared_with(prepared, public, private, &blinding).unwrap(), ordinary);
    let fresh = prover.prove_prepared(prepared, public, private, &mut OsRng).unwrap();
    assert_ne!(fresh, ordinary);
    prover.verifying_key().verify(&S::inputs(public), &fresh).unwrap();
}

/// For a statement that holds: what is wrong is the preparation alone.
fn assert_other<S: Preparable>(
    prover: &CircuitProver<S>,
    prepared: &Prepared<S>,
    public: &S::Public,
    private: &S::Private,
) {
    assert_eq!(S::check(public, private), Ok(()));
    let refused = prover.prove_prepared(prepared, public, private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::OtherPreparation));
}

#[test]
fn prepared_and_ordinary_proofs_of_show_are_the_same_for_the_same_blinding() {
    let show_prover = &prover().show;
    let (public, private) = samples::show(&mut OsRng);
    let prepared = show_prover.prepare(&private, &public.root).unwrap();
    assert_eq!((prepared.root(), prepared.leaf()), (&public.root, &private.credential.leaf()));
    let in_session = Private { index: 0, ..private.clone() };
    let later = samples::public(&in_session, Scope::session(&Fr::from(9u64)), Fr::from(9u64));
    let next = Private { index: private.index + 1, blind: Fr::from(5u64), ..private.clone() };
    let next_use = samples::public(&next, public.scope, public.context);
    for (public, private) in [(&public, &private), (&later, &in_session), (&next_use, &next)] {
        assert_same(show_prover, &prepared, public, private);
    }
}

#[test]
fn prepared_and_ordinary_proofs_of_join_are_the_same_for_the_same_blinding() {
    let join_prover = &prover().join;
    let (public, private) = samples::join(&mut OsRng);
    let credentials = private.openings.each_ref().map(|opening| &opening.credential);
    let prepared = join_prover.prepare(credentials).unwrap();
    let again = join::Private { openings: private.openings.clone().map(reblinded) };
    let later = samples::joined(&again, Fr::from(9u64));
    for (public, private) in [(&public, &private), (&later, &again)] {
        assert_same(join_prover, &prepared, public, private);
    }
}

#[test]
fn prepared_and_ordinary_proofs_of_score_are_the_same_for_the_same_blinding() {
    let score_prover = &prover().score;
    let (public, private) = samples::score(&mut OsRng);
    let prepared = score_prover.prepare(&private.opening.credential).unwrap();
    let again = score::Private { opening: reblinded(private.opening.clone()) };
    let later = samples::scored(&again, Fr::from(9u64));
    for (public, private) in [(&public, &private), (&later, &again)] {
        assert_same(score_prover, &prepared, public, private);
    }
}

fn reblinded(opening: Opening) -> Opening {
    Opening { blind: opening.blind + Fr::ONE, ..opening }
}

#[test]
fn show_is_refused_for_another_key_root_schema_credential_or_holder() {
    let show_prover = &prover().show;
    let (public, private) = samples::show(&mut OsRng);
    let mut prepared = show_prover.prepare(&private, &public.root).unwrap();
    let refused = |prepared: &Prepared, public: &show::Public, private: &Private| {
        assert_eq!(
            show_prover.prove_prepared(prepared, public, private, &mut OsRng),
            Err(ProveError::OtherPreparation)
        );
    };
    let mut other = public.clone();
    other.root += Fr::ONE;
    refused(&prepared, &other, &private);
    let mut other = public.clone();
    other.rows.schema += Fr::ONE;
    refused(&prepared, &other, &private);
    let mut resalted = private.clone();
    resalted.credential.salt += Fr::ONE;
    refused(&prepared, &public, &resalted);
    let holder = Private { secrets: samples::secrets(&mut OsRng), ..private.clone() };
    let theirs = samples::public(&holder, public.scope, public.context);
    let theirs = show::Public { linked: Fr::ZERO, link: Fr::ZERO, ..theirs };
    refused(&prepared, &theirs, &holder);
    // The same person on another device too.
    let mut device = private.clone();
    device.secrets.device = samples::secrets(&mut OsRng).device.clone();
    refused(&prepared, &public, &device);
    show_prover.prove_prepared(&prepared, &public, &private, &mut OsRng).unwrap();
    prepared.key[0] ^= 1;
    refused(&prepared, &public, &private);
}

/// Any credential of a condition may be another one, or stand in another place.
#[test]
fn join_is_refused_for_another_key_credential_or_order() {
    let join_prover = &prover().join;
    let (public, private) = samples::join(&mut OsRng);
    let credentials = || private.openings.each_ref().map(|opening| &opening.credential);
    let mut prepared = join_prover.prepare(credentials()).unwrap();
    for k in 0..join::LINKS {
        let mut other = private.clone();
        other.openings[k].credential.salt += Fr::ONE;
        assert_other(join_prover, &prepared, &samples::joined(&other, public.context), &other);
    }
    let [first, second, third] = credentials();
    let swapped = join_prover.prepare([second, first, third]).unwrap();
    assert_other(join_prover, &swapped, &public, &private);
    prepared.key[0] ^= 1;
    assert_other(join_prover, &prepared, &public, &private);
}

#[test]
fn score_is_refused_for_another_key_or_credential() {
    let score_prover = &prover().score;
    let (public, private) = samples::score(&mut OsRng);
    let mut prepared = score_prover.prepare(&private.opening.credential).unwrap();
    let mut other = private.clone();
    other.opening.credential.salt += Fr::ONE;
    assert_other(score_prover, &prepared, &samples::scored(&other, public.context), &other);
    prepared.key[0] ^= 1;
    assert_other(score_prover, &prepared, &public, &private);
}

#[test]
fn the_other_clauses_are_checked_each_time() {
    let show_prover = &prover().show;
    let (mut public, private) = samples::show(&mut OsRng);
    let prepared = show_prover.prepare(&private, &public.root).unwrap();
    public.now = 0.into();
    let refused = show_prover.prove_prepared(&prepared, &public, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::Violated(Clause::Validity)));

    let (mut public, private) = samples::join(&mut OsRng);
    let credentials = private.openings.each_ref().map(|opening| &opening.credential);
    let prepared = prover().join.prepare(credentials).unwrap();
    public.rows.literal[0] = [Fr::ZERO; join::SLOTS];
    let refused = prover().join.prove_prepared(&prepared, &public, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::JoinViolated(join::Clause::Formula)));

    let (mut public, private) = samples::score(&mut OsRng);
    let prepared = prover().score.prepare(&private.opening.credential).unwrap();
    public.rows.low = Fr::from(1_000);
    let refused = prover().score.prove_prepared(&prepared, &public, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::ScoreViolated(score::Clause::Sum)));
}

#[test]
fn a_credential_under_another_root_or_of_other_secrets_is_not_prepared() {
    let show_prover = &prover().show;
    let (public, mut private) = samples::show(&mut OsRng);
    let other_root = public.root + Fr::ONE;
    assert!(matches!(show_prover.prepare(&private, &other_root), Err(PrepareError::NotUnderRoot)));
    private.secrets = samples::secrets(&mut OsRng);
    assert!(matches!(show_prover.prepare(&private, &public.root), Err(PrepareError::NotUnderRoot)));
}

/// The engines agree on the real circuit, prepared or not, with multiples or without, in eight lanes or one.
#[test]
fn native_and_arkworks_make_the_same_show_proof() {
    let path = crate::testing::keys_dir().join("show-2.key");
    let key = || Key::from_bytes::<Show>(&std::fs::read(&path).unwrap()).unwrap();
    let (public, private) = samples::show(&mut OsRng);
    let assignment = CircuitProver::<Show>::assign(&public, &private).unwrap();
    let blinding = Blinding::random(&mut OsRng);
    let expected = crate::engine::Arkworks::new(key()).prove(&assignment, &blinding);
    let variables = show::assign_leaf(&private).unwrap().len();
    let prefix = KnownPrefix { variables, constraints: LEAF_ROWS };
    for native in [Native::on(key(), None), Native::new(key())] {
        let sums = native.prepare(&assignment, prefix).unwrap();
        for _ in 0..2 {
            assert_eq!(native.prove(&assignment, &blinding), expected);
            assert_eq!(native.prove_prepared(&sums, &assignment, &blinding), expected);
            native.derive_multiples();
        }
        assert!(native.multiples_bytes() < 64_000_000);
    }
}
