use std::sync::{Arc, Mutex};

use groth16::Proof;
use openid4vc::handover;
use openid4vc::renewal::Renewal;
use openid4vc::vci::{
    AuthorizationServerMetadata, CredentialIssuer, ErrorCode, IssuedCredential, OfferLink, ProofTypes,
    Proofs, Secret,
};
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::testing::{CREDIT, Heard, NOW, POLICE, Server, World, rng, wallet};

mod consent;
pub(crate) mod renewal;

/// The issuer of a department on a server of its own, and the ledger that names it.
pub(crate) struct TestIssuer {
    pub(crate) server: Server,
    pub(crate) world: World,
    script: Arc<Mutex<Script>>,
}

/// What the issuer answers.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) offer: Value,
    pub(crate) metadata: Value,
    pub(crate) token: (u16, Value),
    pub(crate) credential: (u16, Value),
    /// What it says of the credential of whoever proves to be its holder.
    pub(crate) renewal: Option<Renewal>,
}

impl TestIssuer {
    /// The police's.
    pub(crate) fn new(proof: &ProofTypes, schema: &str) -> Self {
        let server = Server::start();
        let world = World::with_desk(Some(server.url.clone()));
        Self::on(server, world, proof, schema)
    }

    /// The credit bureau's, which gives credit reports to whoever shows the police's identity credential.
    pub(crate) fn of_credit() -> Self {
        let server = Server::start();
        let world = World::with_desks(None, Some(server.url.clone()));
        Self::on(server, world, &identity_of_the_police(), "credit-report/1")
    }

    /// The police's, who are the person authority; these departments can be published as trustees.
    pub(crate) fn of_authority(others: &[&str]) -> Self {
        let server = Server::start();
        let world = World::with_authority_at(&server.url, others);
        Self::on(server, world, &ProofTypes::enroll(), "identity/1")
    }

    fn on(server: Server, world: World, proof: &ProofTypes, schema: &str) -> Self {
        let issuer = CredentialIssuer::try_from(server.url.clone()).unwrap();
        let script = Arc::new(Mutex::new(Script {
            offer: json!({"credential_issuer": issuer, "credential_configuration_ids": [schema], "grants": {
                "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                    "pre-authorized_code": "code-1", "tx_code": {"input_mode": "numeric", "length": 6}}}}),
            metadata: json!({"credential_issuer": issuer, "credential_endpoint": issuer.endpoint("credential"),
                "nonce_endpoint": issuer.endpoint("nonce"), "notification_endpoint": issuer.endpoint("notification"),
                "renewal_endpoint": issuer.endpoint("renewal"),
                "credential_configurations_supported": {
                    schema: {"format": "yong-zkp+json", "schema": schema, "proof_types_supported": proof}}}),
            token: (200, json!({"access_token": "token-1", "token_type": "Bearer", "expires_in": 300})),
            credential: (200, json!({})),
            renewal: None,
        }));
        let said = Arc::clone(&script);
        server.answer(move |heard| said.lock().unwrap().answer(heard, &issuer));
        Self { server, world, script }
    }

    pub(crate) fn offer(&self) -> String {
        OfferLink::new(self.server.at("/offer/1")).unwrap().to_string()
    }

    pub(crate) fn set(&self, alter: impl FnOnce(&mut Script)) {
        alter(&mut self.script.lock().unwrap());
    }

    /// Commits a credential for the wallet and has the issuer hand it out.
    pub(crate) fn grant(
        &self,
        wallet: &Wallet,
        issuer: &str,
        schema: &str,
        values: &Value,
    ) -> IssuedCredential {
        let held = self.world.commit(wallet, issuer, schema, values);
        let issued = IssuedCredential::new(&held.credential, held.position, held.entry);
        let body = json!({"credentials": [{"credential": issued}], "notification_id": "n-1"});
        self.set(|script| script.credential = (200, body));
        issued
    }

    fn receive(&self, wallet: &mut Wallet, ledger: &Ledger) -> Result<(), ReceiveError> {
        wallet.receive(ledger, &self.offer(), &mut accepts, NOW, &mut rng(5)).map(|_| ())
    }
}

/// An owner who agrees and has the clerk's number.
fn accepts(_: &Offer) -> OfferDecision {
    OfferDecision::Accept { tx_code: Some(Secret::from("123456".to_owned())) }
}

/// An owner who agrees without a number.
fn without_number(_: &Offer) -> OfferDecision {
    OfferDecision::Accept { tx_code: None }
}

fn identity_of_the_police() -> ProofTypes {
    ProofTypes::identity("identity/1".parse().unwrap(), vec![POLICE.parse().unwrap()])
}

impl Script {
    fn answer(&self, heard: &Heard, issuer: &CredentialIssuer) -> (u16, Vec<u8>) {
        let (status, json) = match (heard.method.as_str(), heard.path.as_str()) {
            ("GET", "/offer/1") => (200, self.offer.clone()),
            ("GET", "/.well-known/openid-credential-issuer") => (200, self.metadata.clone()),
            ("GET", "/.well-known/oauth-authorization-server") => {
                (200, serde_json::to_value(AuthorizationServerMetadata::new(issuer)).unwrap())
            }
            ("POST", "/token") => self.token.clone(),
            ("POST", "/nonce") => (200, json!({"c_nonce": "c-1"})),
            ("POST", "/credential") => self.credential.clone(),
            ("POST", "/notification") => (204, json!({})),
            ("POST", "/renewal") => renewal::answer(self.renewal.as_ref(), &heard.body, issuer),
            _ => (404, json!({})),
        };
        (status, json.to_string().into_bytes())
    }
}

fn values() -> Value {
    json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"})
}

fn enrolling() -> TestIssuer {
    TestIssuer::new(&ProofTypes::enroll(), "identity/1")
}

fn posted(issuer: &TestIssuer, path: &str) -> Vec<Heard> {
    issuer.server.take_heard().into_iter().filter(|heard| heard.path == path).collect()
}

#[test]
fn the_desk_of_a_suspended_department_offers_nothing() {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    let ledger = issuer.world.ledger();
    issuer.grant(&wallet, POLICE, "identity/1", &values());
    let suspend = json!({"kind": "department.suspend", "id": "s", "department": POLICE, "reason": "key-stolen",
        "approvals": []});
    issuer.world.publish(CREDIT, ledger::samples::record(suspend));
    ledger.sync([], NOW).unwrap();
    let refused = issuer.receive(&mut wallet, &ledger);
    assert!(matches!(refused, Err(ReceiveError::Suspended(_))), "{refused:?}");
    assert!(posted(&issuer, "/token").is_empty() && wallet.credentials().is_empty());
}

#[test]
fn an_offer_is_followed_to_a_credential_in_the_tree() {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    let ledger = issuer.world.ledger();
    issuer.grant(&wallet, POLICE, "identity/1", &values());
    issuer.receive(&mut wallet, &ledger).unwrap();
    let held = &wallet.credentials()[0];
    assert_eq!(ledger.view().status(held), CredentialStatus::Active);
    assert!(matches!(wallet.history(), [Event { act: Act::Received { .. }, .. }]));
    let heard = issuer.server.take_heard();
    let body = |path: &str| &heard.iter().find(|h| h.path == path).unwrap().body;
    assert!(body("/token").contains("tx_code=123456") && body("/token").contains("code-1"));
    assert!(body("/notification").contains("credential_accepted"));
    let Proofs::Enroll([proof]) = &serde_json::from_str::<Value>(body("/credential"))
        .map(|request| serde_json::from_value::<Proofs>(request["proofs"].clone()).unwrap())
        .unwrap()
    else {
        panic!("an enroll proof was asked for")
    };
    let public = circuits::enroll::Public {
        context: handover::openid4vci(issuer.server.url.as_str().trim_end_matches('/'), "c-1", "identity/1"),
        issuer: POLICE.parse().unwrap(),
        schema: "identity/1".parse().unwrap(),
        holder: proof.holder.0,
        person: wallet.secrets().person.person(&POLICE.parse().unwrap()),
    };
    assert_eq!(proof.person.0, public.person);
    let key = prover::testing::prover().enroll.verifying_key();
    key.verify(&public.to_inputs(), &Proof::from_json(&proof.proof).unwrap()).unwrap();
    let secrets = [wallet.secrets().device.expose(), wallet.secrets().person.expose()];
    for secret in secrets.map(|secret| circuits::field::Element(*secret).to_string()) {
        assert!(heard.iter().all(|h| !h.body.contains(&secret)), "a secret left the wallet");
    }
}

#[test]
fn a_shown_identity_has_the_new_holder_value_as_nullifier() {
    let issuer = TestIssuer::of_credit();
    let mut wallet = wallet(1);
    let ledger = issuer.world.ledger();
    issuer.world.grant(&mut wallet, POLICE, "identity/1", &values());
    ledger.sync(wallet.positions(), NOW).unwrap();
    issuer.grant(&wallet, CREDIT, "credit-report/1", &json!({"score": 1, "level": "A"}));
    issuer.receive(&mut wallet, &ledger).unwrap();
    let request: Value = serde_json::from_str(&posted(&issuer, "/credential")[0].body).unwrap();
    let holder = wallet.secrets().holder(&CREDIT.parse().unwrap(), &"credit-report/1".parse().unwrap());
    let holder = circuits::field::Element(holder).to_string();
    assert_eq!(request["proofs"]["yong_identity"][0]["holder"], holder);
}

#[test]
fn an_identity_that_is_not_there_is_not_shown() {
    let issuer = TestIssuer::of_credit();
    let refused = issuer.receive(&mut wallet(1), &issuer.world.ledger()).err().unwrap();
    assert!(matches!(refused, ReceiveError::Identity(ShowIdentityError::None(_))), "{refused}");
    assert!(posted(&issuer, "/credential").is_empty());
}

#[test]
fn an_offer_of_a_foreign_desk_is_not_even_fetched() {
    let issuer = enrolling();
    let foreign = Server::start();
    let link = OfferLink::new(foreign.at("/offer/1")).unwrap().to_string();
    let ledger = issuer.world.ledger();
    let refused = wallet(1).receive(&ledger, &link, &mut accepts, NOW, &mut rng(5)).err().unwrap();
    assert!(matches!(refused, ReceiveError::UnknownIssuer), "{refused}");
    assert!(foreign.take_heard().is_empty());
}

#[test]
fn an_offer_in_anothers_name_is_refused() {
    let issuer = enrolling();
    issuer.set(|s| s.offer["credential_issuer"] = json!("https://desk.example"));
    let refused = issuer.receive(&mut wallet(1), &issuer.world.ledger()).err().unwrap();
    assert!(matches!(refused, ReceiveError::UnknownIssuer), "{refused}");
}

#[test]
fn a_desk_that_came_to_the_ledger_since_is_found() {
    let issuer = enrolling();
    let genesis = issuer.world.ledger().view().registry().genesis().clone();
    let never_synced = Ledger::new(Box::new(issuer.world.clone()), genesis, None);
    never_synced.accept_development_keys();
    never_synced.reach_local_services();
    let mut wallet = wallet(1);
    issuer.grant(&wallet, POLICE, "identity/1", &values());
    issuer.receive(&mut wallet, &never_synced).unwrap();
}

#[test]
fn metadata_that_leads_elsewhere_is_refused() {
    let issuer = enrolling();
    let ledger = issuer.world.ledger();
    for (member, to) in [
        ("credential_issuer", "https://desk.example"),
        ("credential_endpoint", "https://thief.example/credential"),
        ("nonce_endpoint", "https://thief.example/nonce"),
        ("notification_endpoint", "https://thief.example/notification"),
    ] {
        let honest = issuer.script.lock().unwrap().metadata.clone();
        issuer.set(|s| s.metadata[member] = json!(to));
        let refused = issuer.receive(&mut wallet(1), &ledger).err().unwrap();
        assert!(matches!(refused, ReceiveError::Malformed(_)), "{member}: {refused}");
        issuer.set(|s| s.metadata = honest);
    }
}

/// An offer is redeemed once, so that it must not be spent on what cannot be proved.
#[test]
fn without_a_key_to_prove_with_the_offer_is_not_redeemed() {
    let issuer = enrolling();
    let genesis = issuer.world.ledger().view().registry().genesis().clone();
    let cautious = Ledger::new(Box::new(issuer.world.clone()), genesis, None);
    cautious.reach_local_services();
    let mut wallet = wallet(1);
    issuer.grant(&wallet, POLICE, "identity/1", &values());
    let refused = issuer.receive(&mut wallet, &cautious).err().unwrap();
    assert!(matches!(refused, ReceiveError::Key(_)), "{refused}");
    assert!(posted(&issuer, "/token").is_empty());
    cautious.accept_development_keys();
    issuer.receive(&mut wallet, &cautious).unwrap();
}

#[test]
fn without_the_clerks_number_nothing_is_sent() {
    let issuer = enrolling();
    let ledger = issuer.world.ledger();
    let refused =
        wallet(1).receive(&ledger, &issuer.offer(), &mut without_number, NOW, &mut rng(5)).err().unwrap();
    assert!(matches!(refused, ReceiveError::NoTxCode(_)), "{refused}");
    assert!(posted(&issuer, "/token").is_empty());
}

#[test]
fn the_desks_refusal_is_told() {
    let issuer = enrolling();
    issuer.set(|s| s.token = (400, json!({"error": "invalid_grant", "message": {"zh-CN": "x", "en": "x"}})));
    let refused = issuer.receive(&mut wallet(1), &issuer.world.ledger()).err().unwrap();
    assert!(
        matches!(refused, ReceiveError::Refused { status: 400, code: ErrorCode::InvalidGrant }),
        "{refused}"
    );
}

#[test]
fn what_was_collected_before_a_pairing_is_not_kept_after_it() {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    let held = issuer.world.commit(&wallet, POLICE, "identity/1", &values());
    assert!(wallet.own(held.clone()).is_ok());
    wallet.pair(crate::testing::wallet(2).secrets().person.clone()).unwrap();
    assert!(matches!(wallet.own(held), Err(ReceiveError::OtherCredential)));
}

#[test]
fn two_credentials_in_one_offer_are_refused() {
    let issuer = enrolling();
    issuer.set(|s| s.offer["credential_configuration_ids"] = json!(["identity/1", "credit-report/1"]));
    let refused = issuer.receive(&mut wallet(1), &issuer.world.ledger()).err().unwrap();
    assert!(matches!(refused, ReceiveError::NotOne(2)), "{refused}");
}

/// Has the issuer hand out a credential with one thing changed, and checks that nothing was kept and the issuer was
/// told.
fn changed(alter: impl FnOnce(&mut Value)) -> ReceiveError {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    let ledger = issuer.world.ledger();
    issuer.grant(&wallet, POLICE, "identity/1", &values());
    issuer.set(|s| alter(&mut s.credential.1["credentials"][0]["credential"]));
    let refused = issuer.receive(&mut wallet, &ledger).err().unwrap();
    assert!(wallet.credentials().is_empty() && wallet.history().is_empty());
    assert!(posted(&issuer, "/notification").iter().all(|h| h.body.contains("credential_failure")));
    refused
}

#[test]
fn a_credential_whose_leaf_is_not_in_the_tree_is_not_kept() {
    let not_in_tree = |alter: fn(&mut Value)| {
        let refused = changed(alter);
        assert!(matches!(refused, ReceiveError::NotInTree), "{refused}");
    };
    not_in_tree(|c| c["attributes"]["birth_date"] = json!("1996-09-12"));
    not_in_tree(|c| c["salt"] = json!("8"));
    not_in_tree(|c| c["validity"]["until"] = json!(NOW + 1001));
    not_in_tree(|c| c["document"] = json!("00".repeat(32)));
    not_in_tree(|c| c["position"] = json!(1));
}

#[test]
fn a_credential_of_another_holder_is_not_kept() {
    let issuer = enrolling();
    let ledger = issuer.world.ledger();
    issuer.grant(&wallet(2), POLICE, "identity/1", &values());
    let refused = issuer.receive(&mut wallet(1), &ledger).err().unwrap();
    assert!(matches!(refused, ReceiveError::NotInTree), "{refused}");
}

#[test]
fn a_credential_that_was_not_offered_is_not_kept() {
    assert!(matches!(changed(|c| c["issuer"] = json!(CREDIT)), ReceiveError::OtherCredential));
    assert!(matches!(changed(|c| c["schema"] = json!("credit-report/1")), ReceiveError::OtherCredential));
}

#[test]
fn values_that_do_not_fit_the_schema_are_not_kept() {
    assert!(matches!(
        changed(|c| c["attributes"]["birth_date"] = json!("soon")),
        ReceiveError::Credential(_)
    ));
    assert!(matches!(changed(|c| c["surprise"] = json!(1)), ReceiveError::Malformed("credential")));
}

#[test]
fn what_came_another_way_is_held_to_the_same_rules() {
    let issuer = enrolling();
    let mut mine = wallet(1);
    let ledger = issuer.world.ledger();
    let issued = issuer.grant(&mine, POLICE, "identity/1", &values());
    assert!(matches!(wallet(2).import(&ledger, &issued, NOW), Err(ReceiveError::NotInTree)));
    assert_eq!(mine.import(&ledger, &issued, NOW).unwrap().position, issued.position);
}

#[test]
fn a_wallet_with_credentials_survives_its_seal() {
    let issuer = enrolling();
    let mut mine = wallet(1);
    let ledger = issuer.world.ledger();
    let issued = issuer.grant(&mine, POLICE, "identity/1", &values());
    mine.import(&ledger, &issued, NOW).unwrap();
    let trust = crate::contents::Trust {
        ledger: Url::parse("http://127.0.0.1:7001").unwrap(),
        genesis: json!({}),
        pinned: crate::contents::Pinned::ByOwner,
    };
    let contents = crate::contents::Contents { wallet: mine, trust };
    let back = crate::contents::Contents::from_json(&contents.to_json()).unwrap();
    let before = &contents.wallet.credentials()[0];
    let after = &back.wallet.credentials()[0];
    assert!(before.credential.leaf() == after.credential.leaf() && before.position == after.position);
    assert_eq!(back.wallet.history(), contents.wallet.history());
    let genesis = ledger.view().registry().genesis().clone();
    let resumed = Ledger::resume(Box::new(issuer.world.clone()), &genesis, &ledger.state(), None).unwrap();
    assert_eq!(resumed.view().status(after), CredentialStatus::Active);
    let other = ledger::samples::genesis(&[POLICE], 1);
    let refused = Ledger::resume(Box::new(issuer.world.clone()), &other, &ledger.state(), None).err();
    assert!(matches!(refused, Some(crate::ResumeError::OtherGenesis)));
}
