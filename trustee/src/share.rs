//! A share, and the commitment by which everybody knows it again.

use circuits::Fr;
use circuits::field::{self, FieldError};
use circuits::poseidon;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::threshold::ShareIndex;

/// One value of the polynomial, with the blind of its commitment. No `Debug`, zeroized on drop.
///
/// Secret: with t of them, the person's secret is known.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Share {
    #[zeroize(skip)]
    index: ShareIndex,
    value: Fr,
    blind: Fr,
}

impl Share {
    /// The share of this place; `blind` must be uniform, and drawn for this share alone.
    pub(crate) fn new(index: ShareIndex, value: Fr, blind: Fr) -> Self {
        Self { index, value, blind }
    }
    /// Which share it is.
    pub(crate) fn index(&self) -> ShareIndex {
        self.index
    }
    /// What the bundle says of it: [`commitment`].
    pub(crate) fn commitment(&self) -> Fr {
        commitment(&self.value, &self.blind)
    }
    /// The value of the polynomial.
    pub(crate) fn value(&self) -> &Fr {
        &self.value
    }
    /// The value and then the blind, 32 bytes each, big endian: what is sealed.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; SHARE_BYTES]> {
        let mut bytes = Zeroizing::new([0; SHARE_BYTES]);
        let (value, blind) = bytes.split_at_mut(SHARE_BYTES / 2);
        value.copy_from_slice(Zeroizing::new(field::to_bytes(&self.value)).as_slice());
        blind.copy_from_slice(Zeroizing::new(field::to_bytes(&self.blind)).as_slice());
        bytes
    }
    /// Inverse of [`Self::to_bytes`]; refuses numbers of r or more, and other lengths.
    pub(crate) fn from_bytes(index: ShareIndex, bytes: &[u8]) -> Result<Self, FieldError> {
        let whole: &[u8; SHARE_BYTES] = bytes.try_into().map_err(|_| FieldError::NotCanonical)?;
        let (halves, _) = whole.as_chunks::<{ SHARE_BYTES / 2 }>();
        match halves {
            [value, blind] => Ok(Self::new(index, field::from_bytes(value)?, field::from_bytes(blind)?)),
            _ => Err(FieldError::NotCanonical),
        }
    }
}

/// `H(TAG_SHARE, value, blind)`, `TAG_SHARE = text("yong/share/v1")`.
pub(crate) fn commitment(value: &Fr, blind: &Fr) -> Fr {
    let tag = field::text(TAG_SHARE).expect("ASCII is in NFC");
    poseidon::hash(&[tag, *value, *blind])
}

const TAG_SHARE: &str = "yong/share/v1";
/// Bytes of a share.
pub(crate) const SHARE_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::Threshold;

    fn third() -> ShareIndex {
        Threshold::new(2, 3).unwrap().indices().last().unwrap()
    }

    #[test]
    fn a_share_reads_back() {
        let share = Share::new(third(), Fr::from(7u64), -Fr::from(1u64));
        let bytes = share.to_bytes();
        assert_eq!((bytes[31], bytes[30], bytes[32]), (7, 0, 0x30));
        let read = Share::from_bytes(third(), bytes.as_slice()).unwrap();
        assert_eq!((read.index, read.value, read.blind), (share.index, share.value, share.blind));
        assert_eq!(read.commitment(), share.commitment());
    }

    #[test]
    fn other_bytes_are_no_share() {
        let good = *Share::new(third(), Fr::from(7u64), Fr::from(8u64)).to_bytes();
        for half in [0, 32] {
            let mut bad = good;
            bad[half..half + 32].fill(0xff);
            assert_eq!(Share::from_bytes(third(), &bad).err(), Some(FieldError::NotCanonical));
        }
        for length in [0, 32, 63] {
            assert!(Share::from_bytes(third(), &good[..length]).is_err(), "{length} bytes");
        }
        assert!(Share::from_bytes(third(), &[&good[..], &[0]].concat()).is_err());
    }

    #[test]
    fn a_commitment_is_the_tagged_hash_of_both() {
        let [value, blind] = [Fr::from(7u64), Fr::from(8u64)];
        let tag = field::text("yong/share/v1").unwrap();
        assert_eq!(commitment(&value, &blind), poseidon::hash(&[tag, value, blind]));
        assert_ne!(commitment(&value, &blind), commitment(&blind, &value));
    }
}
