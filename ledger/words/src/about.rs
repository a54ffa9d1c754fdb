//! What a record is about, for a line of a list: things by their names, never by their identifiers.

use ledger::record::{Record, StatusAct, StatusChange};

use crate::{Reader, WORDS, grouped};

impl Reader<'_> {
    /// A record in one line. Of persons the log tells nothing.
    pub fn about(&self, record: &Record) -> String {
        match record {
            Record::Admit(r) => self.text(&r.department.title),
            Record::Rotate(r) => self.department(&r.department),
            Record::Suspend(r) => self.because(&self.department(&r.department), r.reason.as_str()),
            Record::Reinstate(r) => self.because(&self.department(&r.department), r.reason.as_str()),
            Record::Schema(r) => self.text(&r.schema.title),
            Record::Policy(r) => self.text(&r.policy.title),
            Record::Model(r) => self.text(r.model.title()),
            Record::Key(r) => format!("{}/{}", r.circuit, r.version),
            Record::Retire(r) => self.because(&r.vk_digest.short(), r.reason.as_str()),
            Record::Commit(r) => self.t().say2(
                "summary-commit",
                ("schema", &self.schema(&r.schema)),
                ("count", &r.inner.len()),
            ),
            Record::Status(r) => self.changed(&r.changes),
            Record::Withdraw(r) => {
                let said = self.t().say1("summary-withdraw", "department", self.department(&r.department));
                self.because(&said, r.reason.as_str())
            }
            Record::Verifier(r) => self.text(&r.name),
            Record::Trustee(_) => self.say("told-trustee"),
            Record::Recovery(r) => self.t().say1("summary-recovery", "department", self.department(&r.desk)),
            Record::Disclosure(r) => self.text(&r.title),
            Record::Root(r) => self.t().say1("summary-root", "leaves", grouped(r.leaves)),
        }
    }

    /// A reason in words, or its code where it is a department's own.
    pub fn reason(&self, code: &str) -> String {
        let key = format!("why-{}", code.replace(['.', '_'], "-"));
        if WORDS.knows(&key) { self.say(&key) } else { self.t().say1("why-code", "code", code) }
    }

    /// What was done to how many credentials, and why: like changes are counted together.
    fn changed(&self, changes: &[StatusChange]) -> String {
        let mut groups: Vec<(StatusAct, &str, usize)> = Vec::new();
        for change in changes {
            let (act, reason) = (change.status, change.reason.as_str());
            match groups.iter_mut().find(|group| (group.0, group.1) == (act, reason)) {
                Some((_, _, count)) => *count += 1,
                None => groups.push((act, reason, 1)),
            }
        }
        let shown = groups.iter().take(SHOWN);
        let said = shown
            .map(|(act, reason, count)| self.because(&self.t().say1(done_key(*act), "count", count), reason));
        let more = (groups.len() > SHOWN).then(|| self.say("told-more"));
        let said: Vec<_> = said.chain(more).collect();
        [said.join(&self.say("list-semicolon-plain")), self.say("summary-positions")].concat()
    }

    fn because(&self, done: &str, reason: &str) -> String {
        self.t().say2("done-because", ("done", &done), ("reason", &self.reason(reason)))
    }
}

const fn done_key(act: StatusAct) -> &'static str {
    match act {
        StatusAct::Revoke => "done-revoke",
        StatusAct::Suspend => "done-suspend",
        StatusAct::Restore => "done-restore",
    }
}

/// Different changes of one record that are said.
const SHOWN: usize = 10;

#[cfg(test)]
mod tests {
    use ledger::record::Record;
    use ledger::registry::Registry;
    use ledger::samples::{genesis, record};
    use serde_json::{Value, json};
    use service::web::Language;

    use super::*;

    fn changes(all: &[(u64, &str, &str)]) -> Record {
        let changes: Vec<Value> = all
            .iter()
            .map(|(position, act, reason)| json!({"position": position, "status": act, "reason": reason}))
            .collect();
        record(json!({"kind": "credential.status", "id": "s", "changes": changes}))
    }

    #[test]
    fn a_change_of_status_says_what_was_done_and_why() {
        let registry = Registry::new(genesis(&["credit.nanning"], 1));
        for (all, chinese, english) in [
            (
                vec![(1, "revoke", "replaced.holder")],
                "永久撤销 1 份（已换发到新的钱包）。",
                "1 credential revoked for ever (issued anew to another wallet).",
            ),
            (
                vec![(1, "suspend", "lost-device"), (2, "restore", "x-9"), (3, "suspend", "lost-device")],
                "暂停 2 份（手机遗失）；恢复 1 份（原因代码 x-9）。",
                "2 credentials suspended (lost device); 1 credential restored (reason code x-9).",
            ),
        ] {
            let said = |language| Reader::new(&registry, language).about(&changes(&all));
            assert!(said(Language::Chinese).starts_with(chinese), "{}", said(Language::Chinese));
            assert!(said(Language::English).starts_with(english), "{}", said(Language::English));
        }
    }
}
