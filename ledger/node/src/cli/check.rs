//! `ledger check`: a dry run of records that nobody has signed yet. It says what the public page would show, and why a
//! record would be refused.

use std::path::Path;

use ledger::client::Client;
use ledger::record::{ApprovalRule, Record};
use ledger::registry::Registry;
use ledger::rehearsal::Rehearsal;
use ledger_words::{Fact, Reader, WORDS, refusal, shape};
use serde::Serialize;
use serde_json::Value;
use service::web::{Language, Translator};

use super::publish::{self, MissingId};
use super::{CheckArgs, reading, spoken};
use service::cli::{CommandError, Shell, Verdict};
use service::clock::Clock;

pub(super) fn check(args: &CheckArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let mut run = Run { rehearsal: rehearsal(args)?, language: spoken(shell.language()), online: args.url() };
    let mut records = Vec::new();
    for path in &args.files {
        let bodies = reading::bodies(path)?;
        records.extend((1..).zip(bodies).map(|(number, body)| run.judge(path, number, body)));
    }
    if records.is_empty() {
        let nothing =
            CommandError::new("no_record", "there is no record", "Give a file with at least one record.");
        return Err(nothing.in_chinese("没有记录", "请给出至少有一条记录的文件。"));
    }
    let report =
        Report { ledger: args.url(), signer: args.signer.as_ref().map(ToString::to_string), records };
    let accepted = report.records.iter().all(|record| record.verdict != Judged::Refused);
    shell.answer(&report, || report.text(WORDS.spoken(run.language)))?;
    Ok(accepted.into())
}

fn rehearsal(args: &CheckArgs) -> Result<Rehearsal, CommandError> {
    let now = Clock::system().now();
    let Some(url) = args.asked() else { return Ok(Rehearsal::alone(now)) };
    let Some(signer) = args.signer.clone() else {
        let remedy = "Say who with --as ID, or leave the ledger out with --offline.";
        let unknown = CommandError::new("no_signer", "nobody is named who would sign the records", remedy);
        return Err(
            unknown.in_chinese("没有说由哪个部门签名", "用 --as 写明部门标识，或用 --offline 不问账本。")
        );
    };
    let followed = publish::follow(&Client::new(url.clone()))?;
    let stated = followed.stated_at().unwrap_or_default();
    let size = publish::size(&followed);
    Ok(Rehearsal::on(followed.registry().clone(), signer, size, stated, now))
}

struct Run {
    rehearsal: Rehearsal,
    language: Language,
    online: Option<String>,
}

#[derive(Serialize)]
struct Report {
    /// Which was asked; without one only what the records say by themselves was looked at.
    ledger: Option<String>,
    signer: Option<String>,
    records: Vec<Checked>,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    /// Its place in the file, from 1.
    number: usize,
    kind: Option<&'static str>,
    id: Option<String>,
    #[serde(skip)]
    heading: String,
    title: String,
    /// What the public page would show.
    page: Vec<Line>,
    verdict: Judged,
    refusal: Option<Refused>,
    /// What nobody can say before the record is signed and sent.
    open: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    label: String,
    text: String,
}

impl From<Fact> for Line {
    fn from(Fact { label, text }: Fact) -> Self {
        Self { label, text }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Judged {
    /// By the ledger that was asked.
    Accepted,
    /// No ledger was asked, and the record is right by itself.
    WellFormed,
    Refused,
}

#[derive(Serialize)]
struct Refused {
    error: String,
    message: String,
    detail: String,
    remedy: String,
}

impl Run {
    fn judge(&mut self, path: &Path, number: usize, body: Value) -> Checked {
        let file = path.display().to_string();
        let blank = Checked {
            file,
            number,
            kind: None,
            id: None,
            heading: String::new(),
            title: String::new(),
            page: Vec::new(),
            verdict: Judged::Refused,
            refusal: None,
            open: Vec::new(),
        };
        let completed = publish::complete(body, MissingId::Digest).map_err(|error| error.to_string());
        let record = completed.and_then(|body| shape::record(body).map_err(|error| error.to_string()));
        let record = match record {
            Ok(record) => record,
            Err(detail) => return Checked { refusal: Some(self.refused("malformed", detail)), ..blank },
        };
        let judged = self.rehearsal.judge(&record);
        let told = Reader::new(self.rehearsal.registry(), self.language).told(&record);
        let refusal = judged.err().map(|error| self.refused(error.code(), error.to_string()));
        Checked {
            kind: Some(record.kind()),
            id: Some(record.id().to_string()),
            heading: told.kind,
            title: told.title,
            page: told.facts.into_iter().map(Line::from).collect(),
            verdict: match (&refusal, &self.online) {
                (Some(_), _) => Judged::Refused,
                (None, Some(_)) => Judged::Accepted,
                (None, None) => Judged::WellFormed,
            },
            open: if refusal.is_none() { self.open(&record) } else { Vec::new() },
            refusal,
            ..blank
        }
    }

    fn refused(&self, code: &str, detail: String) -> Refused {
        let words = refusal(code, self.language);
        Refused { error: code.to_owned(), message: words.meaning, detail, remedy: words.remedy }
    }

    /// What a dry run leaves open about the record.
    fn open(&self, record: &Record) -> Vec<String> {
        let words = WORDS.spoken(self.language);
        let approvals = self.online.is_some().then(|| approvals(words, self.rehearsal.registry(), record));
        let known_to_the_node = match record {
            Record::Commit(_) | Record::Status(_) | Record::Withdraw(_) => Some("dry-open-tree"),
            Record::Key(_) => Some("dry-open-key-file"),
            Record::Admit(_)
            | Record::Rotate(_)
            | Record::Suspend(_)
            | Record::Reinstate(_)
            | Record::Schema(_)
            | Record::Policy(_)
            | Record::Model(_)
            | Record::Retire(_)
            | Record::Verifier(_)
            | Record::Trustee(_)
            | Record::Recovery(_)
            | Record::Disclosure(_)
            | Record::Root(_) => None,
        };
        approvals.flatten().into_iter().chain(known_to_the_node.map(|key| words.say(key))).collect()
    }
}

fn approvals(words: Translator<'_>, registry: &Registry, record: &Record) -> Option<String> {
    match record.approval_rule() {
        ApprovalRule::Never => None,
        ApprovalRule::Threshold => {
            Some(words.say1("dry-open-threshold", "needed", registry.genesis().threshold()))
        }
        ApprovalRule::Second => Some(words.say("dry-open-second")),
        ApprovalRule::Bulk => Some(words.say1("dry-open-bulk", "limit", registry.genesis().bulk_limit())),
    }
}

impl Report {
    fn text(&self, words: Translator<'_>) -> String {
        let asked = match (&self.ledger, &self.signer) {
            (Some(ledger), Some(signer)) => words.say2("dry-online", ("ledger", ledger), ("signer", signer)),
            (Some(_) | None, _) => words.say("dry-offline"),
        };
        let records = self.records.iter().map(|record| record.text(words));
        std::iter::once(asked).chain(records).collect::<Vec<_>>().join("\n\n")
    }
}

impl Checked {
    fn text(&self, words: Translator<'_>) -> String {
        let place = words.say2("dry-place", ("file", &self.file), ("number", self.number.to_string()));
        let named: Vec<&str> = [self.heading.as_str(), self.title.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let heading = [vec![place.as_str()], named].concat().join(" · ");
        let colon = words.say("dry-colon");
        let page = self.page.iter().map(|line| format!("    {}{colon}{}", line.label, line.text));
        let verdict = match (&self.refusal, self.verdict) {
            (Some(refused), _) => {
                let first = words.say2("dry-refused", ("error", &refused.error), ("why", &refused.message));
                format!("  {first}\n    {}\n    {}", refused.detail, refused.remedy)
            }
            (None, Judged::WellFormed) => format!("  {}", words.say("dry-well-formed")),
            (None, Judged::Accepted | Judged::Refused) => format!("  {}", words.say("dry-accepted")),
        };
        let open = self.open.iter().map(|open| format!("    {open}"));
        std::iter::once(heading).chain(page).chain([verdict]).chain(open).collect::<Vec<_>>().join("\n")
    }
}
