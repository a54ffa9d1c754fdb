//! The tree against circomlibjs's vectors, against its plain definition, and one rejection per rule.

use circuits::credential::leaf;
use circuits::field::Element;
use proptest::prelude::*;

use super::*;
use crate::record::{CredentialCommit, Inner, MAX_COMMITMENTS, StatusAct, StatusChange};

fn department(name: &str) -> DepartmentId {
    name.parse().unwrap()
}

fn commit(inner: impl IntoIterator<Item = u64>) -> CredentialCommit {
    let inner = inner.into_iter().map(|i| Inner(Fr::from(i))).collect();
    CredentialCommit { id: "c".parse().unwrap(), schema: "identity/1".parse().unwrap(), inner }
}

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

fn change(position: u64, status: StatusAct) -> StatusChange {
    StatusChange { position: at(position), status, reason: "test".parse().unwrap() }
}

/// Commits and changes as one batch by `police`.
fn batch(
    tree: &mut CredentialTree,
    inner: std::ops::Range<u64>,
    changes: &[StatusChange],
) -> Vec<LeafChange> {
    let mut draft = tree.draft();
    let police = department("police");
    for part in inner.collect::<Vec<_>>().chunks(MAX_COMMITMENTS) {
        draft.commit(&police, &commit(part.iter().copied())).unwrap();
    }
    if !changes.is_empty() {
        draft.status(&police, changes).unwrap();
    }
    let changes = draft.finish();
    tree.apply(&changes)
}

fn tree(leaves: u64) -> CredentialTree {
    let mut tree = CredentialTree::new();
    batch(&mut tree, 0..leaves, &[]);
    tree
}

/// What `police` is told about these changes to a tree of ten leaves, the first three active, suspended, revoked.
fn refused(by: &str, changes: &[StatusChange]) -> CredentialError {
    let mut tree = tree(10);
    batch(&mut tree, 0..0, &[change(1, StatusAct::Suspend), change(2, StatusAct::Revoke)]);
    let mut draft = tree.draft();
    let refusal = draft.status(&department(by), changes).unwrap_err();
    assert_eq!(draft.finish(), Changes::default());
    refusal
}

#[test]
fn the_vector_of_circomlibjs() {
    let mut levels = Levels::new(0, DEPTH);
    let empty: Element =
        "9533201250583817767896570092866591469094150406835227552485691564931228351592".parse().unwrap();
    assert_eq!(Element(levels.root()), empty);
    levels.update(&(1..=21u64).map(Fr::from).collect::<Vec<_>>(), []);
    let root: Element =
        "12196990916789178443602431883151366425998836166671433695800474908534329850959".parse().unwrap();
    assert_eq!(Element(levels.root()), root);
}

#[test]
fn a_batch_appends_owns_and_changes() {
    let mut tree = tree(3);
    let changed = batch(&mut tree, 3..7, &[change(0, StatusAct::Revoke), change(5, StatusAct::Suspend)]);
    assert_eq!(changed, [0, 5].map(|p| LeafChange { position: at(p), leaf: Fr::default() }));
    assert_eq!(tree.len(), 7);
    assert_eq!(tree.status(at(0)), Some(LeafStatus::Revoked));
    assert_eq!(tree.status(at(5)), Some(LeafStatus::Suspended));
    assert_eq!((tree.status(at(7)), tree.owner(at(7)), tree.path(at(7))), (None, None, None));
    assert_eq!(tree.owner(at(6)), Some(&department("police")));
    let six = leaf(&department("police"), &"identity/1".parse().unwrap(), &Fr::from(6u64));
    assert_eq!(tree.leaf(at(6)), Some(&six));
}

#[test]
fn restoring_puts_the_leaf_and_the_root_back() {
    let mut tree = tree(6);
    let root = tree.root();
    let leaf = *tree.leaf(at(4)).unwrap();
    batch(&mut tree, 0..0, &[change(4, StatusAct::Suspend)]);
    assert_ne!(tree.root(), root);
    let changed = batch(&mut tree, 0..0, &[change(4, StatusAct::Restore)]);
    assert_eq!(changed, [LeafChange { position: at(4), leaf }]);
    assert_eq!(tree.root(), root);
}

#[test]
fn removing_and_restoring_within_one_batch_changes_nothing() {
    let mut tree = tree(2);
    let root = tree.root();
    batch(&mut tree, 0..0, &[change(1, StatusAct::Suspend), change(1, StatusAct::Restore)]);
    assert_eq!(tree.root(), root);
    assert_eq!(tree.status(at(1)), Some(LeafStatus::Active));
}

#[test]
fn owners_are_told_apart() {
    let mut tree = CredentialTree::new();
    let mut draft = tree.draft();
    assert_eq!(draft.commit(&department("police"), &commit(0..3)), Ok(at(0)));
    assert_eq!(draft.commit(&department("tax"), &commit(0..2)), Ok(at(3)));
    assert_eq!(
        draft.status(&department("tax"), &[change(2, StatusAct::Revoke)]),
        Err(CredentialError::ForeignLeaf(2))
    );
    assert_eq!(draft.status(&department("tax"), &[change(3, StatusAct::Revoke)]), Ok(()));
    let changes = draft.finish();
    tree.apply(&changes);
    assert_eq!(tree.owner(at(2)), Some(&department("police")));
    assert_eq!(tree.owner(at(3)), Some(&department("tax")));
}

#[test]
fn a_rolled_back_draft_is_as_before() {
    let tree = tree(2);
    let mut draft = tree.draft();
    draft.commit(&department("police"), &commit([10])).unwrap();
    let savepoint = draft.savepoint();
    draft.commit(&department("police"), &commit([11, 12])).unwrap();
    draft.status(&department("police"), &[change(0, StatusAct::Suspend)]).unwrap();
    draft.rollback(savepoint);
    draft.status(&department("police"), &[change(0, StatusAct::Suspend)]).unwrap();
    assert_eq!(draft.commit(&department("police"), &commit([11, 12])), Ok(at(3)));
}

#[test]
fn a_committed_leaf_is_refused_again_even_if_revoked() {
    let mut tree = tree(2);
    batch(&mut tree, 0..0, &[change(1, StatusAct::Revoke)]);
    let mut draft = tree.draft();
    let police = department("police");
    assert_eq!(draft.commit(&police, &commit([7, 1])), Err(CredentialError::Duplicate(1)));
    assert_eq!(draft.commit(&police, &commit([7, 7])), Err(CredentialError::Duplicate(1)));
    assert_eq!(draft.commit(&police, &commit([7])), Ok(at(2)));
    assert_eq!(draft.commit(&police, &commit([7])), Err(CredentialError::Duplicate(0)));
    assert!(
        draft.commit(&department("tax"), &commit([1])).is_ok(),
        "another department's leaf is another leaf"
    );
}

#[test]
fn a_record_has_one_to_1024_commitments() {
    let tree = tree(0);
    let mut draft = tree.draft();
    assert_eq!(draft.commit(&department("police"), &commit([])), Err(CredentialError::Count(0)));
    assert_eq!(draft.commit(&department("police"), &commit(0..1025)), Err(CredentialError::Count(1025)));
    assert_eq!(draft.status(&department("police"), &[]), Err(CredentialError::Count(0)));
}

#[test]
fn a_foreign_leaf_is_refused() {
    assert_eq!(refused("tax", &[change(0, StatusAct::Revoke)]), CredentialError::ForeignLeaf(0));
}

#[test]
fn a_position_without_leaf_is_refused() {
    assert_eq!(refused("police", &[change(10, StatusAct::Revoke)]), CredentialError::NoSuchLeaf(10));
}

#[test]
fn revocation_is_final() {
    for act in [StatusAct::Restore, StatusAct::Suspend, StatusAct::Revoke] {
        assert_eq!(refused("police", &[change(2, act)]), CredentialError::Revoked(2));
    }
}

#[test]
fn suspending_twice_is_refused() {
    assert_eq!(refused("police", &[change(1, StatusAct::Suspend)]), CredentialError::AlreadySuspended(1));
}

#[test]
fn restoring_what_is_active_is_refused() {
    assert_eq!(refused("police", &[change(0, StatusAct::Restore)]), CredentialError::NotSuspended(0));
}

#[test]
fn one_bad_change_refuses_all() {
    let changes = [change(0, StatusAct::Suspend), change(0, StatusAct::Suspend)];
    assert_eq!(refused("police", &changes), CredentialError::AlreadySuspended(0));
}

#[test]
fn shards_cap_and_root_agree_across_a_boundary() {
    let tree = tree(SHARD_LEAVES + 5);
    assert_eq!(tree.cap().len(), 2);
    assert_eq!(fold_cap(tree.cap()), Some(tree.root()));
    assert_eq!((tree.shard(0).len(), tree.shard(1).len(), tree.shard(2).len()), (65_536, 5, 0));
    for shard in 0..2 {
        let mut levels = Levels::new(0, SHARD_HEIGHT);
        levels.update(tree.shard(shard), []);
        assert_eq!(Some(&levels.root()), tree.shard_root(shard));
    }
    assert_eq!(tree.shard_root(2), None);
    for position in [0, 65_535, 65_536, 65_540] {
        let path = tree.path(at(position)).unwrap();
        assert_eq!(path.root(tree.leaf(at(position)).unwrap()), tree.root());
    }
}

#[test]
fn a_cap_beyond_the_tree_is_refused() {
    assert_eq!(fold_cap(&vec![Fr::default(); MAX_SHARDS as usize + 1]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn updates_agree_with_building_anew(parts in prop::collection::vec((1usize..40, any::<prop::sample::Index>()), 1..6)) {
        let mut updated = Levels::new(0, DEPTH);
        let mut leaves: Vec<Fr> = Vec::new();
        for (n, (count, change)) in parts.into_iter().enumerate() {
            let fresh: Vec<Fr> = (0..count).map(|i| Fr::from((n * 1000 + i + 1) as u64)).collect();
            leaves.extend_from_slice(&fresh);
            let place = change.index(leaves.len());
            leaves[place] = Fr::default();
            updated.update(&fresh, [(place, Fr::default())]);
        }
        let mut anew = Levels::new(0, DEPTH);
        anew.update(&leaves, []);
        prop_assert_eq!(updated, anew);
    }
}

#[test]
fn a_leaf_that_is_restored_and_suspended_in_one_batch_comes_back() {
    let mut tree = tree(10);
    let whole = tree.root();
    batch(&mut tree, 0..0, &[change(1, StatusAct::Suspend)]);
    batch(&mut tree, 0..0, &[change(1, StatusAct::Restore), change(1, StatusAct::Suspend)]);
    batch(&mut tree, 0..0, &[change(1, StatusAct::Restore)]);
    assert_eq!(tree.root(), whole);
}
