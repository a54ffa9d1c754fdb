//! What the file of a proving key says of itself, compared with the record that publishes it.
//!
//! The node has no circuits and believes nothing in the file. But `prover ceremony finish` writes into it what it
//! verified, and a record that says something else is a mistake or an attempt, which is refused before it stands in the
//! log for good.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use ledger::digest::Digest;
use ledger::record::{Entry, KeyPublish, KeyUse, Record, VerifiedSecrets};
use serde::Deserialize;

use crate::blob;

/// Why a `key.publish` is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
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
}

/// Looks at every `key.publish` of a submission; gives the place of the first that is not taken. Of a file that is not at
/// the node, or is none of the known format, nothing is known, and nothing is compared.
pub(crate) fn check(data: &Path, entries: &[Entry]) -> io::Result<Result<(), (usize, KeyFileError)>> {
    for (at, entry) in entries.iter().enumerate() {
        let Record::Key(key) = entry.record() else { continue };
        if key.key_use == KeyUse::Ceremony && key.secrets.is_none() {
            return Ok(Err((at, KeyFileError::NotCounted)));
        }
        if let Some(differs) = header(data, &key.proving_key_digest)?.and_then(|header| header.differs(key)) {
            return Ok(Err((at, KeyFileError::Differs(differs))));
        }
    }
    Ok(Ok(()))
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
fn header(data: &Path, digest: &Digest) -> io::Result<Option<Header>> {
    let Some((file, _)) = blob::open(data, digest)? else { return Ok(None) };
    Ok(parse(&start(file)?))
}

fn start(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take((FORMAT.len() + 4 + MAX_HEADER_BYTES) as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Option<Header> {
    let (length, rest) = bytes.strip_prefix(FORMAT.as_bytes())?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    serde_json::from_slice(rest.get(..length)?).ok()
}

const FORMAT: &str = "yong/proving-key/v2\n";
const MAX_HEADER_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use ledger::samples;
    use serde_json::{Value, json};

    use super::*;

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

    fn publish(proving_key: &Digest, change: impl FnOnce(&mut Value)) -> Entry {
        let mut record = json!({"kind": "key.publish", "id": "k", "circuit": "show", "version": 1, "vk": {},
            "vk_digest": "ab".repeat(32), "proving_key_digest": proving_key, "transcript_digest": "cd".repeat(32),
            "development": false, "secrets": {"phase1": 54, "phase2": 10}, "approvals": []});
        change(&mut record);
        samples::sign(samples::record(record), "police")
    }

    #[test]
    fn a_record_says_what_the_file_says() {
        type Change = (&'static str, fn(&mut Value));
        let folder = data();
        let digest = blob::put(folder.path(), &file(&written())).unwrap();
        let outcome = |change: fn(&mut Value)| check(folder.path(), &[publish(&digest, change)]).unwrap();
        assert_eq!(outcome(|_| ()), Ok(()));
        let changes: [Change; 5] = [
            ("secrets", |r| r["secrets"]["phase2"] = 11.into()),
            ("transcript_digest", |r| r["transcript_digest"] = "ce".repeat(32).into()),
            ("vk_digest", |r| r["vk_digest"] = "ac".repeat(32).into()),
            ("circuit", |r| r["circuit"] = "enroll".into()),
            ("version", |r| r["version"] = 2.into()),
        ];
        for (member, change) in changes {
            assert_eq!(outcome(change), Err((0, KeyFileError::Differs(member))));
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
        let entry = publish(&digest, |_| ());
        let differs = Err((0, KeyFileError::Differs("development")));
        assert_eq!(check(folder.path(), std::slice::from_ref(&entry)).unwrap(), differs);
        let mut uncounted = written();
        uncounted.as_object_mut().unwrap().remove("secrets");
        let digest = blob::put(folder.path(), &file(&uncounted)).unwrap();
        let differs = Err((0, KeyFileError::Differs("secrets")));
        assert_eq!(check(folder.path(), &[publish(&digest, |_| ())]).unwrap(), differs);
    }

    #[test]
    fn a_record_counts_parties_whether_the_file_is_here_or_not() {
        let folder = data();
        let uncounted = |r: &mut Value| drop(r.as_object_mut().unwrap().remove("secrets"));
        let first = publish(&Digest::of(b"elsewhere"), |_| ());
        let second = publish(&Digest::of(b"elsewhere"), uncounted);
        assert_eq!(check(folder.path(), std::slice::from_ref(&first)).unwrap(), Ok(()));
        assert_eq!(check(folder.path(), &[first, second]).unwrap(), Err((1, KeyFileError::NotCounted)));
    }

    #[test]
    fn what_is_no_key_file_says_nothing() {
        let folder = data();
        let whole = file(&written());
        for bytes in [&b"pk"[..], b"", &whole[..30], &file(&json!({"circuit": 1}))] {
            let digest = blob::put(folder.path(), bytes).unwrap();
            assert_eq!(check(folder.path(), &[publish(&digest, |_| ())]).unwrap(), Ok(()));
        }
    }
}
