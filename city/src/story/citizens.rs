//! The demonstration's citizens: one wallet each, in memory, derived from the city's seed.

use circuits::schema::{Schema, Values};
use sha2::{Digest, Sha256};
use wallet::Wallet;
use wallet::phrase::Phrase;
use zeroize::Zeroizing;

use crate::people::{self, Person, Record};

/// How many enrol for their identity at a desk, with the full protocol.
pub(super) const AT_THE_DESK: usize = 240;
/// How many of those show it for every other credential too.
pub(super) const EVERYWHERE: usize = 60;

/// A citizen with a wallet.
pub(crate) struct Citizen {
    pub(super) wallet: Wallet,
}

/// Everybody's wallet, in the order of the people.
pub(super) fn citizens(people: &[Person], seed: &[u8; 32]) -> Vec<Citizen> {
    let wallet = |person: &Person| {
        let mut hash = Sha256::new();
        hash.update(b"yong/demonstration/v1\0");
        hash.update(seed);
        hash.update(person.id_number());
        let entropy: Zeroizing<[u8; 32]> = Zeroizing::new(hash.finalize().into());
        Citizen { wallet: Wallet::new(Phrase::from_entropy(&entropy)) }
    };
    people.iter().map(wallet).collect()
}

/// What a department knows of a person, by schema.
pub(super) fn record(person: &Person, schema: &str, sources: &Sources) -> anyhow::Result<Record> {
    Ok(match schema {
        "identity/1" => person.identity_record(),
        "credit-factors/1" => person.factors_record(),
        "credit-report/1" => {
            let factors = people::values(&sources.factors, &person.factors_record())?;
            person.report_record(&sources.model, &factors)
        }
        "tax-standing/1" => person.tax_record(),
        other => anyhow::bail!("nobody keeps records for {other}"),
    })
}

/// A person's values by schema, straight from the data files: what the plain evaluator gets.
pub(super) fn values(person: &Person, schema: &Schema, sources: &Sources) -> anyhow::Result<Values> {
    Ok(people::values(schema, &record(person, schema.schema.as_str(), sources)?)?)
}

/// What the credit bureau needs to compute a report.
pub(super) struct Sources {
    pub(super) factors: Schema,
    pub(super) model: circuits::model::ScoringModel,
}
