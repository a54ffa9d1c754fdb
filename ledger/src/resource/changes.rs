//! The body of [`super::Resource::Changes`], small because every wallet fetches it every day.
//!
//! Positions ascend, each once. A change is an unsigned LEB128 number, twice the distance from the position after the one
//! before (from 0 at first), plus 1 if the leaf was restored; then, if it was, the leaf's 32 bytes. A leaf that was
//! removed is 0 and takes no more. At 10,000 removed leaves among 30 million that is two bytes each.

use circuits::field;
use circuits::tree::Position;

use crate::credentials::LeafChange;

/// Encodes changes whose positions ascend, each once; `leaf` is 32 bytes big endian.
pub fn encode(changes: impl IntoIterator<Item = (u64, [u8; 32])>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut next = 0;
    for (position, leaf) in changes {
        let restored = leaf != [0; 32];
        push_number(&mut bytes, ((position - next) << 1) | u64::from(restored));
        if restored {
            bytes.extend_from_slice(&leaf);
        }
        next = position + 1;
    }
    bytes
}

/// Inverse of [`encode`]; `None` for every other body.
pub fn decode(mut bytes: &[u8]) -> Option<Vec<LeafChange>> {
    let mut changes = Vec::new();
    let mut next = 0_u64;
    while !bytes.is_empty() {
        let (number, rest) = split_number(bytes)?;
        let position = next.checked_add(number >> 1)?;
        let (leaf, rest) =
            if number & 1 == 1 { split_leaf(rest)? } else { (field::from_bytes(&[0; 32]).ok()?, rest) };
        changes.push(LeafChange { position: Position::new(position).ok()?, leaf });
        (next, bytes) = (position + 1, rest);
    }
    Some(changes)
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A number of at most five bytes, in its shortest form.
fn split_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let last = bytes.iter().take(NUMBER).position(|byte| *byte < 0x80)?;
    let (number, rest) = bytes.split_at_checked(last + 1)?;
    let shortest = last == 0 || number.last() != Some(&0);
    let value = number.iter().rev().fold(0, |value, byte| (value << 7) | u64::from(byte & 0x7f));
    shortest.then_some((value, rest))
}

/// A leaf that is not 0.
fn split_leaf(bytes: &[u8]) -> Option<(circuits::Fr, &[u8])> {
    let (leaf, rest) = bytes.split_first_chunk::<32>()?;
    let leaf = field::from_bytes(leaf).ok().filter(|_| *leaf != [0; 32])?;
    Some((leaf, rest))
}

/// Bytes of a number at most: a position has 32 bits, and one more is the mark.
const NUMBER: usize = 5;
/// Bytes of a change at most.
pub const MAX_CHANGE: u64 = NUMBER as u64 + 32;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn leaf(number: u64) -> [u8; 32] {
        field::to_bytes(&number.into())
    }

    #[test]
    fn the_bytes_of_a_small_list() {
        let changes = [(0, leaf(0)), (1, leaf(0)), (130, leaf(0)), (131, leaf(7))];
        let mut expected = vec![0, 0, 0x80, 0x02, 1];
        expected.extend(leaf(7));
        assert_eq!(encode(changes), expected);
    }

    #[test]
    fn other_bodies_are_refused() {
        let restored = encode([(3, leaf(7))]);
        let zero = [&[1][..], &[0; 32]].concat();
        let above_r = [&[1][..], &[0xff; 32]].concat();
        for bad in [
            &restored[..32],
            &[0x80],
            &[0x80, 0x00],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0xfe, 0xff, 0xff, 0xff, 0x7f],
            &zero,
            &above_r,
        ] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn ten_thousand_removed_of_thirty_million_are_twenty_kilobytes() {
        let changes = (0..10_000).map(|i| (i * 3000 + i * i % 2999, leaf(0)));
        let mut positions: Vec<_> = changes.collect();
        positions.sort_unstable();
        let bytes = encode(positions);
        assert!((19_000..21_000).contains(&bytes.len()), "{}", bytes.len());
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(changes: BTreeMap<u32, u64>) {
            let bytes = encode(changes.iter().map(|(position, value)| (u64::from(*position), leaf(*value % 3))));
            let read = decode(&bytes).unwrap();
            let back = read.iter().map(|change| (change.position.get(), field::to_bytes(&change.leaf)));
            prop_assert!(back.eq(changes.iter().map(|(p, v)| (u64::from(*p), leaf(*v % 3)))));
        }

        #[test]
        fn random_bytes_read_back_or_are_refused(bytes: Vec<u8>) {
            if let Some(changes) = decode(&bytes) {
                let again = changes.iter().map(|change| (change.position.get(), field::to_bytes(&change.leaf)));
                prop_assert_eq!(encode(again), bytes);
            }
        }
    }
}
