//! The PIN of a token: in a file, or in the environment.

use std::env;

use ledger::key::read_secret_file;
use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::uri::PinSource;

/// The environment variable with the PIN of a token whose URI has no `pin-source`.
pub const PIN_VARIABLE: &str = "YONG_PKCS11_PIN";

/// Reads it anew each time, so that a new PIN needs no restart.
pub(crate) fn read(source: &PinSource) -> Result<Zeroizing<String>, KeyError> {
    let text = match source {
        PinSource::File(path) => {
            read_secret_file(path).map_err(|error| KeyError::PinFile { path: path.clone(), error })?
        }
        PinSource::Environment => Zeroizing::new(env::var(PIN_VARIABLE).map_err(|_| KeyError::NoPin)?),
    };
    let pin = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
    if pin.is_empty() { Err(KeyError::NoPin) } else { Ok(pin) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_pin_file_is_its_owners_alone_and_ends_with_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pin");
        let source = PinSource::File(path.clone());
        assert!(matches!(read(&source), Err(KeyError::PinFile { .. })));
        fs::write(&path, "12 34\r\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&source), Err(KeyError::PinFile { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(*read(&source).unwrap(), "12 34");
        fs::write(&path, "\n").unwrap();
        assert!(matches!(read(&source), Err(KeyError::NoPin)));
    }
}
