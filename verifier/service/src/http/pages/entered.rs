//! What a barcode scanner, or a hand, types into the field.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Response};
use circuits::schema::SchemaId;
use openid4vc::offline::PREFIX;
use serde::Deserialize;

use super::failure::{Kind, PageFailure};
use super::home::{Notice, begin};
use super::offline;
use super::right::Right;
use super::visit::Visit;

/// Characters that are looked at; no code is longer.
const MAX_CODE: usize = 4_096;

/// The field's form.
#[derive(Deserialize)]
pub(super) struct Field {
    code: String,
}

/// What the text is.
#[derive(Debug, PartialEq, Eq)]
enum Code {
    /// A matter's code: its policy's identifier. A scanner may type capital letters.
    Matter(SchemaId),
    /// A presentation that was made without a network.
    Offline(String),
    Unknown,
}

/// `POST /enter`.
pub(super) async fn enter(
    visit: Visit,
    form: Result<Form<Field>, FormRejection>,
) -> Result<Response, PageFailure> {
    visit.allow(Right::Ask)?;
    let Form(Field { code }) = form.map_err(|_| visit.fails(Kind::Malformed))?;
    match Code::read(&code) {
        Code::Matter(policy) => Ok(begin(&visit, policy).await?.into_response()),
        Code::Offline(text) => offline::check(&visit, text).await,
        Code::Unknown => Ok(Notice::UnknownCode.on_first_page().into_response()),
    }
}

impl Code {
    fn read(text: &str) -> Self {
        let text = text.trim();
        if text.len() > MAX_CODE {
            return Self::Unknown;
        }
        if text.starts_with(PREFIX) {
            return Self::Offline(text.to_owned());
        }
        SchemaId::try_from(text.to_ascii_lowercase()).map_or(Self::Unknown, Self::Matter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanners_text_is_a_matter_an_offline_presentation_or_nothing() {
        let matter = Code::Matter("adult/1".parse().unwrap());
        assert_eq!(Code::read(" ADULT/1\r\n"), matter);
        assert_eq!(Code::read("yong:1:AbC"), Code::Offline("yong:1:AbC".to_owned()));
        for other in ["", "6901234567892", "adult", "https://evil.example/adult/1", &"a".repeat(5_000)] {
            assert_eq!(Code::read(other), Code::Unknown, "{other}");
        }
    }
}
