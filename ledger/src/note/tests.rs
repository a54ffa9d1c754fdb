//! Notes that read back, that agree with `signed_note`, and that are refused.

use proptest::prelude::*;

use super::*;
use crate::key::DepartmentKey;

const GOOD: &str = "text\n\n\u{2014} name AAAAAAE=\n";

#[test]
fn a_note_reads_back() {
    assert_eq!(Note::parse(GOOD.as_bytes()).unwrap().to_string(), GOOD);
}

#[test]
fn the_last_blank_line_separates() {
    let note = Note::parse("a\n\nb\n\n\u{2014} name AAAAAAE=\n".as_bytes()).unwrap();
    assert_eq!(note.text(), "a\n\nb\n");
}

#[test]
fn malformed_notes_are_refused() {
    for bad in [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "te\txt\n\n\u{2014} name AAAAAAE=\n",
        "text\n\n\u{2014} name AAAAAAE=",
        "text\n\n- name AAAAAAE=\n",
        "text\n\n\u{2014} na+me AAAAAAE=\n",
        "text\n\n\u{2014}  AAAAAAE=\n",
        "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} name AAAAAAE\n",
        "text\n\n\u{2014} name AAAAAAE= \n",
        "text\n\n\u{2014} name AAAAAAE=\n\u{2014} name\n",
    ] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(Note::parse(b"\xff\n\n").is_err());
    assert_eq!(Note::parse(&vec![b'x'; MAX_NOTE + 1]), Err(NoteError::TooLong));
}

#[test]
fn many_signatures_are_accepted_and_more_are_not() {
    let with = |n: usize| format!("text\n\n{}", "\u{2014} name AAAAAAE=\n".repeat(n));
    assert_eq!(Note::parse(with(MAX_SIGNATURES).as_bytes()).unwrap().signatures().len(), MAX_SIGNATURES);
    assert_eq!(Note::parse(with(MAX_SIGNATURES + 1).as_bytes()), Err(NoteError::TooManySignatures));
}

#[test]
fn our_notes_are_notes_of_signed_note() {
    let (name, key): (KeyName, _) = ("log.example/1".parse().unwrap(), DepartmentKey::from_seed(&[3; 32]));
    let mut note = Note::new("some\ntext\n".to_owned()).unwrap();
    note.sign(&name, &key).unwrap();
    let vkey = NoteKey { name, kind: NoteKind::Ed25519, key: key.public() }.to_string();
    let verifier = signed_note::StandardVerifier::new(&vkey).unwrap();
    let theirs = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let (verified, unverified) = theirs.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    assert_eq!(theirs.text(), note.text().as_bytes());
}

#[test]
fn one_bad_line_of_a_known_key_refuses_the_note() {
    let (name, key): (KeyName, _) = ("log".parse().unwrap(), DepartmentKey::from_seed(&[3; 32]));
    let mut note = Note::new("text\n".to_owned()).unwrap();
    assert_eq!(note.verify(&name, &key.public()), Err(NoteSignatureError::NotSigned));
    note.sign(&name, &key).unwrap();
    let mut bad = note.signatures()[0].clone();
    assert_eq!(note.verify(&name, &key.public()), Ok(()));
    bad.payload[0] ^= 1;
    note.push(bad);
    assert_eq!(note.verify(&name, &key.public()), Err(NoteSignatureError::BadSignature));
    let other = DepartmentKey::from_seed(&[4; 32]).public();
    assert_eq!(note.verify(&name, &other), Err(NoteSignatureError::NotSigned));
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_parses_reads_back(bytes in ".{0,40}\n\n\u{2014} [a-z+ ]{0,3} [A-Za-z0-9=]{0,12}\n?") {
        if let Ok(note) = Note::parse(bytes.as_bytes()) {
            prop_assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
        }
    }
}

#[test]
fn a_verifier_key_reads_back_in_one_form() {
    for kind in [NoteKind::Ed25519, NoteKind::Cosignature] {
        let name = "ledger.test/1".parse().unwrap();
        let key = NoteKey { name, kind, key: crate::samples::insecure_key("x").public() };
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let text = key.to_string();
        for bad in
            [text.replacen('+', "+0", 1), text.replace("ledger", "Ledger"), text[..text.len() - 4].into()]
        {
            assert_eq!(bad.parse::<NoteKey>(), Err(NotAKey), "{bad}");
        }
    }
    assert_eq!("ledger.test/1".parse::<NoteKey>(), Err(NotAKey));
}
