//! The app's words.

use std::sync::LazyLock;

use service::web::Words;

/// Chinese and English complete, Zhuang as far as it is. A test reads the files, so they can be read.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(CHINESE, ENGLISH, ZHUANG).expect("a test reads the files, which are compiled in")
});

const CHINESE: &str = include_str!("../../words/zh-CN.ftl");
const ENGLISH: &str = include_str!("../../words/en.ftl");
const ZHUANG: &str = include_str!("../../words/za.ftl");

#[cfg(test)]
mod tests;
