//! What the registry would say of a record before anybody has signed or approved it.

use circuits::credential::DepartmentId;

use super::{Moment, Registry, RegistryError, texts};
use crate::record::{Part, Record};

impl Registry {
    /// Judges a record as if `author` had signed it and enough departments approved it, and takes it in, so that the next
    /// record of the same file is judged after it. On an error nothing has changed.
    ///
    /// What only the credential tree knows (places, leaves, how many were revoked within a day) is not looked at.
    pub fn rehearse(
        &mut self,
        at: Moment,
        author: &DepartmentId,
        record: &Record,
    ) -> Result<(), RegistryError> {
        let unknown = || RegistryError::UnknownSigner(author.to_string());
        if record.part() == Part::Root {
            return Err(RegistryError::NotTheLog(author.to_string()));
        }
        let department = self.department(author).ok_or_else(unknown)?;
        if self.suspended.contains(author) {
            return Err(RegistryError::SuspendedSigner(author.clone()));
        }
        texts::check(record)?;
        if let Some(addition) = self.addition(at, department, record)? {
            self.insert(at.index, author.clone(), addition);
            self.remember(at.index, record);
        }
        Ok(())
    }
    /// Checks the texts and addresses of a record, which needs no ledger.
    pub fn check_texts(record: &Record) -> Result<(), RegistryError> {
        texts::check(record)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{genesis, policy, record, recovery, schema};

    const AT: u64 = 1_800_000_000;

    fn rehearsed(registry: &mut Registry, author: &str, record: &Record) -> Result<(), RegistryError> {
        registry.rehearse(Moment::rehearsed(1, AT, AT), &author.parse().unwrap(), record)
    }

    #[test]
    fn a_record_is_judged_without_signature_and_approvals_and_after_those_before_it() {
        let mut registry = Registry::new(genesis(&["a.city", "b.city", "c.city"], 2));
        let policy = policy("p/1", "s/1", "a.city");
        let early = rehearsed(&mut registry, "a.city", &policy);
        assert!(matches!(early, Err(RegistryError::Policy(_))), "{early:?}");
        rehearsed(&mut registry, "a.city", &schema("s/1")).unwrap();
        rehearsed(&mut registry, "a.city", &policy).unwrap();
        let foreign = rehearsed(&mut registry, "b.city", &schema("s/2"));
        assert!(matches!(foreign, Err(RegistryError::ForeignName { .. })), "{foreign:?}");
        let suspend = json!({"kind": "department.suspend", "id": "x", "department": "b.city", "reason": "audit",
            "approvals": []});
        rehearsed(&mut registry, "a.city", &record(suspend.clone())).unwrap();
        let again = rehearsed(&mut registry, "a.city", &record(suspend));
        assert!(matches!(again, Err(RegistryError::AlreadySuspended(_))), "{again:?}");
        let silenced = rehearsed(&mut registry, "b.city", &schema("t/1"));
        assert!(matches!(silenced, Err(RegistryError::SuspendedSigner(_))), "{silenced:?}");
        let old = rehearsed(&mut registry, "a.city", &recovery("r", "bundle", "a.city"));
        assert!(matches!(old, Err(RegistryError::RequestTime { .. })), "{old:?}");
    }
}
