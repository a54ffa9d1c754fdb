//! Searches the files and metrics of ledger, verifiers and issuers for personal data and secrets that must not be there.
//!
//! Numbers of a few digits occur everywhere by chance and are left out ([`is_identifying`]), and so is what a verifier
//! may see: verdicts, pseudonyms of named scopes, revealed levels.

use std::path::Path;

use anyhow::bail;
use ledger::client::agent_builder;

use super::context::Context;
use super::issuing::{all_schemas, sources};
use crate::data_dir::Service;
use crate::departments::{DEPARTMENTS, Department};
use crate::fixtures::{NEVER_RESET, Person, Sources, department_record};
use crate::secrets::{SHORTEST_NUMBER, Secrets, SecretsBuilder};

/// Fails if a name, an identity number, another value, a holder secret or a salt is in the files of the ledger or of a
/// verifier, or in the metrics of any service.
pub(super) fn check(context: &Context<'_>) -> anyhow::Result<String> {
    let secrets = secrets(context)?;
    let mut searched = 0;
    for folder in ["ledger", "counter", "hasty-counter"] {
        searched += secrets.search_folder(&context.data_dir.path(folder), &mut refuse)?;
    }
    let issuers = DEPARTMENTS.iter().filter_map(Department::issuer);
    for service in
        [Service::Ledger, Service::Verifier, Service::ShortLivedVerifier].into_iter().chain(issuers)
    {
        let metrics = metrics(context, service)?;
        searched += metrics.len() as u64;
        if let Some(what) = secrets.find_in(metrics.as_bytes()) {
            refuse(Path::new("/metrics"), what)?;
        }
    }
    check_the_search(&secrets, context)?;
    Ok(format!("{} values, secrets and salts are not in {searched} bytes", secrets.count()))
}

/// Everything that must not be found.
fn secrets(context: &Context<'_>) -> anyhow::Result<Secrets> {
    let sources = sources(context)?;
    let mut builder = SecretsBuilder::default();
    for (person, citizen) in context.people.iter().zip(&context.citizens) {
        for value in values(person, &sources)? {
            builder.value("a value", &value)?;
        }
        for held in citizen.wallet.credentials() {
            builder.element("a salt", &held.credential.salt);
        }
        let secrets = citizen.wallet.secrets();
        builder.element("a device's secret", secrets.device.expose());
        builder.element("a person's secret", secrets.person.expose());
    }
    Ok(builder.build()?)
}

/// The search must find something where it is known to be: issuers do keep these values.
fn check_the_search(secrets: &Secrets, context: &Context<'_>) -> anyhow::Result<()> {
    let mut found = 0;
    secrets.search_folder(&context.data_dir.path("departments"), &mut |_, _| {
        found += 1;
        Ok(())
    })?;
    if found == 0 {
        bail!("the search does not even find what the desks keep");
    }
    Ok(())
}

/// Names the file or resource, never the value.
fn refuse(path: &Path, what: &'static str) -> anyhow::Result<()> {
    bail!("{} holds {what}", path.display())
}

fn values(person: &Person, sources: &Sources) -> anyhow::Result<Vec<String>> {
    let mut values = Vec::new();
    for schema in all_schemas() {
        values.extend(department_record(person, schema, sources)?.into_iter().map(|(_, value)| value));
    }
    values.retain(|value| is_identifying(value));
    values.sort();
    values.dedup();
    Ok(values)
}

/// Long enough not to stand somewhere by chance: the digits of commitments contain every short number; and not what is
/// said of everybody.
fn is_identifying(value: &str) -> bool {
    let shortest = if value.bytes().all(|b| b.is_ascii_digit()) { SHORTEST_NUMBER } else { SHORTEST };
    value.len() >= shortest && value != NEVER_RESET
}

fn metrics(context: &Context<'_>, service: Service) -> anyhow::Result<String> {
    let url = context.data_dir.url(service).join("metrics")?;
    let agent = agent_builder().http_status_as_error(true).build().new_agent();
    Ok(agent.get(url.as_str()).call()?.body_mut().read_to_string()?)
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
            (NEVER_RESET, false),
        ] {
            assert_eq!(is_identifying(value), wanted, "{value}");
        }
    }
}
