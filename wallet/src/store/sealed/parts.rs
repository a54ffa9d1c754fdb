//! Cutting a sealed file into its fields, before anything is derived or decrypted.

use sha2::{Digest, Sha256};

use super::{CHECK, Cost, HEADER, NONCE, Purpose, SALT, SealError, VERSION};

/// A sealed file, cut into its fields; the header is as it was written, the body as long as it says.
pub(super) struct Parts<'a> {
    pub(super) header: &'a [u8],
    pub(super) cost: Cost,
    pub(super) salt: [u8; SALT],
    pub(super) nonce: [u8; NONCE],
    pub(super) check: [u8; CHECK],
    pub(super) body: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn split(file: &'a [u8], purpose: Purpose) -> Result<Self, SealError> {
        let mut rest = file;
        let magic: [u8; 8] = take(&mut rest).map_err(|_| short(file, purpose))?;
        if &magic != purpose.magic() {
            return Err(SealError::NotSealed);
        }
        let version = u16::from_be_bytes(take(&mut rest)?);
        if version != VERSION {
            return Err(SealError::OtherVersion(version));
        }
        let header = file.get(..HEADER).ok_or(SealError::Truncated)?;
        let (fields, checksum) = header.split_at(HEADER - 32);
        if Sha256::digest(fields).as_slice() != checksum {
            return Err(SealError::HeaderAltered);
        }
        let [memory_kib, passes, lanes] = [take(&mut rest)?, take(&mut rest)?, take(&mut rest)?];
        let [memory_kib, passes, lanes] = [memory_kib, passes, lanes].map(u32::from_be_bytes);
        let (salt, nonce, check) = (take(&mut rest)?, take(&mut rest)?, take(&mut rest)?);
        let length = u64::from_be_bytes(take(&mut rest)?);
        let body = file.get(HEADER..).ok_or(SealError::Truncated)?;
        measure(body.len() as u64, length)?;
        Ok(Self { header, cost: Cost { memory_kib, passes, lanes }, salt, nonce, check, body })
    }
}

/// A file shorter than the magic is a truncated one where it begins like one.
fn short(file: &[u8], purpose: Purpose) -> SealError {
    if purpose.magic().starts_with(file) { SealError::Truncated } else { SealError::NotSealed }
}

fn measure(have: u64, want: u64) -> Result<(), SealError> {
    match have.checked_sub(want) {
        None => Err(SealError::Truncated),
        Some(0) => Ok(()),
        Some(extra) => Err(SealError::Trailing(usize::try_from(extra).unwrap_or(usize::MAX))),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SealError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(SealError::Truncated)?;
    *rest = tail;
    Ok(*head)
}
