//! What happened to this wallet: who asked for what, when, and how it ended. Names of attributes, never their values.

use circuits::credential::DepartmentId;
use circuits::schema::{Localized, SchemaId};
use serde::{Deserialize, Serialize};

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, unix seconds.
    pub time: u64,
    /// What.
    #[serde(flatten)]
    pub act: Act,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// A credential came in.
    Received {
        /// From whom.
        issuer: DepartmentId,
        /// What.
        schema: SchemaId,
    },
    /// A counter asked.
    Asked(Box<Asked>),
}

/// A counter's request and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The counter's certificate hash.
    pub client_id: String,
    /// What the counter is called.
    pub name: Localized,
    /// The department that registered the counter; absent where the name is only claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<DepartmentId>,
    /// The policy it asked with.
    pub policy: SchemaId,
    /// What the answer is for.
    pub purpose: Localized,
    /// The scope that links answers to each other; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_in: Option<String>,
    /// Credential by credential, what was asked.
    pub credentials: Vec<AskedCredential>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What was asked of one credential: names only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedCredential {
    /// Which kind.
    pub schema: SchemaId,
    /// Attributes a condition was proved about.
    pub tested: Vec<String>,
    /// Attributes whose value was to be handed over.
    pub revealed: Vec<String>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered; the counter accepted the answer.
    Presented,
    /// Answered; the counter refused the answer.
    Refused {
        /// Its word for why.
        reason: String,
    },
    /// The owner agreed and kept the answer; whether another program sent it is not known.
    Kept,
    /// The owner agreed and showed a code without a network; whether the counter accepted it is not known.
    Shown,
    /// The owner said no. The counter cannot tell this from `NotSatisfiable`.
    Declined,
    /// No credential fits. The counter cannot tell this from `Declined`.
    NotSatisfiable,
    /// Something failed on the way; whether the counter has the answer is not known.
    Failed,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_event_is_one_flat_json_object() {
        let name =
            Localized(BTreeMap::from([("en".into(), "Counter 3".into()), ("zh-CN".into(), "三号".into())]));
        let asked = Asked {
            client_id: "x509_hash:abc".into(),
            name: name.clone(),
            registered_by: None,
            policy: "adult/1".parse().unwrap(),
            purpose: name,
            linked_in: None,
            credentials: vec![AskedCredential {
                schema: "identity/1".parse().unwrap(),
                tested: vec!["birth_date".into()],
                revealed: vec![],
            }],
            outcome: Outcome::Declined,
        };
        let event = Event { time: 7, act: Act::Asked(Box::new(asked)) };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], "asked");
        assert_eq!(json["outcome"]["is"], "declined");
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}
