//! A list of news in the two forms that readers of feeds take: Atom (RFC 4287, pages as in RFC 5005) and JSON Feed 1.1.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use serde_json::{Value, json};

/// A feed, or a page of one.
pub(super) struct Feed {
    /// Names it for ever, wherever it is read.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) language: &'static str,
    /// The address of the page for people.
    pub(super) home: String,
    pub(super) address: String,
    /// The address of the page with what is older.
    pub(super) next: Option<String>,
    /// RFC 3339.
    pub(super) updated: String,
    pub(super) items: Vec<News>,
}

/// One thing that happened.
pub(super) struct News {
    /// Names it for ever, wherever it is read.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) author: String,
    pub(super) kind: String,
    pub(super) address: String,
    /// RFC 3339.
    pub(super) when: String,
}

impl Feed {
    /// As JSON Feed.
    pub(super) fn json(&self) -> Value {
        let item = |news: &News| {
            json!({"id": news.id, "url": news.address, "title": news.title, "content_text": news.text,
                "date_published": news.when, "authors": [{"name": news.author}], "tags": [news.kind]})
        };
        let mut feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": self.title,
            "language": self.language, "home_page_url": self.home, "feed_url": self.address,
            "items": self.items.iter().map(item).collect::<Vec<_>>()});
        if let (Value::Object(members), Some(next)) = (&mut feed, &self.next) {
            members.insert("next_url".to_owned(), json!(next));
        }
        feed
    }

    /// As Atom.
    pub(super) fn atom(&self) -> io::Result<Vec<u8>> {
        let mut xml = Writer::new(Vec::new());
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let feed = xml.create_element("feed");
        let feed = feed
            .with_attribute(("xmlns", "http://www.w3.org/2005/Atom"))
            .with_attribute(("xml:lang", self.language));
        feed.write_inner_content(|xml| {
            text(xml, "id", &self.id)?;
            text(xml, "title", &self.title)?;
            text(xml, "updated", &self.updated)?;
            link(xml, "alternate", "text/html", &self.home)?;
            link(xml, "self", ATOM, &self.address)?;
            if let Some(next) = &self.next {
                link(xml, "next", ATOM, next)?;
            }
            self.items.iter().try_for_each(|news| entry(xml, news))
        })?;
        Ok(xml.into_inner())
    }
}

fn entry(xml: &mut Writer<Vec<u8>>, news: &News) -> io::Result<()> {
    let entry = xml.create_element("entry");
    entry.write_inner_content(|xml| {
        text(xml, "id", &news.id)?;
        text(xml, "title", &news.title)?;
        text(xml, "updated", &news.when)?;
        link(xml, "alternate", "text/html", &news.address)?;
        xml.create_element("author").write_inner_content(|xml| text(xml, "name", &news.author))?;
        let kind = shown(&news.kind);
        xml.create_element("category").with_attribute(("term", kind.as_str())).write_empty()?;
        text(xml, "summary", &news.text)
    })?;
    Ok(())
}

fn text(xml: &mut Writer<Vec<u8>>, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&shown(content)))?;
    Ok(())
}

fn link(xml: &mut Writer<Vec<u8>>, relation: &str, media: &str, address: &str) -> io::Result<()> {
    let link = xml.create_element("link");
    let link = link.with_attribute(("rel", relation)).with_attribute(("type", media));
    link.with_attribute(("href", address)).write_empty()?;
    Ok(())
}

/// Without what XML 1.0 has no place for, not even escaped.
fn shown(text: &str) -> String {
    let has_place =
        |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|c| if has_place(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The media type of Atom.
pub(super) const ATOM: &str = "application/atom+xml";

#[cfg(test)]
mod tests {
    use quick_xml::events::Event as Read;
    use quick_xml::reader::Reader;

    use super::*;

    fn feed() -> Feed {
        let text = "<b>&\"\u{0}\u{202e}]]>";
        let item = News {
            id: "https://log.example/records/3".to_owned(),
            title: text.to_owned(),
            text: text.to_owned(),
            author: text.to_owned(),
            kind: text.to_owned(),
            address: "/records/3".to_owned(),
            when: "2026-12-01T09:00:00+08:00".to_owned(),
        };
        Feed {
            id: "https://log.example/records".to_owned(),
            title: text.to_owned(),
            language: "en",
            home: "/records?kind=all&department=a".to_owned(),
            address: "/records/feed.atom".to_owned(),
            next: Some("/records/feed.atom?before=3&x=%22".to_owned()),
            updated: item.when.clone(),
            items: vec![item],
        }
    }

    #[test]
    fn an_atom_feed_is_xml_whatever_the_texts_are() {
        let atom = String::from_utf8(feed().atom().unwrap()).unwrap();
        let mut reader = Reader::from_str(&atom);
        reader.config_mut().check_end_names = true;
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Read::Eof => break,
                Read::Start(tag) | Read::Empty(tag) => {
                    assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                    names.push(String::from_utf8(tag.name().as_ref().to_vec()).unwrap());
                }
                _ => {}
            }
        }
        for wanted in ["feed", "id", "title", "updated", "link", "entry", "author", "name", "summary"] {
            assert!(names.iter().any(|name| name == wanted), "{wanted} in {atom}");
        }
        assert!(!atom.contains('\0') && !atom.contains("<b>"), "{atom}");
    }

    #[test]
    fn a_json_feed_has_the_members_that_readers_need() {
        let json = feed().json();
        assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(json["items"][0]["id"], "https://log.example/records/3");
        assert_eq!(json["next_url"], "/records/feed.atom?before=3&x=%22");
        let last = Feed { next: None, ..feed() }.json();
        assert!(last.get("next_url").is_none());
    }
}
