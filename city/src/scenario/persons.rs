//! One person with several devices, or with none any more: pairing, a recovery, a reset.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use issuer::admin::Enrolment;
use openid4vc::vp::{Reason, Status};
use rand::rngs::OsRng;
use wallet::pair::{Accepting, Offering};
use wallet::present::{Decision, Ended, Screen};
use wallet::{Ledger, Wallet};
use zeroize::Zeroizing;

use super::context::{Citizen, Context, ENROLLED_IN_PERSON, HOLD_EVERYTHING, now, wait_until};
use super::issuing::{receive, receive_as};
use super::presenting::answer;
use crate::data_dir::DataDir;
use crate::departments::schema_id;
use crate::fixtures::NEVER_RESET;

/// A second device answers in the name of the same person: not a second time, and beside the first one elsewhere.
pub(super) fn second_device(context: &mut Context<'_>) -> anyhow::Result<String> {
    let issuer = context.issuer("identity/1").clone();
    let seed = other_seed(context.data_dir)?;
    let person = &context.people[TWO_DEVICES];
    let first = &mut context.citizens[TWO_DEVICES];
    let mut second = Citizen::new(person, &seed);
    pair(&first.wallet, &mut second.wallet)?;
    receive_as(&issuer, &context.ledger, &mut second, person, "identity/1", Enrolment::Add)?;
    // The first device knows that it has answered, and does not ask the counter.
    let again = answer(&context.verifier, &context.ledger, &mut second, "survey-2026/1")?;
    ensure!(
        again == (Status::Refused, Some(Reason::AlreadyUsed)),
        "a second answer of a second device was not refused as used: {again:?}"
    );
    for device in [&mut second, first] {
        let elsewhere = answer(&context.verifier, &context.ledger, device, "adult/1")?;
        ensure!(elsewhere.0 == Status::Passed, "a device of two was refused: {:?}", elsewhere.1);
    }
    Ok("two devices of one person: each is accepted, and together they answer once".into())
}

/// Somebody loses the phone after the survey, and stands at the desk with a new one: two departments look at them and ask
/// the trustees, who give the person secret back to the new phone. The survey knows the person.
pub(super) fn recover(context: &mut Context<'_>) -> anyhow::Result<String> {
    let identity = schema_id("identity/1");
    let issuer = context.issuer("identity/1").clone();
    let second = context.issuer("tax-standing/1").clone();
    let ledger = &context.ledger;
    let person = &context.people[LOST_PHONE];
    let trustees = deal(&mut context.citizens[LOST_PHONE].wallet, ledger)?;

    let seed = other_seed(context.data_dir)?;
    let start = Instant::now();
    let mut new = Citizen::new(person, &seed);
    let key = new.wallet.begin_recovery(&mut OsRng)?;
    let proposed = issuer.recover(&identity, &person.id_number().parse()?, &key.to_string())?;
    issuer.complete_recovery(&second.approve_recovery(&proposed.proposal)?)?;
    ledger.sync(new.wallet.positions(), now())?;
    let recovery = new.wallet.requested_recovery(&ledger.view())?;
    let mut answered = None;
    wait_until("the trustees answer the new phone", || {
        answered = recovery.ask(ledger.reach()).ok();
        answered.is_some()
    })?;
    let recovered = answered.context("the trustees answered")?;
    let helped = recovered.from().len();
    new.wallet.finish_recovery(recovered, now())?;
    receive(&issuer, ledger, &mut new, person, "identity/1")?;
    let seconds = start.elapsed().as_secs_f64();

    let again = answer(&context.verifier, ledger, &mut new, "survey-2026/1")?;
    ensure!(
        again == (Status::Refused, Some(Reason::AlreadyUsed)),
        "after a recovery there was a second answer: {again:?}"
    );
    deal(&mut new.wallet, ledger)?;
    context.citizens[LOST_PHONE] = new;
    Ok(format!(
        "{helped} of {trustees} departments gave a share, {seconds:.1} s at the desk; the second answer refused"
    ))
}

/// Shares the person secret among the departments on the ledger; answers among how many.
fn deal(wallet: &mut Wallet, ledger: &Ledger) -> anyhow::Result<usize> {
    let dealing = wallet.begin_dealing(&ledger.view(), now(), &mut OsRng)?;
    let brought = dealing.bring(wallet, ledger, now(), &mut OsRng);
    wallet.finish_dealing(&dealing, &brought);
    brought?;
    Ok(dealing.kept().keepers.len())
}

/// Both screens show one number.
fn pair(first: &Wallet, second: &mut Wallet) -> anyhow::Result<()> {
    let offering = Offering::new(&mut OsRng);
    let accepting = Accepting::new(offering.offer().clone(), &mut OsRng);
    let answered = offering.answered(accepting.answer().clone());
    let revealed = accepting.revealed(answered.reveal().clone())?;
    let (here, there) = (answered.number(), revealed.number());
    let sealed = answered.seal(there, &first.secrets().person, &mut OsRng)?;
    second.pair(revealed.open(here, &sealed)?)?;
    Ok(())
}

/// Nobody enrols with the secret of somebody else or with a second one of their own, until the desk has reset the person.
pub(super) fn reset(context: &mut Context<'_>) -> anyhow::Result<String> {
    let issuer = context.issuer("identity/1").clone();
    let ledger = &context.ledger;
    let seed = other_seed(context.data_dir)?;
    let person = &context.people[RESET];
    let mut new = Citizen::new(person, &seed);
    let another = &mut context.citizens[RESET + 1];
    let shared = receive(&issuer, ledger, another, person, "identity/1");
    ensure!(shared.is_err(), "two people enrolled with one secret");
    // In a scenario that is repeated after a crash, the new wallet may be the person's already.
    if receive(&issuer, ledger, &mut new, person, "identity/1").is_err() {
        issuer.reset(&schema_id("identity/1"), &person.id_number().parse()?, "lost.phrase")?;
        receive(&issuer, ledger, &mut new, person, "identity/1")?;
    }
    let old = receive(&issuer, ledger, &mut context.citizens[RESET], person, "identity/1");
    ensure!(old.is_err(), "a wallet that a reset has ended enrolled");
    let held = new.wallet.credentials().last().context("the new wallet holds nothing")?;
    let since = held.credential.values.to_json()["person_since"].clone();
    ensure!(since != NEVER_RESET, "the new credential does not say since when");
    let asked = context.verifier.ask(&schema_id("survey-2026/1"))?;
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let ended = new.wallet.present(ledger, &asked.link, &mut agree, now(), &mut OsRng)?;
    let refused = matches!(ended, Ended::NotSatisfiable(_));
    ensure!(refused, "after a reset there was a second use of a scope that had begun");
    context.citizens[RESET] = new;
    Ok(format!(
        "a shared and a second secret refused; after a reset the person since {since}, for whom the survey is closed"
    ))
}

/// The seed of wallets that are not the city's own.
fn other_seed(data_dir: &DataDir) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let mut seed = data_dir.wallet_seed()?;
    seed.iter_mut().for_each(|byte| *byte = !*byte);
    Ok(seed)
}

/// Who is reset; the next one's wallet is tried in their name.
const RESET: usize = HOLD_EVERYTHING + 60;
/// One of those who answered the survey.
const TWO_DEVICES: usize = ENROLLED_IN_PERSON - 1;
/// Another of them.
const LOST_PHONE: usize = ENROLLED_IN_PERSON - 2;
