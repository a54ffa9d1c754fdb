//! What forms bring: links, pictures, sealed copies, passphrases.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::background::run_blocking;
use super::error::{FormError, PageError};
use crate::qr::read_picture;
use crate::store::Passphrase;

/// What somebody typed that must not stay in memory.
#[derive(Default)]
pub(super) struct Typed(Zeroizing<String>);

impl Typed {
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// As a passphrase; an empty one is none.
    pub(super) fn passphrase(&self) -> Result<Passphrase, FormError> {
        Passphrase::new(&self.0).ok_or(FormError::EmptyPassphrase)
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new).map(Self)
    }
}

/// What another screen shows, as it was pasted or photographed, with what the form says of a pairing.
pub(super) struct Handed {
    /// The link or message.
    pub(super) text: String,
    /// The pairing that it was asked for; empty where there is none.
    pub(super) pairing: String,
    /// The number that was read from the other screen; empty where none was asked for.
    pub(super) number: String,
}

/// The link that was pasted, else the one in the picture.
pub(super) async fn link(form: Multipart) -> Result<String, PageError> {
    Ok(handed(form).await?.text)
}

/// What was pasted, else what is in the picture.
pub(super) async fn handed(mut form: Multipart) -> Result<Handed, PageError> {
    let mut handed = Handed { text: String::new(), pairing: String::new(), number: String::new() };
    let mut picture = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|e| unread(&e))? {
        match field.name() {
            Some("link") => text(field).await?.trim().clone_into(&mut handed.text),
            Some("picture") => picture = bytes(field).await?,
            Some("pairing") => handed.pairing = text(field).await?,
            Some("number") => handed.number = text(field).await?,
            _ => {}
        }
    }
    if !handed.text.is_empty() {
        return Ok(handed);
    }
    if picture.is_empty() {
        return Err(FormError::NoLink.into());
    }
    handed.text = run_blocking(move || read_picture(&picture).map_err(FormError::from)).await?;
    Ok(handed)
}

/// A sealed copy and the passphrase that it is under.
pub(super) async fn backup(mut form: Multipart) -> Result<(Vec<u8>, Typed), FormError> {
    let mut sealed = Vec::new();
    let mut passphrase = Typed::default();
    while let Some(field) = form.next_field().await.map_err(|e| unread(&e))? {
        match field.name() {
            Some("backup") => sealed = bytes(field).await?,
            Some("passphrase") => passphrase = Typed(Zeroizing::new(text(field).await?)),
            _ => {}
        }
    }
    if sealed.is_empty() { Err(FormError::NoFile) } else { Ok((sealed, passphrase)) }
}

async fn text(field: Field<'_>) -> Result<String, FormError> {
    field.text().await.map_err(|e| unread(&e))
}

async fn bytes(field: Field<'_>) -> Result<Vec<u8>, FormError> {
    field.bytes().await.map(Vec::from).map_err(|e| unread(&e))
}

fn unread(error: &MultipartError) -> FormError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => FormError::FileTooLarge,
        _ => FormError::BadForm,
    }
}
