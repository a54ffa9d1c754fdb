//! Two wallets and somebody between them.

use std::num::NonZeroU16;

use circuits::Fr;
use circuits::credential::Scope;
use circuits::schema::SchemaId;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::phrase::Phrase;
use crate::wallet::{NotEmpty, PersonFrom, Wallet};

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn wallet(number: u8) -> Wallet {
    Wallet::new(Phrase::from_entropy(&[number; 32]))
}

/// Both sides, after each has the other's first word.
fn begun(seed: u64) -> (Answered, Revealed) {
    let offering = Offering::new(&mut rng(seed));
    let accepting = Accepting::new(offering.offer().clone(), &mut rng(seed + 1));
    let answered = offering.answered(accepting.answer().clone());
    let revealed = accepting.revealed(answered.reveal().clone()).unwrap();
    (answered, revealed)
}

/// Two wallets of one person.
fn paired() -> (Wallet, Wallet) {
    let first = wallet(1);
    let mut second = wallet(2);
    let (answered, revealed) = begun(1);
    let numbers = (answered.number(), revealed.number());
    let sealed = answered.seal(numbers.1, &first.secrets().person, &mut rng(3)).unwrap();
    second.pair(revealed.open(numbers.0, &sealed).unwrap()).unwrap();
    (first, second)
}

#[test]
fn two_wallets_of_a_person_are_one_where_a_scope_counts_and_two_elsewhere() {
    let (first, second) = paired();
    let department = "credit.nanning".parse().unwrap();
    let schema: SchemaId = "credit-report/1".parse().unwrap();
    let [one, two] = [first.secrets(), second.secrets()];
    assert_eq!(one.person.person(&department), two.person.person(&department));
    let permit = Scope::named("permit", &department, NonZeroU16::new(10).unwrap());
    for index in 0..10 {
        assert_eq!(one.nullifier(&permit, index), two.nullifier(&permit, index), "a use is the person's");
    }
    let session = Scope::session(&Fr::from(7_u64));
    assert_ne!(one.nullifier(&session, 0), two.nullifier(&session, 0));
    assert_ne!(one.holder(&department, &schema), two.holder(&department, &schema));
    assert_eq!(second.person_from(), PersonFrom::Pairing);
    assert_eq!(second.secrets().device.expose(), wallet(2).secrets().device.expose());
}

/// Whatever its owner writes down of the second wallet, the person secret is not in it.
#[test]
fn the_phrase_of_a_further_device_gives_its_own_device_secret_and_not_the_persons() {
    let (first, second) = paired();
    let restored = Wallet::new(second.phrase().clone());
    assert_eq!(restored.secrets().device.expose(), second.secrets().device.expose());
    assert_ne!(restored.secrets().person.expose(), first.secrets().person.expose());
    let mut again = restored;
    again.pair(first.secrets().person.clone()).unwrap();
    let department = "gongan.nanning".parse().unwrap();
    let schema: SchemaId = "identity/1".parse().unwrap();
    let holder = |wallet: &Wallet| wallet.secrets().holder(&department, &schema);
    assert_eq!(holder(&again), holder(&second), "paired again it is the device that it was");
}

#[test]
fn a_wallet_with_credentials_takes_no_other_persons_secret() {
    let world = crate::testing::World::new();
    let (mut holding, _) = crate::testing::citizen(&world);
    let before = *holding.secrets().person.expose();
    assert_eq!(holding.pair(wallet(9).secrets().person.clone()), Err(NotEmpty));
    assert_eq!(*holding.secrets().person.expose(), before);
}

#[test]
fn both_screens_show_one_number_of_six_digits() {
    let (answered, revealed) = begun(1);
    assert_eq!(answered.number(), revealed.number());
    let shown = answered.number().to_string();
    assert_eq!(shown.parse(), Ok(answered.number()));
    assert_eq!(shown.replace(' ', "").parse(), Ok(answered.number()));
    assert_eq!(PairNumber(7).to_string(), "000 007");
    for bad in ["", "12345", "1234567", "+12345", "12 34x6", &"1".repeat(99)] {
        assert_eq!(bad.parse::<PairNumber>(), Err(NotANumber), "{bad}");
    }
    assert_eq!("１２３　４５６\n".parse(), Ok(PairNumber(123_456)));
}

#[test]
fn a_wrong_number_stops_the_giving_wallet() {
    let (answered, _) = begun(1);
    let wrong = PairNumber((answered.number().0 + 1) % 1_000_000);
    let refused = answered.seal(wrong, &wallet(1).secrets().person, &mut rng(3));
    assert_eq!(refused.err(), Some(PairError::OtherNumber));
}

#[test]
fn a_wrong_number_stops_the_new_wallet() {
    let (answered, revealed) = begun(1);
    let number = answered.number();
    let sealed = answered.seal(number, &wallet(1).secrets().person, &mut rng(3)).unwrap();
    let wrong = PairNumber((number.0 + 1) % 1_000_000);
    assert_eq!(revealed.open(wrong, &sealed).err(), Some(PairError::OtherNumber));
}

/// Somebody between the two pairs with each: the numbers differ but for one in a million, and neither can be chosen.
#[test]
fn somebody_between_the_two_shows_different_numbers() {
    let mut same = 0;
    for seed in 0..200 {
        let first = Offering::new(&mut rng(seed));
        let between = Offering::new(&mut rng(1_000 + seed));
        let second = Accepting::new(between.offer().clone(), &mut rng(2_000 + seed));
        let towards_first = Accepting::new(first.offer().clone(), &mut rng(3_000 + seed));
        let first = first.answered(towards_first.answer().clone());
        let between = between.answered(second.answer().clone());
        let second = second.revealed(between.reveal().clone()).unwrap();
        same += usize::from(first.number() == second.number());
    }
    assert!(same < 2, "{same} of 200");
}

/// What would let somebody choose the number: another nonce after the other side's is known.
#[test]
fn nothing_but_what_was_committed_to_can_be_revealed() {
    let offering = Offering::new(&mut rng(1));
    let accepting = Accepting::new(offering.offer().clone(), &mut rng(2));
    let answered = offering.answered(accepting.answer().clone());
    let mut other = answered.reveal().clone();
    other.nonce[0] ^= 1;
    assert_eq!(accepting.revealed(other).err(), Some(PairError::Altered));
}

#[test]
fn a_reveal_for_another_answer_is_refused() {
    let offering = Offering::new(&mut rng(1));
    let accepting = Accepting::new(offering.offer().clone(), &mut rng(2));
    let another = Accepting::new(offering.offer().clone(), &mut rng(3));
    let answered = offering.answered(another.answer().clone());
    assert_eq!(accepting.revealed(answered.reveal().clone()).err(), Some(PairError::Altered));
}

#[test]
fn an_altered_offer_is_refused_when_the_nonce_is_revealed() {
    for part in [0, 1] {
        let offering = Offering::new(&mut rng(1));
        let mut altered = offering.offer().clone();
        if part == 0 {
            altered.key[3] ^= 1;
        } else {
            altered.commitment[3] ^= 1;
        }
        let accepting = Accepting::new(altered, &mut rng(2));
        let answered = offering.answered(accepting.answer().clone());
        assert_eq!(accepting.revealed(answered.reveal().clone()).err(), Some(PairError::Altered));
    }
}

#[test]
fn an_altered_answer_is_refused() {
    let offering = Offering::new(&mut rng(1));
    let accepting = Accepting::new(offering.offer().clone(), &mut rng(2));
    let mut altered = accepting.answer().clone();
    altered.nonce[0] ^= 1;
    let answered = offering.answered(altered);
    assert_eq!(accepting.revealed(answered.reveal().clone()).err(), Some(PairError::Altered));
}

#[test]
fn an_altered_secret_is_refused() {
    for alter in [
        (|sealed: &mut SealedSecret| sealed.encapsulated[0] ^= 1) as fn(&mut SealedSecret),
        |sealed| sealed.ciphertext[0] ^= 1,
        |sealed| sealed.ciphertext[47] ^= 1,
    ] {
        let (answered, revealed) = begun(1);
        let number = answered.number();
        let mut sealed = answered.seal(number, &wallet(1).secrets().person, &mut rng(3)).unwrap();
        alter(&mut sealed);
        assert_eq!(revealed.open(number, &sealed).err(), Some(PairError::NotOpened));
    }
}

#[test]
fn a_secret_of_an_earlier_pairing_is_refused() {
    let (earlier, _) = begun(10);
    let number = earlier.number();
    let replayed = earlier.seal(number, &wallet(1).secrets().person, &mut rng(3)).unwrap();
    let (_, revealed) = begun(20);
    let number = revealed.number();
    assert_eq!(revealed.open(number, &replayed).err(), Some(PairError::NotOpened));
}

/// Whoever knows all that was said but has not the key of the offer seals nothing that opens.
#[test]
fn a_secret_from_another_key_is_refused() {
    let offering = Offering::new(&mut rng(1));
    let accepting = Accepting::new(offering.offer().clone(), &mut rng(2));
    let answered = offering.answered(accepting.answer().clone());
    let transcript = seal::Transcript::new(offer_of(1).offer(), accepting.answer(), answered.reveal());
    let thief = seal::KeyPair::generate(&mut rng(66));
    let secret = wallet(6).secrets().person.clone();
    let to = accepting.answer().key;
    let forged = seal::seal(thief, &to, &transcript, &secret, &mut rng(3)).unwrap();
    let revealed = accepting.revealed(answered.reveal().clone()).unwrap();
    let number = revealed.number();
    assert_eq!(revealed.open(number, &forged).err(), Some(PairError::NotOpened));
}

fn offer_of(seed: u64) -> Offering {
    Offering::new(&mut rng(seed))
}

/// A point of small order has the same secret with every key.
#[test]
fn a_key_without_a_secret_is_refused() {
    let offering = Offering::new(&mut rng(1));
    let answered = offering.answered(Answer { key: [0; 32], nonce: [1; 32] });
    let number = answered.number();
    let refused = answered.seal(number, &wallet(1).secrets().person, &mut rng(3));
    assert_eq!(refused.err(), Some(PairError::Altered));
}

#[test]
fn a_message_has_one_text_and_is_read_as_a_hand_gives_it() {
    let offer = Offering::new(&mut rng(1)).offer().clone();
    let text = offer.to_string();
    assert!(text.starts_with("yong-pair:offer:"), "{text}");
    let (half, rest) = text.split_at(40);
    assert_eq!(format!("  {half}\r\n {rest}\n").parse(), Ok(offer.clone()));
    let wanted = MessageKind::Answer;
    let other = MessageError::Other { found: MessageKind::Offer, wanted };
    assert_eq!(text.parse::<Answer>(), Err(other));
    for not in ["", "openid4vp://?x", "yong-pair:", "yong-pair:letter:AAAA"] {
        assert_eq!(not.parse::<Offer>(), Err(MessageError::NotAMessage), "{not}");
    }
    for damaged in [&text[..text.len() - 1], &format!("{text}AAAA"), "yong-pair:offer:?"] {
        assert_eq!(damaged.parse::<Offer>(), Err(MessageError::Damaged), "{damaged}");
    }
}

proptest! {
    #[test]
    fn messages_are_read_as_they_are_written(seed in 0_u64..1_000) {
        let (answered, revealed) = begun(seed);
        let reveal = answered.reveal().clone();
        prop_assert_eq!(reveal.to_string().parse(), Ok(reveal));
        let number = revealed.number();
        let sealed = answered.seal(number, &wallet(1).secrets().person, &mut rng(3)).unwrap();
        prop_assert_eq!(sealed.to_string().parse(), Ok(sealed.clone()));
        prop_assert!(revealed.open(number, &sealed).is_ok());
    }

    #[test]
    fn no_text_panics(text in ".{0,300}") {
        let _ = text.parse::<Offer>();
        let _ = text.parse::<SealedSecret>();
        let _ = text.parse::<PairNumber>();
    }
}
