//! The flat JSON form of `disclosure.publish`: `document`, or `url` and `digest`.

use circuits::schema::Localized;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Disclosed, DisclosurePublish, ReasonCode, RecordId};
use crate::digest::Digest;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flat {
    id: RecordId,
    category: ReasonCode,
    title: Localized,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
}

impl TryFrom<Flat> for DisclosurePublish {
    type Error = &'static str;
    fn try_from(f: Flat) -> Result<Self, &'static str> {
        let content = match (f.document, f.url, f.digest) {
            (Some(document), None, None) => Disclosed::Inline(document),
            (None, Some(url), Some(digest)) => Disclosed::Linked { url, digest },
            _ => return Err("a disclosure has either `document`, or `url` and `digest`"),
        };
        Ok(Self { id: f.id, category: f.category, title: f.title, content })
    }
}

impl From<DisclosurePublish> for Flat {
    fn from(d: DisclosurePublish) -> Self {
        let (document, url, digest) = match d.content {
            Disclosed::Inline(document) => (Some(document), None, None),
            Disclosed::Linked { url, digest } => (None, Some(url), Some(digest)),
        };
        Self { id: d.id, category: d.category, title: d.title, document, url, digest }
    }
}
