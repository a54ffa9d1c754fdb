//! A request for shares of this wallet's person secret that it did not make.

use circuits::credential::DepartmentId;
use circuits::schema::Localized;

use crate::followed::View;
use crate::wallet::Wallet;

/// Two departments asked, on the ledger, that somebody be given the shares of this wallet's person secret. Its owner was at
/// their desk and knows of it, or somebody else was in their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignRequest {
    /// At whose desk.
    pub desk: DepartmentId,
    /// What the department is called; absent where the ledger does not say.
    pub title: Option<Localized>,
    /// When somebody stood there, unix seconds, by what the desk says.
    pub time: u64,
}

impl Wallet {
    /// The requests on the ledger for what this wallet dealt, which are for another wallet than this one; newest first.
    pub fn foreign_requests(&self, view: &View) -> Vec<ForeignRequest> {
        let registry = view.registry();
        let own = self.recovery_key().map(|key| key.public().digest());
        let asked = self.dealings().all().filter_map(|kept| registry.recovery(&kept.bundle));
        let foreign = asked.filter(|request| Some(request.item.key_digest) != own);
        let mut found: Vec<_> = foreign
            .map(|request| ForeignRequest {
                desk: request.item.desk.clone(),
                title: registry.department(&request.item.desk).map(|department| department.title.clone()),
                time: request.item.time,
            })
            .collect();
        found.sort_by_key(|request| std::cmp::Reverse(request.time));
        found
    }
}
