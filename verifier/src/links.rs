//! The links of an answer: what its proofs of `show` are known by in its proofs of `join` and `score`.
//!
//! They are taken from the presentations of the same answer, so that a further proof speaks of the credentials that are shown
//! beside it; the context, which all rows share, ties it to the session.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::field::Element;
use circuits::policy::{CheckedPolicy, PolicyError};
use circuits::{join, score};

/// By the policy's name for the credential. There is one for each credential that the policy speaks of in `across` or
/// `models`, and for no other.
pub(crate) struct Links(BTreeMap<String, Fr>);

/// A presentation has a link too few or too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkError {
    Missing { credential: String },
    Extra { credential: String },
}

impl Links {
    /// Those that were presented, by credential, if they are exactly those that the policy needs.
    pub(crate) fn new<'a>(
        policy: &CheckedPolicy,
        presented: impl IntoIterator<Item = (&'a str, Option<Element>)>,
    ) -> Result<Self, LinkError> {
        let mut links = BTreeMap::new();
        for (id, link) in presented {
            let credential = || id.to_owned();
            match (policy.is_linked(id), link) {
                (true, Some(link)) => drop(links.insert(id.to_owned(), link.0)),
                (false, None) => {}
                (true, None) => return Err(LinkError::Missing { credential: credential() }),
                (false, Some(_)) => return Err(LinkError::Extra { credential: credential() }),
            }
        }
        Ok(Self(links))
    }

    /// The rows `linked` and `link` of a credential's proof.
    pub(crate) fn rows(&self, credential: &str) -> (Fr, Fr) {
        self.0.get(credential).map_or((0.into(), 0.into()), |link| (1.into(), *link))
    }

    /// The public inputs of the condition across credentials; `None` if the policy has none.
    pub(crate) fn join(
        &self,
        policy: &CheckedPolicy,
        context: Fr,
        now: u64,
    ) -> Result<Option<join::Public>, PolicyError> {
        let Some(rows) = policy.join_rows(now)? else { return Ok(None) };
        let joined = policy.joined();
        // Rows of fewer credentials have weights of zero for the padding.
        let link = |i: usize| joined.get(i).or(joined.last()).map_or(0.into(), |id| self.rows(id).1);
        Ok(Some(join::Public { context, links: std::array::from_fn(link), rows }))
    }

    /// The public inputs of each condition on a score, in the policy's order.
    pub(crate) fn scores(&self, policy: &CheckedPolicy, context: Fr) -> Vec<score::Public> {
        let scores = policy.score_rows();
        scores
            .map(|(condition, rows)| {
                let (_, link) = self.rows(&condition.credential);
                score::Public { context, link, rows: rows.clone() }
            })
            .collect()
    }
}
