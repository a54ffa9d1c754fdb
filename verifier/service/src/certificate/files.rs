//! The certificate's folder: `counter.key` (0600), `counter.pem`, `authority.pem`.
//!
//! The folder is written beside its place and then renamed, so a crash leaves either no certificate or a whole one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::CertificateError;

/// Holds the key.
pub(crate) const KEY: &str = "counter.key";
pub(super) const LEAF: &str = "counter.pem";
const AUTHORITY: &str = "authority.pem";
/// Characters in a line of PEM.
const LINE: usize = 64;
/// Bytes of a file at most.
const MAX_FILE: u64 = 16 * 1024;

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
    one(&unfinished.join(KEY), &files.key, 0o600)?;
    one(&unfinished.join(LEAF), &files.leaf, 0o644)?;
    one(&unfinished.join(AUTHORITY), &files.authority, 0o644)?;
    fs::rename(&unfinished, dir).map_err(at)
}

fn one(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let at = |source| CertificateError::File { path: path.to_owned(), source };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at)
}

pub(super) fn read(dir: &Path) -> Result<Files, CertificateError> {
    Ok(Files {
        key: bounded(&dir.join(KEY))?.into(),
        leaf: bounded(&dir.join(LEAF))?,
        authority: bounded(&dir.join(AUTHORITY))?,
    })
}

fn bounded(path: &Path) -> Result<String, CertificateError> {
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
