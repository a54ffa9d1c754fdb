use openid4vc::renewal::{RecipientSecret, RenewalRequest, RenewalResponse};

use super::*;
use crate::contents::{Contents, Pinned, Trust};
use crate::renewal::{Asking, Ending, Found};
use crate::testing::{World, rng};

/// What a desk answers that checks the proof as a desk does; nothing where it knows no such holder.
pub(super) fn answer(renewal: Option<&Renewal>, body: &str, issuer: &CredentialIssuer) -> (u16, Value) {
    let Some(renewal) = renewal else {
        return (
            400,
            json!({"error": "credential_request_denied",
        "message": {"zh-CN": "x", "en": "x"}}),
        );
    };
    let asked: RenewalRequest = serde_json::from_str(body).unwrap();
    let schema = asked.credential_configuration_id;
    let context = handover::renewal(issuer.as_str(), "c-1", schema.as_str(), asked.recipient.as_bytes());
    let public = circuits::enroll::Public {
        context,
        issuer: if schema.as_str() == "identity/1" { POLICE } else { CREDIT }.parse().unwrap(),
        schema,
        holder: asked.proof.holder.0,
        person: asked.proof.person.0,
    };
    let key = prover::testing::prover().enroll.verifying_key();
    key.verify(&public.to_inputs(), &Proof::from_json(&asked.proof.proof).unwrap()).unwrap();
    let sealed = renewal.seal(&asked.recipient, context, &mut rng(9)).unwrap();
    (200, serde_json::to_value(RenewalResponse { sealed }).unwrap())
}

/// A holder of an identity credential, whose desk corrects it: the leaf is another one.
pub(crate) struct Corrected {
    pub(crate) issuer: TestIssuer,
    pub(crate) wallet: Wallet,
}

pub(crate) fn corrected() -> Corrected {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    let old = issuer.world.grant(&mut wallet, POLICE, "identity/1", &values());
    withdraw(&issuer.world, old);
    let new = issuer.world.commit(&wallet, POLICE, "identity/1", &moved());
    issuer.set(|script| script.renewal = Some(current(&new)));
    Corrected { issuer, wallet }
}

fn withdraw(world: &World, position: circuits::tree::Position) {
    world.publish(POLICE, ledger::samples::status("replaced", position.get(), "revoke"));
}

fn moved() -> Value {
    json!({"id_number": "450199199609118925", "birth_date": "1996-09-12"})
}

fn current(held: &Held) -> Renewal {
    let credential = IssuedCredential::new(&held.credential, held.position, held.entry);
    Renewal::Current { credential: Box::new(credential) }
}

/// One visit of the schedule; gives how many credentials the desk was asked about.
fn visit(wallet: &mut Wallet, ledger: &Ledger, asking: Asking, now: u64) -> usize {
    ledger.sync(wallet.positions(), now).unwrap();
    let due = wallet.due_for_renewal(&ledger.view(), now, asking);
    let asked = due.len();
    for (ended, found) in wallet.ask_renewals(ledger, due, now) {
        wallet.take_found(&ended, found, now);
    }
    asked
}

fn ending(wallet: &Wallet, ledger: &Ledger, now: u64) -> Option<Ending> {
    wallet.ending_of(&wallet.credentials()[0], &ledger.view(), now)
}

#[test]
fn a_correction_reaches_the_wallet_at_its_next_visit() {
    let Corrected { issuer, mut wallet } = corrected();
    let ledger = issuer.world.ledger();
    assert_eq!(visit(&mut wallet, &ledger, Asking::Scheduled, NOW), 1);
    let [held] = wallet.credentials() else { panic!("the new one and no other") };
    assert_eq!(ledger.view().status(held), CredentialStatus::Active);
    assert_eq!(held.credential.values.to_json()["birth_date"], "1996-09-12");
    assert!(matches!(wallet.history(), [Event { act: Act::Received { .. }, .. }]));
    assert_eq!(ending(&wallet, &ledger, NOW), None);
    // The desk is proved the old holder, and is sent no secret and no attribute.
    let heard = posted(&issuer, "/renewal");
    assert!(heard.len() == 1 && !heard[0].body.contains("450199199609118925"));
    assert_eq!(visit(&mut wallet, &ledger, Asking::ByOwner, NOW + 60), 0);
    assert!(issuer.server.take_heard().is_empty(), "a desk is not asked about what is in force");
}

/// The desk keeps nothing of a question, so that an answer that was lost is asked for again.
#[test]
fn what_was_not_written_is_collected_again() {
    let Corrected { issuer, mut wallet } = corrected();
    let ledger = issuer.world.ledger();
    ledger.sync(wallet.positions(), NOW).unwrap();
    let due = wallet.due_for_renewal(&ledger.view(), NOW, Asking::Scheduled);
    let first = wallet.ask_renewals(&ledger, due, NOW);
    assert!(matches!(first.as_slice(), [(_, Found::Renewed(_))]));
    drop(first);
    assert_eq!(wallet.credentials().len(), 1, "the old one stays until the new one is here");
    visit(&mut wallet, &ledger, Asking::Scheduled, NOW);
    assert_eq!(ending(&wallet, &ledger, NOW), None);
    // Two that asked at once keep it once.
    let held = wallet.credentials()[0].clone();
    assert!(wallet.take_found(&held, Found::Renewed(Box::new(held.clone())), NOW).is_none());
    assert_eq!((wallet.credentials().len(), wallet.history().len()), (1, 1));
}

#[test]
fn a_desk_that_says_why_is_asked_again_after_a_day_or_by_the_owner() {
    for (renewal, said) in [
        (Some(Renewal::Suspended), Ending::Suspended),
        (Some(Renewal::Revoked), Ending::Revoked),
        (Some(Renewal::Replaced), Ending::Replaced),
        (None, Ending::Unknown),
    ] {
        let Corrected { issuer, mut wallet } = corrected();
        issuer.set(|script| script.renewal = renewal);
        let ledger = issuer.world.ledger();
        let visits = [
            (Asking::Scheduled, 0, 1),
            (Asking::Scheduled, 300, 0),
            (Asking::ByOwner, 300, 1),
            (Asking::Scheduled, 300 + 86_399, 0),
        ];
        for (asking, after, asked) in visits {
            issuer.world.heartbeat(NOW + after);
            assert_eq!(visit(&mut wallet, &ledger, asking, NOW + after), asked, "{said:?} {after}");
        }
        assert_eq!(ending(&wallet, &ledger, NOW), Some(said));
        issuer.world.heartbeat(NOW + 300 + 86_400);
        assert_eq!(visit(&mut wallet, &ledger, Asking::Scheduled, NOW + 300 + 86_400), 1);
    }
}

#[test]
fn an_expired_credential_is_asked_about_and_says_so() {
    let issuer = enrolling();
    let mut wallet = wallet(1);
    issuer.world.grant(&mut wallet, POLICE, "identity/1", &values());
    issuer.set(|script| script.renewal = Some(Renewal::Expired));
    let ledger = issuer.world.ledger();
    assert_eq!(visit(&mut wallet, &ledger, Asking::Scheduled, NOW), 0);
    issuer.world.heartbeat(NOW + 2_000);
    assert_eq!(visit(&mut wallet, &ledger, Asking::Scheduled, NOW + 2_000), 1);
    assert_eq!(ending(&wallet, &ledger, NOW + 2_000), Some(Ending::Expired));
}

#[test]
fn a_desk_of_an_older_version_is_proved_nothing() {
    let Corrected { issuer, mut wallet } = corrected();
    issuer.set(|script| drop(script.metadata.as_object_mut().unwrap().remove("renewal_endpoint")));
    let ledger = issuer.world.ledger();
    assert_eq!(visit(&mut wallet, &ledger, Asking::Scheduled, NOW), 1);
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"));
    assert_eq!(ending(&wallet, &ledger, NOW), Some(Ending::Unknown));
}

#[test]
fn what_the_desk_may_not_say_is_not_kept_and_the_old_stays() {
    let refused = |alter: &dyn Fn(&TestIssuer, &Wallet)| {
        let Corrected { issuer, mut wallet } = corrected();
        alter(&issuer, &wallet);
        let ledger = issuer.world.ledger();
        ledger.sync(wallet.positions(), NOW).unwrap();
        let ended = wallet.credentials()[0].clone();
        let refused = wallet.ask_renewal(&ledger, &ended, NOW, &mut rng(5)).err().unwrap();
        visit(&mut wallet, &ledger, Asking::Scheduled, NOW);
        assert_eq!((wallet.credentials().len(), wallet.told().len()), (1, 0));
        refused
    };
    let of_another = refused(&|issuer, _| {
        let held = issuer.world.commit(&wallet(2), POLICE, "identity/1", &values());
        issuer.set(|script| script.renewal = Some(current(&held)));
    });
    assert!(matches!(of_another, ReceiveError::NotInTree), "{of_another}");
    let of_another_kind = refused(&|issuer, wallet| {
        let held = issuer.world.commit(wallet, CREDIT, "credit-report/1", &json!({"score": 1, "level": "A"}));
        issuer.set(|script| script.renewal = Some(current(&held)));
    });
    assert!(matches!(of_another_kind, ReceiveError::OtherCredential), "{of_another_kind}");
    let elsewhere = refused(&|issuer, _| {
        issuer.set(|script| script.metadata["renewal_endpoint"] = json!("https://thief.example/renewal"));
    });
    assert!(matches!(elsewhere, ReceiveError::Malformed(_)), "{elsewhere}");
    let to_another_key = refused(&|issuer, _| {
        let issuer_url = CredentialIssuer::try_from(issuer.server.url.clone()).unwrap();
        let script = issuer.script.lock().unwrap().clone();
        issuer.server.answer(move |heard| {
            if heard.path != "/renewal" {
                return script.answer(heard, &issuer_url);
            }
            let key = RecipientSecret::generate(&mut rng(3)).public();
            let sealed = Renewal::Revoked.seal(&key, 1.into(), &mut rng(4)).unwrap();
            (200, serde_json::to_vec(&RenewalResponse { sealed }).unwrap())
        });
    });
    assert!(matches!(to_another_key, ReceiveError::Malformed(_)), "{to_another_key}");
}

#[test]
fn what_was_said_is_on_the_disk() {
    let Corrected { issuer, mut wallet } = corrected();
    issuer.set(|script| script.renewal = Some(Renewal::Revoked));
    let ledger = issuer.world.ledger();
    visit(&mut wallet, &ledger, Asking::Scheduled, NOW);
    let genesis = serde_json::to_value(issuer.world.genesis()).unwrap();
    let trust = Trust { ledger: "http://127.0.0.1:7001".parse().unwrap(), genesis, pinned: Pinned::ByOwner };
    let written = Contents { wallet, trust }.to_json();
    let wallet = Contents::from_json(&written).unwrap().wallet;
    assert_eq!(ending(&wallet, &ledger, NOW), Some(Ending::Revoked));
}
