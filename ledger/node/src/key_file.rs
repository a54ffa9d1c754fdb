//! What the file of a proving key says of itself, compared with the record that publishes it.
//!
//! The node has no circuits and believes nothing in the file. But `prover ceremony finish` writes into it what it
//! verified, and a record that says something else is a mistake or an attempt, which is refused before it stands in the
//! log for good.

use std::io;

use ledger::digest::Digest;
use ledger::record::{KeyPublish, KeyUse, VerifiedSecrets};
use serde::Deserialize;

use crate::blob;
use crate::files::Storage;

/// Why a `key.publish` is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// Not for development, and without a number of parties.
    #[error(
        "the record has no member `secrets`: publish what `prover ceremony finish` printed, or the key as one for \
         development"
    )]
    NotCounted,
    /// The file at the node says something else.
    #[error(
        "the file of the proving key has another `{0}` than the record: publish what `prover ceremony finish` printed"
    )]
    Differs(&'static str),
    /// The file is at the node, and cannot be read.
    #[error("the file of the proving key cannot be read; the node's log says why")]
    Unreadable,
}

/// Looks at a new `key.publish`. Of a file that is not at the node, or is none of the known format, nothing is known, and
/// nothing is compared.
pub(crate) fn check(storage: &dyn Storage, key: &KeyPublish) -> Result<(), KeyFileError> {
    if key.key_use == KeyUse::Ceremony && key.secrets.is_none() {
        return Err(KeyFileError::NotCounted);
    }
    let header = header(storage, &key.proving_key_digest).map_err(|error| {
        tracing::error!(%error, "a key file cannot be read");
        KeyFileError::Unreadable
    })?;
    match header.and_then(|header| header.differs(key)) {
        Some(differs) => Err(KeyFileError::Differs(differs)),
        None => Ok(()),
    }
}

/// The members of a key file's header that a record has too.
#[derive(Deserialize)]
struct Header {
    circuit: String,
    version: u32,
    development: bool,
    transcript_digest: Option<String>,
    secrets: Option<VerifiedSecrets>,
    vk_digest: String,
}

impl Header {
    /// The first member about which the record says something else.
    fn differs(&self, key: &KeyPublish) -> Option<&'static str> {
        let stated = key.transcript_digest.as_ref().map(ToString::to_string);
        // A key may be published as one for development whatever was verified of it, and then need not say more.
        let caution = key.key_use == KeyUse::Development;
        let members = [
            ("circuit", self.circuit == key.circuit.as_str()),
            ("version", self.version == key.version),
            ("vk_digest", self.vk_digest == key.vk_digest.to_string()),
            ("development", caution || !self.development),
            ("secrets", (caution && key.secrets.is_none()) || self.secrets == key.secrets),
            ("transcript_digest", (caution && stated.is_none()) || self.transcript_digest == stated),
        ];
        members.into_iter().find(|(_, same)| !same).map(|(member, _)| member)
    }
}

/// The header of a stored file: a line that names the format, the header's length in four bytes, little endian, the header
/// in JSON.
fn header(storage: &dyn Storage, digest: &Digest) -> io::Result<Option<Header>> {
    let file = blob::file(digest);
    let start = storage.read_at(&file, 0, FORMAT.len() + 4)?;
    let length = start.as_deref().and_then(|start| start.strip_prefix(FORMAT.as_bytes()));
    let length = length.and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    let Some(length) = length.map(|length| length as usize).filter(|length| *length <= MAX_HEADER_BYTES)
    else {
        return Ok(None);
    };
    let header = storage.read_at(&file, (FORMAT.len() + 4) as u64, length)?;
    Ok(header.and_then(|header| serde_json::from_slice(&header).ok()))
}

const FORMAT: &str = "yong/proving-key/v2\n";
const MAX_HEADER_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use ledger::record::Record;
    use ledger::samples;
    use serde_json::{Value, json};

    use super::*;
    use crate::files::Files;

    fn data() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(blob::FOLDER)).unwrap();
        folder
    }

    fn file(header: &Value) -> Vec<u8> {
        let header = header.to_string();
        [FORMAT.as_bytes(), &(header.len() as u32).to_le_bytes(), header.as_bytes(), b"matrices and points"]
            .concat()
    }

    /// As a ceremony of ten, on shared powers of tau, writes it.
    fn written() -> Value {
        json!({"circuit": "show", "version": 1, "development": false, "transcript_digest": "cd".repeat(32),
            "secrets": {"phase1": 54, "phase2": 10}, "constraints": 7480, "vk_digest": "ab".repeat(32)})
    }

    /// What is said to the record that publishes this key file, changed.
    fn outcome(
        folder: &tempfile::TempDir,
        proving_key: &Digest,
        change: impl FnOnce(&mut Value),
    ) -> Result<(), KeyFileError> {
        let mut record = json!({"kind": "key.publish", "id": "k", "circuit": "show", "version": 1, "vk": {},
            "vk_digest": "ab".repeat(32), "proving_key_digest": proving_key, "transcript_digest": "cd".repeat(32),
            "development": false, "secrets": {"phase1": 54, "phase2": 10}, "approvals": []});
        change(&mut record);
        let Record::Key(key) = samples::record(record) else { panic!("it publishes a key") };
        check(&Files::new(folder.path()), &key)
    }

    #[test]
    fn a_record_says_what_the_file_says() {
        type Change = (&'static str, fn(&mut Value));
        let folder = data();
        let digest = blob::put(folder.path(), &file(&written())).unwrap();
        let outcome = |change: fn(&mut Value)| outcome(&folder, &digest, change);
        assert_eq!(outcome(|_| ()), Ok(()));
        let changes: [Change; 5] = [
            ("secrets", |r| r["secrets"]["phase2"] = 11.into()),
            ("transcript_digest", |r| r["transcript_digest"] = "ce".repeat(32).into()),
            ("vk_digest", |r| r["vk_digest"] = "ac".repeat(32).into()),
            ("circuit", |r| r["circuit"] = "enroll".into()),
            ("version", |r| r["version"] = 2.into()),
        ];
        for (member, change) in changes {
            assert_eq!(outcome(change), Err(KeyFileError::Differs(member)));
        }
        let cautious = |r: &mut Value| {
            r["development"] = true.into();
            r.as_object_mut().unwrap().remove("secrets");
            r.as_object_mut().unwrap().remove("transcript_digest");
        };
        assert_eq!(outcome(cautious), Ok(()));
    }

    #[test]
    fn a_development_key_is_not_published_as_another() {
        let folder = data();
        let mut alone = written();
        (alone["development"], alone["secrets"]["phase2"]) = (true.into(), 1.into());
        let digest = blob::put(folder.path(), &file(&alone)).unwrap();
        assert_eq!(outcome(&folder, &digest, |_| ()), Err(KeyFileError::Differs("development")));
        let mut uncounted = written();
        uncounted.as_object_mut().unwrap().remove("secrets");
        let digest = blob::put(folder.path(), &file(&uncounted)).unwrap();
        assert_eq!(outcome(&folder, &digest, |_| ()), Err(KeyFileError::Differs("secrets")));
    }

    #[test]
    fn a_record_counts_parties_whether_the_file_is_here_or_not() {
        let folder = data();
        let uncounted = |r: &mut Value| drop(r.as_object_mut().unwrap().remove("secrets"));
        let elsewhere = Digest::of(b"elsewhere");
        assert_eq!(outcome(&folder, &elsewhere, |_| ()), Ok(()));
        assert_eq!(outcome(&folder, &elsewhere, uncounted), Err(KeyFileError::NotCounted));
    }

    #[test]
    fn what_is_no_key_file_says_nothing() {
        let folder = data();
        let whole = file(&written());
        for bytes in [&b"pk"[..], b"", &whole[..30], &file(&json!({"circuit": 1}))] {
            let digest = blob::put(folder.path(), bytes).unwrap();
            assert_eq!(outcome(&folder, &digest, |_| ()), Ok(()));
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_none() {
        let folder = data();
        let digest = Digest::of(b"a link to itself");
        let path = folder.path().join(blob::file(&digest));
        std::os::unix::fs::symlink(&path, &path).unwrap();
        assert_eq!(outcome(&folder, &digest, |_| ()), Err(KeyFileError::Unreadable));
    }
}
