//! A bounded queue that serves its lines in turn, however long they are.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// One line for each key.
pub(super) struct FairQueue<K, T> {
    lines: HashMap<K, VecDeque<T>>,
    /// Keys with something in their line, the next to be served first.
    turns: VecDeque<K>,
    len: usize,
    most: usize,
    most_of_one: usize,
}

impl<K: Hash + Eq + Clone, T> FairQueue<K, T> {
    /// Holds `most` items, and `most_of_one` of one key.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self { lines: HashMap::new(), turns: VecDeque::new(), len: 0, most, most_of_one }
    }

    /// Puts an item at the end of its line; gives it back if there is no place.
    pub(super) fn push(&mut self, key: K, item: T) -> Result<(), T> {
        let before = self.lines.get(&key).map_or(0, VecDeque::len);
        if self.len >= self.most || before >= self.most_of_one {
            return Err(item);
        }
        if before == 0 {
            self.turns.push_back(key.clone());
        }
        self.lines.entry(key).or_default().push_back(item);
        self.len += 1;
        Ok(())
    }

    /// Takes up to `most` items: one of each line in turn, again and again.
    pub(super) fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.len));
        while taken.len() < most
            && let Some(key) = self.turns.pop_front()
        {
            let line = self.lines.get_mut(&key);
            taken.extend(line.and_then(VecDeque::pop_front));
            match self.lines.get(&key) {
                Some(line) if !line.is_empty() => self.turns.push_back(key),
                // An empty line is forgotten: keys come from outside.
                _ => drop(self.lines.remove(&key)),
            }
        }
        self.len -= taken.len();
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_served_in_turn_and_each_in_its_order() {
        let mut queue = FairQueue::new(10, 10);
        for item in ["a1", "a2", "a3", "b1", "c1", "c2"] {
            queue.push(item.as_bytes()[0], item).unwrap();
        }
        assert_eq!(queue.take(4), ["a1", "b1", "c1", "a2"]);
        queue.push(b'b', "b2").unwrap();
        assert_eq!(queue.take(9), ["c2", "a3", "b2"]);
        assert_eq!((queue.len(), queue.lines.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn a_full_queue_and_a_full_line_give_the_item_back() {
        let mut queue = FairQueue::new(3, 2);
        assert_eq!([1, 2, 3].map(|item| queue.push('a', item)), [Ok(()), Ok(()), Err(3)]);
        assert_eq!([4, 5].map(|item| queue.push('b', item)), [Ok(()), Err(5)]);
        assert_eq!(queue.take(9), [1, 4, 2]);
        assert_eq!(queue.push('a', 6), Ok(()));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_served_twice(items in proptest::collection::vec((0u8..4, 1usize..5), 0..60)) {
            let mut queue = FairQueue::new(16, 8);
            let mut taken_in = Vec::new();
            let mut served = Vec::new();
            for (number, (key, most)) in items.iter().enumerate() {
                if queue.push(*key, number).is_ok() {
                    taken_in.push(number);
                }
                if number % 3 == 0 {
                    served.extend(queue.take(*most));
                }
            }
            served.extend(queue.take(usize::MAX));
            served.sort_unstable();
            proptest::prop_assert_eq!(served, taken_in);
            proptest::prop_assert_eq!(queue.len(), 0);
        }
    }
}
