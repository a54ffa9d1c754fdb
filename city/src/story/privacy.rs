//! What ledger and counters must not know, searched for in everything that they keep and tell.
//!
//! Numbers of a few digits stand everywhere by chance and are left out ([`tells_a_person`]), and so is what a counter may
//! see: verdicts, pseudonyms of named scopes, revealed levels.

use std::fs;
use std::io;
use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::{Context, bail};
use circuits::Fr;
use circuits::field::{self, Element};

use super::citizens::{Sources, record};
use super::issuing::{all_schemas, sources};
use super::stage::Stage;
use crate::people::Person;
use crate::place::Service;

/// Fails if a name, an identity number, another value, a holder secret or a salt is in the files of the ledger or of a
/// counter, or in their metrics.
pub(super) fn nobody_learnt(stage: &Stage<'_>) -> anyhow::Result<String> {
    let secrets = Secrets::of(stage)?;
    let mut searched = 0;
    for folder in ["ledger", "counter", "hasty-counter"] {
        searched += secrets.search(&stage.place.at(folder), &mut refuse)?;
    }
    for service in [Service::Ledger, Service::Counter, Service::HastyCounter] {
        let metrics = metrics(stage, service)?;
        searched += metrics.len() as u64;
        secrets.search_bytes(metrics.as_bytes(), Path::new("/metrics"), &mut refuse)?;
    }
    secrets.are_found_where_they_are(stage)?;
    Ok(format!("{} values, secrets and salts are not in {searched} bytes", secrets.count))
}

/// Everything that must not be found, in each form that a program might keep it in.
struct Secrets {
    search: AhoCorasick,
    count: usize,
}

impl Secrets {
    fn of(stage: &Stage<'_>) -> anyhow::Result<Self> {
        let sources = sources(stage)?;
        let mut forms = Vec::new();
        let mut count = 0;
        for (person, citizen) in stage.people.iter().zip(&stage.citizens) {
            let values = values(person, &sources)?;
            let salts = citizen.wallet.credentials().iter().map(|held| held.credential.salt);
            let elements: Vec<Fr> = values
                .iter()
                .map(|value| field::text(value))
                .chain(salts.map(Ok))
                .chain([Ok(*citizen.wallet.secret().expose())])
                .collect::<Result<_, _>>()?;
            count += elements.len();
            forms.extend(values.into_iter().map(String::into_bytes));
            forms.extend(elements.iter().flat_map(element_forms));
        }
        Ok(Self { search: AhoCorasick::new(&forms)?, count })
    }

    /// Searches all files below a path and answers how many bytes it read.
    fn search(&self, path: &Path, found: &mut dyn FnMut(&Path) -> anyhow::Result<()>) -> anyhow::Result<u64> {
        if path.is_dir() {
            let mut searched = 0;
            for entry in fs::read_dir(path)? {
                searched += self.search(&entry?.path(), found)?;
            }
            return Ok(searched);
        }
        match fs::read(path) {
            Ok(bytes) => {
                self.search_bytes(&bytes, path, found)?;
                Ok(bytes.len() as u64)
            }
            // Services go on working, and a temporary file may be gone by now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    fn search_bytes(
        &self,
        bytes: &[u8],
        place: &Path,
        found: &mut dyn FnMut(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.search.is_match(bytes) { found(place) } else { Ok(()) }
    }

    /// A search that finds nothing anywhere would say nothing: the desks do keep these values.
    fn are_found_where_they_are(&self, stage: &Stage<'_>) -> anyhow::Result<()> {
        let mut places = 0;
        self.search(&stage.place.at("departments"), &mut |_| {
            places += 1;
            Ok(())
        })?;
        if places == 0 {
            bail!("the search does not even find what the desks keep");
        }
        Ok(())
    }
}

/// The place is named, the value is not.
fn refuse(place: &Path) -> anyhow::Result<()> {
    bail!("{} holds personal data or a secret", place.display())
}

fn values(person: &Person, sources: &Sources) -> anyhow::Result<Vec<String>> {
    let mut values = Vec::new();
    for schema in all_schemas() {
        values.extend(record(person, schema, sources)?.into_iter().map(|(_, value)| value));
    }
    values.retain(|value| tells_a_person(value));
    values.sort();
    values.dedup();
    Ok(values)
}

/// Long enough not to stand somewhere by chance: the digits of commitments contain every short number.
fn tells_a_person(value: &str) -> bool {
    let shortest = if value.bytes().all(|b| b.is_ascii_digit()) { SHORTEST_NUMBER } else { SHORTEST };
    value.len() >= shortest
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

fn metrics(stage: &Stage<'_>, service: Service) -> anyhow::Result<String> {
    let url = stage.place.url(service).join("metrics")?;
    Ok(ureq::get(url.as_str()).call()?.body_mut().read_to_string()?)
}

/// Bytes of the shortest text that is searched for: two Chinese characters.
const SHORTEST: usize = 6;
/// Digits of the shortest number that is searched for.
const SHORTEST_NUMBER: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_dates_of_people_are_searched_for_and_amounts_are_not() {
        for (value, wanted) in [
            ("侯斌", true),
            ("450199199609118925", true),
            ("1996-09-11", true),
            ("450125", false),
            ("129", false),
            ("true", false),
        ] {
            assert_eq!(tells_a_person(value), wanted, "{value}");
        }
    }

    #[test]
    fn an_element_is_found_in_every_form() {
        let element = field::text("侯斌").expect("a text");
        let search = AhoCorasick::new(element_forms(&element)).expect("a few patterns");
        let secrets = Secrets { search, count: 1 };
        let refused = |bytes: &[u8]| secrets.search_bytes(bytes, Path::new("x"), &mut refuse).is_err();
        for form in element_forms(&element) {
            assert!(refused(&[b"before", form.as_slice(), b"after"].concat()));
        }
        assert!(!refused(b"before and after"));
    }

    #[test]
    fn files_below_folders_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).expect("folders");
        fs::write(below.join("file"), "so 侯斌 was here").expect("a file");
        let secrets = Secrets { search: AhoCorasick::new(["侯斌"]).expect("a pattern"), count: 1 };
        let refused = secrets.search(folder.path(), &mut refuse).expect_err("it is there").to_string();
        assert!(refused.contains("a/b/file") && !refused.contains("侯斌"), "{refused}");
    }
}
