//! Sealing and opening; one rejection test per rule.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use rand::SeedableRng as _;
use serde_json::json;

use super::*;

const CODE: &str = "4071 9385 2264";
const FRESH: Fresh = Fresh { salt: [7; SALT], nonce: [9; NONCE] };

fn paper() -> Paper {
    let credential = json!({
        "format": "yong-zkp+json", "schema": "identity/1", "issuer": "gongan.nanning",
        "attributes": {"id_number": "450199199609118925", "name": "侯斌", "sex": "F"}, "salt": "12345",
        "validity": {"from": 1_789_920_000, "until": 1_821_455_999}, "document": null, "position": 7, "entry": 3});
    let credential = serde_json::from_value(credential).expect("an issued credential");
    let device = DeviceSecret::from_uniform_bytes(&[3; 64]);
    let person = PersonSecret::from_uniform_bytes(&[4; 64]);
    Paper { secrets: HolderSecrets { device, person }, credential }
}

fn sealed() -> SealedPaper {
    paper().seal(&code(CODE).expect("a code"), &FRESH).expect("memory")
}

fn code(text: &str) -> Result<PaperCode, NotACode> {
    text.parse()
}

#[test]
fn what_was_sealed_opens_with_its_code_however_it_is_typed() {
    let text = sealed().to_string();
    assert!(
        text.len() < 1_000,
        "{} characters fit a QR code that a printer and a scanner manage",
        text.len()
    );
    let scanned: SealedPaper = format!(" {text}\r\n").parse().expect("a paper");
    let typed = "４０７１—９３８５ 2264\r\n";
    let opened = scanned.open(&code(typed).expect("a code")).expect("the right code");
    assert!(opened.secrets.device.expose() == paper().secrets.device.expose());
    assert!(opened.secrets.person.expose() == paper().secrets.person.expose());
    assert!(opened.credential == paper().credential);
}

#[test]
fn another_code_or_a_changed_paper_does_not_open() {
    let (right, sealed) = (code(CODE).expect("a code"), sealed());
    let wrong = code("4071 9385 2265").expect("a code");
    assert_eq!(sealed.open(&wrong).err(), Some(OpenError::Code));
    let last = sealed.bytes().len() - 1;
    for at in [0, SALT, SALT + NONCE, last] {
        let mut bytes = sealed.bytes();
        bytes[at] ^= 1;
        let changed: SealedPaper = format!("{PREFIX}{}", base45::encode(bytes)).parse().expect("a paper");
        assert_eq!(changed.open(&right).err(), Some(OpenError::Code), "byte {at}");
        assert_ne!(changed.name(), sealed.name());
    }
}

#[test]
fn each_paper_has_one_text() {
    let text = sealed().to_string();
    for wrong in [
        String::new(),
        PREFIX.to_owned(),
        text.replacen("P2", "P1", 1),
        format!("{text}A"),
        format!("{PREFIX}{}", base45::encode([0; SALT + NONCE + TAG])),
        format!("{PREFIX}{}", "0".repeat(MAX_CHARS + 2)),
    ] {
        assert!(wrong.parse::<SealedPaper>().is_err(), "{wrong}");
    }
}

#[test]
fn a_paper_is_read_as_a_scanner_or_an_input_method_types_it() {
    let text = sealed().to_string();
    for typed in [
        format!("\u{feff} {text}\r\n"),
        text.to_lowercase(),
        text.replace(':', "：").replace('$', "￥").replace('.', "。").replace('%', "％"),
        format!("{}\r\n{}", &text[..60], &text[60..]),
    ] {
        assert!(typed.parse::<SealedPaper>().is_ok_and(|paper| paper.to_string() == text), "{typed}");
    }
}

/// Papers live as long as their credentials: those of earlier versions have eight letters and digits.
#[test]
fn a_paper_of_an_earlier_version_opens_with_its_code() {
    let earlier = paper().seal(&code("K7QM-3XPT").expect("a code"), &FRESH).expect("memory");
    assert!(earlier.open(&code("k7qm 3xpt").expect("a code")).is_ok());
    assert_eq!(code("K7QM-3XPT").expect("a code").spoken().as_str(), "K7QM-3XPT");
}

#[test]
fn a_drawn_code_is_twelve_digits_in_three_groups() {
    let mut rng = rand::rngs::StdRng::seed_from_u64(7);
    for _ in 0..1_000 {
        let drawn = PaperCode::random(&mut rng);
        let spoken = drawn.spoken();
        assert!(spoken.len() == CODE_DIGITS + 2 && spoken.split(' ').all(|group| group.len() == 4));
        assert!(PaperCode::chosen(&spoken, "").is_ok(), "what is drawn could have been chosen");
    }
}

#[test]
fn a_chosen_code_is_not_what_a_finder_tries_first() {
    let refused = |text: &str| PaperCode::chosen(text, "450199194805170031").err();
    assert_eq!(refused("4071 9385 2264"), None);
    assert_eq!(refused("４０７１ ９３８５ ２２６４"), None);
    for trivial in [
        "000000000000",
        "123456789012",
        "987654321098",
        "1234 1234 1234",
        "121212121212",
        "407193 407193",
        "112211221212",
        "123456 407193",
    ] {
        assert_eq!(refused(trivial), Some(CodeChoiceError::Pattern), "{trivial}");
    }
    for birthday in ["1948 0517 3926", "3926 1948 0517", "40 19830519 71"] {
        assert_eq!(refused(birthday), Some(CodeChoiceError::Date), "{birthday}");
    }
    assert_eq!(refused("4501 9938 2264"), Some(CodeChoiceError::Known));
    for other in ["", "4071", "4071 9385 22645", "K7QM-3XPT", "口令"] {
        assert_eq!(refused(other), Some(CodeChoiceError::Length), "{other}");
    }
}

#[test]
fn a_code_is_read_as_it_is_typed() {
    for typed in [
        "K7QM-3XPT",
        "k7qm3xpt",
        " k7qm 3xpt\r\n",
        "Ｋ７ＱＭ－３ｘｐｔ",
        "K7QM—3XPT",
        "k7qm\u{200b}3xpt",
        "k7qm 3xpt。",
    ] {
        let code: PaperCode = typed.parse().unwrap_or_else(|_| panic!("{typed}"));
        assert_eq!(code.spoken().as_str(), "K7QM-3XPT", "{typed}");
    }
    for none in [
        "",
        "K7QM-3XP",
        "K7QM-3XPTT",
        "K7QM-3XPU",
        "4071 9385 226",
        "4071 9385 22641",
        "4071 9385 226A",
        "口令",
    ] {
        assert!(none.parse::<PaperCode>().is_err(), "{none}");
    }
}

/// Two characters at the end stand for one byte; `ZZ` would stand for more than a byte holds.
#[test]
fn an_overflowing_end_is_no_paper() {
    let text = format!("{PREFIX}{}", base45::encode([1; SALT + NONCE + TAG + 1]));
    assert!(text.parse::<SealedPaper>().is_ok());
    let overflowing = format!("{}ZZ", text.get(..text.len() - 2).expect("ASCII"));
    assert!(overflowing.parse::<SealedPaper>().is_err());
}

#[test]
fn a_sheet_is_whole_and_its_secrets_canonical() {
    let good = encode_sheet(&paper());
    assert_eq!(good.len() % 64, 0);
    assert!(decode_sheet(&good).is_some());
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.to_vec();
        change(&mut bytes);
        decode_sheet(&bytes).is_none()
    };
    let order = Fr::MODULUS.to_bytes_be();
    assert!(changed(&|bytes| *bytes.last_mut().expect("bytes") = 1));
    assert!(changed(&|bytes| bytes.extend([0; 64])));
    assert!(changed(&|bytes| bytes.truncate(40)));
    // The array's head takes one byte and that of a byte string two.
    for secret in [3..35, 37..69] {
        assert!(!changed(&|bytes| bytes[secret.clone()].fill(1)));
        assert!(changed(&|bytes| bytes[secret.clone()].copy_from_slice(&order)));
        assert!(changed(&|bytes| bytes[secret.clone()].fill(0)));
    }
    assert!(decode_sheet(&[0x9f; 4_096]).is_none());
}

/// What `docs/formats.md` says, as a file. The sheet and the text are made anew with `UPDATE_VECTORS=1`.
#[test]
fn the_paper_of_the_vector_opens_and_is_sealed_again_as_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/paper.json");
    let file = std::fs::read(path).expect("the vector");
    let file = serde_json::from_slice::<serde_json::Value>(&file).expect("JSON");
    // The code of an earlier version: its papers open as before.
    let written = file["code"].as_str().expect("a code");
    let sealed = paper().seal(&code(written).expect("a code"), &FRESH).expect("memory");
    let now = json!({
        "code": written,
        "salt": hex::encode(FRESH.salt),
        "nonce": hex::encode(FRESH.nonce),
        "device_secret": hex::encode(paper().secrets.device.expose().into_bigint().to_bytes_be()),
        "person_secret": hex::encode(paper().secrets.person.expose().into_bigint().to_bytes_be()),
        "credential": serde_json::to_value(paper().credential).expect("plain data"),
        "sheet": hex::encode(&*encode_sheet(&paper())),
        "text": sealed.to_string(),
    });
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(path, format!("{now:#}\n")).expect("the file can be written");
        return;
    }
    assert_eq!(file, now);
    let text = now["text"].as_str().expect("a text");
    let opened = text.parse::<SealedPaper>().expect("a paper").open(&code(written).expect("a code"));
    let opened = opened.expect("the code");
    assert!(opened.secrets.device.expose() == paper().secrets.device.expose());
}
