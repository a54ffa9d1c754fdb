use ark_ff::Field;
use circuits::credential::Scope;
use circuits::samples;
use circuits::show::Clause;
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
    let later = samples::public(&private, Scope::session(&Fr::from(9u64)), Fr::from(9u64));
    for public in [&public, &later] {
        let assignment = CircuitProver::<Show>::assign(public, &private).unwrap();
        let blinding = Blinding::random(&mut OsRng);
        let ordinary = show_prover.engine().prove(&assignment, &blinding).unwrap();
        assert_eq!(
            show_prover.prove_prepared_with(&prepared, prepared.leaf(), public, &blinding).unwrap(),
            ordinary
        );
        let fresh = show_prover.prove_prepared(&prepared, prepared.leaf(), public, &mut OsRng).unwrap();
        assert_ne!(fresh, ordinary);
        show_prover.verifying_key().verify(&public.to_inputs(), &fresh).unwrap();
    }
}

#[test]
fn refused_for_another_key_root_schema_or_credential() {
    let show_prover = &prover().show;
    let (public, private) = samples::show(&mut OsRng);
    let mut prepared = show_prover.prepare(&private, &public.root).unwrap();
    let leaf = private.credential.leaf();
    let refused = |prepared: &Prepared, leaf: &Fr, public: &show::Public| {
        assert_eq!(
            show_prover.prove_prepared(prepared, leaf, public, &mut OsRng),
            Err(ProveError::OtherPreparation)
        );
    };
    let mut other = public.clone();
    other.root += Fr::ONE;
    refused(&prepared, &leaf, &other);
    let mut other = public.clone();
    other.rows.schema += Fr::ONE;
    refused(&prepared, &leaf, &other);
    refused(&prepared, &(leaf + Fr::ONE), &public);
    show_prover.prove_prepared(&prepared, &leaf, &public, &mut OsRng).unwrap();
    prepared.key[0] ^= 1;
    refused(&prepared, &leaf, &public);
}

#[test]
fn the_other_clauses_are_checked_each_time() {
    let show_prover = &prover().show;
    let (mut public, private) = samples::show(&mut OsRng);
    let prepared = show_prover.prepare(&private, &public.root).unwrap();
    public.now = 0.into();
    let refused = show_prover.prove_prepared(&prepared, prepared.leaf(), &public, &mut OsRng);
    assert_eq!(refused, Err(ProveError::Violated(Clause::Validity)));
}

#[test]
fn a_credential_under_another_root_or_of_another_secret_is_not_prepared() {
    let show_prover = &prover().show;
    let (public, mut private) = samples::show(&mut OsRng);
    let other_root = public.root + Fr::ONE;
    assert!(matches!(show_prover.prepare(&private, &other_root), Err(PrepareError::NotUnderRoot)));
    private.secret = samples::secret(&mut OsRng);
    assert!(matches!(show_prover.prepare(&private, &public.root), Err(PrepareError::NotUnderRoot)));
}

/// The engines agree on the real circuit, prepared or not, with multiples or without, in eight lanes or one.
#[test]
fn native_and_arkworks_make_the_same_show_proof() {
    let path = crate::testing::keys_dir().join("show-1.key");
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
