//! What ledger, counters and metrics must not know, searched for in everything that they keep and tell.
//!
//! Numbers of a few digits stand everywhere by chance and are left out ([`tells_a_person`]), and so is what a counter may
//! see: verdicts, pseudonyms of named scopes, revealed levels.

use std::path::Path;

use anyhow::bail;

use super::citizens::{Sources, record};
use super::issuing::{all_schemas, sources};
use super::stage::Stage;
use crate::departments::{DEPARTMENTS, Department};
use crate::people::Person;
use crate::place::Service;
use crate::secrets::{Forms, SHORTEST_NUMBER, Secrets};

/// Fails if a name, an identity number, another value, a holder secret or a salt is in the files of the ledger or of a
/// counter, or in the metrics of any service.
pub(super) fn nobody_learnt(stage: &Stage<'_>) -> anyhow::Result<String> {
    let secrets = secrets(stage)?;
    let mut searched = 0;
    for folder in ["ledger", "counter", "hasty-counter"] {
        searched += secrets.held_below(&stage.place.at(folder), &mut refuse)?;
    }
    let desks = DEPARTMENTS.iter().map(Department::desk);
    for service in [Service::Ledger, Service::Counter, Service::HastyCounter].into_iter().chain(desks) {
        let metrics = metrics(stage, service)?;
        searched += metrics.len() as u64;
        if let Some(what) = secrets.held_by(metrics.as_bytes()) {
            refuse(Path::new("/metrics"), what)?;
        }
    }
    are_found_where_they_are(&secrets, stage)?;
    Ok(format!("{} values, secrets and salts are not in {searched} bytes", secrets.count()))
}

/// Everything that must not be found.
fn secrets(stage: &Stage<'_>) -> anyhow::Result<Secrets> {
    let sources = sources(stage)?;
    let mut forms = Forms::default();
    for (person, citizen) in stage.people.iter().zip(&stage.citizens) {
        for value in values(person, &sources)? {
            forms.value("a value", &value)?;
        }
        for held in citizen.wallet.credentials() {
            forms.element("a salt", &held.credential.salt);
        }
        forms.element("a holder's secret", citizen.wallet.secret().expose());
    }
    Ok(forms.search()?)
}

/// A search that finds nothing anywhere would say nothing: the desks do keep these values.
fn are_found_where_they_are(secrets: &Secrets, stage: &Stage<'_>) -> anyhow::Result<()> {
    let mut places = 0;
    secrets.held_below(&stage.place.at("departments"), &mut |_, _| {
        places += 1;
        Ok(())
    })?;
    if places == 0 {
        bail!("the search does not even find what the desks keep");
    }
    Ok(())
}

/// The place is named, the value is not.
fn refuse(place: &Path, what: &'static str) -> anyhow::Result<()> {
    bail!("{} holds {what}", place.display())
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

fn metrics(stage: &Stage<'_>, service: Service) -> anyhow::Result<String> {
    let url = stage.place.url(service).join("metrics")?;
    Ok(ureq::get(url.as_str()).call()?.body_mut().read_to_string()?)
}

/// Bytes of the shortest text that is searched for: two Chinese characters.
const SHORTEST: usize = 6;

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
}
