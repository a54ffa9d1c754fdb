//! A request as it goes into the history: names, never values.

use std::collections::BTreeSet;

use circuits::policy::{Catalogue, CredentialQuery, Formula, Pseudonym, Subject};
use ledger::registry::Registry;

use super::counter::Vouched;
use super::question::Question;
use crate::followed::View;
use crate::history::{Act, Asked, AskedCredential, Event, Outcome};

pub(super) fn event(request: &dyn Question, view: &View, outcome: Outcome, now: u64) -> Event {
    let policy = request.policy().checked.policy();
    let counter = request.counter();
    let asked = Asked {
        client_id: counter.client_id.clone(),
        name: counter.name.clone(),
        registered_by: match &counter.vouched {
            Vouched::By { department, .. } => Some(department.clone()),
            Vouched::OnlyClaimed => None,
        },
        policy: policy.policy.clone(),
        purpose: policy.purpose.clone(),
        linked_in: match &policy.pseudonym {
            Pseudonym::Session(_) => None,
            Pseudonym::Named { scope, .. } => Some(scope.clone()),
        },
        credentials: policy.credentials.iter().map(|query| credential(query, view.registry())).collect(),
        outcome,
    };
    Event { time: now, act: Act::Asked(Box::new(asked)) }
}

fn credential(query: &CredentialQuery, registry: &Registry) -> AskedCredential {
    let mut tested = BTreeSet::new();
    if let Some(formula) = &query.require {
        names(formula, registry, &mut tested);
    }
    AskedCredential {
        schema: query.schema.clone(),
        tested: tested.into_iter().collect(),
        revealed: query.reveal.clone(),
    }
}

/// The attributes that a formula is about. Its depth is bounded where it is parsed.
fn names(formula: &Formula, registry: &Registry, out: &mut BTreeSet<String>) {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| names(part, registry, out)),
        Formula::Not(inner) => names(inner, registry, out),
        Formula::Condition(condition) => match &condition.subject {
            Subject::Attribute(name) => out.extend([name.clone()]),
            Subject::Sum(weights) => out.extend(weights.keys().cloned()),
            Subject::Model(id) => {
                out.extend(registry.model(id).into_iter().flat_map(|model| model.weights.keys().cloned()));
            }
        },
    }
}
