//! Scoring models with a calculator.

use askama::Template;
use axum::response::Response;
use circuits::model::Model;
use circuits::policy::{Catalogue as _, Formula, Subject};
use circuits::schema::SchemaId;
use ledger::registry::{Published, PublishedPolicy};
use service::web::{Layout, render};

use super::super::calculator::{Counts, Factor, Score, exact, factors, score};
use super::super::page::PageRequest;
use super::super::render::{Item, Seal, View};
use super::List;

#[derive(Template)]
#[template(path = "public/model.html")]
struct ModelPage {
    page: Layout,
    title: String,
    id: String,
    meaning: String,
    schema: Item,
    base: i64,
    base_points: String,
    is_additive: bool,
    scale: u64,
    factors: Vec<Factor>,
    score: Option<Score>,
    /// Which factor has no value that the schema allows.
    wrong: Option<String>,
    policies: Vec<Item>,
    seal: Seal,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let items = view.log_index.registry().models().map(|model| item(view, model));
    List::show(view, "models", items.collect())
}

pub(super) fn one(view: &View<'_>, request: &PageRequest) -> Option<Response> {
    let id: SchemaId = request.versioned().parse().ok()?;
    let registry = view.log_index.registry();
    let found = registry.models().find(|found| *found.item.id() == id)?;
    let model = &found.item;
    let (base, is_additive) = match model {
        Model::Linear(model) => (model.base, false),
        Model::Additive(model) => (model.base, true),
    };
    let schema = registry.schema(model.schema())?;
    let page = view.frame();
    let factors = factors(model, schema, request, &page);
    let (score, wrong) = match score(model, schema, &factors) {
        Ok(score) => (Some(score), None),
        Err(name) => (None, Some(factors.iter().find(|f| f.name == name).map_or(name, |f| f.title.clone()))),
    };
    let users = registry.policies().filter(|policy| uses(policy, &id));
    Some(render(&ModelPage {
        page,
        title: view.text(model.title()),
        meaning: view.text(model.meaning()),
        schema: super::schemas::item(view, registry.published_schema(model.schema())?),
        base,
        base_points: exact(base, model.scale()),
        is_additive,
        scale: model.scale(),
        factors,
        score,
        wrong,
        policies: users.map(|policy| super::policies::item(view, policy)).collect(),
        seal: view.seal(found.index, found.publisher.as_str()),
        id: id.into(),
    }))
}

/// A model among others.
pub(super) fn item(view: &View<'_>, found: &Published<Model>) -> Item {
    let id = found.item.id().as_str();
    Item {
        href: format!("/models/{id}"),
        title: view.text(found.item.title()),
        id: id.to_owned(),
        note: view.text(found.item.meaning()),
    }
}

/// Whether a policy asks for a score under the model.
fn uses(policy: &PublishedPolicy, model: &SchemaId) -> bool {
    let policy = policy.checked.policy();
    let mut formulas = policy.credentials.iter().filter_map(|query| query.require.as_ref());
    formulas.any(|f| names(f, model)) || policy.models.iter().any(|score| score.model == *model)
}

fn names(formula: &Formula, model: &SchemaId) -> bool {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.iter().any(|part| names(part, model)),
        Formula::Not(inner) => names(inner, model),
        Formula::Condition(condition) => matches!(&condition.subject, Subject::Model(id) if id == model),
    }
}
