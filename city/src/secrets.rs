//! Searches files and output for personal data, secrets and salts, in each form that a program might store them in.

use std::fs;
use std::io;
use std::path::Path;

use aho_corasick::{AhoCorasick, BuildError};
use anyhow::Context;
use circuits::Fr;
use circuits::field::{self, Element};

/// Collects what is searched for. No `Debug`: it holds secrets.
#[derive(Default)]
pub struct SecretsBuilder {
    bytes: Vec<Vec<u8>>,
    patterns: Vec<Pattern>,
    count: usize,
}

/// One form of a secret.
struct Pattern {
    /// What kind of secret it is, for messages.
    what: &'static str,
    /// Whether digits beside it make it something else: short numbers are parts of long ones by chance.
    standalone: bool,
}

impl SecretsBuilder {
    /// A text as it is written.
    pub fn text(&mut self, what: &'static str, text: &str) {
        self.count += 1;
        self.add(what, text.as_bytes().to_vec(), is_short_number(text));
    }

    /// The value of an attribute: a text, and as the circuit takes it.
    pub fn value(&mut self, what: &'static str, value: &str) -> anyhow::Result<()> {
        self.text(what, value);
        self.element_forms(what, &field::text(value)?);
        Ok(())
    }

    /// A secret or a salt.
    pub fn element(&mut self, what: &'static str, element: &Fr) {
        self.count += 1;
        self.element_forms(what, element);
    }

    /// The search for everything that was added.
    pub fn build(self) -> Result<Secrets, BuildError> {
        Ok(Secrets { search: AhoCorasick::new(&self.bytes)?, patterns: self.patterns, count: self.count })
    }

    fn element_forms(&mut self, what: &'static str, element: &Fr) {
        for form in element_forms(element) {
            self.add(what, form, false);
        }
    }

    fn add(&mut self, what: &'static str, bytes: Vec<u8>, standalone: bool) {
        self.bytes.push(bytes);
        self.patterns.push(Pattern { what, standalone });
    }
}

/// A search for secrets. No `Debug`: it holds them.
pub struct Secrets {
    search: AhoCorasick,
    patterns: Vec<Pattern>,
    count: usize,
}

impl Secrets {
    /// How many things are searched for.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What kind of secret is in these bytes, if any is. The secret itself is not returned.
    pub fn find_in(&self, bytes: &[u8]) -> Option<&'static str> {
        self.search.find_overlapping_iter(bytes).find_map(|found| {
            let pattern = self.patterns.get(found.pattern().as_usize())?;
            (!pattern.standalone || stands_alone(bytes, found.start(), found.end())).then_some(pattern.what)
        })
    }

    /// Searches all files below a path, reports each that holds something, and answers how many bytes it read.
    pub fn search_folder(
        &self,
        path: &Path,
        report: &mut dyn FnMut(&Path, &'static str) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        if path.is_dir() {
            let mut searched = 0;
            for entry in fs::read_dir(path)? {
                searched += self.search_folder(&entry?.path(), report)?;
            }
            return Ok(searched);
        }
        match fs::read(path) {
            Ok(bytes) => {
                if let Some(what) = self.find_in(&bytes) {
                    report(path, what)?;
                }
                Ok(bytes.len() as u64)
            }
            // Services go on working, and a temporary file may be gone by now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }
}

/// Big endian, little endian, hexadecimal and decimal.
fn element_forms(element: &Fr) -> [Vec<u8>; 4] {
    let bytes = field::to_bytes(element);
    let mut reversed = bytes;
    reversed.reverse();
    [
        bytes.to_vec(),
        reversed.to_vec(),
        hex::encode(bytes).into_bytes(),
        Element(*element).to_string().into_bytes(),
    ]
}

fn is_short_number(text: &str) -> bool {
    text.len() < SHORTEST_NUMBER && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A point beside the digits makes them a part of a fraction, such as the microseconds of a log line.
fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    !before.is_some_and(goes_on) && !bytes.get(end).is_some_and(goes_on)
}

/// Digits of the shortest number that does not stand inside others by chance.
pub const SHORTEST_NUMBER: usize = 12;

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn search(add: impl FnOnce(&mut SecretsBuilder)) -> Secrets {
        let mut builder = SecretsBuilder::default();
        add(&mut builder);
        builder.build().expect("a few patterns")
    }

    #[test]
    fn a_value_is_found_as_text_and_in_every_form_of_its_element() {
        let secrets = search(|builder| builder.value("a name", "侯斌").expect("a text"));
        let element = field::text("侯斌").expect("a text");
        let text = "侯斌".as_bytes().to_vec();
        for form in element_forms(&element).into_iter().chain([text]) {
            assert_eq!(secrets.find_in(&[b"before", form.as_slice(), b"after"].concat()), Some("a name"));
        }
        assert_eq!((secrets.find_in(b"before and after"), secrets.count()), (None, 1));
    }

    #[test]
    fn a_short_number_is_found_where_it_stands_alone() {
        let secrets = search(|builder| builder.text("a code", "4501250"));
        for (text, holds) in [
            ("4501250", true),
            ("code=4501250,", true),
            ("94501250", false),
            ("45012509", false),
            ("12:00:01.4501250Z", false),
            ("94501250 4501250", true),
        ] {
            assert_eq!(secrets.find_in(text.as_bytes()).is_some(), holds, "{text}");
        }
        let long = search(|builder| builder.text("a number", "450199199609118925"));
        assert!(long.find_in(b"94501991996091189259").is_some());
    }

    #[test]
    fn files_below_folders_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).expect("folders");
        fs::write(below.join("file"), "so 侯斌 was here").expect("a file");
        let secrets = search(|builder| builder.text("a name", "侯斌"));
        let mut report = |path: &Path, what: &'static str| -> anyhow::Result<()> {
            bail!("{} holds {what}", path.display())
        };
        let refused = secrets.search_folder(folder.path(), &mut report).expect_err("it is there").to_string();
        assert!(refused.ends_with("a/b/file holds a name"), "{refused}");
    }
}
