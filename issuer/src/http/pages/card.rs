//! One credential of a person, as the page shows it: the record beside what the credential says.

use circuits::schema::{Attribute, AttributeType, Values};
use service::civil_time;
use service::web::Layout;

use super::words;
use crate::issuer::{Act, Card, Device, Recoverable, text};
use crate::store::credentials::{CredentialState, HeldCredential};

/// The view of a [`Card`].
#[expect(clippy::struct_excessive_bools, reason = "each is one question of the template")]
pub(super) struct CardView {
    pub(super) schema: String,
    pub(super) title: String,
    /// A word, for tests of the page.
    pub(super) state: &'static str,
    /// The same in words.
    pub(super) state_words: String,
    pub(super) position: Option<u64>,
    pub(super) entry: Option<u64>,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) fields: Vec<Field>,
    /// What was typed into the card's forms and did not do.
    pub(super) typed: TypedCard,
    /// The person's devices, the earliest first.
    pub(super) devices: Vec<DeviceRow>,
    /// Whether an offer has to say what becomes of the devices that hold something.
    pub(super) may_add: bool,
    pub(super) has_record: bool,
    pub(super) has_credential: bool,
    pub(super) pending: bool,
    /// What the card shows, for its forms.
    pub(super) seen: String,
    pub(super) differs: bool,
    pub(super) may_offer: bool,
    pub(super) may_correct: bool,
    pub(super) may_reset: bool,
    /// Whether the trustees can give the person back.
    pub(super) recoverable: Recoverable,
    /// What can be done to its status: word and words.
    pub(super) acts: Vec<(&'static str, String)>,
}

/// What was typed into the forms of a card and did not do.
#[derive(Default)]
pub(super) struct TypedCard {
    /// The reason that was chosen; empty where none was.
    pub(super) reason: String,
    /// The reason that was typed.
    pub(super) other: String,
    /// Whether it was a correction.
    pub(super) correcting: bool,
    /// Why the reason of a change of status did not do.
    pub(super) status_fault: Option<Fault>,
    /// Why the reason of a correction did not do.
    pub(super) correct_fault: Option<Fault>,
}

/// Why something that was typed did not do.
pub(super) struct Fault {
    /// A word, for tests of the page.
    pub(super) code: &'static str,
    /// The same in the reader's words.
    pub(super) why: String,
}

/// One device.
pub(super) struct DeviceRow {
    /// How it enrolled and when.
    pub(super) enrolled: String,
    /// A word, for tests of the page.
    pub(super) state: &'static str,
    /// The same in words.
    pub(super) state_words: String,
    pub(super) position: Option<u64>,
}

/// One attribute.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) record: String,
    pub(super) says: String,
    /// What stands in the form of corrections: the record, or what was typed and did not do.
    pub(super) typed: String,
    /// Why it did not do.
    pub(super) fault: Option<Fault>,
    pub(super) differs: bool,
    pub(super) optional: bool,
    pub(super) fixed: bool,
    pub(super) kind: &'static str,
    /// The values that an enumeration or a yes-or-no has.
    pub(super) choices: Vec<String>,
}

impl CardView {
    pub(super) fn new(card: &Card, page: &Layout, now: u64) -> Self {
        let held = card.held.as_ref().map(|(held, _)| held);
        let state = state(held, now);
        let fields: Vec<Field> = card.schema.attributes.iter().map(|a| field(card, a, page.tag())).collect();
        let live = held.is_some_and(|held| held.state != CredentialState::Revoked);
        Self {
            schema: card.schema.schema.as_str().to_owned(),
            title: card.schema.title.text(page.tag()).to_owned(),
            state,
            state_words: words::say(page, words::STATE, state),
            position: held.map(|held| held.position.get()),
            entry: held.map(|held| held.entry),
            from: held.map_or_else(String::new, |held| civil_time::day(held.validity.from)),
            until: held.map_or_else(String::new, |held| civil_time::day(held.validity.until)),
            devices: card.devices.iter().map(|device| DeviceRow::new(device, page, now)).collect(),
            may_add: live,
            has_record: card.record.is_some(),
            has_credential: held.is_some(),
            pending: card.pending,
            seen: card.version.clone(),
            differs: live && card.record.is_some() && fields.iter().any(|field| field.differs),
            may_offer: card.record.is_some()
                && held.is_none_or(|held| held.state != CredentialState::Suspended),
            may_correct: card.record.is_some()
                && held.is_some_and(|held| held.state == CredentialState::Active),
            may_reset: card.may_reset,
            recoverable: card.recoverable,
            acts: acts(held)
                .iter()
                .map(|act| (act.as_str(), words::say(page, words::ACT, act.as_str())))
                .collect(),
            fields,
            typed: TypedCard::default(),
        }
    }
}

impl CardView {
    /// An element's identifier that no other card has.
    pub(super) fn id(&self, prefix: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("{prefix}-{}", self.schema.chars().map(plain).collect::<String>())
    }
}

impl DeviceRow {
    fn new(device: &Device, page: &Layout, now: u64) -> Self {
        let enrolled = device.enrolled.map(|(source, at)| {
            let how = words::say(page, words::DEVICE, source.as_str());
            page.t().say2("device-enrolled", ("how", how), ("day", civil_time::day(at)))
        });
        let state = state(device.held.as_ref(), now);
        Self {
            enrolled: enrolled.unwrap_or_else(|| page.say("device-left")),
            state,
            state_words: words::say(page, words::STATE, state),
            position: device.held.as_ref().map(|held| held.position.get()),
        }
    }
}

fn state(held: Option<&HeldCredential>, now: u64) -> &'static str {
    let Some(held) = held else { return "none" };
    match held.state {
        CredentialState::Active if held.validity.until < now => "expired",
        CredentialState::Active => "active",
        CredentialState::Suspended => "suspended",
        CredentialState::Revoked if held.withdrawn => "revoked",
        CredentialState::Revoked => "replaced",
    }
}

fn acts(held: Option<&HeldCredential>) -> &'static [Act] {
    match held.map(|held| held.state) {
        Some(CredentialState::Active) => &[Act::Suspend, Act::Revoke],
        Some(CredentialState::Suspended) => &[Act::Restore, Act::Revoke],
        Some(CredentialState::Revoked) | None => &[],
    }
}

fn field(card: &Card, attribute: &Attribute, tag: &str) -> Field {
    let of = |values: &Values| values.get(&attribute.name).map(text).unwrap_or_default();
    let record = card.record.as_ref().map(of).unwrap_or_default();
    let says = card.held.as_ref().map(|(_, values)| of(values)).unwrap_or_default();
    Field {
        name: attribute.name.clone(),
        title: attribute.title.text(tag).to_owned(),
        differs: record != says,
        typed: record.clone(),
        fault: None,
        record,
        says,
        optional: attribute.optional,
        fixed: card.fixes(&attribute.name),
        kind: attribute.kind.name(),
        choices: choices(&attribute.kind),
    }
}

fn choices(kind: &AttributeType) -> Vec<String> {
    match kind {
        AttributeType::Enum { codes } => codes.keys().cloned().collect(),
        AttributeType::Bool => ["yes", "no"].map(str::to_owned).to_vec(),
        _ => Vec::new(),
    }
}
