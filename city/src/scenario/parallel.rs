//! Several citizens at once.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

/// Does `work` for every item on a few threads; answers in the order of the items, or with the first error.
///
/// These are threads of their own and not the shared pool: a citizen waits for the issuer's answer, and the issuer, in the
/// same process, needs the pool to check the citizen's proof.
pub(super) fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<Vec<R>> {
    let waiting: Vec<T> = items.into_iter().collect();
    let answers = Mutex::new(Vec::with_capacity(waiting.len()));
    let queue = Mutex::new(waiting.into_iter().enumerate());
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((place, item)) = next(&queue) {
                    let answer = work(item);
                    let failed = answer.is_err();
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push((place, answer));
                    if failed {
                        // Nobody begins another item after a failure.
                        while next(&queue).is_some() {}
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn next<I: Iterator>(queue: &Mutex<I>) -> Option<I::Item> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_their_order() {
        let doubled = map(0..100, |n| Ok(2 * n)).unwrap();
        assert_eq!(doubled, (0..100).map(|n| 2 * n).collect::<Vec<_>>());
    }

    #[test]
    fn one_failure_fails_all() {
        let done = map(0..100, |n| if n == 3 { anyhow::bail!("three") } else { Ok(n) });
        assert_eq!(done.unwrap_err().to_string(), "three");
    }
}
