//! What departments do together: an act is done once, and nobody uses its approvals again.

use anyhow::{bail, ensure};
use ledger::client::SubmitError;
use ledger::record::{Approval, Record};
use ledger::registry::DepartmentStatus;
use serde_json::json;

use super::context::{Context, department_id, number_of};
use super::publishing::{followed, sign, terms};

/// A department is suspended and reinstated by two others; then one of them alone tries the suspension again.
pub(super) fn replayed_approvals(context: &Context<'_>) -> anyhow::Result<String> {
    if standing(context)? == Some(DepartmentStatus::Suspended) {
        // An earlier run ended in between.
        act(context, "reinstate")?;
    }
    let suspension = act(context, "suspend")?;
    act(context, "reinstate")?;
    let again = sign(context, APPROVERS[1], suspension)?;
    match context.ledger_client.submit(&[again]) {
        Err(SubmitError::Refused { code, .. }) if code == "other_state" => {}
        Err(other) => bail!("refused for another reason: {other}"),
        Ok(_) => bail!("approvals were used twice"),
    }
    let standing = standing(context)?;
    ensure!(standing == Some(DepartmentStatus::Active), "{SUSPENDED} is {standing:?}");
    Ok("refused as other_state; each act needs approvals of its own".into())
}

fn standing(context: &Context<'_>) -> anyhow::Result<Option<DepartmentStatus>> {
    Ok(followed(context)?.registry().status(&department_id(SUSPENDED)))
}

/// Has an act approved and does it; gives what was approved.
fn act(context: &Context<'_>, name: &str) -> anyhow::Result<Record> {
    let record = approved(context, name)?;
    context.ledger_client.submit(&[sign(context, APPROVERS[0], record.clone())?])?;
    Ok(record)
}

/// A change of the department's standing with the others' approvals, bound to the ledger as it is now.
fn approved(context: &Context<'_>, act: &str) -> anyhow::Result<Record> {
    let terms = terms(&followed(context)?);
    let mut record: Record = serde_json::from_value(json!({
        "kind": format!("department.{act}"), "id": terms.nonce, "department": SUSPENDED, "reason": "demonstration",
        "approvals": [],
    }))?;
    record.bind(terms);
    for name in APPROVERS {
        let key = &context.setup.keys[number_of(name)];
        let approval = Approval::sign(context.setup.genesis.origin(), &record, department_id(name), key)?;
        record.approve(approval);
    }
    Ok(record)
}

/// Who agrees; as many as the genesis asks for.
const APPROVERS: [&str; 2] = ["gongan.nanning", "credit.nanning"];
/// Grants nothing while this runs.
const SUSPENDED: &str = "tax.nanning";
