use std::sync::OnceLock;

use rand::rngs::OsRng;

use super::file::Header;
use super::*;
use crate::toy::{OtherConstraints, OtherName, OtherVersion, Toy};

/// One development key of the toy, as a file.
fn toy_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| Key::develop::<Toy>(&mut OsRng).unwrap().to_bytes())
}

fn read(bytes: &[u8]) -> Result<Key, KeyError> {
    Key::from_bytes::<Toy>(bytes)
}

/// The file with another header in front of the same body.
fn with_header(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let (header, body) = parts(toy_file());
    let mut header = Header::from_json(header).unwrap();
    change(&mut header);
    join(&header.to_json(), body)
}

/// The file with another body, under a header that vouches for it.
fn with_body(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (header, body) = parts(toy_file());
    let (mut header, mut body) = (Header::from_json(header).unwrap(), body.to_vec());
    change(&mut body);
    header.body_sha256 = hex::encode(Sha256::digest(&body));
    join(&header.to_json(), &body)
}

fn parts(file: &[u8]) -> (&[u8], &[u8]) {
    let rest = &file[FORMAT.len()..];
    let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
    rest[4..].split_at(length)
}

fn join(header: &[u8], body: &[u8]) -> Vec<u8> {
    [FORMAT.as_bytes(), &(header.len() as u32).to_le_bytes(), header, body].concat()
}

#[test]
fn a_file_is_read_back() {
    let key = read(toy_file()).unwrap();
    assert_eq!(key.to_bytes(), toy_file());
    assert_eq!(key.origin(), Origin::Development);
}

/// Each query is as long as the sums over it expect.
#[test]
fn every_query_has_the_length_that_the_counts_imply() {
    let (proving, matrices) = read(toy_file()).unwrap().into_parts();
    let shape = matrices.shape();
    assert_eq!(proving.vk.gamma_abc_g1.len(), 1 + shape.public_inputs);
    let of_variables = [proving.a_query.len(), proving.b_g1_query.len(), proving.b_g2_query.len()];
    assert_eq!(of_variables, [shape.variables(); 3]);
    assert_eq!(proving.h_query.len(), shape.domain());
    assert_eq!(proving.l_query.len(), shape.witness);
}

/// One point more or fewer in the last query of all, H and L, moves the end of the file.
#[test]
fn refuses_a_query_of_another_length() {
    for change in [-64isize, 64] {
        let file = with_body(|body| body.resize(body.len().checked_add_signed(change).unwrap(), 0));
        assert!(matches!(read(&file), Err(KeyError::Length { .. })));
    }
}

#[test]
fn the_header_says_that_the_key_is_for_development() {
    let (header, _) = parts(toy_file());
    assert!(std::str::from_utf8(header).unwrap().contains(r#""development":true"#));
    let relabelled = with_header(|h| h.development = false);
    assert_eq!(read(&relabelled).err(), Some(KeyError::UnknownOrigin));
}

#[test]
fn the_header_names_the_ceremony() {
    let digest = "ab".repeat(32);
    let of = |development: bool, digest: &str, secrets: Option<[u32; 2]>| {
        with_header(|h| {
            h.development = development;
            h.transcript_digest = Some(digest.to_owned());
            h.secrets = secrets.map(|[phase1, phase2]| Secrets { phase1, phase2 });
        })
    };
    let shared = read(&of(false, &digest, Some([54, 2]))).unwrap();
    let secrets = Some(Secrets { phase1: 54, phase2: 2 });
    assert_eq!(shared.origin(), Origin::Ceremony { transcript: [0xab; 32], secrets });
    assert!(!shared.origin().is_development());
    assert_eq!(shared.to_bytes(), of(false, &digest, Some([54, 2])));
    for alone in [[1, 10], [54, 1], [54, 0]] {
        let key = read(&of(true, &digest, Some(alone))).unwrap();
        assert!(key.origin().is_development(), "{alone:?}");
        assert_eq!(key.to_bytes(), of(true, &digest, Some(alone)));
        assert_eq!(read(&of(false, &digest, Some(alone))).err(), Some(KeyError::UnknownOrigin));
    }
    assert_eq!(read(&of(true, &digest, Some([2, 2]))).err(), Some(KeyError::UnknownOrigin));
    for malformed in ["", "ab", &digest.to_uppercase(), &"zz".repeat(32)] {
        assert_eq!(read(&of(false, malformed, Some([2, 2]))).err(), Some(KeyError::Header), "{malformed}");
    }
}

/// What a file does not say is not assumed: it may call itself a key for everybody, and one party may have made it.
#[test]
fn a_file_that_does_not_count_secrets_is_for_development() {
    for development in [true, false] {
        let file =
            with_header(|h| (h.development, h.transcript_digest) = (development, Some("ab".repeat(32))));
        assert!(read(&file).unwrap().origin().is_development());
    }
    let uncounted = with_header(|h| h.secrets = Some(Secrets { phase1: 2, phase2: 2 }));
    assert_eq!(read(&uncounted).err(), Some(KeyError::UnknownOrigin), "secrets of no ceremony");
}

#[test]
fn refuses_keys_for_something_else() {
    let file = toy_file();
    assert_eq!(Key::from_bytes::<OtherName>(file).err(), Some(KeyError::OtherCircuit("toy".to_owned())));
    assert_eq!(Key::from_bytes::<OtherVersion>(file).err(), Some(KeyError::OtherVersion(1)));
    assert_eq!(Key::from_bytes::<OtherConstraints>(file).err(), Some(KeyError::OtherMatrices));
}

#[test]
fn refuses_what_is_no_key_file() {
    assert_eq!(read(b"").err(), Some(KeyError::Magic));
    let older = [b"yong/proving-key/v1\n", &toy_file()[FORMAT.len()..]].concat();
    assert_eq!(read(&older).err(), Some(KeyError::Magic));
    assert!(matches!(read(&vec![0; MAX_FILE_BYTES + 1]).err(), Some(KeyError::Length { .. })));
}

#[test]
fn refuses_every_truncation_and_trailing_bytes() {
    let file = toy_file();
    for n in 0..file.len() {
        assert!(read(&file[..n]).is_err(), "{n}");
    }
    let longer = [file, &[0]].concat();
    let (expected, found) = (parts(file).1.len(), parts(file).1.len() + 1);
    assert_eq!(read(&longer).err(), Some(KeyError::Length { expected, found }));
}

#[test]
fn refuses_every_flipped_bit() {
    let file = toy_file();
    let bits = (0..file.len()).map(|at| (at, 1u8 << (at % 8)));
    for (at, bit) in bits {
        let mut bytes = file.to_vec();
        bytes[at] ^= bit;
        assert!(read(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn refuses_headers_that_lie_about_sizes() {
    let lies: [fn(&mut Header); 8] = [
        |h| h.constraints += 1,
        |h| h.constraints = 1 << 14,
        |h| h.public_inputs += 1,
        |h| h.witness -= 1,
        |h| h.witness = u32::MAX,
        |h| h.public_inputs = u32::MAX,
        |h| h.matrices_bytes = u32::MAX,
        |h| h.matrices_bytes -= 4,
    ];
    for (i, lie) in lies.into_iter().enumerate() {
        assert!(read(&with_header(lie)).is_err(), "lie {i}");
    }
}

/// Both counts change so that all sizes stay the same: only the matrices themselves tell.
#[test]
fn refuses_counts_that_differ_from_the_matrices() {
    let swapped = with_header(|h| (h.constraints, h.public_inputs) = (1, 3));
    assert!(read(&swapped).is_err());
    let one_more = with_header(|h| h.constraints += 1);
    assert_eq!(read(&one_more).err(), Some(KeyError::Matrices));
}

#[test]
fn refuses_headers_in_another_form() {
    let (header, body) = parts(toy_file());
    let text = std::str::from_utf8(header).unwrap();
    for other in [
        text.replace(':', ": "),
        text.replace('}', r#","more":1}"#),
        text.replace(r#""version":1,"#, ""),
        text.replace(r#""version":1"#, r#""version":1.0"#),
        text.replace(r#""circuit":"toy""#, r#""circuit":"t\u006fy""#),
        "[]".to_owned(),
    ] {
        assert_eq!(read(&join(other.as_bytes(), body)).err(), Some(KeyError::Header), "{other}");
    }
    let huge = join(&vec![b' '; 5000], body);
    assert_eq!(read(&huge).err(), Some(KeyError::Header));
}

#[test]
fn refuses_another_body_even_where_the_header_vouches_for_it() {
    assert_eq!(read(&with_body(|body| body[20] ^= 1)).err(), Some(KeyError::Corrupt));
    let off_curve = with_body(|body| {
        let last = body.len() - 64;
        body[last] ^= 1;
    });
    assert_eq!(read(&off_curve).err(), Some(KeyError::Point("l")));
    let corrupt = with_header(|h| h.body_sha256 = hex::encode([0; 32]));
    assert_eq!(read(&corrupt).err(), Some(KeyError::Corrupt));
}

#[test]
fn refuses_another_verifying_key_than_the_header_names() {
    let other = with_header(|h| h.vk_digest = hex::encode([0; 32]));
    assert!(matches!(read(&other).err(), Some(KeyError::VerifyingKey(_))));
    // alpha becomes another point of the curve: its negative.
    let negated = with_body(|body| {
        let matrices = Key::from_bytes::<Toy>(toy_file()).unwrap().matrices.to_bytes().len();
        let alpha = &mut body[matrices..][..64];
        let p =
            <ark_bn254::G1Affine as ark_serialize::CanonicalDeserialize>::deserialize_uncompressed(&*alpha);
        let minus: ark_bn254::G1Affine = -p.unwrap();
        ark_serialize::CanonicalSerialize::serialize_uncompressed(&minus, alpha).unwrap();
    });
    assert!(matches!(read(&negated).err(), Some(KeyError::VerifyingKey(_))));
}
