//! Who made the powers of τ and the key: what one party alone made is never taken for the work of several.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod squares;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use blake2::{Blake2b512, Digest};
use prover::ceremony::phase1::{self, Phase1Error};
use prover::ceremony::{self, Beacon, CeremonyError, ContributionError, Report, Secrets, Verified};
use prover::iden3::FormatError;
use prover::iden3::ptau::Ptau;
use prover::iden3::zkey::{Name, Zkey};
use prover::key::Key;
use prover::matrices::Matrices;
use rand::rngs::OsRng;

use self::squares::{POWER, Squares};

fn names(all: &[&str]) -> Vec<Option<Name>> {
    all.iter().map(|text| Name::new(text).ok()).collect()
}

fn powers(parties: &[&str]) -> Vec<u8> {
    phase1::make_together(POWER, &names(parties), &mut OsRng)
}

fn initial(ptau: &Ptau) -> Zkey {
    ceremony::initialize(&Matrices::new::<Squares>().unwrap(), ptau).unwrap()
}

/// The key of `ptau` to which each of `parties` contributed.
fn contributed(ptau: &Ptau, parties: &[&str]) -> Zkey {
    let add = |zkey: Zkey, name| ceremony::contribute(&zkey, name, "", &mut OsRng).0;
    names(parties).into_iter().fold(initial(ptau), add)
}

fn verify(zkey: Zkey, ptau: &Ptau) -> Result<Verified<Squares>, CeremonyError> {
    ceremony::verify(zkey, ptau, &mut OsRng)
}

/// What is reported, and whether the key that comes out, read back from its file, is for development.
fn outcome(zkey: Zkey, ptau: &Ptau) -> (Report, bool) {
    let verified = verify(zkey, ptau).unwrap();
    let report = verified.report().clone();
    let key = Key::from_ceremony(verified).unwrap();
    let read = Key::from_bytes::<Squares>(&key.to_bytes()).unwrap();
    assert_eq!((read.origin(), read.origin().secrets()), (key.origin(), Some(report.secrets)));
    (report, key.origin().is_development())
}

/// One party makes powers, says that they are cut from a ceremony whose first challenge is gigabytes of hashing, and puts
/// a department's record in front of its own: the generators as its points, the public challenge that its own record
/// answers as the next one, and the factors, hash and name that the department has confirmed elsewhere.
#[test]
fn powers_made_alone_do_not_get_a_strangers_contribution() {
    let honest = powers(&["Honest Department"]);
    let alone = powers(&["made alone"]);
    for ceremony_power in [POWER, POWER + 1, 22, 23, 25, 28] {
        let forged = with_stranger(&alone, &honest, ceremony_power);
        let ptau = Ptau::parse(&forged).unwrap();
        let refused = verify(contributed(&ptau, &["one", "two"]), &ptau).err();
        let knowledge = Phase1Error::Contribution { number: 1, error: ContributionError::Knowledge };
        let step = Phase1Error::Contribution { number: 1, error: ContributionError::Step };
        let expected = if ceremony_power == POWER { step } else { knowledge };
        assert_eq!(refused, Some(CeremonyError::Phase1(expected)), "{ceremony_power}");
    }
}

/// A size that is not that of the first record's challenge is not believed either, with no record in front.
#[test]
fn a_ceremony_is_as_large_as_its_first_challenge_says() {
    let mut file = powers(&["a", "b"]);
    let zkey = contributed(&Ptau::parse(&file).unwrap(), &["one", "two"]);
    for ceremony_power in [POWER + 1, 23, 28] {
        let power = section(&file, 1) + 40;
        file[power..][..4].copy_from_slice(&ceremony_power.to_le_bytes());
        let refused = verify(zkey.clone(), &Ptau::parse(&file).unwrap()).err();
        let first = Phase1Error::Contribution { number: 1, error: ContributionError::Knowledge };
        assert_eq!(refused, Some(CeremonyError::Phase1(first)), "{ceremony_power}");
    }
    let power = section(&file, 1) + 40;
    file[power..][..4].copy_from_slice(&29u32.to_le_bytes());
    assert_eq!(Ptau::parse(&file).err(), Some(FormatError::Count("the power")));
}

/// The hash that contributors confirm is computed again where the file holds what it was computed from.
#[test]
fn the_hash_of_the_last_contribution_is_that_of_its_powers() {
    let mut file = powers(&["a", "b"]);
    let start = section(&file, 7) + 4;
    let zkey = contributed(&Ptau::parse(&file).unwrap(), &["one", "two"]);
    let record = RECORD + 2 + 1; // The signature of a record with a name of one letter: its length, tag, length, letter.
    let length = (section_length(&file, 7) - 4) / 2;
    assert!(length >= record);
    // A word of the hash's state, which no proof covers.
    file[start + length + PARTIAL + 130] ^= 1;
    let refused = verify(zkey, &Ptau::parse(&file).unwrap()).err();
    assert_eq!(refused, Some(CeremonyError::Phase1(Phase1Error::Hash)));
}

#[test]
fn a_key_is_for_everybody_only_with_two_secrets_of_each_phase() {
    let shared = powers(&["a", "b"]);
    let alone = powers(&["a"]);
    let one_name = powers(&["a", "A, 2026-09-01 10:00 UTC"]);
    for (file, parties, secrets, development) in [
        (&shared, &["one", "two"][..], [2, 2], false),
        (&shared, &["one", "two", "one"], [2, 2], false),
        (&shared, &["one"], [2, 1], true),
        (&shared, &["one", "ONE"], [2, 1], true),
        (&shared, &["one, 2026-09-01 10:00 UTC", "one, 2026-09-02 11:00 UTC"], [2, 1], true),
        (&shared, &["", ""], [2, 1], true),
        (&alone, &["one", "two", "three"], [1, 3], true),
        (&one_name, &["one", "two"], [1, 2], true),
    ] {
        let ptau = Ptau::parse(file).unwrap();
        let (report, is_development) = outcome(contributed(&ptau, parties), &ptau);
        let [phase1, phase2] = secrets;
        assert_eq!(
            (report.secrets, is_development),
            (Secrets { phase1, phase2 }, development),
            "{parties:?}"
        );
    }
}

#[test]
fn a_beacon_stands_for_no_party() {
    let file = powers(&["a", "b"]);
    let ptau = Ptau::parse(&file).unwrap();
    let beacon = Beacon::new(vec![1, 2, 3], 10).unwrap();
    let one = ceremony::apply_beacon(&contributed(&ptau, &["one"]), Name::new("draw").ok(), &beacon).0;
    let (report, development) = outcome(one, &ptau);
    assert_eq!((report.contributions.len(), report.secrets.phase2, development), (2, 1, true));
}

/// Those who ran the ceremony of a file say whose contributions are in it, where the file does not.
#[test]
fn a_file_that_was_named_by_its_digest_needs_no_names() {
    let file = powers(&["", "", ""]);
    let unknown = Ptau::parse(&file).unwrap();
    let zkey = contributed(&unknown, &["one", "two"]);
    let (report, development) = outcome(zkey.clone(), &unknown);
    assert_eq!((report.secrets.phase1, development), (1, true));
    let digest: [u8; 64] = Blake2b512::digest(&file).into();
    let known = Ptau::parse_known(&file, &digest).unwrap();
    let (report, development) = outcome(zkey, &known);
    assert_eq!((report.secrets.phase1, development), (3, false));
    assert_eq!(Ptau::parse_known(&file, &[0; 64]).err(), Some(FormatError::OtherFile));
}

/// The attack's file: `alone` with a record made of `honest` in front of its own.
fn with_stranger(alone: &[u8], honest: &[u8], ceremony_power: u32) -> Vec<u8> {
    let (own, stranger) = (section(alone, 7), section(honest, 7));
    let mut records = 2u32.to_le_bytes().to_vec();
    let mut first = honest[stranger + 4..][..section_length(honest, 7) - 4].to_vec();
    let (g1, g2) = (montgomery1(), montgomery2());
    first[..POINTS].copy_from_slice(&[&g1[..], &g2, &g1, &g1, &g2].concat());
    first[NEXT_CHALLENGE..][..64].copy_from_slice(&first_challenge(POWER));
    records.extend(first);
    records.extend(&alone[own + 4..][..section_length(alone, 7) - 4]);
    let mut file = alone[..own - 8].to_vec();
    file.extend((records.len() as u64).to_le_bytes());
    file.extend(records);
    file.extend(&alone[own + section_length(alone, 7)..]);
    let power = section(&file, 1) + 40;
    file[power..][..4].copy_from_slice(&ceremony_power.to_le_bytes());
    file
}

/// Offsets in a record: five points, the factors' proofs, the hash in progress, the next challenge, the signature.
const POINTS: usize = 3 * 64 + 2 * 128;
const PARTIAL: usize = POINTS + 6 * 64 + 3 * 128;
const NEXT_CHALLENGE: usize = PARTIAL + 216;
const RECORD: usize = NEXT_CHALLENGE + 64;

/// The hash of all powers of one, as everybody can compute it.
fn first_challenge(power: u32) -> [u8; 64] {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let plain1 = [g1.x, g1.y].map(|c| c.into_bigint().to_bytes_be()).concat();
    let plain2 = [g2.x.c1, g2.x.c0, g2.y.c1, g2.y.c0].map(|c| c.into_bigint().to_bytes_be()).concat();
    let size = 1 << power;
    Blake2b512::new()
        .chain_update(Blake2b512::digest([]))
        .chain_update(plain1.repeat(2 * size - 1))
        .chain_update(plain2.repeat(size))
        .chain_update(plain1.repeat(2 * size))
        .chain_update(plain2)
        .finalize()
        .into()
}

fn montgomery1() -> Vec<u8> {
    let g = G1Affine::generator();
    [g.x, g.y].map(|c| c.0.to_bytes_le()).concat()
}

fn montgomery2() -> Vec<u8> {
    let g = G2Affine::generator();
    [g.x.c0, g.x.c1, g.y.c0, g.y.c1].map(|c| c.0.to_bytes_le()).concat()
}

/// Where the content of a section begins; its length is in the eight bytes before.
fn section(file: &[u8], wanted: u32) -> usize {
    let mut start = 12;
    loop {
        let number = u32::from_le_bytes(file[start..start + 4].try_into().unwrap());
        start += 12;
        if number == wanted {
            return start;
        }
        start += length_before(file, start);
    }
}

fn section_length(file: &[u8], wanted: u32) -> usize {
    length_before(file, section(file, wanted))
}

fn length_before(file: &[u8], start: usize) -> usize {
    u64::from_le_bytes(file[start - 8..start].try_into().unwrap()) as usize
}
