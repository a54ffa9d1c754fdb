//! The city's page: what runs, and how the story came out. One page, no script.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::departments::DEPARTMENTS;
use crate::report::Summary;

/// What the page shows of the story; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Notice(Arc<RwLock<Summary>>);

impl Notice {
    /// Puts up how far the story is.
    pub(crate) fn post(&self, summary: Summary) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = summary;
    }

    fn read(&self) -> Summary {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The page at `/`, the story's numbers at `/story.json`, life at `/healthz`.
pub(crate) fn app(notice: Notice) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/story.json", get(story))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(notice)
}

async fn page(State(notice): State<Notice>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, html(&notice.read()))
}

async fn story(State(notice): State<Notice>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(notice.read()))
}

/// Everything that is written into the page is a number or a name from this program's own tables.
fn html(summary: &Summary) -> String {
    let mut rows = String::new();
    for step in &summary.steps {
        let mark = if step.ok { "✓" } else { "✗" };
        let _ = write!(rows, "<tr><td>{mark}<td>{}<td>{} ms", step.name, step.ms);
    }
    let mut desks = String::new();
    for department in &DEPARTMENTS {
        let _ = write!(
            desks,
            "<li>{} {} <code>{}</code>: {}",
            department.chinese,
            department.english,
            department.id,
            department.schemas.join(", ")
        );
    }
    PAGE.replace("{steps}", &rows)
        .replace("{desks}", &desks)
        .replace("{agreed}", &summary.agreed_with_evaluator.to_string())
        .replace("{presentations}", &summary.presentations.to_string())
        .replace("{issued}", &summary.issued.to_string())
}

const PAGE: &str = include_str!("page.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Step;

    #[test]
    fn the_page_shows_every_step_and_leaves_no_placeholder() {
        let steps = vec![Step { name: "issue".into(), ok: true, ms: 12 }];
        let page = html(&Summary { steps, presentations: 3, agreed_with_evaluator: 3, ..Summary::default() });
        assert!(page.contains("<td>issue<td>12 ms"));
        assert!(!page.contains('{') || page.find("{steps}").is_none());
        assert!(page.contains("tax.nanning"));
    }
}
