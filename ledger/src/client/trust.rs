//! Which certificate authorities the clients of a process believe: the public ones or those of `SSL_CERT_FILE`, and the
//! private ones that it is told of.
//!
//! It is one list for the process, made before its first client: an authority that is believed for one service is believed
//! for all of them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Why an authority is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of some other kind.
    #[error("`{0}` is longer than four megabytes, and no list of certificates")]
    TooLong(PathBuf),
    /// A key, a certificate in DER, an empty file.
    #[error("`{0}` has no certificate in PEM (BEGIN CERTIFICATE)")]
    NoCertificate(PathBuf),
    /// What says that it is a certificate and is none.
    #[error("certificate {number} in `{path}` cannot be used: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Which of its certificates, from 1.
        number: usize,
        /// What is wrong.
        reason: rustls::Error,
    },
}

/// Has every client that is made from now on believe what the environment says and, besides, the authorities in `ca`, a file
/// of certificates in PEM. Authorities of several calls add up.
///
/// `SSL_CERT_FILE` names a file that replaces the public authorities; what is unusable in it is passed over, as in the lists
/// of operating systems.
pub fn trust(ca: Option<&Path>) -> Result<(), TrustError> {
    let file = std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()).map(PathBuf::from);
    let mut trusted = TRUSTED.write().unwrap_or_else(PoisonError::into_inner);
    let mut all = match (&*trusted, file, ca) {
        (Some(before), _, _) => before.to_vec(),
        (None, Some(file), _) => of_the_system(&file)?,
        (None, None, Some(_)) => TLS_SERVER_ROOT_CERTS.iter().map(|one| Certificate::from_der(one)).collect(),
        (None, None, None) => return Ok(()),
    };
    if let Some(ca) = ca {
        all.extend(private(ca)?);
    }
    *trusted = Some(Arc::new(all));
    Ok(())
}

/// What a client starts from.
pub(super) fn roots() -> RootCerts {
    let trusted = TRUSTED.read().unwrap_or_else(PoisonError::into_inner);
    trusted.clone().map_or(RootCerts::WebPki, RootCerts::Specific)
}

/// `None` as long as it is the public authorities alone.
static TRUSTED: RwLock<Option<Arc<Vec<Certificate<'static>>>>> = RwLock::new(None);

fn private(path: &Path) -> Result<Vec<Certificate<'static>>, TrustError> {
    let each = read(path)?.into_iter().zip(1..);
    each.map(|(one, number)| {
        usable(&one).map_err(|reason| TrustError::Unusable { path: path.to_owned(), number, reason })?;
        Ok(Certificate::from_der(&one).to_owned())
    })
    .collect()
}

fn of_the_system(path: &Path) -> Result<Vec<Certificate<'static>>, TrustError> {
    let known = read(path)?.into_iter().filter(|one| usable(one).is_ok());
    let known: Vec<_> = known.map(|one| Certificate::from_der(&one).to_owned()).collect();
    if known.is_empty() { Err(TrustError::NoCertificate(path.to_owned())) } else { Ok(known) }
}

/// At least one.
fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let failed = |source| TrustError::Read { path: path.to_owned(), source };
    let mut text = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_FILE + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_FILE {
        return Err(TrustError::TooLong(path.to_owned()));
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(TrustError::NoCertificate(path.to_owned())),
    }
}

fn usable(certificate: &CertificateDer<'static>) -> Result<(), rustls::Error> {
    RootCertStore::empty().add(certificate.clone())
}

/// Bytes of a file at most: the lists of operating systems have a quarter of a megabyte.
const MAX_FILE: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, text).unwrap();
        let private = private(&path).unwrap_err().to_string();
        assert!(of_the_system(&path).is_err(), "{private}");
        private
    }

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let made = rcgen::generate_simple_self_signed(Vec::new()).unwrap();
        for text in ["", "nothing", &made.signing_key.serialize_pem()] {
            assert!(refused(text).contains("ca.pem` has no certificate in PEM"));
        }
        let cut = made.cert.pem().replace("-----END CERTIFICATE-----", "");
        assert!(refused(&cut).contains("has no certificate in PEM"));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(refused(broken).contains("certificate 1 in `"));
        assert!(refused(&"x".repeat(5 << 20)).contains("longer than"));
        assert!(matches!(private(Path::new("/nowhere/ca.pem")), Err(TrustError::Read { .. })));
    }

    #[test]
    fn every_certificate_of_a_private_file_counts_and_each_usable_one_of_the_systems() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let made = || rcgen::generate_simple_self_signed(Vec::new()).unwrap().cert.pem();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, made() + &made()).unwrap();
        assert_eq!(private(&path).unwrap().len(), 2);
        std::fs::write(&path, made() + broken + &made()).unwrap();
        assert!(private(&path).unwrap_err().to_string().contains("certificate 2 in"));
        assert_eq!(of_the_system(&path).unwrap().len(), 2);
    }
}
