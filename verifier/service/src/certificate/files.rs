//! The certificate's folder: `counter.key` (0600), `counter.pem`, `authority.pem`; and what is in a new one, an authority
//! and one leaf signed by it.
//!
//! The folder is written beside its place and then renamed, so a crash leaves either no certificate or a whole one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use service::durable;
use zeroize::Zeroizing;

use super::CertificateError;

/// The texts of the three files.
pub(super) struct Files {
    pub(super) key: Zeroizing<String>,
    pub(super) leaf: String,
    pub(super) authority: String,
}

pub(super) fn write(dir: &Path, files: &Files) -> Result<(), CertificateError> {
    let unfinished = dir.with_extension("unfinished");
    let at = |source| CertificateError::File { path: unfinished.clone(), source };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(at)?;
    }
    fs::create_dir_all(&unfinished).map_err(at)?;
    write_file(&unfinished.join(KEY), &files.key, 0o600)?;
    write_file(&unfinished.join(LEAF), &files.leaf, 0o644)?;
    write_file(&unfinished.join(AUTHORITY), &files.authority, 0o644)?;
    fs::rename(&unfinished, dir).map_err(at)?;
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(durable::sync_folder(parent)?)
}

fn write_file(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let at = |source| CertificateError::File { path: path.to_owned(), source };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at)
}

pub(super) fn read(dir: &Path) -> Result<Files, CertificateError> {
    Ok(Files {
        key: read_file(&dir.join(KEY))?.into(),
        leaf: read_file(&dir.join(LEAF))?,
        authority: read_file(&dir.join(AUTHORITY))?,
    })
}

fn read_file(path: &Path) -> Result<String, CertificateError> {
    let at = |source| CertificateError::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(at)?.len() > MAX_FILE {
        return Err(CertificateError::Malformed(path.to_owned()));
    }
    fs::read_to_string(path).map_err(at)
}

/// The first certificate of a PEM text.
pub(super) fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok().filter(|der| !der.is_empty())
}

/// A certificate in PEM.
pub(super) fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(LINE)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

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

/// Holds the key.
pub(crate) const KEY: &str = "counter.key";
pub(crate) const LEAF: &str = "counter.pem";
pub(crate) const AUTHORITY: &str = "authority.pem";
/// Characters in a line of PEM.
const LINE: usize = 64;
/// Bytes of a file at most.
const MAX_FILE: u64 = 16 * 1024;
/// Years that a certificate is valid. Wallets trust the registration on the ledger, which ends when it is replaced; so
/// the date only bounds how long a forgotten counter stays usable.
const YEARS: i16 = 10;
