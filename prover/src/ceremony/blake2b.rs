//! BLAKE2b-512 (RFC 7693) that can be stopped and resumed: `.ptau` files keep the state of a hash that is not finished.
//!
//! Everything else is hashed with the crate `blake2`, against which this is tested.

/// Bytes of a state in a file.
pub(crate) const STATE_BYTES: usize = 216;

/// A hash in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    h: [u64; 8],
    /// Bytes that went through the compression function.
    compressed: u64,
    buffer: [u8; BLOCK],
    filled: usize,
}

impl State {
    /// Nothing hashed yet.
    pub(crate) fn new() -> Self {
        let mut h = IV;
        h[0] ^= 0x0101_0000 ^ 64;
        Self { h, compressed: 0, buffer: [0; BLOCK], filled: 0 }
    }

    /// Hashes more bytes.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // A full block waits for more: the last one is compressed differently.
            if self.filled == BLOCK {
                self.compress(false);
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.buffer[self.filled..][..taken.len()].copy_from_slice(taken);
            self.filled += taken.len();
            bytes = rest;
        }
    }

    /// The hash.
    pub(crate) fn finish(mut self) -> [u8; 64] {
        self.buffer[self.filled..].fill(0);
        self.compress(true);
        let mut out = [0; 64];
        for (out, h) in out.chunks_exact_mut(8).zip(self.h) {
            out.copy_from_slice(&h.to_le_bytes());
        }
        out
    }

    /// The buffer, the eight words, the number of bytes compressed, the number of bytes in the buffer, eight zeros.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.buffer.to_vec();
        out.extend(self.h.iter().flat_map(|h| h.to_le_bytes()));
        out.extend(self.compressed.to_le_bytes());
        out.extend((self.filled as u64).to_le_bytes());
        out.extend([0; 8]);
        out
    }

    /// Inverse of [`Self::to_bytes`]; `None` where the counts are impossible. The last bytes are not looked at.
    pub(crate) fn from_bytes(bytes: &[u8; STATE_BYTES]) -> Option<Self> {
        let (buffer, words) = bytes.split_at(BLOCK);
        let mut words = words.chunks_exact(8).map(word);
        let mut next = || words.next().expect("eleven words follow the buffer");
        let h = [(); 8].map(|()| next());
        let (compressed, filled) = (next(), usize::try_from(next()).ok()?);
        let possible = filled <= BLOCK && compressed.is_multiple_of(BLOCK as u64) && compressed < 1 << 48;
        let buffer = buffer.try_into().expect("split there");
        possible.then_some(Self { h, compressed, buffer, filled })
    }

    fn compress(&mut self, last: bool) {
        self.compressed += self.filled as u64;
        let mut m = [0; 16];
        for (m, bytes) in m.iter_mut().zip(self.buffer.chunks_exact(8)) {
            *m = word(bytes);
        }
        let mut v = [0; 16];
        v[..8].copy_from_slice(&self.h);
        v[8..].copy_from_slice(&IV);
        v[12] ^= self.compressed;
        if last {
            v[14] = !v[14];
        }
        (0..12).for_each(|round| mix_all(&mut v, &m, &SIGMA[round % 10]));
        for (i, h) in self.h.iter_mut().enumerate() {
            *h ^= v[i] ^ v[i + 8];
        }
        self.filled = 0;
    }
}

fn mix_all(v: &mut [u64; 16], m: &[u64; 16], order: &[usize; 16]) {
    for (column, i) in (0..4).zip((0..8).step_by(2)) {
        mix(v, [column, column + 4, column + 8, column + 12], m[order[i]], m[order[i + 1]]);
    }
    for (diagonal, i) in (0..4).zip((8..16).step_by(2)) {
        let at = [diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4, 12 + (diagonal + 3) % 4];
        mix(v, at, m[order[i]], m[order[i + 1]]);
    }
}

fn mix(v: &mut [u64; 16], [a, b, c, d]: [usize; 4], x: u64, y: u64) {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
    v[d] = (v[d] ^ v[a]).rotate_right(32);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(24);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(63);
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"))
}

const BLOCK: usize = 128;

/// The fractional parts of the square roots of the first eight primes.
const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

#[cfg(test)]
mod tests {
    use blake2::{Blake2b512, Digest};

    use super::*;

    #[test]
    fn equals_the_crate_at_every_length_wherever_it_is_stopped() {
        let text: Vec<u8> = (0..600u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for length in [0, 1, 127, 128, 129, 255, 256, 257, 600] {
            let expected: [u8; 64] = Blake2b512::digest(&text[..length]).into();
            for stop in [0, 1, 64, 128, 130, 256].into_iter().filter(|stop| *stop <= length) {
                let mut state = State::new();
                state.update(&text[..stop]);
                let stored: [u8; STATE_BYTES] = state.to_bytes().try_into().unwrap();
                let mut resumed = State::from_bytes(&stored).unwrap();
                resumed.update(&text[stop..length]);
                assert_eq!(resumed.finish(), expected, "{length} {stop}");
            }
        }
    }

    #[test]
    fn refuses_states_that_cannot_be() {
        let mut stored: [u8; STATE_BYTES] = State::new().to_bytes().try_into().unwrap();
        stored[200] = 129;
        assert_eq!(State::from_bytes(&stored), None);
        stored[200] = 0;
        stored[192] = 1;
        assert_eq!(State::from_bytes(&stored), None);
    }
}
