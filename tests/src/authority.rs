//! A private certificate authority, such as an intranet has.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// An authority that no program knows unless it is told.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A service's certificate and key.
pub struct Pair {
    /// The certificate's file.
    pub cert: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are fine");
        params.distinguished_name.push(DnType::CommonName, "Private authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key pair");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }
    /// Its certificate, which programs are to be told.
    pub fn pem(&self) -> &str {
        &self.pem
    }
    /// Writes a certificate for these names and addresses, and its key.
    pub fn issue(&self, folder: &Path, names: &[&str]) -> Pair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("names and addresses");
        let key = KeyPair::generate().expect("a key pair");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        let pair = Pair { cert: folder.join("tls.pem"), key: folder.join("tls.key") };
        fs::write(&pair.cert, cert).expect("the folder can be written");
        fs::write(&pair.key, key.serialize_pem()).expect("the folder can be written");
        pair
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
