//! JSON that people wrote or pasted: what editors add is passed over, and what an input method made of it is told with its
//! place.

use std::collections::BTreeSet;

use serde_json::Value;
use service::spreadsheet::unmarked;
use service::web::Language;

/// Reads one record or an array of them.
pub fn bodies(bytes: &[u8]) -> Result<Vec<Value>, NotJson> {
    if bytes.len() > MAX_FILE {
        return Err(NotJson::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotJson::Utf16);
    }
    let text = std::str::from_utf8(unmarked(bytes)).map_err(|error| {
        let before = unmarked(bytes).get(..error.valid_up_to()).unwrap_or_default();
        NotJson::NotUtf8 { line: before.split(|byte| *byte == b'\n').count() }
    })?;
    if text.trim().is_empty() {
        return Err(NotJson::Empty);
    }
    let value = serde_json::from_str(text).map_err(|error| syntax(text, &error))?;
    if let Some((name, at)) = repeated(text) {
        return Err(NotJson::Repeated { name, at });
    }
    Ok(match value {
        Value::Array(bodies) => bodies,
        body => vec![body],
    })
}

/// Why text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// More than [`MAX_FILE`] bytes.
    #[error("has more than 8 MB")]
    TooLarge,
    /// Nothing but space.
    #[error("is empty")]
    Empty,
    /// As some editors save it.
    #[error("is in UTF-16")]
    Utf16,
    /// In another encoding, such as GBK.
    #[error("is not in UTF-8 (line {line})")]
    NotUtf8 {
        /// From 1.
        line: usize,
    },
    /// Characters that an input method writes for those of JSON, the first ones.
    #[error("{}", listed(.0, "; ", Stray::english))]
    Strays(Vec<Stray>),
    /// Not JSON.
    #[error("line {}, column {}: {why}", .at.line, .at.column)]
    Syntax {
        /// Where.
        at: Place,
        /// In English.
        why: String,
    },
    /// A member that the same object has twice.
    #[error("line {}, column {}: `{name}` is given twice in the same object", .at.line, .at.column)]
    Repeated {
        /// Its name.
        name: String,
        /// Of the second one.
        at: Place,
    },
}

impl NotJson {
    /// What is wrong, after the name of what was read.
    pub fn meaning(&self, language: Language) -> String {
        match language {
            Language::English => self.to_string(),
            Language::Chinese | Language::Zhuang => self.chinese(),
        }
    }
    fn chinese(&self) -> String {
        match self {
            Self::TooLarge => "超过 8 MB".to_owned(),
            Self::Empty => "是空的".to_owned(),
            Self::Utf16 => "是 UTF-16 编码".to_owned(),
            Self::NotUtf8 { line } => format!("不是 UTF-8 编码（第 {line} 行）"),
            Self::Strays(strays) => listed(strays, "；", |stray| {
                let Place { line, column } = stray.at;
                format!("第 {line} 行第 {column} 个字：`{}` 应为{}", stray.found, stray.meant.chinese())
            }),
            Self::Syntax { at, why } => format!("第 {} 行第 {} 个字：不是 JSON（{why}）", at.line, at.column),
            Self::Repeated { name, at } => {
                format!("第 {} 行第 {} 个字：`{name}` 在同一个对象里写了两次", at.line, at.column)
            }
        }
    }
    /// What to do.
    pub fn remedy(&self, language: Language) -> &'static str {
        let (chinese, english) = self.remedies();
        match language {
            Language::English => english,
            Language::Chinese | Language::Zhuang => chinese,
        }
    }
    /// Chinese and English.
    fn remedies(&self) -> (&'static str, &'static str) {
        match self {
            Self::TooLarge => ("请分成几个文件。", "Split it into several files."),
            Self::Empty => {
                ("`ledger example` 会打印样例。", "`ledger example` prints records to begin with.")
            }
            Self::Utf16 | Self::NotUtf8 { .. } => {
                ("请在编辑器中另存为 UTF-8。", "Save it as UTF-8 in your editor.")
            }
            Self::Strays(_) => (
                "请把输入法换成英文，改正所指之处；引号之内的文字可以用中文标点。",
                "Type them with an English keyboard; texts between quotation marks may have any punctuation.",
            ),
            Self::Syntax { .. } => ("请改正所指之处。", "Correct the JSON there."),
            Self::Repeated { .. } => ("请只留一个。", "Leave one of them."),
        }
    }
}

/// In characters, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character within it.
    pub column: usize,
}

/// A character that looks like one of JSON's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    at: Place,
    found: char,
    meant: Meant,
}

impl Stray {
    fn english(&self) -> String {
        let Place { line, column } = self.at;
        format!("line {line}, column {column}: `{}` must be {}", self.found, self.meant.english())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    Sign(char),
    Space,
    Nothing,
}

impl Meant {
    fn english(self) -> String {
        match self {
            Self::Sign(c) => format!("`{c}`"),
            Self::Space => "a plain space".to_owned(),
            Self::Nothing => "removed".to_owned(),
        }
    }
    fn chinese(self) -> String {
        match self {
            Self::Sign(c) => format!(" `{c}`"),
            Self::Space => "普通空格".to_owned(),
            Self::Nothing => "删去".to_owned(),
        }
    }
    /// What a character outside of texts was meant to be; `None` where it looks like nothing of JSON's.
    fn of(c: char) -> Option<Self> {
        Some(Self::Sign(match c {
            '“' | '”' | '„' | '‟' | '″' | '＂' | '「' | '」' | '『' | '』' | '‘' | '’' | '‚' | '＇' => {
                '"'
            }
            '：' | '∶' => ':',
            '，' | '、' | '；' => ',',
            '｛' => '{',
            '｝' => '}',
            '［' | '【' => '[',
            '］' | '】' => ']',
            '－' | '−' | '–' | '—' => '-',
            '．' | '。' => '.',
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10)?,
            '\u{a0}' | '\u{3000}' | '\u{2000}'..='\u{200a}' => return Some(Self::Space),
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => return Some(Self::Nothing),
            _ => return None,
        }))
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> NotJson {
    let line = error.line();
    let there = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let strays = strays(text);
    let strays = if strays.is_empty() { quotes_in(there, line) } else { strays };
    if !strays.is_empty() {
        return NotJson::Strays(strays);
    }
    // Where serde says bytes, people count characters.
    let column = there.char_indices().take_while(|(at, _)| *at < error.column()).count().max(1);
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default().to_owned();
    NotJson::Syntax { at: Place { line, column }, why }
}

/// Characters outside of texts that look like JSON's.
fn strays(text: &str) -> Vec<Stray> {
    let mut strays = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        // A text of JSON ends on its line.
        let mut inside = false;
        let mut escaped = false;
        for (column, found) in (1..).zip(written.chars()) {
            match (inside, found) {
                (true, _) if escaped => escaped = false,
                (true, '\\') => escaped = true,
                (_, '"') => inside = !inside,
                (true, _) => {}
                (false, _) => {
                    let at = Place { line, column };
                    strays.extend(Meant::of(found).map(|meant| Stray { at, found, meant }));
                }
            }
        }
    }
    strays.truncate(SHOWN);
    strays
}

/// Quotation marks of a language on a line: where one of them opens or closes a text, nothing tells which part is a text.
fn quotes_in(written: &str, line: usize) -> Vec<Stray> {
    let quote = |found: char| Meant::of(found).filter(|meant| *meant == Meant::Sign('"'));
    let found = (1..).zip(written.chars()).filter_map(|(column, found)| {
        Some(Stray { at: Place { line, column }, found, meant: quote(found)? })
    });
    found.take(SHOWN).collect()
}

/// The first member of valid JSON that its object has already.
fn repeated(text: &str) -> Option<(String, Place)> {
    let mut open: Vec<BTreeSet<&str>> = Vec::new();
    let mut last = None;
    let mut characters = text.char_indices();
    let (mut line, mut line_start) = (1, 0);
    while let Some((at, c)) = characters.next() {
        match c {
            '\n' => (line, line_start) = (line + 1, at + 1),
            '{' | '[' => open.push(BTreeSet::new()),
            '}' | ']' => drop(open.pop()),
            '"' => {
                let mut escaped = false;
                let end = characters.find(|(_, c)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                let column = 1 + text.get(line_start..at)?.chars().count();
                last = Some((text.get(at + 1..end?.0)?, Place { line, column }));
            }
            ':' => {
                let (name, place) = last?;
                if !open.last_mut()?.insert(name) {
                    return Some((name.to_owned(), place));
                }
            }
            _ => {}
        }
    }
    None
}

fn listed(strays: &[Stray], between: &str, one: impl Fn(&Stray) -> String) -> String {
    strays.iter().map(one).collect::<Vec<_>>().join(between)
}

/// Bytes that are read at most.
pub const MAX_FILE: usize = 8 << 20;
/// Strays told at most; the first ones show what is wrong.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_in_words(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(why) = bodies(&bytes) {
                prop_assert!(!why.meaning(Language::Chinese).is_empty() && !why.to_string().is_empty());
            }
        }

        /// Texts that are nearly JSON reach what looks for places.
        #[test]
        fn what_is_nearly_json_is_read_as_serde_reads_it(text in "[{}\\[\\]\":, \\\\a“”：，\n1]{0,60}") {
            match (bodies(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
                (Ok(_), read) => prop_assert!(read.is_ok()),
                (Err(NotJson::Repeated { .. } | NotJson::Empty), _) => {}
                (Err(_), read) => prop_assert!(read.is_err()),
            }
        }
    }

    fn refused(text: &str) -> String {
        bodies(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_editors_add_is_passed_over() {
        let pasted = "\u{feff}{\r\n\t\"kind\": \"a “b” ：c\"\r\n}\r\n";
        assert_eq!(bodies(pasted.as_bytes()), Ok(vec![json!({ "kind": "a “b” ：c" })]));
        assert_eq!(bodies(b"[{}, {}]").map(|bodies| bodies.len()), Ok(2));
    }

    #[test]
    fn what_an_input_method_writes_is_told_with_its_place() {
        assert_eq!(
            refused("{\n  “kind”： \"甲\"，\n}"),
            "line 2, column 3: `“` must be `\"`; line 2, column 8: `”` must be `\"`; line 2, column 9: `：` \
             must be `:`; line 2, column 14: `，` must be `,`"
        );
        assert!(refused("{\"kind”: \"甲\"}").contains("line 1, column 7: `”` must be `\"`"));
        assert!(refused("{\u{3000}\"a\": ９}").contains("column 2: `\u{3000}` must be a plain space"));
    }

    #[test]
    fn other_mistakes_are_told_with_their_place_in_characters() {
        assert_eq!(refused("{\"名称\": 1,}"), "line 1, column 10: trailing comma");
        assert_eq!(refused(" \n"), "is empty");
        assert_eq!(bodies(b"\xff\xfe{\0"), Err(NotJson::Utf16));
        assert_eq!(bodies(b"{}\n\xb5\xb3"), Err(NotJson::NotUtf8 { line: 2 }));
        assert_eq!(bodies(&vec![b' '; MAX_FILE + 1]), Err(NotJson::TooLarge));
        assert!(bodies("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_member_that_is_given_twice_is_told() {
        assert_eq!(
            refused("{\"a\": {\"x\": 1},\n \"b\": {\"x\": \"\\\"y\\\\\", \"x\": 3}}"),
            "line 2, column 22: `x` is given twice in the same object"
        );
        assert!(bodies(b"[{\"a\": 1}, {\"a\": [{\"a\": \"a:a\"}]}]").is_ok());
    }

    #[test]
    fn people_read_it_in_their_language() {
        let error = bodies("{“a”:1}".as_bytes()).unwrap_err();
        let what = error.meaning(Language::Chinese);
        assert!(what.starts_with("第 1 行第 2 个字：`“` 应为 `\"`"), "{what}");
        assert!(error.remedy(Language::Chinese).contains("输入法"));
    }
}
