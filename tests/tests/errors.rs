//! The catalogue of errors: `docs/errors.md` and `docs/zh-CN/errors.md` are what the services' tables say. With `UPDATE=1` the
//! test writes them; else it compares.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use service::http::ProblemType;
use service::web::Language;

/// A row of the catalogue.
#[derive(Clone)]
struct Row {
    word: String,
    status: u16,
    retry_after_s: Option<u32>,
    chinese: Sentences,
    english: Sentences,
}

#[derive(Clone)]
struct Sentences {
    meaning: String,
    remedy: String,
}

/// What to do, by section and word, in Chinese and English.
type Remedies = BTreeMap<String, BTreeMap<String, (String, String)>>;

struct Section {
    name: &'static str,
    chinese: (&'static str, &'static str),
    english: (&'static str, &'static str),
    rows: Vec<Row>,
}

#[test]
fn the_catalogue_is_what_the_services_say() {
    let remedies: Remedies = toml::from_str(include_str!("errors/remedies.toml")).unwrap();
    let sections = sections(&remedies);
    every_remedy_is_of_a_word(&remedies, &sections);
    for (language, path) in
        [(Language::English, "docs/errors.md"), (Language::Chinese, "docs/zh-CN/errors.md")]
    {
        let page = page(&sections, language);
        let path = root().join(path);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == page,
            "{} is another than the tables: run this test with UPDATE=1",
            path.display()
        );
    }
}

fn sections(remedies: &Remedies) -> Vec<Section> {
    let common = ProblemType::COMMON;
    let own = |section: &str, rows: &[ProblemType]| -> Vec<Row> {
        let own = rows.iter().filter(|row| !common.contains(row));
        own.map(|row| problem_row(remedies, section, row)).collect()
    };
    vec![
        Section {
            name: "common",
            chinese: ("所有服务", "任何服务都可能回答的。"),
            english: ("Every service", "What any of them may answer."),
            rows: common.iter().map(|row| problem_row(remedies, "common", row)).collect(),
        },
        Section {
            name: "ledger",
            chinese: ("账本节点", "提交和读取时。"),
            english: ("A ledger node", "To whoever submits or reads."),
            rows: own("ledger", ledger_node::problem_types()),
        },
        Section {
            name: "entries",
            chinese: (
                "账本拒绝的条目",
                "成员 `entry` 说明是第几条，从 0 起。`ledger check` 在提交之前就会这样说。",
            ),
            english: (
                "Entries that a ledger refuses",
                "The member `entry` says which one of a submission, from 0. `ledger check` says the same before anything is sent.",
            ),
            rows: ledger_node::entry_codes().iter().map(|(status, code)| entry_row(*status, code)).collect(),
        },
        Section {
            name: "issuer",
            chinese: ("签发台：工作人员的接口", "`/admin` 之下；页面上用同样的话。"),
            english: ("A desk, to staff", "Under `/admin`; the pages say the same."),
            rows: own("issuer", &issuer::problem_types()),
        },
        Section {
            name: "wallet_at_issuer",
            chinese: (
                "签发台：钱包的接口",
                "OAuth 2.0 和 OpenID4VCI 1.0 的错误词，内容是 `{\"error\", \"message\", \"detail\"}`。",
            ),
            english: (
                "A desk, to wallets",
                "Codes of OAuth 2.0 and OpenID4VCI 1.0 in `{\"error\", \"message\", \"detail\"}`.",
            ),
            rows: issuer::wallet_error_types().iter().map(|row| wallet_row(remedies, row)).collect(),
        },
        Section {
            name: "verifier",
            chinese: ("窗口", "对钱包、程序和页面。"),
            english: ("A counter", "To wallets, programs and pages."),
            rows: own("verifier", verifier_service::http::problem_types()),
        },
        Section {
            name: "trustee",
            chinese: ("受托服务", "对钱包。"),
            english: ("A trustee", "To wallets."),
            rows: own("trustee", trustee_service::problem_types()),
        },
        Section {
            name: "assistant",
            chinese: ("协助终端", "对本机的窗口。"),
            english: ("An assistant", "To the counter on the same machine."),
            rows: own("assistant", wallet::problem_types()),
        },
        Section {
            name: "sandbox",
            chinese: ("沙盒", "对试用的程序。"),
            english: ("The sandbox", "To programs that try against it."),
            rows: own("sandbox", city::problem_types()),
        },
    ]
}

fn problem_row(remedies: &Remedies, section: &str, row: &ProblemType) -> Row {
    let (chinese, english) = row.sentences();
    let remedy = remedy(remedies, section, row.code());
    Row {
        word: row.code().to_owned(),
        status: row.status().as_u16(),
        retry_after_s: row.retry_after(),
        chinese: Sentences { meaning: chinese.to_owned(), remedy: remedy.0 },
        english: Sentences { meaning: english.to_owned(), remedy: remedy.1 },
    }
}

fn entry_row(status: u16, code: &str) -> Row {
    let said = |language| {
        let ledger_words::Refusal { meaning, remedy } = ledger_words::refusal(code, language);
        Sentences { meaning, remedy }
    };
    let (chinese, english) = (said(Language::Chinese), said(Language::English));
    Row { word: code.to_owned(), status, retry_after_s: None, chinese, english }
}

fn wallet_row(remedies: &Remedies, row: &issuer::WalletErrorType) -> Row {
    let word = serde_json::to_value(row.code).unwrap().as_str().unwrap().to_owned();
    let remedy = remedy(remedies, "wallet_at_issuer", &word);
    Row {
        status: row.status,
        retry_after_s: None,
        chinese: Sentences { meaning: format!("{}。", row.words.text("zh-CN")), remedy: remedy.0 },
        english: Sentences { meaning: format!("{}.", row.words.text("en")), remedy: remedy.1 },
        word,
    }
}

fn remedy(remedies: &Remedies, section: &str, word: &str) -> (String, String) {
    let found = remedies.get(section).and_then(|words| words.get(word));
    found.unwrap_or_else(|| panic!("errors/remedies.toml has no `{word}` under [{section}]")).clone()
}

/// A word that a service no longer says leaves the list.
fn every_remedy_is_of_a_word(remedies: &Remedies, sections: &[Section]) {
    for (name, words) in remedies {
        let section = sections.iter().find(|section| section.name == name).unwrap();
        let said: BTreeSet<&str> = section.rows.iter().map(|row| row.word.as_str()).collect();
        let unsaid: Vec<_> = words.keys().filter(|word| !said.contains(word.as_str())).collect();
        assert!(unsaid.is_empty(), "errors/remedies.toml: {name} never says {unsaid:?}");
    }
}

fn page(sections: &[Section], language: Language) -> String {
    let is_chinese = language == Language::Chinese;
    let (intro, header) = if is_chinese { CHINESE } else { ENGLISH };
    let mut page = intro.to_owned();
    for section in sections {
        let (title, what) = if is_chinese { section.chinese } else { section.english };
        write!(page, "\n## {title}\n\n{what}\n\n{header}\n|---|---|---|---|\n").unwrap();
        let mut rows = section.rows.clone();
        rows.sort_by(|a, b| (a.status, &a.word).cmp(&(b.status, &b.word)));
        for row in rows {
            let Sentences { meaning, remedy } = if is_chinese { &row.chinese } else { &row.english };
            assert!(!format!("{meaning}{remedy}").contains(['|', '\n']), "{}", row.word);
            let again = match row.retry_after_s {
                Some(seconds) if is_chinese => format!("（{seconds} 秒后再试）"),
                Some(seconds) => format!(" (again after {seconds} s)"),
                None => String::new(),
            };
            writeln!(page, "| `{}` | {}{again} | {meaning} | {remedy} |", row.word, row.status).unwrap();
        }
    }
    page
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

const ENGLISH: (&str, &str) = (
    "# Errors

A test (`tests/tests/errors.rs`) writes this page from the services' own tables, and fails where the two differ.

Every service answers an error with a problem document (RFC 9457, `application/problem+json`):

```json
{\"type\": \"urn:yong:problem:unknown_policy\", \"title\": \"The ledger has no such policy.\", \"status\": 404,
 \"error\": \"unknown_policy\", \"message\": {\"zh-CN\": \"账本中没有该核验规则。\", \"en\": \"The ledger has no such policy.\"},
 \"detail\": \"adult/9\"}
```

Programs decide by `error`, people read `message`; `detail` is for whoever writes the program, may be missing, and changes
without notice. New words may come: treat one that you do not know as its status says. Of a 5xx nothing internal is told; the
reason is in the service's log. Where a row or the answer has a time (`Retry-After`), the same request may be sent again after it.
",
    "| word | status | what it means | what to do |",
);

const CHINESE: (&str, &str) = (
    "# 错误词表

本页由测试（`tests/tests/errors.rs`）从各服务自己的表写出；两者不一致时测试失败。

各服务出错时都回答一份问题文档（RFC 9457，`application/problem+json`）：

```json
{\"type\": \"urn:yong:problem:unknown_policy\", \"title\": \"The ledger has no such policy.\", \"status\": 404,
 \"error\": \"unknown_policy\", \"message\": {\"zh-CN\": \"账本中没有该核验规则。\", \"en\": \"The ledger has no such policy.\"},
 \"detail\": \"adult/9\"}
```

程序按 `error` 判断，人看 `message`；`detail` 供编写程序的人参考，可能没有，也可能随时改变。以后会有新的词：遇到不认识的，按状态
码处理。5xx 不透露内部情况，原因在服务的日志里。表中或答复中有时间（`Retry-After`）的，过了这段时间可以原样再发。
",
    "| 错误词 | 状态码 | 含义 | 怎么办 |",
);
