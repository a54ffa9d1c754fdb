//! The root before the newest full hour, which wallets prove against so that none is known by the moment of its sync.

use circuits::Fr;
use ledger::credentials::CredentialTree;
use ledger::record::StateRoot;
use ledger::resource::HOUR_S;

use crate::engine::elements;

/// What is served as [`ledger::resource::Resource::Hour`]; nothing before an hour has passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourlyRoot {
    /// The newest root, which the next full hour may make that of an hour.
    newest: Option<Newest>,
    /// Of the newest full hour after which a root was stated.
    passed: Option<Passed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Newest {
    entries: u64,
    /// Unix seconds.
    time: u64,
    cap: Vec<Fr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Passed {
    /// Hours since 1970.
    hour: u64,
    body: Vec<u8>,
}

impl HourlyRoot {
    /// Of a log that is taken up at a state root, with the file that [`Self::file`] gave, if there is one. A file that is of
    /// another hour, or that a crash left behind the log, is not used.
    pub(crate) fn resume(entries: u64, time: u64, tree: &CredentialTree, file: Option<&[u8]>) -> Self {
        let newest = Newest { entries, time, cap: tree.cap().to_vec() };
        let passed = file.and_then(Passed::read).filter(|passed| passed.hour == time / HOUR_S);
        let passed = passed.filter(|passed| passed.entries().is_some_and(|before| before < entries));
        Self { newest: Some(newest), passed }
    }
    /// Takes in the state root that closes a batch; whether that began a new hour.
    pub(crate) fn close(&mut self, root: &StateRoot, tree: &CredentialTree) -> bool {
        let hour = root.time / HOUR_S;
        let newest = Newest { entries: root.entries, time: root.time, cap: tree.cap().to_vec() };
        let before = self.newest.replace(newest).filter(|before| before.time / HOUR_S < hour);
        let Some(before) = before else { return false };
        let body = [&before.entries.to_be_bytes()[..], &elements(&before.cap)].concat();
        self.passed = Some(Passed { hour, body });
        true
    }
    /// The body of the answer about an hour, if it is the newest.
    pub(crate) fn body(&self, hour: u64) -> Option<Vec<u8>> {
        self.passed.as_ref().filter(|passed| passed.hour == hour).map(|passed| passed.body.clone())
    }
    /// What is kept for a start.
    pub(crate) fn file(&self) -> Option<Vec<u8>> {
        self.passed.as_ref().map(|passed| [&passed.hour.to_be_bytes()[..], &passed.body].concat())
    }
}

impl Passed {
    fn read(file: &[u8]) -> Option<Self> {
        let (hour, body) = file.split_first_chunk()?;
        Some(Self { hour: u64::from_be_bytes(*hour), body: body.to_vec() })
    }
    fn entries(&self) -> Option<u64> {
        self.body.first_chunk().map(|entries| u64::from_be_bytes(*entries))
    }
}

/// Where it is kept. It can be deleted: wallets then use the newest root until the next full hour.
pub(crate) const FILE: &str = "derived/hour";

#[cfg(test)]
mod tests {
    use ledger::samples;
    use ledger::state::State;

    use super::*;

    fn root(entries: u64, time: u64) -> StateRoot {
        let state = State::new(samples::genesis(&["police"], 1));
        StateRoot { entries, ..state.state_root(time) }
    }

    #[test]
    fn the_root_before_a_full_hour_is_kept_until_the_next() {
        let tree = CredentialTree::new();
        let mut hourly = HourlyRoot::default();
        assert!(!hourly.close(&root(0, 7000), &tree), "nothing was before it");
        assert!(!hourly.close(&root(5, 7199), &tree));
        assert!(hourly.close(&root(6, 7200), &tree));
        assert_eq!(hourly.body(2), Some(5_u64.to_be_bytes().to_vec()));
        assert_eq!((hourly.body(1), hourly.body(3)), (None, None));
        assert!(!hourly.close(&root(9, 9000), &tree));
        assert_eq!(hourly.body(2), Some(5_u64.to_be_bytes().to_vec()));
        let file = hourly.file().unwrap();
        assert_eq!(HourlyRoot::resume(9, 9000, &tree, Some(&file[..])), hourly);
        for (entries, time) in [(9, 20_000), (5, 9000)] {
            assert_eq!(HourlyRoot::resume(entries, time, &tree, Some(&file[..])).file(), None);
        }
        assert_eq!(HourlyRoot::resume(9, 9000, &tree, Some(&b"x"[..])).file(), None);
    }
}
