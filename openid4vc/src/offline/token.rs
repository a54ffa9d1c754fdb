//! An answer without a network beside the `vp_token` that says the same.

use serde_json::{Map, Value};

use super::{KeyStart, Minute, OfflineAnswer, Shown};
use crate::vp::{Format, KeyDigest, PolicyDigest, Presentation, SYSTEM_ID, VpToken};
use circuits::policy::{CredentialQuery, Policy};

impl OfflineAnswer {
    /// What a wallet shows under a policy; `None` where the token is not one of that policy, of one key and of one holder.
    pub fn of(policy: &Policy, minute: Minute, token: &VpToken) -> Option<Self> {
        let presentation =
            |query: &CredentialQuery| token.0.get(&query.id).map(|[presentation]| presentation);
        let first = presentation(policy.credentials.first()?)?;
        let shown = policy.credentials.iter().map(|query| {
            let presentation = presentation(query)?;
            let values = query.reveal.iter().map(|name| presentation.revealed.get(name).cloned());
            let one = presentation.key == first.key
                && presentation.root == first.root
                && presentation.nullifier == first.nullifier;
            one.then_some(Shown {
                revealed: values.collect::<Option<_>>()?,
                proof: presentation.proof.clone(),
            })
        });
        Some(Self {
            policy_digest: PolicyDigest(policy.digest()),
            minute,
            key: KeyStart::of(&first.key),
            root: first.root,
            nullifier: first.nullifier,
            shown: shown.collect::<Option<_>>()?,
        })
    }

    /// The presentations that the answer stands for under the key that it names; `None` where it has not exactly what the policy
    /// asks for, or names another key.
    pub fn token(&self, policy: &Policy, key: KeyDigest) -> Option<VpToken> {
        let queries = &policy.credentials;
        let named = self.policy_digest.0 == policy.digest() && self.key.begins(&key);
        if self.shown.len() != queries.len() || !named {
            return None;
        }
        let each = queries.iter().zip(&self.shown);
        each.map(|(query, shown)| Some((query.id.clone(), [self.presentation(query, shown, key)?])))
            .collect::<Option<_>>()
            .map(VpToken)
    }

    fn presentation(&self, query: &CredentialQuery, shown: &Shown, key: KeyDigest) -> Option<Presentation> {
        let revealed: Map<String, Value> =
            query.reveal.iter().cloned().zip(shown.revealed.iter().cloned()).collect();
        (shown.revealed.len() == query.reveal.len()).then(|| Presentation {
            format: Format::YongZkp,
            vct: query.schema.clone(),
            zk_system_id: SYSTEM_ID.to_owned(),
            key,
            root: self.root,
            nullifier: self.nullifier,
            revealed,
            proof: shown.proof.clone(),
        })
    }
}
