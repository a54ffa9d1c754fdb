//! A ledger that shows two histories is refused, and what was learned before stays.

use ledger::follow::Misbehaviour;

use super::*;
use crate::testing::{POLICE, World};

/// Two logs of one size, both signed by the log's key.
#[test]
fn a_second_history_of_the_same_size_is_refused() {
    let (one, two) = (World::new(), World::new());
    for (world, name) in [(&one, "first/1"), (&two, "second/1")] {
        world.publish(POLICE, ledger::samples::schema(name));
    }
    let before = one.ledger();
    let genesis = before.view().registry().genesis().clone();
    let state = before.state();
    let followed = Ledger::resume(Box::new(two.clone()), &genesis, &state, None).unwrap();
    let refusal = followed.sync([], 5).unwrap_err();
    assert!(matches!(refusal, FollowError::Misbehaviour(Misbehaviour::SplitView { .. })), "{refusal}");
    assert_eq!(followed.state(), state);
    let honest = Ledger::resume(Box::new(one), &genesis, &state, None).unwrap();
    honest.sync([], 5).unwrap();
}
