//! Files of HPKE private keys: two lines, what it is and the key in base64, for their owner alone.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use service::durable::{self, WriteError};
use trustee::HpkePrivateKey;
use zeroize::Zeroizing;

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was not written, or not surely.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file is not a key file of this version.
    #[error("the file is not a trustee's key file")]
    Malformed,
    /// Others than the owner may read the secret.
    #[error("others may read the key file; `chmod 600` it, and consider the key exposed")]
    Exposed,
}

/// Reads a key file that [`save_key`] wrote; refuses one that others may read.
pub fn load_key(path: &Path) -> Result<HpkePrivateKey, KeyFileError> {
    let file = File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        return Err(KeyFileError::Exposed);
    }
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_FILE as usize));
    match file.take(MAX_KEY_FILE).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(KeyFileError::Malformed),
        read => read?,
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (Some(HEADER), Some(encoded), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(KeyFileError::Malformed);
    };
    let mut bytes = Zeroizing::new([0; 33]);
    match STANDARD.decode_slice(encoded, bytes.as_mut_slice()) {
        Ok(32) => {}
        Ok(_) | Err(_) => return Err(KeyFileError::Malformed),
    }
    Ok(HpkePrivateKey::from_bytes(bytes.first_chunk().expect("33 bytes begin with 32")))
}

/// Writes a key to a new file that only its owner may read (mode 0600). Never overwrites.
pub fn save_key(key: &HpkePrivateKey, path: &Path) -> Result<(), KeyFileError> {
    let encoded = Zeroizing::new(STANDARD.encode(key.to_bytes().as_slice()));
    let text = Zeroizing::new(format!("{HEADER}\n{}\n", *encoded));
    Ok(durable::create_secret(path, text.as_bytes())?)
}

/// First line of a key file: what it is, and the version of its form.
const HEADER: &str = "yong/hpke-secret/v1";
/// Bytes read of a key file at most.
const MAX_KEY_FILE: u64 = 1024;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::samples::trustee_key;

    #[test]
    fn a_key_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trustee.key");
        save_key(&trustee_key(0), &path).unwrap();
        assert_eq!(load_key(&path).ok().unwrap().public(), trustee_key(0).public());
        let again = save_key(&trustee_key(1), &path).unwrap_err();
        assert!(matches!(again, KeyFileError::Write(error) if error.is_taken()));
        assert_eq!(load_key(&path).ok().unwrap().public(), trustee_key(0).public());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trustee.key");
        save_key(&trustee_key(0), &path).unwrap();
        for mode in [0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(load_key(&path).err(), Some(KeyFileError::Exposed)), "{mode:o}");
        }
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trustee.key");
        let key = STANDARD.encode([7; 32]);
        for text in [
            String::new(),
            HEADER.to_owned(),
            format!("{HEADER}\nAAAA\n"),
            format!("yong/ed25519-secret/v1\n{key}\n"),
            format!("{HEADER}\n{key}\n{key}\n"),
            format!("{HEADER}\n{}\n", STANDARD.encode([7; 33])),
        ] {
            fs::write(&path, &text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(load_key(&path).err(), Some(KeyFileError::Malformed)), "{text}");
        }
        assert!(matches!(load_key(&folder.path().join("none")).err(), Some(KeyFileError::Io(_))));
    }
}
