use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn key() -> Key {
    Key::new(&passphrase("桂花 cake"), Cost::insecure_for_tests_only(), &mut StdRng::seed_from_u64(1))
        .unwrap()
}

fn sealed() -> Vec<u8> {
    key().seal(Purpose::Wallet, &[42; 100], &mut StdRng::seed_from_u64(2))
}

fn unlock(file: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    Key::unlock(file, Purpose::Wallet, &passphrase("桂花 cake")).map(|(_, plain)| plain)
}

/// Alters the header as one who knows the format would: the checksum fits.
fn with_header(alter: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut file = sealed();
    alter(&mut file[..HEADER - 32]);
    let checksum = Sha256::digest(&file[..HEADER - 32]);
    file[HEADER - 32..HEADER].copy_from_slice(&checksum);
    file
}

#[test]
fn the_passphrase_opens_it_and_the_key_opens_it() {
    assert_eq!(unlock(&sealed()).unwrap().as_slice(), &[42; 100]);
    assert_eq!(key().open(&sealed(), Purpose::Wallet).unwrap().as_slice(), &[42; 100]);
}

#[test]
fn two_spellings_of_one_passphrase_are_one() {
    let composed =
        Key::new(&passphrase("caf\u{e9}"), Cost::insecure_for_tests_only(), &mut StdRng::seed_from_u64(1));
    let file = composed.unwrap().seal(Purpose::Wallet, b"x", &mut StdRng::seed_from_u64(2));
    assert!(Key::unlock(&file, Purpose::Wallet, &passphrase("cafe\u{301}")).is_ok());
}

#[test]
fn an_empty_passphrase_is_none() {
    assert!(Passphrase::new("").is_none());
}

#[test]
fn a_wrong_passphrase_is_said_to_be_wrong() {
    let opened = Key::unlock(&sealed(), Purpose::Wallet, &passphrase("桂花 tea"));
    assert_eq!(opened.err(), Some(SealError::WrongPassphrase));
}

#[test]
fn truncation_anywhere_is_truncation() {
    let file = sealed();
    for eighth in 0..8 {
        let cut = file.len() * eighth / 8;
        assert_eq!(unlock(&file[..cut]).err(), Some(SealError::Truncated), "cut at {cut}");
    }
    assert_eq!(unlock(&file[..file.len() - 1]).err(), Some(SealError::Truncated));
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut file = sealed();
    file.extend_from_slice(b"abc");
    assert_eq!(unlock(&file).err(), Some(SealError::Trailing(3)));
}

#[test]
fn an_altered_header_is_said_to_be_altered() {
    for place in 10..HEADER {
        let mut file = sealed();
        file[place] ^= 1;
        assert_eq!(unlock(&file).err(), Some(SealError::HeaderAltered), "byte {place}");
    }
}

#[test]
fn an_altered_body_is_said_to_be_altered() {
    let mut file = sealed();
    file[HEADER + 5] ^= 1;
    assert_eq!(unlock(&file).err(), Some(SealError::BodyAltered));
}

#[test]
fn a_forged_nonce_is_refused_by_the_seal() {
    assert_eq!(unlock(&with_header(|h| h[38] ^= 1)).err(), Some(SealError::BodyAltered));
}

#[test]
fn another_version_is_named() {
    assert_eq!(unlock(&with_header(|h| h[9] = 2)).err(), Some(SealError::OtherVersion(2)));
}

#[test]
fn another_kind_of_file_is_refused() {
    assert_eq!(unlock(b"PK\x03\x04 not a wallet at all").err(), Some(SealError::NotSealed));
    let cache = key().seal(Purpose::LedgerCache, b"x", &mut StdRng::seed_from_u64(3));
    assert_eq!(unlock(&cache).err(), Some(SealError::NotSealed));
}

#[test]
fn a_cache_cannot_be_passed_off_as_a_wallet() {
    let cache = key().seal(Purpose::LedgerCache, &[42; 100], &mut StdRng::seed_from_u64(2));
    let mut forged = with_header(|_| ());
    forged[HEADER..].copy_from_slice(&cache[HEADER..]);
    assert_eq!(unlock(&forged).err(), Some(SealError::BodyAltered));
}

#[test]
fn a_file_of_another_key_is_said_to_be_anothers() {
    let other =
        Key::new(&passphrase("桂花 cake"), Cost::insecure_for_tests_only(), &mut StdRng::seed_from_u64(9));
    assert_eq!(other.unwrap().open(&sealed(), Purpose::Wallet).err(), Some(SealError::OtherWallet));
}

#[test]
fn costs_out_of_bounds_are_refused_before_they_are_paid() {
    let set = |at: usize, number: u32| with_header(|h| h[at..at + 4].copy_from_slice(&number.to_be_bytes()));
    for (at, number) in [(10, u32::MAX), (10, 0), (14, u32::MAX), (14, 0), (18, 0xff_ffff), (18, 0)] {
        assert_eq!(unlock(&set(at, number)).err(), Some(SealError::Cost), "{number} at {at}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(unlock(&bytes).is_err());
    }

    #[test]
    fn no_header_panics(mut header in proptest::collection::vec(any::<u8>(), HEADER - 42..HEADER - 42 + 1), body: Vec<u8>) {
        // Any fields under a right magic, version and checksum; lengths and costs are whatever they are.
        let mut file = [b"yongwlt\0".as_slice(), &[0, 1]].concat();
        file.append(&mut header);
        file[10..22].copy_from_slice(&[0, 0, 0, 64, 0, 0, 0, 1, 0, 0, 0, 1]);
        let checksum = Sha256::digest(&file);
        file.extend_from_slice(&checksum);
        file.extend_from_slice(&body);
        prop_assert!(unlock(&file).is_err());
    }

    #[test]
    fn what_was_sealed_comes_back(plain: Vec<u8>, seed: u64) {
        let file = key().seal(Purpose::LedgerCache, &plain, &mut StdRng::seed_from_u64(seed));
        let opened = key().open(&file, Purpose::LedgerCache).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
    }
}
