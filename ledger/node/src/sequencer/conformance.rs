//! What every sequencer must do.

use super::{Answer, Batch, Change, Class, Head, Indexed, Row, Sequencer, SequencerError};

/// Runs the whole suite. `make` returns two sequencers on one new, empty log; they are asked in turns.
///
/// # Panics
///
/// When the sequencer breaks a rule; the message names it.
pub fn conformance<S: Sequencer>(mut make: impl FnMut() -> (S, S)) {
    let suite: [fn(&mut S, &mut S); 8] = [
        starts_empty,
        appends_and_remembers,
        settles_from_the_oldest_on,
        one_of_two_loses,
        refuses_another_root,
        refuses_gaps,
        refuses_duplicates,
        folds_changes,
    ];
    for case in suite {
        let (mut first, mut second) = make();
        case(&mut first, &mut second);
    }
}

fn starts_empty<S: Sequencer>(log: &mut S, _other: &mut S) {
    let head = log.head().expect("an empty log has a head");
    assert_eq!(head.size, 0, "a new log is empty");
    assert!(log.staged().expect("staged is readable").is_none(), "a new log has nothing staged");
    assert!(log.answer("a", "1").expect("answers are readable").is_none(), "a new log has answered nothing");
    assert!(log.indexed(0).expect("the index is readable").is_none(), "a new log has no entries");
    log.try_write().expect("a store that nobody else writes to takes a write");
    assert_eq!(log.head().expect("head"), head, "trying changes nothing");
}

fn appends_and_remembers<S: Sequencer>(log: &mut S, other: &mut S) {
    let head = log.head().expect("head");
    let batch = batch(&head, &["1", "2"]);
    log.append(&head, &batch).expect("an append on the head succeeds");
    assert_eq!(other.head().expect("head"), batch.head, "the head moved for everybody");
    let staged = other.staged().expect("staged").expect("an appended batch is staged");
    assert_eq!(staged.from, 0, "the bundle knows where it starts");
    assert_eq!(staged.checkpoint, batch.checkpoint, "the bundle holds the checkpoint");
    assert!(
        staged.entries.iter().eq(batch.rows.iter().map(|row| &row.entry)),
        "the bundle holds the entries in order"
    );
    for row in &batch.rows {
        let answer = Answer { digest: row.digest, index: row.index, first_position: row.first_position };
        assert_eq!(
            other.answer(&row.signer, &row.id).expect("answer"),
            Some(answer),
            "the answer is remembered"
        );
        let indexed = Indexed { signer: row.signer.clone(), id: row.id.clone(), class: row.class, answer };
        assert_eq!(other.indexed(row.index).expect("indexed"), Some(indexed), "the entry is indexed");
    }
}

fn settles_from_the_oldest_on<S: Sequencer>(log: &mut S, other: &mut S) {
    let head = log.head().expect("head");
    let first = batch(&head, &["1", "2"]);
    log.append(&head, &first).expect("first append");
    let second = batch(&first.head, &["3"]);
    log.append(&first.head, &second).expect("an unsettled batch does not block the next");
    let both = other.staged().expect("staged").expect("two batches are staged");
    let entries = first.rows.iter().chain(&second.rows).map(|row| &row.entry);
    assert_eq!(both.from, 0, "the bundle starts with the oldest batch");
    assert!(both.entries.iter().eq(entries), "the bundle holds the entries of both, in order");
    assert_eq!(both.checkpoint, second.checkpoint, "the bundle holds the newest checkpoint");
    log.unstage(first.head.size).expect("settle the first");
    let rest = other.staged().expect("staged").expect("the second batch is still staged");
    assert_eq!(rest.from, first.head.size, "the bundle starts where it was settled");
    assert!(rest.entries.iter().eq(second.rows.iter().map(|row| &row.entry)), "the rest is kept");
    log.unstage(second.head.size).expect("settle the second");
    assert!(other.staged().expect("staged").is_none(), "nothing is staged when all is settled");
}

fn one_of_two_loses<S: Sequencer>(log: &mut S, other: &mut S) {
    let head = log.head().expect("head");
    let mine = batch(&head, &["1"]);
    let theirs = batch(&head, &["2"]);
    log.append(&head, &mine).expect("the first of two wins");
    log.unstage(mine.head.size).expect("settle");
    match other.append(&head, &theirs) {
        Err(SequencerError::Overtaken(now)) => assert_eq!(now, mine.head, "the loser learns the head"),
        unexpected => panic!("the second of two must lose, got {unexpected:?}"),
    }
    assert_eq!(log.head().expect("head"), mine.head, "the loser changed nothing");
    assert!(log.answer("a", "2").expect("answer").is_none(), "the loser left no answer");
}

fn refuses_another_root<S: Sequencer>(log: &mut S, _other: &mut S) {
    let head = log.head().expect("head");
    let fork = Head { root: [0xff; 32], ..head };
    let refused = log.append(&fork, &batch(&fork, &["1"]));
    assert!(
        matches!(refused, Err(SequencerError::Overtaken(_))),
        "the same size with another root is another head"
    );
}

fn refuses_gaps<S: Sequencer>(log: &mut S, _other: &mut S) {
    let head = log.head().expect("head");
    let good = batch(&head, &["1", "2"]);
    let mut late = good.clone();
    late.rows.remove(0);
    let mut swapped = good.clone();
    swapped.rows.reverse();
    let mut short = good.clone();
    short.head.size -= 1;
    let mut empty = good.clone();
    empty.rows.clear();
    empty.head.size = head.size;
    for bad in [late, swapped, short, empty] {
        assert!(matches!(log.append(&head, &bad), Err(SequencerError::Gap)), "a gap is refused");
    }
    assert_eq!(log.head().expect("head"), head, "a refused batch changes nothing");
    log.append(&head, &good).expect("the good batch is accepted");
}

fn refuses_duplicates<S: Sequencer>(log: &mut S, _other: &mut S) {
    let head = log.head().expect("head");
    let twice = log.append(&head, &batch(&head, &["1", "1"]));
    assert!(matches!(twice, Err(SequencerError::Duplicate)), "a key twice in one batch is refused");
    assert!(log.answer("a", "1").expect("answer").is_none(), "a refused batch leaves no answer");
    let first = batch(&head, &["1"]);
    log.append(&head, &first).expect("append");
    log.unstage(first.head.size).expect("settle");
    let again = log.append(&first.head, &batch(&first.head, &["2", "1"]));
    assert!(matches!(again, Err(SequencerError::Duplicate)), "a key of an earlier batch is refused");
    assert_eq!(log.head().expect("head"), first.head, "a refused batch changes nothing");
    assert!(log.staged().expect("staged").is_none(), "a refused batch stages nothing");
}

fn folds_changes<S: Sequencer>(log: &mut S, _other: &mut S) {
    let change = |position, byte| Change { position, leaf: [byte; 32] };
    let first = log.head().expect("head");
    let mut one = batch(&first, &["1", "2"]);
    one.changes = vec![change(9, 1), change(5, 2), change(9, 3)];
    log.append(&first, &one).expect("append");
    log.unstage(one.head.size).expect("settle");
    let mut two = batch(&one.head, &["3"]);
    two.changes = vec![change(9, 4), change(7, 5)];
    log.append(&one.head, &two).expect("append");
    let all = log.changes(0, 3, 10).expect("changes");
    assert_eq!(
        all,
        [change(5, 2), change(7, 5), change(9, 4)],
        "each position once, newest value, by position"
    );
    assert_eq!(log.changes(0, 2, 10).expect("changes"), [change(5, 2), change(9, 3)], "`to` is exclusive");
    assert_eq!(log.changes(2, 3, 10).expect("changes"), [change(7, 5), change(9, 4)], "`from` is inclusive");
    assert_eq!(log.changes(0, 3, 1).expect("changes").len(), 1, "the limit holds");
    assert!(log.changes(3, 3, 10).expect("changes").is_empty(), "an empty range has no changes");
}

fn batch(on: &Head, ids: &[&str]) -> Batch {
    let rows: Vec<Row> = (on.size..).zip(ids).map(|(index, id)| row(index, id)).collect();
    let size = on.size + rows.len() as u64;
    let mut root = [0; 32];
    root[..8].copy_from_slice(&size.to_be_bytes());
    Batch {
        head: Head { size, root },
        checkpoint: format!("checkpoint {size}").into_bytes(),
        rows,
        changes: Vec::new(),
    }
}

fn row(index: u64, id: &str) -> Row {
    let class = [Class::Registry, Class::Credential, Class::Root][(index % 3) as usize];
    Row {
        index,
        signer: "a".into(),
        id: id.into(),
        digest: [index as u8; 32],
        class,
        first_position: (class == Class::Credential).then_some(index * 1000),
        entry: format!("entry {index} {id}").into_bytes(),
    }
}
