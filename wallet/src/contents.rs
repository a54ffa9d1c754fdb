//! What is under the seal, as JSON, format 2.
//!
//! `entropy` is the wallet's own phrase. A wallet that was paired keeps in `person` the secret that another wallet gave it,
//! beside the phrase and not derivable from it; in all others the phrase gives that secret too, and `person` is left out.
//! Where trustees gave that secret back, `person_from` says so. `dealings` names what was dealt to trustees, and `recovery`
//! is the private key of a recovery that was begun. `told` has what desks said of credentials that ended. A version from before any of these refuses the wallet, instead of
//! answering as another person or forgetting what it was to warn of.

use std::cmp::Ordering;
use std::io::{self, Write};

use circuits::credential::PersonSecret;
use circuits::schema::Schema;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::held::StoredCredential;
use crate::history::Event;
use crate::phrase::Phrase;
use crate::renewal::Told;
use crate::trustees::{Dealings, RecoveryKey, StoredKey};
use crate::uses::Uses;
use crate::wallet::{NotEmpty, PersonFrom, Wallet};

/// Everything that must survive: the wallet, and which ledger it trusts.
pub struct Contents {
    /// Secrets, credentials, uses, history.
    pub wallet: Wallet,
    /// Which ledger, and by what it is recognised.
    pub trust: Trust,
}

/// The ledger that this wallet follows. Chosen once; never taken from an offer or a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Where it is asked.
    pub ledger: Url,
    /// The genesis file it must be the continuation of.
    pub genesis: serde_json::Value,
    /// Who chose that genesis file.
    pub pinned: Pinned,
}

/// How a genesis file came to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// The owner gave the file.
    ByOwner,
    /// The ledger gave it when the wallet was made.
    OnFirstUse,
}

/// Why bytes under a right seal are not a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// Another program, or a newer version, wrote it.
    #[error("the contents are not a wallet that this version reads")]
    Unreadable,
    /// Its credentials are bound to secrets of an earlier form, and nobody accepts proofs about them any more.
    #[error("an earlier version made this wallet, and nobody accepts its credentials any more")]
    Earlier,
    /// A credential does not fit its own schema.
    #[error("credential {0} in the wallet does not fit its schema")]
    Credential(usize),
}

/// The entropy in hexadecimal. No `Debug`, zeroized on drop.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct Entropy(String);

/// A person secret that another wallet or the trustees gave, 32 bytes in hexadecimal. No `Debug`, zeroized on drop.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct GivenPerson(String);

/// Who gave a person secret that the phrase does not give.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Giver {
    Trustees,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    entropy: Entropy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<GivenPerson>,
    /// Absent where another wallet gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person_from: Option<Giver>,
    #[serde(default, skip_serializing_if = "Dealings::is_empty")]
    dealings: Dealings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery: Option<StoredKey>,
    trust: Trust,
    schemas: Vec<Schema>,
    credentials: Vec<StoredCredential>,
    uses: Uses,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<Told>,
    history: Vec<Event>,
}

impl Contents {
    /// For sealing. Written into a buffer of its final size, so that no copy of it is left behind by growing.
    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let stored = self.stored();
        let mut count = Count(0);
        serde_json::to_writer(&mut count, &stored).expect("counting cannot fail and every key is text");
        let mut json = Zeroizing::new(Vec::with_capacity(count.0));
        serde_json::to_writer(&mut *json, &stored).expect("memory takes what was counted");
        json
    }

    /// After unsealing.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, ContentsError> {
        let Head { format } = serde_json::from_slice(json).map_err(|_| ContentsError::Unreadable)?;
        match format.cmp(&FORMAT) {
            Ordering::Less => return Err(ContentsError::Earlier),
            Ordering::Greater => return Err(ContentsError::Unreadable),
            Ordering::Equal => {}
        }
        let stored: Stored = serde_json::from_slice(json).map_err(|_| ContentsError::Unreadable)?;
        let phrase = stored.entropy.phrase().ok_or(ContentsError::Unreadable)?;
        let mut wallet = Wallet::new(phrase);
        match (&stored.person, stored.person_from) {
            (None, None) => {}
            (Some(given), None) => {
                wallet.pair(given.person()?).map_err(|NotEmpty| ContentsError::Unreadable)?;
            }
            (Some(given), Some(Giver::Trustees)) => {
                wallet.recovered(given.person()?).map_err(|NotEmpty| ContentsError::Unreadable)?;
            }
            (None, Some(Giver::Trustees)) => return Err(ContentsError::Unreadable),
        }
        wallet.restore_dealings(stored.dealings);
        if let Some(key) = &stored.recovery {
            wallet.set_recovery_key(RecoveryKey::read(key).ok_or(ContentsError::Unreadable)?);
        }
        for (i, credential) in stored.credentials.into_iter().enumerate() {
            let held = credential.into_held(&stored.schemas).ok_or(ContentsError::Credential(i))?;
            wallet.keep(held);
        }
        wallet.restore_uses(stored.uses);
        stored.told.into_iter().for_each(|told| wallet.tell(told));
        stored.history.into_iter().for_each(|event| wallet.record(event));
        Ok(Self { wallet, trust: stored.trust })
    }

    fn stored(&self) -> Stored {
        let mut schemas: Vec<Schema> = Vec::new();
        for held in self.wallet.credentials() {
            if !schemas.contains(&held.schema) {
                schemas.push(held.schema.clone());
            }
        }
        let given = || Some(GivenPerson::new(&self.wallet.secrets().person));
        let (person, person_from) = match self.wallet.person_from() {
            PersonFrom::Phrase => (None, None),
            PersonFrom::Pairing => (given(), None),
            PersonFrom::Trustees => (given(), Some(Giver::Trustees)),
        };
        Stored {
            format: FORMAT,
            entropy: Entropy(hex::encode(self.wallet.phrase().expose())),
            person,
            person_from,
            dealings: self.wallet.dealings().clone(),
            recovery: self.wallet.recovery_key().map(StoredKey::from),
            trust: self.trust.clone(),
            schemas,
            credentials: self.wallet.credentials().iter().map(StoredCredential::from).collect(),
            uses: self.wallet.uses().clone(),
            told: self.wallet.told().to_vec(),
            history: self.wallet.history().to_vec(),
        }
    }
}

impl Entropy {
    fn phrase(&self) -> Option<Phrase> {
        let mut entropy = Zeroizing::new([0; crate::phrase::ENTROPY]);
        hex::decode_to_slice(&self.0, entropy.as_mut()).ok()?;
        Some(Phrase::from_entropy(&entropy))
    }
}

impl GivenPerson {
    fn new(person: &PersonSecret) -> Self {
        Self(hex::encode(person.to_bytes()))
    }
    fn person(&self) -> Result<PersonSecret, ContentsError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&self.0, bytes.as_mut()).map_err(|_| ContentsError::Unreadable)?;
        PersonSecret::from_bytes(&bytes).ok_or(ContentsError::Unreadable)
    }
}

/// What every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// Counts what is written to it.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const FORMAT: u32 = 2;
