//! The words are complete, and every key that is used has words.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ledger::record::RecordKind;

use crate::public::pages::FOLDERS;
use crate::public::render::WORDS;

#[test]
fn no_language_lacks_a_word() {
    assert!(WORDS.missing().is_empty(), "{:?}", WORDS.missing());
}

#[test]
fn every_key_that_is_used_has_words() {
    let mut used = BTreeSet::new();
    for folder in ["templates/public", "src/public", "src/public/pages"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                used.extend(keys(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(used.len() > 80, "the keys were found");
    used.extend(FOLDERS.iter().map(ToString::to_string));
    let lists = [
        "departments",
        "verifiers",
        "schemas",
        "policies",
        "models",
        "disclosures",
        "numbers",
        "keys",
        "checkpoints",
        "records",
    ];
    used.extend(lists.iter().map(|list| format!("{list}-intro")));
    used.extend(RecordKind::ALL.map(|kind| format!("kind-{}", kind.as_str().replace('.', "-"))));
    let unknown: Vec<_> = used.iter().filter(|key| !WORDS.knows(key)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// What stands in quotes after `say(`, `say1(` and `say2(`.
fn keys(text: &str) -> impl Iterator<Item = String> {
    ["say(\"", "say1(\"", "say2(\"", "say2(\n            \"", "say2(\n                \""]
        .into_iter()
        .flat_map(move |call| {
            let after = text.split(call).skip(1);
            after.filter_map(|rest| rest.split('"').next()).map(str::to_owned)
        })
}
