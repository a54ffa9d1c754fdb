//! What forms bring: links, pictures, sealed copies, passphrases.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::background::run_blocking;
use super::page::PageError;
use crate::qr::{PictureError, read_picture};
use crate::store::Passphrase;

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    EmptyPassphrase,
    PassphrasesDiffer,
    PassphraseShort,
    /// The words are not those of the recovery phrase that were asked for.
    OtherWords,
    /// What hangs at a counter reads otherwise.
    CounterCode,
    NoLink,
    NoFile,
    FileTooLarge,
    BadForm,
    /// Something that cannot be undone was not confirmed.
    NotSure,
    /// The request is too old to be answered.
    Expired,
    /// The ledger's genesis cannot be kept.
    BadGenesis,
    Picture(PictureError),
    /// The program failed.
    Defect,
}

impl FormError {
    /// Its code, which names its sentence on the pages.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::EmptyPassphrase => "empty_passphrase",
            Self::PassphrasesDiffer => "passphrases_differ",
            Self::PassphraseShort => "passphrase_short",
            Self::OtherWords => "other_words",
            Self::CounterCode => "counter_code",
            Self::NoLink => "no_link",
            Self::NoFile => "no_file",
            Self::FileTooLarge => "file_too_large",
            Self::BadForm => "bad_form",
            Self::NotSure => "not_sure",
            Self::Expired => "expired",
            Self::BadGenesis => "bad_genesis",
            Self::Picture(error) => error.code(),
            Self::Defect => "defect",
        }
    }
}

impl From<PictureError> for FormError {
    fn from(error: PictureError) -> Self {
        Self::Picture(error)
    }
}

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

/// The link that was pasted, else the one in the picture.
pub(super) async fn link(mut form: Multipart) -> Result<String, PageError> {
    let mut link = String::new();
    let mut picture = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|e| unread(&e))? {
        match field.name() {
            Some("link") => link = text(field).await?,
            Some("picture") => picture = bytes(field).await?,
            _ => {}
        }
    }
    let link = link.trim();
    match (link.is_empty(), picture.is_empty()) {
        (false, _) => Ok(link.to_owned()),
        (true, true) => Err(FormError::NoLink.into()),
        (true, false) => run_blocking(move || read_picture(&picture).map_err(FormError::from)).await,
    }
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
