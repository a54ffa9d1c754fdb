//! A new authority, and one leaf signed by it.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use super::files::Files;

/// Years that a certificate is valid. Wallets trust the registration on the ledger, which ends when it is replaced; so
/// the date only bounds how long a forgotten counter stays usable.
const YEARS: i16 = 10;

pub(super) fn make(name: &str, now: u64) -> Result<Files, rcgen::Error> {
    let from = day(now);
    let authority_key = KeyPair::generate()?;
    let authority = params(&format!("{name} CA"), from, IsCa::Ca(BasicConstraints::Constrained(0)));
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let leaf_key = KeyPair::generate()?;
    let mut leaf = params(name, from, IsCa::ExplicitNoCa);
    leaf.use_authority_key_identifier_extension = true;
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(authority, authority_key))?;
    Ok(Files { key: leaf_key.serialize_pem().into(), leaf: leaf.pem(), authority: authority_pem })
}

fn params(name: &str, from: Date, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.key_usages = match is_ca {
        IsCa::Ca(_) => vec![KeyUsagePurpose::KeyCertSign],
        _ => vec![KeyUsagePurpose::DigitalSignature],
    };
    params.is_ca = is_ca;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before =
        date_time_ymd(from.year().into(), from.month().unsigned_abs(), from.day().unsigned_abs());
    params.not_after = date_time_ymd((from.year() + YEARS).into(), from.month().unsigned_abs(), 1);
    params
}

/// The UTC day; a time outside the calendar is the epoch's.
fn day(now: u64) -> Date {
    let timestamp =
        i64::try_from(now).ok().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(TimeZone::UTC).date()
}
