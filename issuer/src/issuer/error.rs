//! Why the department does not do what it is asked, in codes and words that name no value.

use axum::http::StatusCode;
use circuits::schema::ValueError;
use serde::{Deserialize, Serialize};

use super::{NotGranted, SubmissionError};
use crate::person::PersonIdError;
use crate::store::StoreError;

/// A rule of the issuer that is not met. JSON: `{"code": "bad_value", "attribute": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IssuerError {
    /// The schema is not granted here.
    #[error("this desk does not grant that schema")]
    NotGranted,
    /// The other departments suspended this one.
    #[error("the department is suspended on the ledger; it grants nothing until it is reinstated")]
    DepartmentSuspended,
    /// The key is not an identity number.
    #[error("not an identity number")]
    BadPerson,
    /// A spreadsheet has changed the identity number.
    #[error(
        "a spreadsheet changed the identity number: format the column as text and enter the whole number again"
    )]
    SpoiltPerson,
    /// The check digit of a resident identity number does not fit (GB 11643).
    #[error("not a resident identity number: its check digit does not fit, so one of its digits is wrong")]
    CheckDigit,
    /// A text has a character that cannot be seen.
    #[error("attribute {attribute} has a character that cannot be seen, {character}: type the text again")]
    BadCharacter {
        /// Which attribute.
        attribute: String,
        /// Code point and Unicode name.
        character: String,
    },
    /// No record of the person.
    #[error("no record of this person for this schema")]
    UnknownPerson,
    /// No holder value of the person.
    #[error("not enrolled")]
    NotEnrolled,
    /// A value does not fit the schema.
    #[error("bad value in attribute {attribute}: {detail}")]
    BadValue {
        /// Which attribute.
        attribute: String,
        /// What is wrong, without the value.
        detail: String,
    },
    /// The same person stands earlier in the same list.
    #[error("duplicate row: the person stands in an earlier row")]
    DuplicateRow,
    /// The holder value is not a field element.
    #[error("the holder value is not a decimal field element")]
    BadHolder,
    /// The holder value speaks for somebody else.
    #[error("the holder value belongs to another person")]
    DoubleHolder,
    /// The wallet's person is that of somebody else.
    #[error(
        "the wallet's person secret is registered for somebody else: everybody needs a wallet of their own"
    )]
    SharedPerson,
    /// The record has another person.
    #[error(
        "the person is registered with another person secret: restore the wallet from its phrase, or reset the person first"
    )]
    OtherPerson,
    /// A reset has ended this person.
    #[error("a reset has ended the wallet's person secret: make a new wallet")]
    PersonEnded,
    /// The record has as many devices as a desk keeps.
    #[error("the person has three devices already: an offer that ends the others makes room")]
    TooManyDevices,
    /// Of a device before it nobody has proved whose it is, or it was to end.
    #[error(
        "a device before this one never proved whose it is, or was to end: make an offer that ends the others, and add again \
         those that stay"
    )]
    UnknownDevices,
    /// What a reset should have ended is still in force.
    #[error("an earlier credential is still in force after the reset: reset again")]
    NotEnded,
    /// Nobody has ever enrolled for the record.
    #[error("this person has never enrolled: there is nothing to reset")]
    NothingToReset,
    /// The desk does not issue on `enroll`.
    #[error("only the desk that issues on enrolment resets and recovers persons")]
    NotPersonAuthority,
    /// `person_since` is what resets say.
    #[error("`person_since` is what resets say: it cannot be corrected")]
    SinceFixed,
    /// An assisted enrolment at the person authority says no person.
    #[error("the column `person` is missing or no decimal field element")]
    BadPersonValue,
    /// The person has another holder value, which only the person can replace.
    #[error("enrolled with another holder value; the person replaces it through an offer")]
    EnrolledOtherwise,
    /// The credential is suspended.
    #[error("the credential is suspended; restore or revoke it first")]
    Suspended,
    /// Staff revoked it; only a new offer grants again.
    #[error("the credential was revoked; only a new offer grants it again")]
    Withdrawn,
    /// There is no credential that this could be done to.
    #[error("the person holds no such credential")]
    NotHeld,
    /// It is revoked, which is final.
    #[error("the credential is revoked, which is final")]
    Final,
    /// The reason is not a code, or contains the person's number.
    #[error(
        "the reason is public: use a code of 1 to 64 letters, digits, `.`, `_`, `-`, without personal data"
    )]
    BadReason,
    /// The person's own key cannot be changed.
    #[error("the identity number cannot be corrected; revoke, and issue under the right number")]
    PersonFixed,
    /// It is so already.
    #[error("it is so already")]
    AlreadySo,
    /// Whoever proposes something does not approve it; neither does somebody without a name.
    #[error("another person, signed in under another name, has to approve this")]
    OwnProposal,
    /// The proposal or list was decided on or begun before.
    #[error("it was decided on or begun before")]
    NotOpen,
    /// It ends or replaces what somebody holds, and nobody else has agreed to that.
    #[error("another clerk has to approve this first, at the desk's page")]
    NeedsApproval,
    /// Record or credential are not what the form or the proposal was made from.
    #[error("it has changed since it was looked at; look at it again")]
    ChangedSince,
    /// A paper is printed by whoever proposed it, before whom the citizen stands.
    #[error("whoever proposed the paper prints it")]
    NotYours,
    /// The ledger has entries of this department that the database does not know.
    #[error("the desk's database is older than the ledger: run `issuer reconcile`")]
    Restored,
    /// Sealing a paper takes 128 MiB.
    #[error("there is not enough memory to seal a paper")]
    NoMemory,
    /// No wallet of the record ever told the desk which bundle has its shares.
    #[error("no wallet of this person has told the desk of shares at the trustees: only a reset helps")]
    NoBundle,
    /// The ledger has a request for this bundle, and trustees serve one key.
    #[error(
        "the trustees were asked for these shares before, and give them to that wallet alone: if the person does not have it, \
         reset"
    )]
    RecoveryRequested,
    /// What was scanned or typed is no key of a wallet.
    #[error("not the key of a new wallet: 44 characters, as the wallet shows it")]
    BadKey,
    /// The text is no proposal.
    #[error("the text is not a proposal, or is too large: give the whole text that the other desk shows")]
    BadProposal,
    /// The proposal is for another ledger.
    #[error("the proposal is for another ledger than this desk follows")]
    OtherLedger,
    /// The proposal is for another kind of record.
    #[error("the proposal is no request for shares: approve it with `ledger sign`")]
    NotARecovery,
    /// Another department than the one that asks has to approve.
    #[error("the request is of this department, and another one has to approve it")]
    OwnRecovery,
    /// Whoever asks is no active department of the ledger.
    #[error("the department that asks is not on the ledger, or is suspended")]
    UnknownDesk,
    /// The proposal has ended, or is not for now.
    #[error("the proposal has ended, or its time is not about now: have it proposed anew")]
    ProposalEnded,
    /// What came back is not what this desk proposed.
    #[error(
        "this is not what this desk proposed: give back the text that the other department approved, unchanged"
    )]
    NotProposed,
    /// No other department has approved, or its approval does not verify.
    #[error("no other department has approved it, or the approval does not verify")]
    NotApproved,
    /// A clerk approves so many requests of other departments in a day.
    #[error(
        "this clerk has approved twenty requests of other departments in a day: another clerk has to do it, or tomorrow"
    )]
    TooManyApprovals,
    /// The ledger refused the batch.
    #[error("the ledger refused: {reason}")]
    Ledger {
        /// The ledger's code.
        reason: String,
    },
}

impl From<ValueError> for IssuerError {
    fn from(e: ValueError) -> Self {
        Self::BadValue { attribute: e.attribute, detail: e.kind.to_string() }
    }
}

impl From<PersonIdError> for IssuerError {
    fn from(e: PersonIdError) -> Self {
        match e {
            PersonIdError::Shape => Self::BadPerson,
            PersonIdError::Spoilt => Self::SpoiltPerson,
            PersonIdError::CheckDigit => Self::CheckDigit,
        }
    }
}

impl From<NotGranted> for IssuerError {
    fn from(refused: NotGranted) -> Self {
        match refused {
            NotGranted::NotConfigured | NotGranted::NotPublished => Self::NotGranted,
            NotGranted::Suspended => Self::DepartmentSuspended,
        }
    }
}

/// Why something was not done, by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ActError {
    /// A rule; nothing happened.
    #[error(transparent)]
    Refused(#[from] IssuerError),
    /// The ledger did not answer: what was planned is kept and will be sent again.
    #[error(transparent)]
    Ledger(#[from] SubmissionError),
    /// The issuer's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IssuerError {
    /// The word under `code`.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// The table: code, HTTP status at the staff interface, and the words for people.
    #[expect(clippy::too_many_lines, reason = "a table, one row a variant")]
    pub(crate) fn row(&self) -> ErrorRow {
        let row = |code, status, chinese, english| ErrorRow { code, status, chinese, english };
        match self {
            Self::NotGranted => row(
                "not_granted",
                StatusCode::NOT_FOUND,
                "本窗口不办理这种凭证。",
                "This desk does not grant that credential.",
            ),
            Self::DepartmentSuspended => row(
                "department_suspended",
                StatusCode::CONFLICT,
                "本部门在账本上已被停用，恢复之前不能发放凭证。",
                "This department is suspended on the ledger: it grants nothing until it is reinstated.",
            ),
            Self::BadPerson => row(
                "bad_person",
                StatusCode::UNPROCESSABLE_ENTITY,
                "身份号码格式不对。",
                "Not an identity number.",
            ),
            Self::SpoiltPerson => row(
                "spoilt_person",
                StatusCode::UNPROCESSABLE_ENTITY,
                "身份号码被电子表格改动过（科学计数或末位变成 000）：请把该列设为“文本”格式，重新填入完整号码。",
                "A spreadsheet changed the identity number: format the column as text and enter the whole number again.",
            ),
            Self::CheckDigit => row(
                "check_digit",
                StatusCode::UNPROCESSABLE_ENTITY,
                "身份号码的校验码不符，有一位写错了：请对照证件核对。",
                "The check digit of the identity number does not fit: one digit is wrong, compare it with the card.",
            ),
            Self::BadCharacter { .. } => row(
                "bad_character",
                StatusCode::UNPROCESSABLE_ENTITY,
                "内容里有看不见的字符：请重新输入。",
                "A text has a character that cannot be seen: type it again.",
            ),
            Self::UnknownPerson => row(
                "unknown_person",
                StatusCode::NOT_FOUND,
                "没有此人的记录。",
                "There is no record of this person.",
            ),
            Self::NotEnrolled => row(
                "not_enrolled",
                StatusCode::CONFLICT,
                "尚未领取过凭证：记录会保存，请先给本人发凭证。",
                "No wallet yet: the record is kept; make an offer to the person first.",
            ),
            Self::BadValue { .. } => {
                row("bad_value", StatusCode::UNPROCESSABLE_ENTITY, "内容不合格式。", "A value does not fit.")
            }
            Self::DuplicateRow => row(
                "duplicate_row",
                StatusCode::CONFLICT,
                "此人在前面已出现过。",
                "The person stands in an earlier line.",
            ),
            Self::BadHolder => row(
                "bad_holder",
                StatusCode::UNPROCESSABLE_ENTITY,
                "持有人值格式不对。",
                "Not a holder value.",
            ),
            Self::DoubleHolder => row(
                "double_holder",
                StatusCode::CONFLICT,
                "这个钱包已属于另一个人。",
                "The wallet belongs to somebody else.",
            ),
            Self::SharedPerson => row(
                "shared_person",
                StatusCode::CONFLICT,
                "这个钱包的个人密钥已登记在另一个人名下：每个人要有自己的钱包。",
                "The person secret of this wallet is registered for somebody else: everybody needs a wallet of their own.",
            ),
            Self::OtherPerson => row(
                "other_person",
                StatusCode::CONFLICT,
                "此人已登记另一个个人密钥：请将这台设备与原来的配对，或用原来的恢复短语恢复钱包；都已丢失的，先由窗口办理重置。",
                "This person is registered with another person secret: pair this device with the earlier one, or restore the \
                 wallet from the earlier recovery phrase; if both are lost, have the desk reset the person first.",
            ),
            Self::PersonEnded => row(
                "person_ended",
                StatusCode::CONFLICT,
                "这个钱包的个人密钥已被重置终止：请新建一个钱包。",
                "A reset has ended the person secret of this wallet: make a new wallet.",
            ),
            Self::TooManyDevices => row(
                "too_many_devices",
                StatusCode::CONFLICT,
                "此人已有三台设备：请改用“发凭证，终止其他设备”，再逐台添加。",
                "This person has three devices already: make an offer that ends the others, and add again those that stay.",
            ),
            Self::UnknownDevices => row(
                "unknown_devices",
                StatusCode::CONFLICT,
                "此前的设备中有一台没有证明过自己，或者本应终止：请改用“发凭证，终止其他设备”，再逐台添加。",
                "A device before this one never proved whose it is, or was to end: make an offer that ends the others, \
                 and add again those that stay.",
            ),
            Self::NotEnded => row(
                "not_ended",
                StatusCode::CONFLICT,
                "重置尚未完成，原凭证仍然有效：请再次办理重置。",
                "The reset is not complete, and an earlier credential is still in force: reset again.",
            ),
            Self::NothingToReset => row(
                "nothing_to_reset",
                StatusCode::CONFLICT,
                "此人尚未登记，无需重置。",
                "This person has never enrolled: there is nothing to reset.",
            ),
            Self::NotPersonAuthority => row(
                "not_person_authority",
                StatusCode::CONFLICT,
                "只有凭登记发证的身份窗口才能重置或恢复。",
                "Only the desk that issues on enrolment resets and recovers persons.",
            ),
            Self::SinceFixed => row(
                "since_fixed",
                StatusCode::CONFLICT,
                "登记日期由窗口根据重置记录填写，不能更正。",
                "Since when a person is registered is what resets say: it cannot be corrected.",
            ),
            Self::BadPersonValue => row(
                "bad_person_value",
                StatusCode::UNPROCESSABLE_ENTITY,
                "缺少 person 一列，或格式不对：须填钱包给出的个人值。",
                "The column `person` is missing or no field element: it is what the wallet says of its person.",
            ),
            Self::EnrolledOtherwise => row(
                "enrolled_otherwise",
                StatusCode::CONFLICT,
                "此人登记的是另一个钱包，须由本人领取新凭证来更换。",
                "Enrolled with another wallet; the person replaces it by receiving a new credential.",
            ),
            Self::Suspended => row(
                "suspended",
                StatusCode::CONFLICT,
                "凭证已暂停：请先恢复或撤销。",
                "The credential is suspended: restore or revoke it first.",
            ),
            Self::Withdrawn => row(
                "withdrawn",
                StatusCode::CONFLICT,
                "凭证已被撤销：须重新给本人发凭证。",
                "The credential was revoked: make a new offer to the person.",
            ),
            Self::NotHeld => row(
                "not_held",
                StatusCode::CONFLICT,
                "此人没有这种凭证。",
                "The person holds no such credential.",
            ),
            Self::Final => row(
                "final",
                StatusCode::CONFLICT,
                "凭证已撤销，不能再改。",
                "The credential is revoked, which is final.",
            ),
            Self::BadReason => row(
                "bad_reason",
                StatusCode::UNPROCESSABLE_ENTITY,
                "原因只能是代码（字母、数字、点、横线），不能含个人信息。",
                "A reason is a code (letters, digits, dots, hyphens) without anything personal.",
            ),
            Self::PersonFixed => row(
                "person_fixed",
                StatusCode::CONFLICT,
                "身份号码不能更正：请撤销后以正确号码重新发放。",
                "The identity number cannot be corrected: revoke, and issue under the right one.",
            ),
            Self::AlreadySo => {
                row("already_so", StatusCode::CONFLICT, "本来就是这样，无需办理。", "It is so already.")
            }
            Self::OwnProposal => row(
                "own_proposal",
                StatusCode::CONFLICT,
                "须由另一位以本人姓名登录的同事同意。",
                "Another clerk, signed in under another name, has to approve this.",
            ),
            Self::NotOpen => row(
                "not_open",
                StatusCode::CONFLICT,
                "已经有人处理过了。",
                "Somebody has decided on it before.",
            ),
            Self::NeedsApproval => row(
                "needs_approval",
                StatusCode::CONFLICT,
                "这会终止或替换现有凭证，须先由另一位同事同意。",
                "This ends or replaces a credential that somebody holds: another clerk has to approve it first.",
            ),
            Self::ChangedSince => row(
                "changed_since",
                StatusCode::CONFLICT,
                "打开此页之后内容已有变化，没有办理。请重新查看后再办。",
                "It has changed since you opened this, and nothing was done: look at it again.",
            ),
            Self::NotYours => row(
                "not_yours",
                StatusCode::CONFLICT,
                "须由提出的同事本人打印。",
                "The clerk who proposed it prints it.",
            ),
            Self::Restored => row(
                "restored",
                StatusCode::SERVICE_UNAVAILABLE,
                "本窗口的数据库比账本旧，可能是从备份恢复的。核对之前不能办理，请通知管理员。",
                "This desk's database is older than the ledger, as after a restore from a backup. Nothing can be done \
                 before the two are reconciled: tell the administrator.",
            ),
            Self::NoMemory => row(
                "no_memory",
                StatusCode::CONFLICT,
                "内存不足，无法生成密封纸，请稍后再试。",
                "There is not enough memory to make a sealed paper: try again later.",
            ),
            Self::NoBundle => row(
                "no_bundle",
                StatusCode::CONFLICT,
                "此人的钱包没有在各受托部门存放份额，无法恢复：只能办理重置。",
                "No wallet of this person told the desk of shares at the trustees: they cannot give the person back, and \
                 only a reset helps.",
            ),
            Self::RecoveryRequested => row(
                "recovery_requested",
                StatusCode::CONFLICT,
                "这些份额已经为另一个钱包申请过，受托部门只交给那一个钱包。本人没有那个钱包的，只能办理重置。",
                "The shares were requested for another wallet before, and the trustees give them to that one alone. If the \
                 person does not have that wallet, only a reset helps.",
            ),
            Self::BadKey => row(
                "bad_key",
                StatusCode::UNPROCESSABLE_ENTITY,
                "这不是新钱包显示的密钥（44 个字符）：请重新扫描。",
                "This is not the key that a new wallet shows (44 characters): scan it again.",
            ),
            Self::BadProposal => row(
                "bad_proposal",
                StatusCode::UNPROCESSABLE_ENTITY,
                "这不是完整的申请文本：请把对方窗口给出的内容整段粘贴。",
                "This is not the whole text of a request: paste all that the other desk gave.",
            ),
            Self::OtherLedger => row(
                "other_ledger",
                StatusCode::CONFLICT,
                "这份申请属于另一个账本，本窗口不能办理。",
                "The request is for another ledger than the one that this desk follows.",
            ),
            Self::NotARecovery => row(
                "not_a_recovery",
                StatusCode::CONFLICT,
                "这不是恢复申请：其他事项请由管理员用 ledger sign 办理。",
                "This is no request for a recovery: the administrator approves other acts with “ledger sign”.",
            ),
            Self::OwnRecovery => row(
                "own_recovery",
                StatusCode::CONFLICT,
                "这是本部门提出的申请，须由另一个部门同意。",
                "This department made the request itself: another department has to approve it.",
            ),
            Self::UnknownDesk => row(
                "unknown_desk",
                StatusCode::CONFLICT,
                "提出申请的部门不在账本上，或已被停用。",
                "The department that asks is not on the ledger, or is suspended.",
            ),
            Self::ProposalEnded => row(
                "proposal_ended",
                StatusCode::CONFLICT,
                "这份申请已过期，或时间不对：请让提出的窗口重新申请。",
                "The request has ended, or its time is wrong: have the desk that made it make a new one.",
            ),
            Self::NotProposed => row(
                "not_proposed",
                StatusCode::CONFLICT,
                "这不是本窗口提出的申请：请粘贴对方部门同意后给回的原文。",
                "This is not what this desk proposed: paste what the other department gave back, unchanged.",
            ),
            Self::NotApproved => row(
                "not_approved",
                StatusCode::CONFLICT,
                "还没有另一个部门的有效同意：请先由对方部门同意，再粘贴对方给回的内容。",
                "No other department has approved this, or its approval does not verify: have it approved, and paste \
                 what comes back.",
            ),
            Self::TooManyApprovals => row(
                "too_many_approvals",
                StatusCode::CONFLICT,
                "您今天已为其他部门同意了二十次，不能再办：请由另一位同事办理，或明天再办。",
                "You have approved twenty requests of other departments within a day: another clerk has to do it, or wait \
                 until tomorrow.",
            ),
            Self::Ledger { .. } => {
                row("ledger", StatusCode::CONFLICT, "账本没有接受。", "The ledger did not accept it.")
            }
        }
    }

    /// The row of a code that was stored or sent.
    pub(crate) fn row_of_code(code: &str) -> Option<ErrorRow> {
        Self::one_of_each().iter().map(Self::row).find(|row| row.code == code)
    }

    /// Every variant once, without values.
    pub(crate) fn one_of_each() -> [Self; 50] {
        [
            Self::NotGranted,
            Self::DepartmentSuspended,
            Self::BadPerson,
            Self::SpoiltPerson,
            Self::CheckDigit,
            Self::BadCharacter { attribute: String::new(), character: String::new() },
            Self::UnknownPerson,
            Self::NotEnrolled,
            Self::BadValue { attribute: String::new(), detail: String::new() },
            Self::DuplicateRow,
            Self::BadHolder,
            Self::DoubleHolder,
            Self::SharedPerson,
            Self::OtherPerson,
            Self::PersonEnded,
            Self::TooManyDevices,
            Self::UnknownDevices,
            Self::NotEnded,
            Self::NothingToReset,
            Self::NotPersonAuthority,
            Self::SinceFixed,
            Self::BadPersonValue,
            Self::EnrolledOtherwise,
            Self::Suspended,
            Self::Withdrawn,
            Self::NotHeld,
            Self::Final,
            Self::BadReason,
            Self::PersonFixed,
            Self::AlreadySo,
            Self::OwnProposal,
            Self::NotOpen,
            Self::NeedsApproval,
            Self::ChangedSince,
            Self::NotYours,
            Self::Restored,
            Self::NoMemory,
            Self::NoBundle,
            Self::RecoveryRequested,
            Self::BadKey,
            Self::BadProposal,
            Self::OtherLedger,
            Self::NotARecovery,
            Self::OwnRecovery,
            Self::UnknownDesk,
            Self::ProposalEnded,
            Self::NotProposed,
            Self::NotApproved,
            Self::TooManyApprovals,
            Self::Ledger { reason: String::new() },
        ]
    }
}

/// A row of the table of an error enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// For programs.
    pub(crate) code: &'static str,
    /// At the staff interface.
    pub(crate) status: StatusCode,
    /// A sentence for people.
    pub(crate) chinese: &'static str,
    /// The same.
    pub(crate) english: &'static str,
}

impl ErrorRow {
    /// The sentence in the language of a page's tag; Zhuang pages say it in Chinese.
    pub(crate) fn words(&self, tag: &str) -> &'static str {
        if tag == "en" { self.english } else { self.chinese }
    }
}

impl From<NotGranted> for ActError {
    fn from(e: NotGranted) -> Self {
        Self::Refused(e.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// JSON names the variant as the table does, and the list of variants has them all.
    #[test]
    fn every_code_is_the_one_in_json_and_stands_once() {
        let each = IssuerError::one_of_each();
        let codes: BTreeSet<&str> = each.iter().map(IssuerError::code).collect();
        assert_eq!(codes.len(), each.len());
        for error in each {
            assert_eq!(serde_json::to_value(&error).unwrap()["code"], error.code());
            assert_eq!(IssuerError::row_of_code(error.code()), Some(error.row()));
        }
    }
}
