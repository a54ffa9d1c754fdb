//! `ledger example`: records to begin with.

use ledger::record::RecordKind;
use ledger_words::{WORDS, example, notes};
use serde_json::{Value, json};

use super::{ExampleArgs, spoken};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::clock::Clock;

/// The record is data, and what is said of it is talk: a file that it is written into is a record.
pub(super) fn print(args: &ExampleArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let language = spoken(shell.language());
    let words = WORDS.spoken(language);
    let Some(kind) = args.kind else {
        let title = |kind: RecordKind| words.say(&format!("kind-{}", kind.as_str().replace('.', "-")));
        let all = RecordKind::ALL.map(|kind| json!({ "kind": kind.as_str(), "title": title(kind) }));
        let line = |kind: RecordKind| format!("  {:<22}{}", kind.as_str(), title(kind));
        let lines = || RecordKind::ALL.map(line).join("\n");
        shell.answer(&all, || format!("{}\n{}", words.say("example-kinds"), lines()))?;
        return Ok(Verdict::Yes);
    };
    let text = example(kind, Clock::system().now());
    let record: Value =
        serde_json::from_str(&text).or_fail("internal", "the example", "Report this, please.")?;
    shell.answer(&record, || text)?;
    let notes = notes(kind, language);
    let said = format!("\n  {}\n{}", notes.join("\n  "), words.say("example-next"));
    shell.say(&said, &said);
    Ok(Verdict::Yes)
}
