//! What happened to this wallet: who asked for what, when, and how it ended. Names of attributes, never their values.

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use circuits::schema::{Localized, SchemaId};
use openid4vc::vp::ReceiptNumber;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use service::spreadsheet::inert;

use crate::uses::Use;

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
        /// What that was called; wallets of earlier versions did not write it down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Localized>,
    },
    /// A department's desk was shown who the owner is, to receive a credential.
    ShownToDesk(Box<ShownRecord>),
    /// A verifier asked.
    Asked(Box<RequestRecord>),
    /// The wallet was paired with another one of the same person.
    Paired {
        /// Which of the two it was.
        side: PairSide,
    },
    /// The person secret was dealt to trustees. Written down before the first share leaves.
    Dealt(Box<DealtRecord>),
    /// The trustees gave the person secret back to this wallet.
    Recovered {
        /// Whose shares were used.
        from: Vec<DepartmentId>,
    },
}

/// A dealing and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealtRecord {
    /// Who was to keep a share.
    pub trustees: Vec<DepartmentId>,
    /// How many of them give the secret back.
    pub needed: usize,
    /// How it ended: `Presented` is that all of them keep theirs and the desk knows of it.
    pub outcome: Outcome,
}

/// Which of two paired wallets this was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairSide {
    /// It gave its person secret. Written down before the secret is handed out, so whether it arrived is not known.
    Gave,
    /// It took the other one's.
    Took,
}

/// What a desk was shown, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownRecord {
    /// The department whose desk it is, by the ledger.
    pub desk: DepartmentId,
    /// What the department was called.
    pub name: Localized,
    /// The credential that was to be received.
    pub schema: SchemaId,
    /// What was shown.
    pub shown: RequestedCredential,
    /// How it ended: `Presented` is that the desk gave its credential.
    pub outcome: Outcome,
}

/// A line that was written before its end was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    event: Event,
    used: Option<Use>,
}

impl Reserved {
    pub(crate) fn new(event: Event, used: Option<Use>) -> Self {
        Self { event, used }
    }

    /// The use of a named scope that was reserved with it.
    pub(crate) fn used(&self) -> Option<&Use> {
        self.used.as_ref()
    }

    /// Whether the line is this one, and not completed yet.
    pub(crate) fn is(&self, event: &Event) -> bool {
        self.event == *event
    }
}

impl Act {
    /// Writes down how it ended.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        match self {
            Self::Asked(request) => request.outcome = outcome,
            Self::ShownToDesk(shown) => shown.outcome = outcome,
            Self::Dealt(dealt) => dealt.outcome = outcome,
            Self::Received { .. } | Self::Paired { .. } | Self::Recovered { .. } => {}
        }
    }

    /// Writes down the number of the verifier's receipt.
    pub(crate) fn keep_receipt(&mut self, number: Option<ReceiptNumber>) {
        if let Self::Asked(request) = self {
            request.receipt = number;
        }
    }
}

/// A verifier's request and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The verifier's certificate hash.
    pub client_id: String,
    /// What the verifier is called; absent where neither the ledger nor the verifier says.
    #[serde(default, deserialize_with = "named", skip_serializing_if = "Option::is_none")]
    pub name: Option<Localized>,
    /// The department that registered the verifier; absent where the name is only claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<DepartmentId>,
    /// What that department was called; wallets of earlier versions did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar: Option<Localized>,
    /// The policy it asked with.
    pub policy: SchemaId,
    /// What the policy was called; wallets of earlier versions did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Localized>,
    /// What the answer is for.
    pub purpose: Localized,
    /// The scope that links answers to each other; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_in: Option<String>,
    /// Credential by credential, what was asked.
    pub credentials: Vec<RequestedCredential>,
    /// How it ended.
    pub outcome: Outcome,
    /// The number of the verifier's receipt, by which it is found there again; absent where the verifier told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptNumber>,
}

/// What was asked of one credential: names only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedCredential {
    /// Which kind.
    pub schema: SchemaId,
    /// What that was called; wallets of earlier versions did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Localized>,
    /// Attributes a condition was proved about.
    pub tested: Vec<String>,
    /// Attributes whose value was to be handed over.
    pub revealed: Vec<String>,
    /// What these attributes were called; wallets of earlier versions did not write it down.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, Localized>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered; the verifier accepted the answer.
    Presented,
    /// Answered; the verifier refused the answer.
    Refused {
        /// Its word for why.
        reason: String,
    },
    /// The owner agreed and kept the answer; whether another program sent it is not known.
    Kept,
    /// The owner agreed and showed a code without a network; whether the verifier accepted it is not known.
    Shown,
    /// The owner said no. The verifier cannot tell this from `NotSatisfiable`.
    Declined,
    /// No credential fits. The verifier cannot tell this from `Declined`.
    NotSatisfiable,
    /// Something failed on the way; whether the verifier has the answer is not known.
    Failed,
    /// Written down before sending, and never completed: whether the verifier has the answer is not known.
    Unfinished,
    /// The owner agreed, and then nothing was sent.
    NotSent,
}

impl Event {
    /// The verifier's request, if it was one.
    pub fn request(&self) -> Option<&RequestRecord> {
        match &self.act {
            Act::Asked(request) => Some(request),
            Act::Received { .. }
            | Act::ShownToDesk(_)
            | Act::Paired { .. }
            | Act::Dealt(_)
            | Act::Recovered { .. } => None,
        }
    }

    /// How it ended, in one of [`Outcome::CODES`].
    pub fn outcome(&self) -> &'static str {
        match &self.act {
            Act::Received { .. } => "received",
            Act::ShownToDesk(_) => "shown_to_desk",
            Act::Asked(request) => request.outcome.as_str(),
            Act::Paired { side: PairSide::Gave } => "gave_person",
            Act::Paired { side: PairSide::Took } => "took_person",
            Act::Dealt(dealt) => match &dealt.outcome {
                Outcome::Presented => "dealt",
                Outcome::Refused { .. }
                | Outcome::Kept
                | Outcome::Shown
                | Outcome::Declined
                | Outcome::NotSatisfiable
                | Outcome::Failed
                | Outcome::Unfinished
                | Outcome::NotSent => "dealing",
            },
            Act::Recovered { .. } => "recovered",
        }
    }
}

impl RequestRecord {
    /// The verifier's name in Chinese, by which its requests are found again; its certificate where it has none.
    pub fn counter(&self) -> &str {
        self.named("zh-CN")
    }

    /// The verifier's name in a language; its certificate where it has none.
    pub fn named(&self, language: &str) -> &str {
        match self.name.as_ref().map_or("", |name| name.text(language)) {
            "" => &self.client_id,
            name => name,
        }
    }
}

impl Outcome {
    /// All words of [`Event::outcome`].
    pub const CODES: [&'static str; 16] = [
        "received",
        "shown_to_desk",
        "presented",
        "refused",
        "kept",
        "shown",
        "declined",
        "not_satisfiable",
        "failed",
        "unfinished",
        "not_sent",
        "gave_person",
        "took_person",
        "dealt",
        "dealing",
        "recovered",
    ];

    /// Its word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Presented => "presented",
            Self::Refused { .. } => "refused",
            Self::Kept => "kept",
            Self::Shown => "shown",
            Self::Declined => "declined",
            Self::NotSatisfiable => "not_satisfiable",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
            Self::NotSent => "not_sent",
        }
    }
}

/// Wallets of earlier versions have a name without any text where there is none.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Localized>, D::Error> {
    let texts = Option::<BTreeMap<String, String>>::deserialize(deserializer)?;
    let texts = texts.filter(|texts| !texts.is_empty());
    texts.map(|texts| Localized::try_from(texts).map_err(D::Error::custom)).transpose()
}

/// Which events are looked for; an empty part takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// [`RequestRecord::counter`].
    pub counter: String,
    /// The policy it asked with.
    pub matter: String,
    /// One of [`Outcome::CODES`].
    pub outcome: String,
}

impl Filter {
    /// Whether the event is looked for.
    pub fn takes(&self, event: &Event) -> bool {
        let is = |wanted: &str, found: Option<&str>| wanted.is_empty() || found == Some(wanted);
        let request = event.request();
        let policy = request.map(|request| request.policy.to_string());
        is(&self.counter, request.map(RequestRecord::counter))
            && is(&self.matter, policy.as_deref())
            && is(&self.outcome, Some(event.outcome()))
    }
}

/// The events as a table for a spreadsheet: names of attributes, never values.
pub fn csv(events: &[Event]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "time",
        "outcome",
        "who",
        "registered_by",
        "what",
        "purpose",
        "tested",
        "revealed",
        "title",
        "receipt",
    ])?;
    for event in events {
        // A verifier chooses its own name.
        table.write_record(row(event).iter().map(|cell| inert(cell).into_owned()))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

fn row(event: &Event) -> [String; 10] {
    let time = event.time.to_string();
    let outcome = event.outcome().to_owned();
    match &event.act {
        Act::Received { issuer, schema, title } => {
            let none = String::new;
            [
                time,
                outcome,
                issuer.to_string(),
                none(),
                schema.to_string(),
                none(),
                none(),
                none(),
                chinese(title.as_ref()),
                none(),
            ]
        }
        Act::ShownToDesk(shown) => {
            let (none, revealed) = (String::new, shown.shown.revealed.join(" "));
            [
                time,
                outcome,
                shown.desk.to_string(),
                none(),
                shown.schema.to_string(),
                none(),
                none(),
                revealed,
                chinese(shown.shown.title.as_ref()),
                none(),
            ]
        }
        Act::Paired { .. } => {
            let none = String::new;
            [time, outcome, none(), none(), none(), none(), none(), none(), none(), none()]
        }
        Act::Dealt(dealt) => to_trustees(time, outcome, &dealt.trustees),
        Act::Recovered { from } => to_trustees(time, outcome, from),
        Act::Asked(request) => {
            let names = |of: fn(&RequestedCredential) -> &[String]| {
                request.credentials.iter().flat_map(of).cloned().collect::<Vec<_>>().join(" ")
            };
            [
                time,
                outcome,
                request.counter().to_owned(),
                request.registered_by.as_ref().map(ToString::to_string).unwrap_or_default(),
                request.policy.to_string(),
                request.purpose.text("zh-CN").to_owned(),
                names(|credential| &credential.tested),
                names(|credential| &credential.revealed),
                chinese(request.title.as_ref()),
                request.receipt.as_ref().map(ReceiptNumber::grouped).unwrap_or_default(),
            ]
        }
    }
}

fn to_trustees(time: String, outcome: String, trustees: &[DepartmentId]) -> [String; 10] {
    let none = String::new;
    [time, outcome, named_all(trustees), none(), none(), none(), none(), none(), none(), none()]
}

fn chinese(name: Option<&Localized>) -> String {
    name.map_or_else(String::new, |name| name.text("zh-CN").to_owned())
}

/// Departments in a row.
fn named_all(departments: &[DepartmentId]) -> String {
    departments.iter().map(DepartmentId::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_json_object() {
        let event = asked("三号", Outcome::Declined);
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], "asked");
        assert_eq!(json["outcome"]["is"], "declined");
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }

    #[test]
    fn a_pairing_is_a_line_of_its_own() {
        for (side, word) in [(PairSide::Gave, "gave_person"), (PairSide::Took, "took_person")] {
            let event = Event { time: 1, act: Act::Paired { side } };
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["kind"], "paired");
            assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
            assert_eq!(event.outcome(), word);
            assert!(Outcome::CODES.contains(&word));
        }
    }

    #[test]
    fn a_dealing_says_whether_it_came_to_its_end() {
        let trustees = vec!["tax.nanning".parse().unwrap(), "court.nanning".parse().unwrap()];
        let record = DealtRecord { trustees: trustees.clone(), needed: 2, outcome: Outcome::Unfinished };
        let mut event = Event { time: 1, act: Act::Dealt(Box::new(record)) };
        assert_eq!(event.outcome(), "dealing");
        event.act.end(Outcome::Presented);
        assert_eq!(event.outcome(), "dealt");
        let recovered = Event { time: 1, act: Act::Recovered { from: trustees } };
        for event in [event, recovered] {
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
            assert!(Outcome::CODES.contains(&event.outcome()));
            let table = String::from_utf8(csv(&[event]).unwrap()).unwrap();
            assert!(table.contains("tax.nanning court.nanning"), "{table}");
        }
    }

    /// A line of a wallet of an earlier version, and one of today.
    #[test]
    fn names_and_the_receipts_number_are_kept_and_lines_without_them_are_read() {
        let earlier = r#"{"time":7,"kind":"asked","client_id":"x","name":{"zh-CN":"三号","en":"3"},"registered_by":"gongan.nanning",
            "policy":"adult/1","purpose":{"zh-CN":"办事","en":"matter"},"credentials":[{"schema":"identity/1","tested":["birth_date"],
            "revealed":[]}],"outcome":{"is":"presented"}}"#;
        let mut event: Event = serde_json::from_str(earlier).unwrap();
        let request = event.request().unwrap();
        assert!(
            request.title.is_none() && request.receipt.is_none() && request.credentials[0].titles.is_empty()
        );
        let number = ReceiptNumber::random(&mut crate::testing::rng(1));
        event.act.keep_receipt(Some(number.clone()));
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["receipt"], number.as_str());
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
        let table = String::from_utf8(csv(&[event]).unwrap()).unwrap();
        assert!(table.contains(&number.grouped()), "{table}");
        let received = r#"{"time":7,"kind":"received","issuer":"gongan.nanning","schema":"identity/1"}"#;
        assert!(matches!(
            serde_json::from_str::<Event>(received).unwrap().act,
            Act::Received { title: None, .. }
        ));
    }

    #[test]
    fn a_filter_takes_what_has_all_its_parts() {
        let event = asked("三号", Outcome::Declined);
        let takes = |counter: &str, matter: &str, outcome: &str| {
            Filter { counter: counter.into(), matter: matter.into(), outcome: outcome.into() }.takes(&event)
        };
        assert!(takes("", "", "") && takes("三号", "adult/1", "declined"));
        assert!(!takes("四号", "", "") && !takes("", "adult/2", "") && !takes("", "", "presented"));
        let issuer = "gongan.nanning".parse().unwrap();
        let schema = "identity/1".parse().unwrap();
        let received = Event { time: 1, act: Act::Received { issuer, schema, title: None } };
        assert!(Filter::default().takes(&received));
        assert!(!Filter { counter: "三号".into(), ..Filter::default() }.takes(&received));
    }

    #[test]
    fn a_counters_name_is_no_formula_in_the_table() {
        let table = csv(&[asked("=HYPERLINK(\"http://evil.example\")", Outcome::Presented)]).unwrap();
        let mut reader = csv::Reader::from_reader(table.as_slice());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(&row[2], "'=HYPERLINK(\"http://evil.example\")");
        assert_eq!((&row[1], &row[4], &row[6], &row[7]), ("presented", "adult/1", "birth_date", ""));
    }

    #[test]
    fn a_counter_without_a_name_is_read_back_as_every_version_wrote_it() {
        let mut event = asked("三号", Outcome::Shown);
        let Act::Asked(inner) = &mut event.act else { panic!("nothing was received") };
        inner.name = None;
        let mut written = serde_json::to_value(&event).unwrap();
        assert_eq!(serde_json::from_value::<Event>(written.clone()).unwrap(), event);
        written["name"] = serde_json::json!({});
        assert_eq!(serde_json::from_value::<Event>(written).unwrap(), event);
        assert_eq!(event.request().unwrap().counter(), "x509_hash:abc");
    }

    fn asked(chinese: &str, outcome: Outcome) -> Event {
        let name = Localized::bilingual(chinese, "Counter 3").unwrap();
        let asked = RequestRecord {
            client_id: "x509_hash:abc".into(),
            name: Some(name.clone()),
            registered_by: None,
            registrar: None,
            policy: "adult/1".parse().unwrap(),
            title: None,
            purpose: name,
            linked_in: None,
            credentials: vec![RequestedCredential {
                schema: "identity/1".parse().unwrap(),
                title: None,
                tested: vec!["birth_date".into()],
                revealed: vec![],
                titles: BTreeMap::new(),
            }],
            outcome,
            receipt: None,
        };
        Event { time: 7, act: Act::Asked(Box::new(asked)) }
    }
}
