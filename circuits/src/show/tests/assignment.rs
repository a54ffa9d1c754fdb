//! The variables computed alone are those of the constraint system.

use super::*;

fn synthesised(instance: &Instance) -> Vec<Fr> {
    let cs = synthesized(Circuit { assignment: Some(instance.clone()) });
    [cs.instance_assignment().unwrap(), cs.witness_assignment().unwrap()].concat()
}

#[test]
fn values_alone_equal_the_synthesised_assignment() {
    for seed in 0..3 {
        let instance = samples::show(&mut StdRng::seed_from_u64(seed));
        assert_eq!(*assign(&instance.0, &instance.1).unwrap(), synthesised(&instance));
    }
}

#[test]
fn the_leaf_comes_first_and_is_computed_once() {
    let (public, private) = sample();
    let leaf = assign_leaf(&private).unwrap();
    let all = synthesised(&(public.clone(), private.clone()));
    assert_eq!(all[1 + PUBLIC_INPUTS..][..leaf.len()], leaf[..]);
    assert_eq!(*assign_after_leaf(&public, &private, &leaf).unwrap(), all);
    assert_eq!(rows_per_clause()[0], (Clause::Leaf, LEAF_ROWS));
    assert!(assign_after_leaf(&public, &private, &leaf[..3]).is_err());
}

/// Another policy, time and session leave the beginning as it is.
#[test]
fn the_leaf_does_not_depend_on_the_session() {
    let (mut public, private) = sample();
    let leaf = assign_leaf(&private).unwrap();
    public.now += one();
    public.context += Fr::from(1u64);
    public.rows.atoms[0].low += Fr::from(1u64);
    assert_eq!(assign(&public, &private).unwrap()[1 + PUBLIC_INPUTS..][..leaf.len()], leaf[..]);
}

#[test]
fn root_and_schema_are_where_their_names_say() {
    let names = input_names();
    assert_eq!((names[ROOT_INPUT].as_str(), names[SCHEMA_INPUT].as_str()), ("root", "schema"));
}
