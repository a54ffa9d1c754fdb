//! A ledger in memory, a desk that takes notices, and three trustees, each on a server of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ledger::record::BundleId;
use openid4vc::vci::CredentialIssuer;
use serde_json::{Value, json};
use trustee::HpkePrivateKey;
use trustee::wire::{BundleNotice, Deposit, Question};

use crate::followed::Ledger;
use crate::testing::{Heard, NOW, POLICE, Server, World, rng, wallet};
use crate::wallet::Wallet;

/// Neither is the person authority, nor the department that agrees to a recovery.
pub(crate) const TRUSTEES: [&str; 3] = ["tax.nanning", "court.nanning", "archive.nanning"];

pub(crate) struct Town {
    pub(crate) world: World,
    pub(crate) desk: Server,
    metadata: Arc<Mutex<Value>>,
    /// Status of the answer to a notice.
    takes: Arc<Mutex<u16>>,
    notices: Arc<Mutex<Vec<BundleNotice>>>,
    trustees: BTreeMap<&'static str, TestTrustee>,
}

struct TestTrustee {
    server: Server,
    keeps: Arc<Mutex<Keeps>>,
}

struct Keeps {
    department: &'static str,
    keys: Vec<HpkePrivateKey>,
    shares: BTreeMap<BundleId, Deposit>,
    manner: Manner,
}

/// How a trustee behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// It answers as a server that is down behind a proxy does.
    Down,
    /// It answers with something else than its share.
    Lies,
    /// It speaks of another bundle.
    OtherBundle,
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::with(&TRUSTEES)
    }

    pub(crate) fn with(trustees: &[&'static str]) -> Self {
        let desk = Server::start();
        let world = World::with_authority_at(&desk.url, &TRUSTEES);
        let issuer = CredentialIssuer::try_from(desk.url.clone()).unwrap();
        let metadata = json!({"credential_issuer": issuer, "credential_endpoint": issuer.endpoint("credential"),
            "nonce_endpoint": issuer.endpoint("nonce"), "notification_endpoint": issuer.endpoint("notification"),
            "bundle_endpoint": issuer.endpoint("bundle"), "credential_configurations_supported": {}});
        let mut town = Self {
            world,
            desk,
            metadata: Arc::new(Mutex::new(metadata)),
            takes: Arc::new(Mutex::new(204)),
            notices: Arc::default(),
            trustees: BTreeMap::new(),
        };
        town.open_desk();
        for (number, department) in (1..).zip(trustees.iter().copied()) {
            town.trustees.insert(department, TestTrustee::start(department, number));
            town.publish(department);
        }
        town
    }

    fn open_desk(&self) {
        let (metadata, takes, notices) =
            (Arc::clone(&self.metadata), Arc::clone(&self.takes), Arc::clone(&self.notices));
        self.desk.answer(move |heard| match (heard.method.as_str(), heard.path.as_str()) {
            ("GET", "/.well-known/openid-credential-issuer") => json(200, &metadata.lock().unwrap()),
            ("POST", "/nonce") => json(200, &json!({"c_nonce": "c-1"})),
            ("POST", "/bundle") => {
                let status = *takes.lock().unwrap();
                if status == 204 {
                    notices.lock().unwrap().push(serde_json::from_str(&heard.body).unwrap());
                    return (204, Vec::new());
                }
                json(status, &json!({"error": "invalid_proof"}))
            }
            _ => (404, Vec::new()),
        });
    }

    fn publish(&self, department: &str) {
        let trustee = &self.trustees[department];
        let key = trustee.keeps.lock().unwrap().keys.last().unwrap().public();
        self.world.publish_trustee(department, &key, &trustee.server.url);
    }

    pub(crate) fn behaves(&self, department: &str, manner: Manner) {
        self.trustees[department].keeps.lock().unwrap().manner = manner;
    }

    /// A trustee keeps new shares under another key.
    pub(crate) fn rotate(&mut self, department: &str) {
        let key = HpkePrivateKey::from_bytes(&[99; 32]);
        self.trustees[department].keeps.lock().unwrap().keys.push(key);
        self.publish(department);
    }

    pub(crate) fn desk_refuses(&self) {
        *self.takes.lock().unwrap() = 400;
    }

    pub(crate) fn desk_takes_no_part(&self) {
        self.metadata.lock().unwrap().as_object_mut().unwrap().remove("bundle_endpoint");
    }

    /// What the desk was told.
    pub(crate) fn notices(&self) -> Vec<BundleNotice> {
        self.notices.lock().unwrap().clone()
    }

    /// All bodies that the desk and the trustees were sent since the last time.
    pub(crate) fn heard(&self) -> Vec<String> {
        let servers = self.trustees.values().map(|trustee| &trustee.server).chain([&self.desk]);
        servers.flat_map(Server::take_heard).map(|heard| heard.body).collect()
    }

    /// The police enrol the holder of a wallet.
    pub(crate) fn enrol(&self, wallet: &mut Wallet) {
        let values = json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"});
        self.world.grant(wallet, POLICE, "identity/1", &values);
    }
}

impl TestTrustee {
    fn start(department: &'static str, number: u8) -> Self {
        let server = Server::start();
        let keys = vec![HpkePrivateKey::from_bytes(&[number; 32])];
        let shares = BTreeMap::new();
        let keeps = Arc::new(Mutex::new(Keeps { department, keys, shares, manner: Manner::Honest }));
        let kept = Arc::clone(&keeps);
        server.answer(move |heard| kept.lock().unwrap().answer(heard));
        Self { server, keeps }
    }
}

impl Keeps {
    fn answer(&mut self, heard: &Heard) -> (u16, Vec<u8>) {
        match (heard.path.as_str(), self.manner) {
            (_, Manner::Down) => (502, b"<html>".to_vec()),
            ("/shares", Manner::OtherBundle) => {
                let other = BundleId::new(ledger::digest::Digest::of(b"other"));
                json(200, &json!({"bundle": other}))
            }
            ("/shares", Manner::Honest | Manner::Lies) => self.keep(&heard.body),
            ("/answers", _) => self.give(&heard.body),
            _ => (404, Vec::new()),
        }
    }

    fn keep(&mut self, body: &str) -> (u16, Vec<u8>) {
        let deposit: Deposit = serde_json::from_str(body).unwrap();
        let id = deposit.bundle.id();
        let seat = deposit.bundle.seat(&self.department.parse().unwrap()).unwrap();
        seat.check_deposit(&deposit.share, self.keys.last().unwrap()).unwrap();
        self.shares.insert(id, deposit);
        json(200, &json!({"bundle": id}))
    }

    fn give(&self, body: &str) -> (u16, Vec<u8>) {
        let Question { bundle, key } = serde_json::from_str(body).unwrap();
        let Some(deposit) = self.shares.get(&bundle) else {
            return json(404, &json!({"error": "unknown_bundle"}));
        };
        let seat = deposit.bundle.seat(&self.department.parse().unwrap()).unwrap();
        let opens = self.keys.iter().find(|own| own.public() == seat.trustee().key).unwrap();
        let answer = seat.answer(&deposit.share, opens, &key, &mut rng(7)).unwrap();
        match self.manner {
            Manner::Honest | Manner::Down => json(200, &json!({"bundle": deposit.bundle, "answer": answer})),
            // What it was sealed itself is not what it seals to the new wallet.
            Manner::Lies => json(200, &json!({"bundle": deposit.bundle, "answer": deposit.share})),
            Manner::OtherBundle => {
                let trustees = deposit.bundle.seats().take(2).map(|seat| seat.trustee().clone()).collect();
                let other = trustee::Bundle::new(2, trustees).unwrap();
                json(200, &json!({"bundle": other, "answer": answer}))
            }
        }
    }
}

fn json(status: u16, body: &Value) -> (u16, Vec<u8>) {
    (status, body.to_string().into_bytes())
}

/// A wallet that the police enrolled, and its synced ledger.
pub(crate) fn identity_holder(town: &Town) -> (Wallet, Ledger) {
    let mut holder = wallet(1);
    town.enrol(&mut holder);
    let ledger = town.world.ledger();
    ledger.sync(holder.positions(), NOW).unwrap();
    (holder, ledger)
}
