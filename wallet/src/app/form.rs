//! What forms bring: links, pictures, sealed copies, passphrases.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::picture::qr_text;
use super::tasks::apart;
use crate::cli::failure::Failure;
use crate::store::Passphrase;

/// What is told on a page when something does not work: a word that the pages have sentences for, and a detail for whoever
/// helps the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) word: &'static str,
    pub(super) detail: Option<String>,
}

impl Trouble {
    pub(super) fn new(word: &'static str) -> Self {
        Self { word, detail: None }
    }
}

impl<E: Into<Failure>> From<E> for Trouble {
    fn from(error: E) -> Self {
        let failure = error.into();
        Self { word: failure.word, detail: Some(failure.message) }
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
    pub(super) fn passphrase(&self) -> Result<Passphrase, Trouble> {
        Passphrase::new(&self.0).ok_or_else(|| Trouble::new("empty_passphrase"))
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new).map(Self)
    }
}

/// The link that was pasted, else the one in the picture.
pub(super) async fn link(mut form: Multipart) -> Result<String, Trouble> {
    let (mut link, mut picture) = (String::new(), Vec::new());
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
        (true, true) => Err(Trouble::new("no_link")),
        (true, false) => {
            let read = apart(move || qr_text(&picture)).await?;
            read.map_err(|error| Trouble::new(error.word()))
        }
    }
}

/// A sealed copy and the passphrase that it is under.
pub(super) async fn backup(mut form: Multipart) -> Result<(Vec<u8>, Typed), Trouble> {
    let (mut sealed, mut passphrase) = (Vec::new(), Typed::default());
    while let Some(field) = form.next_field().await.map_err(|e| unread(&e))? {
        match field.name() {
            Some("backup") => sealed = bytes(field).await?,
            Some("passphrase") => passphrase = Typed(Zeroizing::new(text(field).await?)),
            _ => {}
        }
    }
    if sealed.is_empty() { Err(Trouble::new("no_file")) } else { Ok((sealed, passphrase)) }
}

async fn text(field: Field<'_>) -> Result<String, Trouble> {
    field.text().await.map_err(|e| unread(&e))
}

async fn bytes(field: Field<'_>) -> Result<Vec<u8>, Trouble> {
    field.bytes().await.map(Vec::from).map_err(|e| unread(&e))
}

fn unread(error: &MultipartError) -> Trouble {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Trouble::new("file_too_large"),
        _ => Trouble::new("bad_form"),
    }
}
