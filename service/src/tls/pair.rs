//! A certificate and its key, from two files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::TlsFiles;

/// Why a service has no certificate to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of some other kind.
    #[error("`{0}` is longer than a megabyte, and no certificate or key")]
    TooLong(PathBuf),
    /// No certificate, or what cannot be read as one.
    #[error("`{0}` has no certificate in PEM (BEGIN CERTIFICATE)")]
    NoCertificate(PathBuf),
    /// No key, one with a passphrase, or of an algorithm that TLS does not use.
    #[error("`{0}` has no private key in PEM without a passphrase (BEGIN PRIVATE KEY)")]
    NoKey(PathBuf),
    /// Two halves of different pairs.
    #[error(
        "the key in `{key}` is not that of the first certificate in `{cert}`, which must be the service's own"
    )]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The first certificate is not one.
    #[error("the certificate in `{path}` cannot be used: {reason}")]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong.
        reason: rustls::Error,
    },
}

#[cfg(feature = "cli")]
impl crate::cli::Explain for TlsError {
    fn code(&self) -> std::borrow::Cow<'static, str> {
        "bad_tls".into()
    }
    fn remedy(&self) -> std::borrow::Cow<'static, str> {
        "Give the certificate and its key as two PEM files that this user may read; docs/tls.md shows how to make them."
            .into()
    }
    fn in_chinese(&self) -> Option<(String, String)> {
        let remedy = "请给出本用户可读的两个 PEM 文件：证书及其私钥；做法见 docs/zh-CN/tls.md。".to_owned();
        let what = match self {
            Self::Read { path, source } => format!("无法读取 `{}`：{source}", path.display()),
            Self::TooLong(path) => format!("`{}` 超过一兆字节，不是证书或私钥", path.display()),
            Self::NoCertificate(path) => {
                format!("`{}` 中没有 PEM 格式的证书（BEGIN CERTIFICATE）", path.display())
            }
            Self::NoKey(path) => {
                format!("`{}` 中没有 PEM 格式且不带口令的私钥（BEGIN PRIVATE KEY）", path.display())
            }
            Self::Mismatch { cert, key } => format!(
                "`{}` 中的私钥与 `{}` 中第一张证书不匹配，第一张须是本服务自己的证书",
                key.display(),
                cert.display()
            ),
            Self::Unusable { path, reason } => format!("`{}` 中的证书无法使用：{reason}", path.display()),
        };
        Some((what, remedy))
    }
}

/// What the two files say.
pub(super) struct Texts {
    cert: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
}

impl Texts {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Self { cert: read(&files.cert)?, key: read(&files.key)? })
    }

    /// Of both, each with its length.
    pub(super) fn digest(&self) -> [u8; 32] {
        let length = (self.cert.len() as u64).to_le_bytes();
        Sha256::new()
            .chain_update(length)
            .chain_update(&*self.cert)
            .chain_update(&*self.key)
            .finalize()
            .into()
    }

    /// What a listener can show; `files` is where the texts are from.
    pub(super) fn pair(&self, files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
        let no_certificate = || TlsError::NoCertificate(files.cert.clone());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.cert).collect();
        let chain = chain.map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let no_key = || TlsError::NoKey(files.key.clone());
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| no_key())?;
        let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|_| no_key())?;
        let pair = CertifiedKey::new(chain, key);
        pair.keys_match().map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::Mismatch { cert: files.cert.clone(), key: files.key.clone() }
            }
            reason => TlsError::Unusable { path: files.cert.clone(), reason },
        })?;
        Ok(pair)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let failed = |source| TlsError::Read { path: path.to_owned(), source };
    // As large as it can become, so that no copy of a key stays behind where it grew.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() > MAX_FILE {
        return Err(TlsError::TooLong(path.to_owned()));
    }
    Ok(text)
}

/// Bytes of a file at most: a chain of a few certificates has some ten thousand.
const MAX_FILE: usize = 1 << 20;
