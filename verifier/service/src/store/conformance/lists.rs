//! Lists of receipts and of what people did.

use openid4vc::vp::Status;

use super::{CounterStore, Finalized, LATEST, NOW, Reason, TransactionEnd, transaction};
use crate::store::{AuditAction, AuditEvent, NotifyAt, ReceiptsOf};

pub(super) fn show_receipts_newest_first<S: CounterStore>(one: &S, other: &S) {
    for (name, by, time) in
        [("a", Some("lu"), 10), ("b", Some("lu"), 30), ("c", None, 20), ("d", Some("he"), 30)]
    {
        let transaction = transaction(name);
        match by {
            Some(by) => one.insert_asked_by(&transaction, by).unwrap(),
            None => drop(one.insert_asked_by_program(&transaction, None, NotifyAt::Never).unwrap()),
        }
        let end = TransactionEnd::refused(&transaction, Reason::StaleRoot, format!("r-{name}"), NOW + time);
        assert_eq!(other.finalize(end).unwrap(), Finalized::Recorded);
    }
    let listed = |of, time, limit| -> Vec<String> {
        one.receipts(of, &time, limit).unwrap().into_iter().map(|receipt| receipt.number).collect()
    };
    let ever = 0..LATEST;
    assert_eq!(listed(ReceiptsOf::All, ever.clone(), 9), ["r-b", "r-d", "r-c", "r-a"]);
    assert_eq!(listed(ReceiptsOf::All, ever.clone(), 2), ["r-b", "r-d"], "the newest of them");
    assert_eq!(listed(ReceiptsOf::One("lu"), ever.clone(), 9), ["r-b", "r-a"]);
    assert_eq!(
        listed(ReceiptsOf::All, NOW + 10..NOW + 30, 9),
        ["r-c", "r-a"],
        "the end of a span is not in it"
    );
    let first = &one.receipts(ReceiptsOf::One("he"), &ever, 9).unwrap()[0];
    let said = (first.time, first.verdict, first.reason, first.linked, first.asked_by.as_deref());
    assert_eq!(said, (NOW + 30, Status::Refused, Some(Reason::StaleRoot), false, Some("he")));
    let found = |of, number| other.find_receipt(of, number).unwrap().map(|receipt| receipt.number);
    assert_eq!(found(ReceiptsOf::All, "r-c").as_deref(), Some("r-c"), "of a program too");
    assert_eq!(found(ReceiptsOf::One("lu"), "r-a").as_deref(), Some("r-a"));
    assert_eq!(found(ReceiptsOf::One("he"), "r-a"), None, "of somebody else");
    assert_eq!(found(ReceiptsOf::All, "r-e"), None);
}

pub(super) fn show_who_did_what<S: CounterStore>(one: &S, other: &S) {
    let matter = "survey/1".parse().unwrap();
    let note = |number| AuditEvent {
        time: NOW,
        who: "lu",
        act: AuditAction::SawResult,
        matter: Some(&matter),
        number: Some(number),
    };
    let nameless =
        AuditEvent { time: NOW, who: "lu", act: AuditAction::SignedIn, matter: None, number: None };
    one.note(&note("1")).unwrap();
    other.note_once(&note("1")).unwrap();
    other.note_once(&note("2")).unwrap();
    one.note_once(&nameless).unwrap();
    other.note_once(&nameless).unwrap();
    one.note(&note("1")).unwrap();
    let lines = other.audited(None, 9).unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| line.number.as_deref()).collect();
    assert_eq!(
        numbers,
        [Some("1"), None, Some("2"), Some("1")],
        "the newest first, and once what is written once"
    );
    assert!(lines.is_sorted_by(|newer, older| newer.entry > older.entry));
    assert_eq!(
        (lines[0].act, lines[0].matter.as_ref(), lines[0].time),
        (AuditAction::SawResult, Some(&matter), NOW)
    );
    assert_eq!(one.audited(Some(lines[1].entry), 1).unwrap(), [lines[2].clone()]);
    assert_eq!(one.audited(Some(LATEST), 9).unwrap(), lines);
}
