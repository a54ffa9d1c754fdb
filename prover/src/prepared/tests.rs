use ark_ff::{AdditiveGroup, Field};
use circuits::credential::Scope;
use circuits::samples;
use circuits::show::{Clause, Private};
use rand::rngs::OsRng;

use super::*;
use crate::engine::Engine;
use crate::key::Key;
use crate::testing::prover;

#[test]
fn prepared_and_ordinary_proofs_are_the_same_for_the_same_blinding() {
    let show_prover = &prover().show;
    let (public, private) = samples::show(&mut OsRng);
    let prepared = show_prover.prepare(&private, &public.root).unwrap();
    assert_eq!((prepared.root(), prepared.leaf()), (&public.root, &private.credential.leaf()));
    let in_session = Private { index: 0, ..private.clone() };
    let later = samples::public(&in_session, Scope::session(&Fr::from(9u64)), Fr::from(9u64));
    let next = Private { index: private.index + 1, blind: Fr::from(5u64), ..private.clone() };
    let next_use = samples::public(&next, public.scope, public.context);
    for (public, private) in [(&public, &private), (&later, &in_session), (&next_use, &next)] {
        let assignment = CircuitProver::<Show>::assign(public, private).unwrap();
        let blinding = Blinding::random(&mut OsRng);
        let ordinary = show_prover.engine().prove(&assignment, &blinding).unwrap();
        assert_eq!(
            show_prover.prove_prepared_with(&prepared, public, private, &blinding).unwrap(),
            ordinary
        );
        let fresh = show_prover.prove_prepared(&prepared, public, private, &mut OsRng).unwrap();
        assert_ne!(fresh, ordinary);
        show_prover.verifying_key().verify(&public.to_inputs(), &fresh).unwrap();
    }
}

#[test]
fn refused_for_another_key_root_schema_credential_or_holder() {
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
    show_prover.prove_prepared(&prepared, &public, &private, &mut OsRng).unwrap();
    prepared.key[0] ^= 1;
    refused(&prepared, &public, &private);
}

#[test]
fn the_other_clauses_are_checked_each_time() {
    let show_prover = &prover().show;
    let (mut public, private) = samples::show(&mut OsRng);
    let prepared = show_prover.prepare(&private, &public.root).unwrap();
    public.now = 0.into();
    let refused = show_prover.prove_prepared(&prepared, &public, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::Violated(Clause::Validity)));
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
