//! Files that somebody changed, random and mutated: nothing panics, and what is accepted has one encoding.

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::derived;
use crate::fsck::fsck;
use crate::testing::{copy, filled, open};
use crate::tiles;

/// Bytes at places of a file that are replaced, and how much of its end is cut off.
type Damage = (Vec<(Index, u8)>, Option<Index>);

fn damage() -> impl Strategy<Value = Damage> {
    let replaced = prop::collection::vec((any::<Index>(), any::<u8>()), 1..4);
    (replaced, prop::option::of(any::<Index>()))
}

fn damaged(mut bytes: Vec<u8>, (replaced, cut): &Damage) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    for (at, byte) in replaced {
        let place = at.index(bytes.len());
        bytes[place] = *byte;
    }
    if let Some(cut) = cut {
        let length = cut.index(bytes.len() + 1);
        bytes.truncate(length);
    }
    bytes
}

fn bundle<'e>(entries: impl Iterator<Item = &'e [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        tiles::push_entry(&mut bytes, entry);
    }
    bytes
}

proptest! {
    #[test]
    fn bundles_have_one_encoding(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..9), damage in damage()) {
        let bytes = damaged(bundle(entries.iter().map(Vec::as_slice)), &damage);
        if let Some(entries) = tiles::split_bundle(&bytes) {
            prop_assert_eq!(bundle(entries.into_iter()), bytes);
        }
    }

    #[test]
    fn kept_states_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(derived::size_of(&bytes), None, "random bytes have no checksum");
    }
}

#[test]
fn a_damaged_file_is_named_and_never_believed() {
    let folder = filled();
    let state = open(folder.path()).unwrap().snapshot().status;
    let files = ["derived/leaves/0", "derived/registry", "derived/state", "tile/0/000", "tile/entries/000"];
    let strategy = (prop::sample::select(files.to_vec()), damage());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let checked = runner.run(&strategy, |(file, damage)| {
        let copy = copy(folder.path());
        let path = copy.path().join(file);
        let honest = fs::read(&path).unwrap();
        let bytes = damaged(honest.clone(), &damage);
        fs::write(&path, &bytes).unwrap();
        let named = fsck(copy.path(), &mut |_, _| {}).unwrap().difference.map(|difference| difference.what);
        prop_assert_eq!(named.as_deref(), (bytes != honest).then_some(file));
        // A start finds it out, or does not need the file.
        if let Ok(engine) = open(copy.path()) {
            prop_assert_eq!(engine.snapshot().status, state.clone());
        }
        Ok(())
    });
    checked.unwrap();
}
