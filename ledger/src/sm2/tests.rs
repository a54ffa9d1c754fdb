//! The second signature agrees with `OpenSSL` in both directions, and is asked for as the genesis says.

use std::fs;
use std::process::Command;

use super::*;
use crate::samples::INSECURE_SM2_PEM as PEM;

/// What `openssl pkey -pubout` says of it.
const PUBLIC: &str =
    "BNBJD2mhqLRHNxwzIDUQb1hBdhg5d1hbti5qG3347R3TrgRKtGHsRuROSo44NGLcBW/B9NUyofCCMZP6qoJ8yAg=";
const TEXT: &str = "ledger.test/1\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
/// `openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678` over [`TEXT`]: r (whose first byte is 0) and s.
const OPENSSL: &str = "009672586cf1c6475727019133509954b588a6193ef75382f38dd32b1b6dad39\
                       36bbe4705206cefea7583849f0fe871585c5d14942b1dba9b862b15817cdb887";

fn key() -> Sm2Key {
    Sm2Key::from_pem(PEM).unwrap()
}

fn name() -> KeyName {
    "ledger.test/1".parse().unwrap()
}

fn note() -> Note {
    Note::new(TEXT.to_owned()).unwrap()
}

#[test]
fn a_signature_of_openssl_verifies_and_no_other() {
    let public = key().public();
    assert_eq!((public.to_string().as_str(), PUBLIC.parse()), (PUBLIC, Ok(public.clone())));
    let signature = hex::decode(OPENSSL).unwrap();
    public.verify(TEXT.as_bytes(), &signature).unwrap();
    let bad = Err(NoteSignatureError::BadSignature);
    assert_eq!(public.verify(b"another", &signature), bad);
    for at in [0, 31, 32, 63] {
        let mut forged = signature.clone();
        forged[at] ^= 1;
        assert_eq!(public.verify(TEXT.as_bytes(), &forged), bad, "{at}");
    }
    for wrong in [&signature[..63], &[], &[0; 64], &[0xff; 64], &[&signature[..], &[0]].concat()] {
        assert_eq!(public.verify(TEXT.as_bytes(), wrong), bad);
    }
}

#[test]
fn openssl_verifies_what_is_signed_here() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "needs openssl");
        eprintln!("skipped: needs openssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let signed = key().sign(TEXT.as_bytes()).unwrap();
    key().public().verify(TEXT.as_bytes(), &signed).unwrap();
    fs::write(at("key"), PEM).unwrap();
    fs::write(at("text"), TEXT).unwrap();
    fs::write(at("sig"), Signature::from_slice(&signed).unwrap().to_der().as_bytes()).unwrap();
    let mut verify = Command::new("openssl");
    verify.args(["pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]);
    verify.arg("-inkey").arg(at("key")).arg("-in").arg(at("text")).arg("-sigfile").arg(at("sig"));
    let said = verify.output().unwrap();
    assert!(said.status.success(), "{said:?}");
}

#[test]
fn a_note_has_it_as_the_rule_says() {
    let rule = |need| Sm2Rule { key: key().public(), need };
    let check = |need, note: &Note| rule(need).check(&name(), note);
    assert_eq!(check(Need::Required, &note()), Err(NoteSignatureError::NotSigned));
    assert_eq!(check(Need::Offered, &note()), Ok(()));
    let line = key().line(&name(), &note()).unwrap();
    let mut signed = note();
    signed.push(line.clone());
    let read = Note::parse(signed.to_string().as_bytes()).unwrap();
    assert_eq!((check(Need::Required, &read), check(Need::Offered, &read)), (Ok(()), Ok(())));
    // Of another name it is another key's.
    let other = key().line(&"ledger.test/2".parse().unwrap(), &note()).unwrap();
    let mut of_another = note();
    of_another.push(other);
    assert_eq!(check(Need::Required, &of_another), Err(NoteSignatureError::NotSigned));
    // One that does not verify refuses the note, beside a good one too.
    let mut forged = signed.clone();
    forged.push(NoteSignature { payload: vec![7; SIGNATURE], ..line });
    for need in [Need::Required, Need::Offered] {
        assert_eq!(check(need, &forged), Err(NoteSignatureError::BadSignature));
    }
}

#[test]
fn only_one_text_is_a_key() {
    let bytes = STANDARD.decode(PUBLIC).unwrap();
    let compressed = STANDARD.encode([&[2 | (bytes[64] & 1)], &bytes[1..33]].concat());
    let mut outside = bytes.clone();
    outside[64] ^= 1;
    for wrong in
        [compressed, STANDARD.encode(&outside), STANDARD.encode([0]), String::new(), format!("{PUBLIC}=")]
    {
        assert_eq!(wrong.parse::<Sm2PublicKey>(), Err(NotAnSm2Key), "{wrong}");
    }
    let json = format!(r#"{{"key":"{PUBLIC}","required":true}}"#);
    let rule: Sm2Rule = serde_json::from_str(&json).unwrap();
    assert_eq!((rule.need, serde_json::to_string(&rule).unwrap()), (Need::Required, json.clone()));
    assert!(serde_json::from_str::<Sm2Rule>(&json.replace("true", "true,\"more\":1")).is_err());
    // As another system's editor leaves it.
    assert!(Sm2Key::from_pem(&PEM.replace('\n', "\r\n")).is_some());
    assert!(Sm2Key::from_pem("").is_none() && Sm2Key::from_pem(&PEM.replace("MIGH", "MIGI")).is_none());
}
