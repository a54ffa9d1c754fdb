//! How a wallet's response is encrypted: JWE in compact form (RFC 7516), ECDH-ES on P-256 used directly (RFC 7518 §4.6),
//! AES-GCM (§5.3); `direct_post.jwt` of OpenID4VP §8.3.

mod header;
mod keys;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

pub use header::Encryption;
use header::Header;
pub use keys::{Jwk, Jwks, ResponseKey};

/// Bytes of a compact JWE at most, before anything is decoded.
pub const MAX_JWE: usize = 64 * 1024;

/// Why bytes are not a message for this key. Which of the steps after the header failed is not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// More than 64 KiB.
    #[error("the encrypted response is longer than 64 KiB")]
    TooLarge,
    /// Not five base64url parts with a header in JSON.
    #[error("the response is not a compact JWE")]
    Malformed,
    /// `alg` is not ECDH-ES, `enc` is neither A128GCM nor A256GCM, or the header demands or compresses something.
    #[error("the response is encrypted in another way than ECDH-ES with A128GCM or A256GCM")]
    Algorithm,
    /// The ephemeral key is not a point of P-256, or the message was not made for this key, or it was changed.
    #[error("the response does not decrypt")]
    Decrypt,
}

/// Encrypts `payload` to `recipient`. `nonce` is the request's: it goes into `apv`, so that the derived key belongs to one
/// request (RFC 7518 §4.6.1.3). `random` fills bytes from the system's generator.
pub fn seal(
    payload: &[u8],
    recipient: &Jwk,
    encryption: Encryption,
    nonce: &str,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<String, JweError> {
    let ephemeral = ResponseKey::generate(random);
    let header = Header::new(encryption, &ephemeral, recipient, nonce);
    let protected = URL_SAFE_NO_PAD.encode(header.to_json());
    let key = ephemeral.agree(recipient, &header)?;
    let mut iv = [0; IV];
    random(&mut iv);
    let sealed = cipher(encryption, &key, Direction::Seal, &iv, payload, protected.as_bytes())?;
    let (text, tag) = sealed.split_at(sealed.len() - TAG);
    let [iv, text, tag] = [&iv[..], text, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    // The second part is empty: the agreed key encrypts directly.
    Ok(format!("{protected}..{iv}.{text}.{tag}"))
}

/// The `kid` of a message: which key to open it with. Not believed until it opens.
pub fn kid(compact: &str) -> Result<Option<String>, JweError> {
    Ok(Parts::split(compact)?.header()?.kid)
}

/// Decrypts a message that was made for `key`.
pub fn open(compact: &str, key: &ResponseKey) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let parts = Parts::split(compact)?;
    let header = parts.header()?;
    let shared = key.agree(&header.epk, &header)?;
    let [iv, text, tag] = [parts.iv, parts.text, parts.tag].map(decode);
    let (iv, tag) = (iv?, tag?);
    let iv = <[u8; IV]>::try_from(iv.as_slice()).map_err(|_| JweError::Malformed)?;
    let sealed = [text?, tag].concat();
    cipher(header.enc, &shared, Direction::Open, &iv, &sealed, parts.protected.as_bytes())
}

struct Parts<'a> {
    protected: &'a str,
    iv: &'a str,
    text: &'a str,
    tag: &'a str,
}

impl<'a> Parts<'a> {
    fn split(compact: &'a str) -> Result<Self, JweError> {
        if compact.len() > MAX_JWE {
            return Err(JweError::TooLarge);
        }
        let mut parts = compact.splitn(6, '.');
        let mut next = || parts.next().ok_or(JweError::Malformed);
        let (protected, key, iv, text, tag) = (next()?, next()?, next()?, next()?, next()?);
        let five = parts.next().is_none();
        if five && key.is_empty() { Ok(Self { protected, iv, text, tag }) } else { Err(JweError::Malformed) }
    }

    fn header(&self) -> Result<Header, JweError> {
        Header::from_json(&decode(self.protected)?)
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Seal,
    Open,
}

fn cipher(
    encryption: Encryption,
    key: &[u8],
    direction: Direction,
    iv: &[u8; IV],
    msg: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    fn run<C: Aead + KeyInit>(
        key: &[u8],
        direction: Direction,
        iv: &[u8; IV],
        payload: Payload<'_, '_>,
    ) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        let iv = iv.as_slice().try_into().ok()?;
        match direction {
            Direction::Seal => cipher.encrypt(iv, payload).ok(),
            Direction::Open => cipher.decrypt(iv, payload).ok(),
        }
    }
    let payload = Payload { msg, aad };
    let done = match encryption {
        Encryption::A128Gcm => run::<Aes128Gcm>(key, direction, iv, payload),
        Encryption::A256Gcm => run::<Aes256Gcm>(key, direction, iv, payload),
    };
    done.map(Zeroizing::new).ok_or(JweError::Decrypt)
}

fn decode(part: &str) -> Result<Vec<u8>, JweError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JweError::Malformed)
}

/// Bytes of an initialization vector (RFC 7518 §5.3).
const IV: usize = 12;
/// Bytes of an authentication tag.
const TAG: usize = 16;

#[cfg(test)]
mod tests;
