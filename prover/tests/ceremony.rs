//! A ceremony for a small circuit, and everything that must be refused in one.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod squares;

use std::sync::OnceLock;

use ark_bn254::{Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use blake2::{Blake2b512, Digest};
use prover::ceremony::{self, Beacon, CeremonyError, ContributionError, Secrets, Verified, phase1};
use prover::iden3::FormatError;
use prover::iden3::ptau::Ptau;
use prover::iden3::zkey::{Author, Contribution, Name, Zkey};
use prover::key::{FromCeremonyError, Key, Origin};
use prover::matrices::Matrices;
use prover::{CircuitProver, ShowProver};
use rand::rngs::OsRng;

use self::squares::{POWER, Squares};

/// Rows of the domain.
const ROWS: usize = 1 << POWER;

fn powers() -> &'static [u8] {
    static POWERS: OnceLock<Vec<u8>> = OnceLock::new();
    POWERS.get_or_init(|| phase1::make(POWER, Some(name("alone")), &mut OsRng))
}

fn ptau() -> Ptau<'static> {
    Ptau::parse(powers()).unwrap()
}

fn initial_key() -> Zkey {
    static BEGINNING: OnceLock<Zkey> = OnceLock::new();
    let begin = || ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &ptau()).unwrap();
    BEGINNING.get_or_init(begin).clone()
}

/// Two departments and a beacon.
fn finished() -> Zkey {
    static FINISHED: OnceLock<Zkey> = OnceLock::new();
    let finish = || {
        let one = ceremony::contribute(&initial_key(), Some(name("credit")), "typed", &mut OsRng).0;
        let two = ceremony::contribute(&one, Some(name("tax")), "", &mut OsRng).0;
        ceremony::apply_beacon(&two, Some(name("beacon")), &beacon()).0
    };
    FINISHED.get_or_init(finish).clone()
}

fn beacon() -> Beacon {
    Beacon::new(vec![1, 2, 3], 10).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn verify(zkey: Zkey) -> Result<Verified<Squares>, CeremonyError> {
    ceremony::verify(zkey, &ptau(), &mut OsRng)
}

/// The finished key with a change, verified; a file with the change is read back first.
fn refused(change: impl FnOnce(&mut Zkey)) -> CeremonyError {
    let mut zkey = finished();
    change(&mut zkey);
    verify(Zkey::from_bytes(&zkey.to_bytes()).unwrap()).err().unwrap()
}

fn at(number: usize, error: ContributionError) -> CeremonyError {
    CeremonyError::Contribution { number, error }
}

#[test]
fn a_key_of_a_ceremony_proves_and_says_where_it_comes_from() {
    let verified = verify(Zkey::from_bytes(&finished().to_bytes()).unwrap()).unwrap();
    let report = verified.report().clone();
    let names: Vec<_> = report.contributions.iter().map(|c| c.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["credit", "tax", "beacon"]);
    let key = Key::from_ceremony(verified).unwrap();
    let Origin::Ceremony { transcript, secrets } = key.origin() else { panic!() };
    assert_eq!(secrets, Some(Secrets { phase1: 1, phase2: 2 }));
    assert_eq!(hex::encode(transcript), report.transcript_digest);
    let prover = CircuitProver::<Squares>::load(&key.to_bytes()).unwrap();
    assert!(prover.origin().is_development(), "one party made the powers of tau");
    let root = Fr::from(3u64);
    let public = Squares::of(root);
    let proof = prover.prove(&public, &root, &mut OsRng).unwrap();
    prover.verifying_key().verify(&public, &proof).unwrap();
    assert!(ShowProver::load(&key.to_bytes()).is_err());
}

#[test]
fn the_initial_key_and_a_lonely_beacon_are_no_keys() {
    let verified = verify(initial_key()).unwrap();
    assert_eq!(Key::from_ceremony(verified).err(), Some(FromCeremonyError::Nobody));
    let verified = verify(ceremony::apply_beacon(&initial_key(), None, &beacon()).0).unwrap();
    assert_eq!(Key::from_ceremony(verified).err(), Some(FromCeremonyError::Nobody));
}

#[test]
fn the_initial_key_is_determined_by_circuit_and_powers() {
    let again = ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &ptau()).unwrap();
    assert_eq!(again, initial_key());
    assert_eq!(Zkey::from_bytes(&again.to_bytes()).unwrap(), again);
}

#[test]
fn swapped_contributions_are_refused() {
    assert_eq!(refused(|z| z.record.contributions.swap(0, 1)), at(1, ContributionError::Transcript));
    assert_eq!(refused(|z| z.record.contributions.truncate(2)), CeremonyError::OtherFinalKey("delta"));
    assert_eq!(refused(|z| drop(z.record.contributions.remove(1))), at(2, ContributionError::Transcript));
}

#[test]
fn a_hash_that_does_not_match_is_refused() {
    assert_eq!(
        refused(|z| z.record.contributions[1].transcript[0] ^= 1),
        at(2, ContributionError::Transcript)
    );
    let other = CeremonyError::OtherInitialKey("the circuit hash");
    assert_eq!(refused(|z| z.record.circuit_hash[63] ^= 1), other);
}

/// Whoever copies a factor that is known from another ceremony cannot make it fit here.
#[test]
fn a_contribution_of_another_ceremony_is_refused() {
    let other_powers = phase1::make(POWER, None, &mut OsRng);
    let other = Ptau::parse(&other_powers).unwrap();
    let theirs = ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &other).unwrap();
    let theirs = ceremony::contribute(&theirs, None, "", &mut OsRng).0;
    let copied = theirs.record.contributions[0].clone();
    assert_eq!(refused(|z| z.record.contributions[0] = copied), at(1, ContributionError::Transcript));
    assert!(matches!(verify(theirs).err(), Some(CeremonyError::OtherInitialKey(_))));
}

/// A contribution to another circuit, whose factor everybody can compute, is worth nothing here: neither as it is, nor with
/// the transcript hash that belongs here, for the proof of knowledge is over a point drawn from that hash.
#[test]
fn a_known_secret_of_another_circuit_is_refused() {
    let mut theirs = initial_key();
    theirs.record.circuit_hash[0] ^= 1;
    let theirs = ceremony::apply_beacon(&theirs, None, &beacon()).0;
    let known = Contribution { author: Author::Person, ..theirs.record.contributions[0].clone() };
    let copied = known.clone();
    assert_eq!(refused(|z| z.record.contributions[0] = copied), at(1, ContributionError::Transcript));
    let transcript = Blake2b512::new()
        .chain_update(initial_key().record.circuit_hash)
        .chain_update(plain(known.g1_s))
        .chain_update(plain(known.g1_sx))
        .finalize();
    let fitted = Contribution { transcript: transcript.into(), ..known };
    assert_eq!(refused(|z| z.record.contributions[0] = fitted), at(1, ContributionError::Knowledge));
}

/// As ceremonies hash a point: x and y, big endian.
fn plain(point: G1Affine) -> Vec<u8> {
    [point.x, point.y].map(|coordinate| coordinate.into_bigint().to_bytes_be()).concat()
}

#[test]
fn a_factor_that_its_author_does_not_know_is_refused() {
    let twice = |p: G1Affine| (p * Fr::from(2u64)).into_affine();
    let double = |p: G2Affine| (p * Fr::from(2u64)).into_affine();
    let error = refused(|z| z.record.contributions[2].g2_spx = double(z.record.contributions[2].g2_spx));
    assert_eq!(error, at(3, ContributionError::Knowledge));
    let error =
        refused(|z| z.record.contributions[2].delta_after = twice(z.record.contributions[2].delta_after));
    assert_eq!(error, at(3, ContributionError::Step));
}

#[test]
fn a_secret_that_calls_itself_a_beacon_is_refused() {
    let error =
        refused(|z| z.record.contributions[0].author = Author::Beacon { exponent: 10, value: vec![9] });
    assert_eq!(error, at(1, ContributionError::Beacon));
    let error =
        refused(|z| z.record.contributions[2].author = Author::Beacon { exponent: 60, value: vec![1] });
    assert_eq!(error, at(3, ContributionError::BeaconTooLong));
}

#[test]
fn a_key_that_its_contributions_do_not_give_is_refused() {
    let g = G1Affine::generator();
    assert_eq!(refused(|z| z.l[7] = (z.l[7] + g).into_affine()), CeremonyError::OtherFinalKey("L"));
    assert_eq!(refused(|z| z.h.swap(3, 4)), CeremonyError::OtherFinalKey("H"));
    assert_eq!(refused(|z| z.constants.delta1 = g), CeremonyError::OtherFinalKey("delta"));
    assert_eq!(
        refused(|z| z.constants.delta2 = G2Affine::generator()),
        CeremonyError::OtherFinalKey("delta")
    );
    assert_eq!(refused(|z| z.constants.alpha1 = g), CeremonyError::OtherInitialKey("alpha"));
    assert_eq!(refused(|z| z.constants.gamma2 = z.constants.beta2), CeremonyError::OtherInitialKey("gamma"));
}

#[test]
fn powers_of_tau_that_do_not_reach_or_are_not_prepared_are_refused() {
    let small = phase1::make(POWER - 1, None, &mut OsRng);
    let refused = ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &Ptau::parse(&small).unwrap());
    assert_eq!(refused.err(), Some(CeremonyError::Power { needed: POWER, found: POWER - 1 }));
    let bare = without_prepared_part(powers());
    let refused = ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &Ptau::parse(&bare).unwrap());
    assert_eq!(refused.err(), Some(CeremonyError::NotPrepared));
}

/// Sections 1 to 7 of the eleven.
fn without_prepared_part(file: &[u8]) -> Vec<u8> {
    let mut out = file[..12].to_vec();
    out[8] = 7;
    let mut rest = &file[12..];
    for _ in 0..7 {
        let length = u64::from_le_bytes(rest[4..12].try_into().unwrap()) as usize;
        out.extend(&rest[..12 + length]);
        rest = &rest[12 + length..];
    }
    out
}

/// Where the content of a section begins.
fn section(file: &[u8], wanted: u32) -> usize {
    let mut start = 12;
    loop {
        let number = u32::from_le_bytes(file[start..start + 4].try_into().unwrap());
        let length = u64::from_le_bytes(file[start + 4..start + 12].try_into().unwrap()) as usize;
        start += 12;
        if number == wanted {
            return start;
        }
        start += length;
    }
}

/// Byte `at` of a section of a file.
fn flip(file: &mut [u8], number: u32, at: usize) {
    let start = section(file, number);
    file[start + at] ^= 1;
}

#[test]
fn a_flipped_bit_anywhere_in_the_powers_is_refused() {
    let sound = finished();
    for (section, at) in [
        (2, 64),
        (2, 64 * (ROWS + 9)),
        (3, 128 * 5),
        (4, 0),
        (5, 64 * (ROWS - 1)),
        (6, 3),
        (7, 4),
        (7, 1100),
        (7, 1360),
        (7, 1450),
    ]
    .into_iter()
    .chain([
        (12, 64 * (ROWS + 9)),
        (12, 64 * (3 * ROWS - 9)),
        (13, 128 * (ROWS + 9)),
        (14, 64 * (2 * ROWS - 9)),
        (15, 64 * (2 * ROWS - 2)),
    ]) {
        let mut file = powers().to_vec();
        flip(&mut file, section, at);
        let outcome = Ptau::parse(&file)
            .map_err(CeremonyError::from)
            .and_then(|ptau| ceremony::verify::<Squares>(sound.clone(), &ptau, &mut OsRng).map(drop));
        assert!(outcome.is_err(), "section {section}, byte {at}");
    }
}

/// Sound points in the wrong place: no decoder can see it.
#[test]
fn powers_that_are_points_but_no_powers_are_refused() {
    for (section, point, expected) in [
        (2u32, 64, phase1::Phase1Error::Powers),
        (3, 128, phase1::Phase1Error::Powers),
        (4, 64, phase1::Phase1Error::Powers),
        (5, 64, phase1::Phase1Error::Powers),
    ] {
        let mut file = powers().to_vec();
        exchange(&mut file, section, 5 * point, 6 * point, point);
        let refused = ceremony::verify::<Squares>(finished(), &Ptau::parse(&file).unwrap(), &mut OsRng).err();
        let at_start = matches!(refused, Some(CeremonyError::OtherInitialKey("the circuit hash")));
        assert!(refused == Some(CeremonyError::Phase1(expected)) || at_start, "{section}: {refused:?}");
    }
    // The smallest domains' points are not used by this circuit; the largest are.
    for (section, point) in [(12, 64), (13, 128), (14, 64), (15, 64)] {
        let mut file = powers().to_vec();
        exchange(&mut file, section, (ROWS + 9) * point, (ROWS + 10) * point, point);
        let ptau = Ptau::parse(&file).unwrap();
        let other = ceremony::initialize(&Matrices::new::<Squares>().unwrap(), &ptau).unwrap();
        let other = ceremony::contribute(&other, None, "", &mut OsRng).0;
        let refused = ceremony::verify::<Squares>(other, &ptau, &mut OsRng).err();
        assert_eq!(refused, Some(CeremonyError::Phase1(phase1::Phase1Error::Lagrange)), "{section}");
    }
}

fn exchange(file: &mut [u8], number: u32, one: usize, other: usize, size: usize) {
    let start = section(file, number);
    for i in 0..size {
        file.swap(start + one + i, start + other + i);
    }
}

#[test]
fn truncated_and_lying_files_are_refused() {
    let (zkey, ptau) = (finished().to_bytes(), powers());
    for n in (0..zkey.len()).step_by(97).chain([zkey.len() - 1]) {
        assert!(Zkey::from_bytes(&zkey[..n]).is_err(), "{n}");
    }
    for n in (0..ptau.len()).step_by(499).chain([ptau.len() - 1]) {
        assert!(Ptau::parse(&ptau[..n]).is_err(), "{n}");
    }
    // Counts of the header: section 2 begins after section 1, the three counts after two primes.
    let counts = 12 + 12 + 4 + 12 + 72;
    for (offset, value, expected) in [
        (0, u32::MAX, FormatError::Count("variables")),
        (0, 31, FormatError::Size(5)),
        (4, u32::MAX, FormatError::Count("public inputs")),
        (4, 3, FormatError::Size(3)),
        (8, u32::MAX, FormatError::Count("the domain")),
        (8, ROWS as u32 - 1, FormatError::Count("the domain")),
        (8, 2 * ROWS as u32, FormatError::Size(9)),
    ] {
        let mut lying = zkey.clone();
        lying[counts + offset..][..4].copy_from_slice(&u32::to_le_bytes(value));
        assert_eq!(Zkey::from_bytes(&lying).err(), Some(expected), "{offset} {value}");
    }
    let power = 12 + 12 + 36;
    for (value, expected) in [
        (POWER + 1, FormatError::Count("the power")),
        (POWER - 1, FormatError::Size(2)),
        (40, FormatError::Count("the power")),
    ] {
        let mut lying = ptau.to_vec();
        lying[power..][..4].copy_from_slice(&u32::to_le_bytes(value));
        assert_eq!(Ptau::parse(&lying).err(), Some(expected), "{value}");
    }
}

#[test]
fn points_outside_their_group_are_refused() {
    for (section, byte) in [
        (2, 72 + 12 + 40),
        (2, 72 + 12 + 130),
        (8, 33),
        (9, 64 * (ROWS - 1) + 60),
        (10, 68 + 5),
        (10, 68 + 192 + 70),
    ] {
        let mut file = finished().to_bytes();
        flip(&mut file, section, byte);
        assert_eq!(Zkey::from_bytes(&file).err(), Some(FormatError::Point(section)), "{section} {byte}");
    }
}

/// A point of the twist that is not of order r: no bit is wrong, and every coordinate is canonical.
fn outside_subgroup() -> G2Affine {
    let candidates = (1u64..).filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false));
    let mut outside = candidates.filter(|point| !point.is_in_correct_subgroup_assuming_on_curve());
    outside.next().unwrap()
}

#[test]
fn a_point_on_the_curve_but_outside_the_subgroup_is_refused() {
    type Place = fn(&mut Zkey) -> &mut G2Affine;
    let outside = outside_subgroup();
    assert!(outside.is_on_curve());
    let places: [(u32, Place); 4] = [
        (2, |z| &mut z.constants.beta2),
        (2, |z| &mut z.constants.gamma2),
        (2, |z| &mut z.constants.delta2),
        (10, |z| &mut z.record.contributions[1].g2_spx),
    ];
    for (section, place) in places {
        let mut zkey = finished();
        *place(&mut zkey) = outside;
        assert_eq!(Zkey::from_bytes(&zkey.to_bytes()).err(), Some(FormatError::Point(section)));
    }
    let mut file = powers().to_vec();
    let start = section(&file, 3) + 128 * 5;
    file[start..][..128].copy_from_slice(&montgomery(outside));
    let refused = Ptau::parse(&file)
        .map_err(CeremonyError::from)
        .and_then(|ptau| ceremony::verify::<Squares>(finished(), &ptau, &mut OsRng).map(drop));
    assert_eq!(refused.err(), Some(CeremonyError::Format(FormatError::Point(3))));
}

/// As the files write a point: x and y, each real part first, in Montgomery form, little endian.
fn montgomery(point: G2Affine) -> Vec<u8> {
    [point.x.c0, point.x.c1, point.y.c0, point.y.c1].map(|coordinate| coordinate.0.to_bytes_le()).concat()
}

#[test]
fn a_flipped_bit_anywhere_in_a_key_is_refused() {
    let sound = finished().to_bytes();
    // Names are not covered by any hash of the format; the last bytes are the beacon's name and parameters.
    for at in (0..sound.len() - 1500).step_by(1009) {
        let mut file = sound.clone();
        file[at] ^= 4;
        let outcome = Zkey::from_bytes(&file).map_err(CeremonyError::from).and_then(|z| verify(z).map(drop));
        assert!(outcome.is_err(), "byte {at}");
    }
}
