//! Who asked, for requests that can still be answered: so that waiting answers can be taken in turn by counter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openid4vc::jwe;

use super::{RelyingParty, Response};
use crate::store::{API, Transaction};

/// Requests that are remembered at most. An answer to one that is not is taken in turn by its sender's address.
const MOST: usize = 1 << 16;

/// By the name of the key that an answer is encrypted to. In memory alone: after a restart nobody is known for five minutes.
#[derive(Default)]
pub(super) struct Requesters(Mutex<HashMap<String, Requester>>);

struct Requester {
    name: Arc<str>,
    /// Unix seconds.
    until: u64,
}

impl RelyingParty {
    /// The person, or the programs, whose request a response seems to answer. Nobody has looked yet whether it does.
    pub(crate) fn asker(&self, response: &Response) -> Option<Arc<str>> {
        let Response::Encrypted(jwe) = response else { return None };
        let kid = jwe::kid(jwe).ok()??;
        self.askers.lock().get(&kid).map(|asker| Arc::clone(&asker.name))
    }
}

impl Requesters {
    /// Remembers who made a request until it expires.
    pub(super) fn note(&self, transaction: &Transaction, by: Option<&str>) {
        let Some(kid) = transaction.response_key.as_ref().and_then(|key| key.public().kid) else { return };
        let mut askers = self.lock();
        if askers.len() >= MOST {
            askers.retain(|_, asker| asker.until >= transaction.made_at);
        }
        if askers.len() < MOST {
            let name = by.unwrap_or(API).into();
            askers.insert(kid, Requester { name, until: transaction.expires_at });
        }
    }

    /// Nothing between locking and unlocking can panic and leave half a change.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Requester>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use openid4vc::vp::Nonce;
    use serde_json::json;

    use super::*;
    use crate::relying_party::tests::{Scene, encrypted};

    #[test]
    fn whoever_asked_is_known_by_the_answers_key() {
        let (scene, ..) = Scene::with_citizens();
        let policy = "score/1".parse().unwrap();
        let asker = |asked| {
            let object = scene.fetch(&asked);
            scene.relying_party.asker(&Response::Encrypted(encrypted(&object, &json!({}))))
        };
        assert_eq!(asker(scene.relying_party.ask_as(&policy, "韦").unwrap()).as_deref(), Some("韦"));
        assert_eq!(asker(scene.relying_party.ask(&policy).unwrap()).as_deref(), Some(API));
        let unknown = ["", "a..b.c.d"].map(|jwe| Response::Encrypted(jwe.to_owned()));
        assert!(unknown.iter().all(|response| scene.relying_party.asker(response).is_none()));
    }

    #[test]
    fn the_memory_has_an_end_and_forgets_what_expired_first() {
        let (scene, ..) = Scene::with_citizens();
        let asked = scene.ask("score/1");
        let id = Nonce::try_from(asked.transaction).unwrap().into();
        let transaction = scene.relying_party.store().transaction(&id).unwrap().unwrap();
        let askers = Requesters::default();
        let asker = |until| Requester { name: "x".into(), until };
        askers.lock().extend((0..MOST).map(|n| (n.to_string(), asker(transaction.made_at))));
        askers.note(&transaction, None);
        assert_eq!(askers.lock().len(), MOST, "all of them can still be answered");
        askers.lock().insert("0".to_owned(), asker(transaction.made_at - 1));
        askers.note(&transaction, None);
        assert!(askers.lock().len() == MOST && !askers.lock().contains_key("0"));
    }
}
