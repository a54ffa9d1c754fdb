//! The client of the staff interface: synchronous, with timeouts and bounded bodies.

use std::collections::BTreeMap;
use std::time::Duration;

use circuits::schema::SchemaId;
use ledger::client::{agent_builder, below, unreachable};
use openid4vc::vci::Secret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::admin::{
    Act, CorrectionRequest, Done, Enrolment, OfferRequest, Offered, ProposalText, RecoverRequest,
    RecoveryProposed, ResetRequest, Row, RowList, RowOutcome, Rows, StatusRequest, Waits,
};
use crate::person::PersonId;

/// A connection to an issuer's staff interface. Clones share connections.
#[derive(Clone)]
pub struct IssuerClient {
    base: Url,
    token: Option<Secret>,
    agent: ureq::Agent,
}

/// Why the issuer did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerClientError {
    /// The issuer says no; nothing happened.
    #[error("the desk refused ({code}): {reason}")]
    Refused {
        /// Machine-readable.
        code: String,
        /// For people.
        reason: String,
    },
    /// Another clerk has to approve it at the desk's page; nothing is on the ledger yet.
    #[error("proposal {0} waits at the desk's page: another clerk has to approve it, and it is done then")]
    Waits(i64),
    /// The issuer cannot right now; what it planned is kept. Ask the same again.
    #[error("the desk cannot do it right now: {0}")]
    Busy(String),
    /// No answer. Ask the same again.
    #[error("no answer from the desk: {0}")]
    Unreachable(String),
    /// The issuer had a fault, or this is not an issuer.
    #[error("the desk's answer (status {0}) is not one that a desk gives")]
    Malformed(u16),
}

impl IssuerClient {
    /// A client of the issuer at `base`, with the staff token if the issuer asks for one.
    pub fn new(base: Url, token: Option<Secret>) -> Self {
        let agent = agent_builder()
            .timeout_global(Some(TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .build()
            .into();
        Self { base, token, agent }
    }

    /// Makes an offer for a person, whose other devices end when it is taken.
    pub fn offer(&self, schema: &SchemaId, person: &PersonId) -> Result<Offered, IssuerClientError> {
        self.offer_to(schema, person, Enrolment::ReplaceAll)
    }

    /// Makes an offer for a person and says what becomes of the other devices.
    pub fn offer_to(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        enrolment: Enrolment,
    ) -> Result<Offered, IssuerClientError> {
        let schema = schema.clone();
        let person = person.clone();
        self.post("admin/offers", &OfferRequest { schema, person, enrolment })
    }

    /// Writes records and grants to everybody on the list who is enrolled; at most [`crate::admin::MAX_ROWS`] lines.
    /// Asking the same again grants nothing twice.
    pub fn issue(&self, schema: &SchemaId, rows: Vec<Row>) -> Result<Vec<RowOutcome>, IssuerClientError> {
        self.list("admin/issue", Some(schema), rows)
    }

    /// Writes records; at most [`crate::admin::MAX_ROWS`] lines.
    pub fn import_records(
        &self,
        schema: &SchemaId,
        rows: Vec<Row>,
    ) -> Result<Vec<RowOutcome>, IssuerClientError> {
        self.list("admin/records", Some(schema), rows)
    }

    /// Writes holder values from assisted enrolment (`id_number`, `holder`, and `person` at the person authority); at most [`crate::admin::MAX_ROWS`] lines.
    /// `schema` may be left out at an issuer that grants one only.
    pub fn import_enrolments(
        &self,
        schema: Option<&SchemaId>,
        rows: Vec<Row>,
    ) -> Result<Vec<RowOutcome>, IssuerClientError> {
        self.list("admin/enrolments", schema, rows)
    }

    /// Revokes, suspends or restores.
    pub fn change_status(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: Act,
        reason: &str,
    ) -> Result<Done, IssuerClientError> {
        let schema = schema.clone();
        let person = person.clone();
        let reason = reason.to_owned();
        self.post("admin/status", &StatusRequest { schema, person, act, reason })
    }

    /// Ends a record's person and all that was issued to it.
    pub fn reset(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        reason: &str,
    ) -> Result<Done, IssuerClientError> {
        let schema = schema.clone();
        let person = person.clone();
        let reason = reason.to_owned();
        self.post("admin/resets", &ResetRequest { schema, person, reason })
    }

    /// Changes attributes: a new credential, and the old one revoked, in one batch.
    pub fn correct(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        set: BTreeMap<String, String>,
        reason: &str,
    ) -> Result<Done, IssuerClientError> {
        let schema = schema.clone();
        let person = person.clone();
        let reason = reason.to_owned();
        self.post("admin/corrections", &CorrectionRequest { schema, person, set, reason })
    }

    /// Proposes that the trustees give a person's shares to the wallet with this key.
    pub fn recover(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        key: &str,
    ) -> Result<RecoveryProposed, IssuerClientError> {
        let (schema, person, key) = (schema.clone(), person.clone(), key.to_owned());
        self.post("admin/recoveries", &RecoverRequest { schema, person, key })
    }

    /// Signs and sends what a second department has approved. Again, it asks for the ledger's answer.
    pub fn complete_recovery(&self, proposal: &str) -> Result<Done, IssuerClientError> {
        self.post("admin/recoveries/complete", &ProposalText { proposal: proposal.to_owned() })
    }

    /// Approves another department's request in the name of this desk's; the answer is the text to give back.
    pub fn approve_recovery(&self, proposal: &str) -> Result<String, IssuerClientError> {
        let approved: ProposalText =
            self.post("admin/recovery-approvals", &ProposalText { proposal: proposal.to_owned() })?;
        Ok(approved.proposal)
    }

    fn list(
        &self,
        path: &str,
        schema: Option<&SchemaId>,
        rows: Vec<Row>,
    ) -> Result<Vec<RowOutcome>, IssuerClientError> {
        let sent = rows.len();
        let answer: Rows = self.post(path, &RowList { schema: schema.cloned(), rows })?;
        if answer.rows.len() == sent { Ok(answer.rows) } else { Err(IssuerClientError::Malformed(200)) }
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, IssuerClientError> {
        let mut request = self.agent.post(below(&self.base, path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        let mut response =
            request.send_json(body).map_err(|e| IssuerClientError::Unreachable(unreachable(&e)))?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let bytes = read.map_err(|e| IssuerClientError::Unreachable(unreachable(&e)))?;
        if status == 200 {
            return serde_json::from_slice(&bytes).map_err(|_| IssuerClientError::Malformed(status));
        }
        if status == 202 {
            let waits: Waits =
                serde_json::from_slice(&bytes).map_err(|_| IssuerClientError::Malformed(status))?;
            return Err(IssuerClientError::Waits(waits.proposal));
        }
        Err(refused(status, &bytes))
    }
}

fn refused(status: u16, bytes: &[u8]) -> IssuerClientError {
    let Ok(body) = serde_json::from_slice::<ErrorAnswer>(bytes) else {
        return IssuerClientError::Malformed(status);
    };
    let reason = body.detail.unwrap_or_else(|| body.message.text("en").to_owned());
    match status {
        503 | 429 => IssuerClientError::Busy(reason),
        500..=599 => IssuerClientError::Malformed(status),
        _ => IssuerClientError::Refused { code: body.error, reason },
    }
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
    message: circuits::schema::Localized,
    detail: Option<String>,
}

const TIMEOUT: Duration = Duration::from_secs(150);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer at most.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;
