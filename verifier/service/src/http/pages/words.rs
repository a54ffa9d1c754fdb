//! The page's words.

use std::sync::LazyLock;

use service::web::Words;

/// In three languages.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(
        include_str!("../../../words/zh-CN.ftl"),
        include_str!("../../../words/en.ftl"),
        include_str!("../../../words/za.ftl"),
    )
    .unwrap_or_else(|error| panic!("the words are compiled in, and a test reads them: {error:?}"))
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::http::pages::keys;

    #[test]
    fn chinese_and_english_are_complete() {
        assert_eq!(WORDS.missing(), BTreeSet::new());
    }

    #[test]
    fn every_key_that_a_page_says_has_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = [files(&root.join("templates")), files(&root.join("src/service/pages"))].concat();
        let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let said: BTreeSet<&str> = texts.iter().flat_map(|text| said(text)).collect();
        assert!(said.len() > 40, "{said:?}");
        let all = said.into_iter().map(str::to_owned).chain(keys::computed());
        let unknown: Vec<String> = all.filter(|key| !WORDS.knows(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).collect()
    }

    /// What stands in quotation marks right after `say(`, `say1(` or `say2(`.
    fn said(text: &str) -> impl Iterator<Item = &str> {
        ["say(\"", "say1(\"", "say2(\""]
            .into_iter()
            .flat_map(move |call| text.split(call).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .filter(|key| !key.is_empty())
    }
}
