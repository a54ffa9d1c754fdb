//! The suite is the standard's; a share opens with its key, in its context, and nowhere else.

use circuits::Fr;
use ledger::samples::bundle_id;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;
use crate::samples::department;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

fn place(i: usize) -> ShareIndex {
    Threshold::new(2, 5).unwrap().indices().nth(i - 1).unwrap()
}

fn share(i: usize) -> Share {
    Share::new(place(i), Fr::from(7u64), Fr::from(8u64))
}

fn context(trustee: &DepartmentId) -> Context<'_> {
    let threshold = Threshold::new(2, 5).unwrap();
    Context { purpose: Purpose::Deposit, bundle: bundle_id("one"), trustee, index: place(3), threshold }
}

/// RFC 9180, A.2.1, base mode, the first ciphertext.
#[test]
fn the_suite_opens_the_vector_of_the_standard() {
    let bytes = |hex: &str| hex::decode(hex).unwrap();
    let ikm = bytes("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df");
    let (private, public) = Kem::derive_keypair(&ikm);
    let expected = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
    assert_eq!(hex::encode(public.to_bytes()), expected);
    let unclamped = bytes("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    let key = HpkePrivateKey::from_bytes(&unclamped.try_into().unwrap());
    assert!(key.0 == private);
    assert_eq!(hex::encode(key.public().as_bytes()), expected);
    let encapped = bytes("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    let opened = hpke::single_shot_open::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &key.0,
        &EncappedKey::from_bytes(&encapped).unwrap(),
        &bytes("4f6465206f6e2061204772656369616e2055726e"),
        &bytes("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"),
        &bytes("436f756e742d30"),
    );
    assert_eq!(opened.unwrap(), b"Beauty is truth, truth beauty");
}

#[test]
fn a_private_key_reads_back() {
    let key = HpkePrivateKey::generate(&mut rng());
    let read = HpkePrivateKey::from_bytes(&key.to_bytes());
    assert!(*read.to_bytes() == *key.to_bytes());
    assert_eq!(read.public(), key.public());
    let mut rng = rng();
    let [one, two] = [(); 2].map(|()| HpkePrivateKey::generate(&mut rng).public());
    assert_ne!(one, two);
}

#[test]
fn a_share_opens_with_its_key_alone() {
    let mut rng = rng();
    let police = department("police");
    let [key, other] = [(); 2].map(|()| HpkePrivateKey::generate(&mut rng));
    let sealed = context(&police).seal(&share(3), &key.public(), &mut rng);
    let opened = context(&police).open(&sealed, &key).ok().unwrap();
    assert_eq!((opened.index(), opened.value()), (place(3), share(3).value()));
    assert_eq!(opened.commitment(), share(3).commitment());
    assert_eq!(context(&police).open(&sealed, &other).err(), Some(Unopened));
}

#[test]
fn a_share_opens_in_its_context_alone() {
    let mut rng = rng();
    let [police, tax] = ["police", "tax"].map(department);
    let key = HpkePrivateKey::generate(&mut rng);
    let good = context(&police);
    let sealed = good.seal(&share(3), &key.public(), &mut rng);
    let threshold = |needed, shares| Threshold::new(needed, shares).unwrap();
    for (what, other) in [
        ("another purpose", Context { purpose: Purpose::Answer, ..good }),
        ("another bundle", Context { bundle: bundle_id("two"), ..good }),
        ("another trustee", Context { trustee: &tax, ..good }),
        ("another place", Context { index: place(4), ..good }),
        ("more trustees", Context { threshold: threshold(2, 6), ..good }),
        ("more needed", Context { threshold: threshold(3, 5), ..good }),
    ] {
        assert_eq!(other.open(&sealed, &key).err(), Some(Unopened), "{what}");
    }
    assert!(good.open(&sealed, &key).is_ok());
}

#[test]
fn sealing_twice_gives_two_texts() {
    let mut rng = rng();
    let police = department("police");
    let to = HpkePrivateKey::generate(&mut rng).public();
    let [one, two] = [(); 2].map(|()| context(&police).seal(&share(3), &to, &mut rng));
    assert_ne!(one, two);
}

#[test]
fn a_sealed_share_has_one_spelling() {
    let mut rng = rng();
    let to = HpkePrivateKey::generate(&mut rng).public();
    let sealed = context(&department("police")).seal(&share(3), &to, &mut rng);
    let text = String::from(sealed.clone());
    assert_eq!(SealedShare::try_from(text.clone()), Ok(sealed));
    for bad in
        ["", "AAAA", &text[4..], &format!("{text}AAAA"), &format!("{text} "), text.trim_end_matches('=')]
    {
        assert_eq!(SealedShare::try_from(bad.to_owned()), Err(NotSealed), "{bad}");
    }
}

proptest! {
    /// A changed bit anywhere is found; the highest bit of the encapsulated key, which X25519 passes over, too.
    #[test]
    fn a_changed_bit_does_not_open(at in 0..SEALED_BYTES, bit in 0..8u32) {
        let mut rng = rng();
        let police = department("police");
        let key = HpkePrivateKey::generate(&mut rng);
        let mut sealed = context(&police).seal(&share(3), &key.public(), &mut rng);
        sealed.0[at] ^= 1 << bit;
        prop_assert_eq!(context(&police).open(&sealed, &key).err(), Some(Unopened));
    }
}
