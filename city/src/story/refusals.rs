//! What must be refused, each with its reason; and what must come back after it was restored.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use ark_ff::AdditiveGroup;
use circuits::Fr;
use circuits::credential::Scope;
use circuits::field::Element;
use circuits::show::{Private, Public};
use issuer::admin::{Act, Change};
use openid4vc::vp::{KeyDigest, Reason, Status};
use rand::rngs::OsRng;
use serde_json::Map;
use verifier_service::client::VerifierClient;
use wallet::held::{Held, CredentialStatus};
use wallet::present::{Answered, Made, Request, statement, token, wrap};

use super::citizens::EVERYWHERE;
use super::presenting::answer;
use super::stage::{Stage, department_id, now, schema, wait_until};
use crate::report::Teller;

/// Citizens who hold an identity and nothing else, one for each purpose.
const REVOKED: usize = EVERYWHERE + 50;
const SUSPENDED: usize = EVERYWHERE + 51;
const CORRECTED: usize = EVERYWHERE + 52;
/// Whose status changes so that the tree gets another root.
const CHANGING: usize = EVERYWHERE + 54;
/// Somebody in good standing.
const HONEST: usize = EVERYWHERE + 53;

/// Tries everything; answers whether all of it came out as it should.
pub(super) fn all(teller: &mut Teller, stage: &mut Stage<'_>) -> bool {
    let mut late = None;
    teller.step("replay", "重放 an answer sent twice, and to another session", || replay(stage))
        && teller.step("forged_rows", "伪造条件 a proof about an easier policy", || forged_rows(stage))
        && teller.step("foreign_scope", "伪造范围 a pseudonym of another scope", || foreign_scope(stage))
        && teller.step("unknown_root", "自造树根 a tree of one's own", || unknown_root(stage))
        && teller.step("ask_in_haste", "限时请求 a request that nobody answers in time", || {
            ask_in_haste(stage, &mut late)
        })
        && teller.step("revoke", "撤销 a revoked credential", || revoke(stage))
        && teller.step("suspend_restore", "暂停与恢复 suspended, then restored", || {
            suspend_and_restore(stage)
        })
        && teller
            .step("correct", "更正 corrected: a new credential, the old one revoked", || correct(stage))
        && teller.step("stale_root", "过旧树根 a root of before the revocation", || stale_root(stage))
        && teller.step("expired", "过期 an answer that comes too late", || expired(stage, late))
}

/// A citizen's true statement for adult/1 in a session of its own, for measurements.
pub(super) fn sound_statement(stage: &Stage<'_>) -> anyhow::Result<(Public, Private)> {
    let session = Session::open(stage, &stage.clerk, "adult/1")?;
    session.sound(stage, &stage.ledger, HONEST, "identity")
}

/// A request at a counter, as a wallet sees it after all its checks.
struct Session {
    request: Request,
    asked: verifier_service::relying_party::CreatedRequest,
}

impl Session {
    fn open(stage: &Stage<'_>, clerk: &VerifierClient, policy: &str) -> anyhow::Result<Self> {
        let asked = clerk.ask(&schema(policy))?;
        let view = stage.ledger.view();
        let request = Request::fetch(&asked.link, view.registry(), now(), &mut OsRng)?;
        Ok(Self { request, asked })
    }

    /// The statement that the citizen's own wallet would make.
    fn sound(
        &self,
        stage: &Stage<'_>,
        ledger: &wallet::Ledger,
        citizen: usize,
        id: &str,
    ) -> anyhow::Result<(Public, Private)> {
        let policy = self.request.policy().checked.policy();
        let query =
            policy.credentials.iter().find(|q| q.id == id).context("the policy has no such credential")?;
        let held = held(stage, citizen, query.schema.as_str())?;
        let (path, root) = ledger.view().path(held).context("the credential is not in the tree")?;
        let secret = stage.citizens[citizen].wallet.secret();
        let public = statement(&self.request, id, &Map::new(), &root, secret)?;
        let private = Private { secret: secret.clone(), credential: held.credential.clone(), path };
        Ok((public, private))
    }

    /// Proves a statement, whatever it is, as the answer to one credential of the request.
    fn prove(
        &self,
        stage: &Stage<'_>,
        id: &str,
        (public, private): (Public, Private),
    ) -> anyhow::Result<Made> {
        let proof = stage.founded.prover.show.prove(&public, &private, &mut OsRng)?;
        let key = KeyDigest(stage.founded.prover.show.verifying_key().digest());
        let presentation =
            wrap(&self.request, id, &public, Map::new(), key, proof).context("no such credential")?;
        Ok(Made { id: id.to_owned(), public, presentation })
    }

    fn answer(&self, made: &[Made]) -> anyhow::Result<Answered> {
        Ok(wallet::present::answer(&self.request, &token(made), &mut OsRng)?)
    }
}

fn replay(stage: &Stage<'_>) -> anyhow::Result<String> {
    let session = Session::open(stage, &stage.clerk, "adult/1")?;
    let made =
        [session.prove(stage, "identity", session.sound(stage, &stage.ledger, HONEST, "identity")?)?];
    ensure!(session.answer(&made)? == Answered::Accepted, "the first answer was not accepted");
    refused(&session.answer(&made)?, Reason::AlreadyUsed)?;
    let other = Session::open(stage, &stage.clerk, "adult/1")?;
    refused(&other.answer(&made)?, Reason::NotProved)?;
    Ok("refused as already_used and as not_proved".into())
}

/// Somebody whose score is below the policy's proves that it is above a lower bound of their own choice.
fn forged_rows(stage: &Stage<'_>) -> anyhow::Result<String> {
    let session = Session::open(stage, &stage.clerk, "fast-lane/1")?;
    let lowered = |citizen| {
        let (mut public, private) = session.sound(stage, &stage.ledger, citizen, "credit").ok()?;
        let below = circuits::show::check(&public, &private).is_err();
        let atom = public.rows.atoms.iter_mut().find(|atom| atom.order != Fr::ZERO)?;
        atom.low = -Fr::from(1u64 << 63);
        (below && circuits::show::check(&public, &private).is_ok()).then_some((citizen, (public, private)))
    };
    let (citizen, forged) = (0..EVERYWHERE).find_map(lowered).context("nobody has a low score")?;
    let made = [
        session.prove(stage, "credit", forged)?,
        session.prove(stage, "identity", session.sound(stage, &stage.ledger, citizen, "identity")?)?,
    ];
    refused(&session.answer(&made)?, Reason::NotProved)?;
    Ok("refused as not_proved".into())
}

/// A pseudonym that other counters know, where the policy says that nothing is linked.
fn foreign_scope(stage: &Stage<'_>) -> anyhow::Result<String> {
    let session = Session::open(stage, &stage.clerk, "adult/1")?;
    let (mut public, private) = session.sound(stage, &stage.ledger, HONEST, "identity")?;
    public.scope = Scope::named("survey-2026", &department_id("gongan.nanning"));
    public.nullifier = private.secret.pseudonym(&public.scope);
    let made = [session.prove(stage, "identity", (public, private))?];
    refused(&session.answer(&made)?, Reason::NotProved)?;
    Ok("refused as not_proved".into())
}

fn unknown_root(stage: &Stage<'_>) -> anyhow::Result<String> {
    let session = Session::open(stage, &stage.clerk, "adult/1")?;
    let (mut public, mut private) = session.sound(stage, &stage.ledger, HONEST, "identity")?;
    private.path.siblings[15][2] = Element(Fr::from(1u64));
    public.root = private.path.root(&private.credential.leaf());
    let made = [session.prove(stage, "identity", (public, private))?];
    refused(&session.answer(&made)?, Reason::UnknownRoot)?;
    Ok("refused as unknown_root".into())
}

/// An answer that is kept until its request has expired.
struct Late {
    session: Session,
    made: [Made; 1],
}

fn ask_in_haste(stage: &Stage<'_>, late: &mut Option<Late>) -> anyhow::Result<String> {
    let session = Session::open(stage, &stage.hasty, "adult/1")?;
    let made =
        [session.prove(stage, "identity", session.sound(stage, &stage.ledger, HONEST, "identity")?)?];
    *late = Some(Late { session, made });
    Ok(format!("{} s to answer", crate::services::HASTY_SECONDS))
}

fn expired(stage: &Stage<'_>, late: Option<Late>) -> anyhow::Result<String> {
    let Late { session, made } = late.context("nothing was asked in haste")?;
    let verdict = stage.hasty.verdict(&session.asked)?;
    ensure!(verdict.status == Status::Expired, "the request did not expire");
    refused(&session.answer(&made)?, Reason::Expired)?;
    Ok("refused as expired".into())
}

fn revoke(stage: &mut Stage<'_>) -> anyhow::Result<String> {
    let person = stage.people[REVOKED].id_number().parse()?;
    stage.desk("identity/1").change_status(
        &schema("identity/1"),
        &person,
        Act::Revoke,
        "lost-nationality",
    )?;
    stage.wallets_follow()?;
    declined(stage, REVOKED)?;
    Ok("not provable after the sync; the counter sees a refusal".into())
}

fn suspend_and_restore(stage: &mut Stage<'_>) -> anyhow::Result<String> {
    let person = stage.people[SUSPENDED].id_number().parse()?;
    stage.desk("identity/1").change_status(&schema("identity/1"), &person, Act::Suspend, "document-lost")?;
    stage.wallets_follow()?;
    declined(stage, SUSPENDED)?;
    stage.desk("identity/1").change_status(&schema("identity/1"), &person, Act::Restore, "document-found")?;
    stage.wallets_follow()?;
    let accepted = accepted_once_followed(stage, SUSPENDED)?;
    ensure!(accepted, "the restored credential was not accepted");
    Ok("refused while suspended, accepted after".into())
}

fn correct(stage: &mut Stage<'_>) -> anyhow::Result<String> {
    let person = stage.people[CORRECTED].id_number().parse()?;
    let old = held(stage, CORRECTED, "identity/1")?.clone();
    let moved = BTreeMap::from([("residence_district".to_owned(), "450103".to_owned())]);
    let desk = stage.desk("identity/1").clone();
    desk.correct(&schema("identity/1"), &person, moved, "moved")?;
    let (citizen, person) = (&mut stage.citizens[CORRECTED], &stage.people[CORRECTED]);
    super::issuing::receive(&desk, &stage.ledger, citizen, person, "identity/1")?;
    let new = held(stage, CORRECTED, "identity/1")?;
    let view = stage.ledger.view();
    ensure!(view.standing(new) == CredentialStatus::Active, "the new credential is not in the tree");
    if new.position != old.position {
        ensure!(view.standing(&old) == CredentialStatus::Withdrawn, "the old credential is still in the tree");
    }
    ensure!(accepted_once_followed(stage, CORRECTED)?, "the corrected credential was not accepted");
    Ok("new credential accepted, old one out of the tree".into())
}

/// A wallet that has not synced since before somebody else's status changed.
fn stale_root(stage: &mut Stage<'_>) -> anyhow::Result<String> {
    let client = Box::new(stage.client.clone());
    let asleep = wallet::Ledger::new(client, stage.founded.genesis.clone(), None);
    asleep.sync([held(stage, HONEST, "identity/1")?.position], now())?;
    let person = stage.people[CHANGING].id_number().parse()?;
    let change =
        |act| stage.desk("identity/1").change_status(&schema("identity/1"), &person, act, "demonstration");
    if change(Act::Suspend)?.outcome == Change::Unchanged {
        change(Act::Restore)?;
    }
    stage.wallets_follow()?;
    let superseded = now();
    wait_until("the old root is too old", || now() > superseded + 2)?;
    let session = Session::open(stage, &stage.clerk, "adult-today/1")?;
    let made = [session.prove(stage, "identity", session.sound(stage, &asleep, HONEST, "identity")?)?];
    refused(&session.answer(&made)?, Reason::StaleRoot)?;
    Ok("refused as stale_root where the policy wants the newest list".into())
}

/// The newest credential of a kind.
fn held<'a>(stage: &'a Stage<'_>, citizen: usize, schema: &str) -> anyhow::Result<&'a Held> {
    let all = stage.citizens[citizen].wallet.credentials();
    let newest = all.iter().rev().find(|held| held.credential.schema.as_str() == schema);
    newest.with_context(|| format!("citizen {citizen} holds no {schema}"))
}

fn declined(stage: &mut Stage<'_>, citizen: usize) -> anyhow::Result<()> {
    let (status, _) = answer(&stage.clerk, &stage.ledger, &mut stage.citizens[citizen], "adult/1")?;
    ensure!(status == Status::Declined, "the counter says {status:?}");
    Ok(())
}

/// A counter learns a new root within half a second; until then the newest root is unknown to it.
fn accepted_once_followed(stage: &mut Stage<'_>, citizen: usize) -> anyhow::Result<bool> {
    let mut last = Ok(());
    wait_until("the counter knows the newest root", || {
        match answer(&stage.clerk, &stage.ledger, &mut stage.citizens[citizen], "adult/1") {
            Ok((Status::Refused, Some(Reason::UnknownRoot))) => false,
            Ok((Status::Passed, _)) => true,
            Ok((status, reason)) => {
                last = Err(anyhow::anyhow!("the counter says {status:?} {reason:?}"));
                true
            }
            Err(error) => {
                last = Err(error);
                true
            }
        }
    })?;
    last.map(|()| true)
}

fn refused(answered: &Answered, reason: Reason) -> anyhow::Result<()> {
    match answered {
        Answered::Refused(word) if word == reason.as_str() => Ok(()),
        Answered::Refused(word) => bail!("refused as {word} instead of {}", reason.as_str()),
        Answered::Accepted => bail!("accepted instead of refused as {}", reason.as_str()),
    }
}
