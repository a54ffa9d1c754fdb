//! What must be refused, each with its reason; and what must come back after it was restored.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use anyhow::{Context as _, bail, ensure};
use ark_ff::AdditiveGroup;
use circuits::Fr;
use circuits::credential::Scope;
use circuits::field::Element;
use circuits::show::{Private, Public};
use issuer::admin::{Act, Change};
use openid4vc::vp::{Reason, Status};
use wallet::held::CredentialStatus;
use wallet::present::{Answered, Made};

use super::context::{Context, HOLD_EVERYTHING, department_id, now, wait_until};
use super::presenting::answer;
use super::replayed::{Frozen, most_age};
use super::session::{IN_GOOD_STANDING, Session, held};
use crate::departments::schema_id;
use crate::report::StepRunner;

/// Citizens who hold an identity and nothing else, one for each purpose.
const REVOKED: usize = HOLD_EVERYTHING + 50;
const SUSPENDED: usize = HOLD_EVERYTHING + 51;
const CORRECTED: usize = HOLD_EVERYTHING + 52;
const MOVED_TO: &str = "450103";
/// Whose status changes so that the tree gets another root.
const CHANGING: usize = HOLD_EVERYTHING + 54;

/// Tries everything; answers whether all of it came out as it should.
pub(super) fn all(runner: &mut StepRunner, context: &mut Context<'_>) -> bool {
    let mut late = None;
    let mut frozen = None;
    runner.step("replay", "重放 an answer sent twice, and to another session", || replay(context))
        && runner.step("forged_rows", "伪造条件 a proof about an easier policy", || forged_rows(context))
        && runner
            .step("foreign_scope", "伪造范围 a pseudonym of another scope", || foreign_scope(context))
        && runner.step("unknown_root", "自造树根 a tree of one's own", || unknown_root(context))
        && runner.step("ask_in_haste", "限时请求 a request that nobody answers in time", || {
            ask_and_wait(context, &mut late)
        })
        && runner.step("revoke", "撤销 a revoked credential", || revoke(context))
        && runner.step("suspend_restore", "暂停与恢复 suspended, then restored", || {
            suspend_and_restore(context)
        })
        && runner.step("correct", "更正 corrected: the wallet gets the new credential by itself", || {
            correct(context)
        })
        && runner.step("stale_root", "过旧树根 a root of before the revocation", || {
            stale_root(context, &mut frozen)
        })
        && runner.step(
            "replayed_answers",
            "重放账本旧答复 a path that repeats the ledger's old answers",
            || frozen.take().context("no path was frozen")?.end(context),
        )
        && runner.step("expired", "过期 an answer that comes too late", || expired(context, late))
}

/// A true statement for adult/1 in a session of its own, for measurements.
pub(super) fn valid_statement(context: &Context<'_>) -> anyhow::Result<(Public, Private)> {
    let session = Session::open(context, &context.verifier, "adult/1")?;
    session.valid_statement(context, &context.ledger, IN_GOOD_STANDING, "identity")
}

fn replay(context: &Context<'_>) -> anyhow::Result<String> {
    let session = Session::open(context, &context.verifier, "adult/1")?;
    let made = session.prove_identity(context, &context.ledger)?;
    ensure!(
        matches!(session.answer(&made)?, Answered::Accepted { continue_at: None, .. }),
        "the first answer was not accepted"
    );
    refused(&session.answer(&made)?, Reason::AlreadyUsed)?;
    let other = Session::open(context, &context.verifier, "adult/1")?;
    refused(&other.answer(&made)?, Reason::NotProved)?;
    Ok("refused as already_used and as not_proved".into())
}

/// Somebody whose score is below the policy's proves that it is above a lower bound of their own choice.
fn forged_rows(context: &Context<'_>) -> anyhow::Result<String> {
    let session = Session::open(context, &context.verifier, "fast-lane/1")?;
    let lowered = |citizen| {
        let (mut public, private) =
            session.valid_statement(context, &context.ledger, citizen, "credit").ok()?;
        let below = circuits::show::check(&public, &private).is_err();
        let atom = public.rows.atoms.iter_mut().find(|atom| atom.order != Fr::ZERO)?;
        atom.low = -Fr::from(1u64 << 63);
        (below && circuits::show::check(&public, &private).is_ok()).then_some((citizen, public, private))
    };
    let (citizen, forged, private) =
        (0..HOLD_EVERYTHING).find_map(lowered).context("nobody has a low score")?;
    let credit = session.prove(context, "credit", forged, &private)?;
    let (public, private) = session.valid_statement(context, &context.ledger, citizen, "identity")?;
    let made = [credit, session.prove(context, "identity", public, &private)?];
    refused(&session.answer(&made)?, Reason::NotProved)?;
    Ok("refused as not_proved".into())
}

/// A pseudonym that other verifiers know, where the policy says that nothing is linked.
fn foreign_scope(context: &Context<'_>) -> anyhow::Result<String> {
    let session = Session::open(context, &context.verifier, "adult/1")?;
    let (mut public, private) =
        session.valid_statement(context, &context.ledger, IN_GOOD_STANDING, "identity")?;
    public.scope = Scope::named("survey-2026", &department_id("gongan.nanning"), NonZeroU16::MIN);
    public.nullifier = private.secrets.nullifier(&public.scope, private.index);
    let made = [session.prove(context, "identity", public, &private)?];
    refused(&session.answer(&made)?, Reason::NotProved)?;
    Ok("refused as not_proved".into())
}

fn unknown_root(context: &Context<'_>) -> anyhow::Result<String> {
    let session = Session::open(context, &context.verifier, "adult/1")?;
    let (mut public, mut private) =
        session.valid_statement(context, &context.ledger, IN_GOOD_STANDING, "identity")?;
    private.path.siblings[15][2] = Element(Fr::from(1u64));
    public.root = private.path.root(&private.credential.leaf());
    let made = [session.prove(context, "identity", public, &private)?];
    refused(&session.answer(&made)?, Reason::UnknownRoot)?;
    Ok("refused as unknown_root".into())
}

/// An answer that is kept until its request has expired.
struct Late {
    session: Session,
    made: [Made; 1],
}

fn ask_and_wait(context: &Context<'_>, late: &mut Option<Late>) -> anyhow::Result<String> {
    let session = Session::open(context, &context.short_lived_verifier, "adult/1")?;
    let made = session.prove_identity(context, &context.ledger)?;
    *late = Some(Late { session, made });
    Ok(format!("{} s to answer", crate::services::SHORT_LIFETIME_S))
}

fn expired(context: &Context<'_>, late: Option<Late>) -> anyhow::Result<String> {
    let Late { session, made } = late.context("there is no expired request")?;
    let verdict = context.short_lived_verifier.verdict(&session.asked)?;
    ensure!(verdict.status == Status::Expired, "the request did not expire");
    refused(&session.answer(&made)?, Reason::Expired)?;
    Ok("refused as expired".into())
}

fn revoke(context: &mut Context<'_>) -> anyhow::Result<String> {
    let person = context.people[REVOKED].id_number().parse()?;
    context.issuer("identity/1").change_status(
        &schema_id("identity/1"),
        &person,
        Act::Revoke,
        "lost-nationality",
    )?;
    context.sync_wallets()?;
    declined(context, REVOKED)?;
    Ok("not provable after the sync; the counter sees a refusal".into())
}

fn suspend_and_restore(context: &mut Context<'_>) -> anyhow::Result<String> {
    let person = context.people[SUSPENDED].id_number().parse()?;
    context.issuer("identity/1").change_status(
        &schema_id("identity/1"),
        &person,
        Act::Suspend,
        "document-lost",
    )?;
    context.sync_wallets()?;
    declined(context, SUSPENDED)?;
    context.issuer("identity/1").change_status(
        &schema_id("identity/1"),
        &person,
        Act::Restore,
        "document-found",
    )?;
    context.sync_wallets()?;
    accepted_once_followed(context, SUSPENDED).context("the restored credential")?;
    Ok("refused while suspended, accepted after".into())
}

/// Nobody comes to the desk: the wallet sees that its credential ended, and asks.
fn correct(context: &mut Context<'_>) -> anyhow::Result<String> {
    let person = context.people[CORRECTED].id_number().parse()?;
    let old = held(context, CORRECTED, "identity/1")?.clone();
    let moved = BTreeMap::from([("residence_district".to_owned(), MOVED_TO.to_owned())]);
    context.issuer("identity/1").correct(&schema_id("identity/1"), &person, moved, "moved")?;
    context.sync_wallets()?;
    let came = context.citizens[CORRECTED].wallet.renew(&context.ledger, now());
    // In a scenario that is repeated after a crash, the desk may have corrected it before.
    if context.ledger.view().status(&old) == CredentialStatus::Withdrawn {
        ensure!(came.len() == 1, "{} credentials came in place of the old one", came.len());
    }
    let new = held(context, CORRECTED, "identity/1")?;
    ensure!(
        new.credential.values.to_json()["residence_district"] == MOVED_TO,
        "the wallet does not have what was corrected"
    );
    ensure!(
        context.ledger.view().status(new) == CredentialStatus::Active,
        "the new credential is not in the tree"
    );
    accepted_once_followed(context, CORRECTED).context("the corrected credential")?;
    Ok("new credential in the wallet without a visit and accepted, old one out of the tree".into())
}

/// A wallet that has not synced since before somebody else's status changed.
fn stale_root(context: &mut Context<'_>, frozen: &mut Option<Frozen>) -> anyhow::Result<String> {
    let client = Box::new(context.ledger_client.clone());
    let outdated = wallet::Ledger::new(client, context.setup.genesis.clone(), None);
    outdated.sync([held(context, IN_GOOD_STANDING, "identity/1")?.position], now())?;
    let person = context.people[CHANGING].id_number().parse()?;
    let change = |act| {
        context.issuer("identity/1").change_status(&schema_id("identity/1"), &person, act, "demonstration")
    };
    if change(Act::Suspend)?.outcome == Change::Unchanged {
        change(Act::Restore)?;
    }
    context.sync_wallets()?;
    *frozen = Some(Frozen::begin(context)?);
    let superseded = now();
    let most = most_age(context)?;
    wait_until("the old root is too old", || now() > superseded + most + 1)?;
    let session = Session::open(context, &context.verifier, "adult-today/1")?;
    let made = session.prove_identity(context, &outdated)?;
    refused(&session.answer(&made)?, Reason::StaleRoot)?;
    Ok("refused as stale_root where the policy wants the newest list".into())
}

fn declined(context: &mut Context<'_>, citizen: usize) -> anyhow::Result<()> {
    let (status, _) = answer(&context.verifier, &context.ledger, &mut context.citizens[citizen], "adult/1")?;
    ensure!(status == Status::Declined, "the counter says {status:?}");
    Ok(())
}

/// A verifier learns a new root within half a second; until then the newest root is unknown to it.
fn accepted_once_followed(context: &mut Context<'_>, citizen: usize) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    wait_until("the counter knows the newest root", || {
        outcome = match answer(&context.verifier, &context.ledger, &mut context.citizens[citizen], "adult/1")
        {
            Ok((Status::Refused, Some(Reason::UnknownRoot))) => return false,
            Ok((Status::Passed, _)) => Ok(()),
            Ok((status, reason)) => Err(anyhow::anyhow!("the counter says {status:?} {reason:?}")),
            Err(error) => Err(error),
        };
        true
    })?;
    outcome
}

fn refused(answered: &Answered, reason: Reason) -> anyhow::Result<()> {
    match answered {
        Answered::Refused(word) if word == reason.as_str() => Ok(()),
        Answered::Refused(word) => bail!("refused as {word} instead of {}", reason.as_str()),
        Answered::Accepted { .. } => bail!("accepted instead of refused as {}", reason.as_str()),
    }
}
