//! What a person at the counter's page does. Each act stands in the audit list, as those of programs do.

use std::ops::Range;

use circuits::schema::SchemaId;
use jiff::civil::Date;
use openid4vc::vp::{Nonce, Status, TransactionStatus};
use service::civil_time;

use super::{CreatedRequest, RelyingParty, RelyingPartyError};
use crate::store::{
    AuditAction, AuditEvent, AuditLine, ListedReceipt, ReceiptsOf, Transaction, TransactionId,
};

/// Receipts in one list at most.
const MAX_RECEIPTS: u32 = 1_000;
/// Receipts in one exported table at most: more than a day has seconds.
const MAX_EXPORTED: u32 = 100_000;
/// Lines of the audit list on one page.
const AUDIT_PAGE: u32 = 100;

/// A request as the person who made it sees it. Holds revealed attributes: no `Debug`.
pub struct TransactionView {
    /// What is shown while nobody has answered.
    pub asked: CreatedRequest,
    /// How it stands.
    pub status: TransactionStatus,
    /// What it is called in lists.
    pub number: String,
    /// Who made it; `None` for a program.
    pub asked_by: Option<String>,
}

impl RelyingParty {
    /// Makes a request in a person's name.
    pub fn ask_as(&self, policy: &SchemaId, who: &str) -> Result<CreatedRequest, RelyingPartyError> {
        self.ask_by(policy, who)
    }

    /// How a request stands, with what its page needs.
    pub fn view(&self, id: &str) -> Result<Option<TransactionView>, RelyingPartyError> {
        let Some(id) = transaction_id(id) else { return Ok(None) };
        let store = self.store();
        let transaction = store.transaction(&id)?;
        let asked_by = store.asker(&id)?;
        Ok(transaction.map(|transaction| self.stands(&transaction, asked_by)))
    }

    fn stands(&self, transaction: &Transaction, asked_by: Option<String>) -> TransactionView {
        TransactionView {
            asked: self.asked(transaction),
            status: transaction.status_at(self.now()),
            number: transaction.id.number(),
            asked_by,
        }
    }

    /// Takes a request back; `false` if it has ended.
    pub fn cancel(&self, id: &str, who: &str) -> Result<bool, RelyingPartyError> {
        let id = transaction_id(id).ok_or(RelyingPartyError::NotFound)?;
        let store = self.store();
        let transaction = store.transaction(&id)?.ok_or(RelyingPartyError::NotFound)?;
        let number = id.number();
        let note = self.note(who, AuditAction::Cancelled);
        let note = AuditEvent { matter: Some(&transaction.policy), number: Some(&number), ..note };
        Ok(store.cancel(&id, &note)?)
    }

    /// Writes down that a person was shown how a request ended, once.
    pub fn shown(&self, view: &TransactionView, who: &str) -> Result<(), RelyingPartyError> {
        if view.status.status == Status::Pending {
            return Ok(());
        }
        let receipt = view.status.receipt.as_ref().map(|receipt| receipt.id.as_str());
        self.saw(&view.status.policy, receipt.unwrap_or(&view.number), who)
    }

    /// Writes down that a person was shown the result with this number, once.
    pub(super) fn saw(&self, matter: &SchemaId, number: &str, who: &str) -> Result<(), RelyingPartyError> {
        let matter = Some(matter);
        let number = Some(number);
        Ok(self.store().note_once(&AuditEvent {
            matter,
            number,
            ..self.note(who, AuditAction::SawResult)
        })?)
    }

    /// Writes down that a person has a request answered from a sealed paper. Each try is a line.
    pub fn opened_paper(&self, view: &TransactionView, who: &str) -> Result<(), RelyingPartyError> {
        let number = Some(view.number.as_str());
        let note = AuditEvent {
            matter: Some(&view.status.policy),
            number,
            ..self.note(who, AuditAction::OpenedPaper)
        };
        Ok(self.store().note(&note)?)
    }

    /// Writes down what a person did that is about no single request.
    pub fn did(&self, who: &str, act: AuditAction) -> Result<(), RelyingPartyError> {
        Ok(self.store().note(&self.note(who, act))?)
    }

    /// Writes down that a person has another password.
    pub fn changed_password(&self, who: &str) -> Result<(), RelyingPartyError> {
        let note = self.note(who, AuditAction::AddedClerk);
        Ok(self.store().note(&AuditEvent { number: Some(who), ..note })?)
    }

    /// Receipts of a span of time, newest first; that they were read is written down.
    pub fn receipts(
        &self,
        of: ReceiptsOf<'_>,
        time: &Range<u64>,
        reader: &str,
    ) -> Result<Vec<ListedReceipt>, RelyingPartyError> {
        self.did(reader, AuditAction::ReadReceipts)?;
        Ok(self.store().receipts(of, time, MAX_RECEIPTS)?)
    }

    /// The same for a file that the reader keeps; that it was made, and of which day, is written down.
    pub fn export_receipts(
        &self,
        of: ReceiptsOf<'_>,
        day: Date,
        reader: &str,
    ) -> Result<Vec<ListedReceipt>, RelyingPartyError> {
        let written = day.to_string();
        let note = self.note(reader, AuditAction::ExportedReceipt);
        let store = self.store();
        store.note(&AuditEvent { number: Some(&written), ..note })?;
        Ok(store.receipts(of, &civil_time::span(day), MAX_EXPORTED)?)
    }

    /// The receipt with this number; that it was read is written down.
    pub fn find_receipt(
        &self,
        of: ReceiptsOf<'_>,
        number: &str,
        reader: &str,
    ) -> Result<Option<ListedReceipt>, RelyingPartyError> {
        let store = self.store();
        let Some(found) = store.find_receipt(of, number)? else { return Ok(None) };
        let note = self.note(reader, AuditAction::ReadReceipts);
        store.note(&AuditEvent { matter: Some(&found.policy), number: Some(&found.number), ..note })?;
        Ok(Some(found))
    }

    /// Lines of the audit list before `before`, newest first; that they were read is written down.
    pub fn audited(&self, before: Option<u64>, reader: &str) -> Result<Vec<AuditLine>, RelyingPartyError> {
        self.did(reader, AuditAction::ReadAudit)?;
        Ok(self.store().audited(before, AUDIT_PAGE)?)
    }

    fn note<'a>(&self, who: &'a str, act: AuditAction) -> AuditEvent<'a> {
        AuditEvent { time: self.now(), who, act, matter: None, number: None }
    }
}

fn transaction_id(id: &str) -> Option<TransactionId> {
    Nonce::try_from(id.to_owned()).ok().map(TransactionId::from)
}
