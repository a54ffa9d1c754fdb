//! The city's page: what runs where, and how the scenario came out.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use circuits::schema::Localized;
use service::web::{Layout, Preferences, Words, assets, render, security_headers};
use url::Url;

use crate::data_dir::{DataDir, Service};
use crate::departments::DEPARTMENTS;
use crate::report::{Step, Summary};

/// How far the scenario is, as the page shows it. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct ScenarioStatus(Arc<RwLock<Summary>>);

/// Where the services are.
#[derive(Clone)]
pub(crate) struct Links {
    pub(crate) ledger: Url,
    pub(crate) counter: Url,
    pub(crate) desks: Vec<Desk>,
}

/// A department's desk.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) id: &'static str,
    pub(crate) title: Localized,
    pub(crate) url: Url,
}

impl ScenarioStatus {
    /// Replaces what the page shows.
    pub(crate) fn set(&self, summary: Summary) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = summary;
    }

    fn get(&self) -> Summary {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Links {
    /// The services of a city.
    pub(crate) fn new(data_dir: &DataDir) -> Self {
        let desks = DEPARTMENTS.iter().filter_map(|department| {
            let url = data_dir.url(department.issuer()?);
            Some(Desk { id: department.id, title: department.title(), url })
        });
        Self {
            ledger: data_dir.url(Service::Ledger),
            counter: data_dir.url(Service::Verifier),
            desks: desks.collect(),
        }
    }
}

/// The page at `/`, the scenario's summary at `/story.json`, liveness at `/healthz`.
pub(crate) fn app(status: ScenarioStatus, links: Links) -> Router {
    let routes = Router::new()
        .route("/", get(home))
        .route("/story.json", get(summary))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state((status, links));
    security_headers(routes.merge(assets(&[])))
}

async fn home(State((status, links)): State<(ScenarioStatus, Links)>, preferences: Preferences) -> Response {
    let summary = status.get();
    // The city's circuit keys are always development keys.
    let page = Layout::new(preferences, &WORDS).development(true);
    let steps = summary.steps.iter().map(|step| StepView::new(step, &page)).collect();
    let agreed = page.t().say2(
        "city-agreed",
        ("all", summary.presentations),
        ("agreed", summary.agreed_with_evaluator),
    );
    render(&HomePage { page, links, agreed, steps, summary })
}

async fn summary(State((status, _)): State<(ScenarioStatus, Links)>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(status.get()))
}

#[derive(Template)]
#[template(path = "city.html")]
struct HomePage {
    page: Layout,
    links: Links,
    agreed: String,
    steps: Vec<StepView>,
    summary: Summary,
}

/// A step in the reader's language.
struct StepView {
    name: String,
    words: String,
    ok: bool,
    ms: u64,
}

impl StepView {
    fn new(step: &Step, page: &Layout) -> Self {
        let key = format!("step-{}", step.name);
        let words = if WORDS.knows(&key) { page.say(&key) } else { step.name.clone() };
        Self { name: step.name.clone(), words, ok: step.ok, ms: step.ms }
    }
}

static WORDS: LazyLock<Words> = LazyLock::new(words);

/// The words of the city's pages.
pub(crate) fn words() -> Words {
    let chinese = include_str!("../words/zh-CN.ftl");
    let english = include_str!("../words/en.ftl");
    let zhuang = include_str!("../words/za.ftl");
    Words::new(chinese, english, zhuang).expect("the files are compiled in, and a test reads them")
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn no_language_lacks_a_word_and_every_key_that_is_used_has_words() {
        assert!(WORDS.missing().is_empty(), "{:?}", WORDS.missing());
        let sources = [
            include_str!("../templates/city.html"),
            include_str!("../templates/sandbox.html"),
            include_str!("page.rs"),
        ]
        .concat();
        let used = ["say(\"", "say1(\"", "say2(\n        \""].into_iter().flat_map(|call| {
            sources.split(call).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>()
        });
        let unknown: Vec<_> = used.filter(|key| key.contains('-') && !WORDS.knows(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn every_step_of_the_scenario_has_words() {
        let sources = [include_str!("scenario.rs"), include_str!("scenario/refusals.rs")].concat();
        let names = sources.split(".step(").skip(1).filter_map(|rest| rest.split('"').nth(1));
        let unknown: Vec<_> = names.filter(|name| !WORDS.knows(&format!("step-{name}"))).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[tokio::test]
    async fn the_page_links_the_services_and_shows_every_step() {
        let status = ScenarioStatus::default();
        let (before, _) = shown(&status, "/").await;
        assert!(before.contains("data-ok=\"false\"") && before.contains("data-steps=\"0\""));
        let step = |name: &str| Step { name: name.into(), ok: true, ms: 12 };
        let steps = vec![step("issue"), step("<b>new</b>")];
        status.set(Summary { steps, presentations: 3, agreed_with_evaluator: 3, ..Summary::default() });
        let (page, policy) = shown(&status, "/").await;
        assert!(policy.starts_with("default-src 'none'"));
        for wanted in [
            "http://127.0.0.1:7001/",
            "http://127.0.0.1:7003/",
            "http://127.0.0.1:7022/",
            "夜间批量签发",
            "12 ms",
            "data-ok=\"true\"",
            "role=\"note\"",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("<b>new") && !page.contains(" style="));
        let (english, _) = shown(&status, "/?lang=en").await;
        assert!(english.contains("3 of 3 presentations agree"), "{english}");
        assert!(shown(&status, "/story.json").await.0.contains("\"presentations\":3"));
    }

    async fn shown(status: &ScenarioStatus, path: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), None, crate::data_dir::OpenMode::Continue).unwrap();
        let app = app(status.clone(), Links::new(&data_dir));
        let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (String::from_utf8(body.to_vec()).unwrap(), policy)
    }
}
