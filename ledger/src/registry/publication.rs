//! What may be published: the content of each kind of record.

use circuits::model::Model;
use circuits::policy::{Catalogue as _, Policy};
use circuits::schema::{Schema, SchemaId};

use super::moment::Moment;
use super::names::NameKind;
use super::{Addition, Registry, RegistryError};
use crate::canonical;
use crate::digest::Digest;
use crate::genesis::Department;
use crate::record::{Disclosed, DisclosurePublish, MAX_DOCUMENT, Record};

impl Registry {
    /// What a record by `author` would add; `None` for records that change no registry.
    pub(super) fn addition(
        &self,
        at: Moment,
        author: &Department,
        record: &Record,
    ) -> Result<Option<Addition>, RegistryError> {
        match record {
            Record::Admit(r) => self.admit(at, record, &r.department).map(Some),
            Record::Rotate(r) => self.rotate(at, record, r).map(Some),
            Record::Suspend(r) => self.suspend(at, record, &r.department).map(Some),
            Record::Reinstate(r) => self.reinstate(at, record, &r.department).map(Some),
            Record::Schema(r) => self.publish_schema(author, &r.schema).map(Some),
            Record::Policy(r) => self.publish_policy(at, author, &r.policy).map(Some),
            Record::Model(r) => self.publish_model(author, &r.model).map(Some),
            Record::Key(r) => self.publish_key(at, record, r).map(Some),
            Record::Retire(r) => self.retire_key(at, record, r).map(Some),
            Record::Withdraw(r) => self.withdraw(at, record, r).map(Some),
            Record::Verifier(r) => self.register_verifier(at, author, r).map(Some),
            Record::Trustee(r) => self.publish_trustee(author, r).map(Some),
            Record::Recovery(r) => self.request_recovery(at, author, record, r).map(Some),
            Record::Disclosure(r) => disclose(r).map(Some),
            Record::Commit(r) => self.require_schema(&r.schema).map(|_| None),
            Record::Status(r) => self.check_second(at, author, record, r).map(|()| None),
            Record::Root(_) => Ok(None),
        }
    }
    fn publish_schema(&self, author: &Department, schema: &Schema) -> Result<Addition, RegistryError> {
        self.names.check(NameKind::Schema, &schema.schema, &author.id)?;
        if let Some(identity) = &schema.identity {
            self.require_schema(&identity.schema)?;
            if let Some(unknown) = identity.issuers.iter().find(|id| self.department(id).is_none()) {
                return Err(RegistryError::UnknownIssuer(unknown.clone()));
            }
        }
        Ok(Addition::Schema(schema.clone()))
    }
    fn publish_policy(
        &self,
        at: Moment,
        author: &Department,
        policy: &Policy,
    ) -> Result<Addition, RegistryError> {
        self.names.check(NameKind::Policy, &policy.policy, &author.id)?;
        let checked = policy.check(self)?;
        self.check_scope(at, author, policy)?;
        self.genesis().min_root_age_s().map_or(Ok(()), |least| root_age(policy, least))?;
        let mut issuers = policy.credentials.iter().flat_map(|query| &query.issuers);
        if let Some(unknown) = issuers.find(|id| self.department(id).is_none()) {
            return Err(RegistryError::UnknownIssuer(unknown.clone()));
        }
        Ok(Addition::Policy(Box::new(checked), Digest::from_bytes(policy.digest())))
    }
    fn publish_model(&self, author: &Department, model: &Model) -> Result<Addition, RegistryError> {
        self.names.check(NameKind::Model, model.id(), &author.id)?;
        model.check(self.require_schema(model.schema())?)?;
        Ok(Addition::Model(model.clone()))
    }
    fn require_schema(&self, id: &SchemaId) -> Result<&Schema, RegistryError> {
        self.schema(id).ok_or_else(|| RegistryError::UnknownSchema(id.clone()))
    }
}

/// Checks that a policy accepts roots for so many seconds at least. A registry asks for it where the genesis says how many;
/// a node asks for [`crate::genesis::MIN_ROOT_AGE_S`] of what is new where it does not.
pub fn root_age(policy: &Policy, least_s: u64) -> Result<(), RegistryError> {
    let asked_s = policy.max_root_age_s;
    if asked_s < least_s { Err(RegistryError::RootAge { asked_s, least_s }) } else { Ok(()) }
}

fn disclose(disclosure: &DisclosurePublish) -> Result<Addition, RegistryError> {
    if let Disclosed::Inline(document) = &disclosure.content {
        let length = canonical::to_vec(document).map_or(usize::MAX, |bytes| bytes.len());
        if length > MAX_DOCUMENT {
            return Err(RegistryError::DocumentTooLarge(length));
        }
    }
    Ok(Addition::Disclosure(disclosure.clone()))
}
