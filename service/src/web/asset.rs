//! Files that are compiled in and served under a fixed path.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is served, such as `/assets/counter.js`.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static [u8],
}

impl Asset {
    /// A style sheet.
    pub const fn style(path: &'static str, content: &'static [u8]) -> Self {
        Self { path, media_type: "text/css; charset=utf-8", content }
    }
    /// A script.
    pub const fn script(path: &'static str, content: &'static [u8]) -> Self {
        Self { path, media_type: "text/javascript; charset=utf-8", content }
    }
}

const STYLE: Asset = Asset::style("/assets/yong.css", include_bytes!("../../assets/yong.css"));
const ICON: Asset = Asset {
    path: "/assets/yong.svg",
    media_type: "image/svg+xml",
    content: include_bytes!("../../assets/yong.svg"),
};

/// Routes of the shared style and icon, and of a room's own files.
pub fn assets<S: Clone + Send + Sync + 'static>(own: &[Asset]) -> Router<S> {
    [STYLE, ICON].iter().chain(own).fold(Router::new(), |routes, asset| {
        let (asset, tag) = (*asset, etag(asset.content));
        routes.route(asset.path, get(move |headers: HeaderMap| async move { serve(asset, &tag, &headers) }))
    })
}

/// The file, or 304 to a browser that has it. It is asked for each time, so that a new version shows at once.
fn serve(asset: Asset, tag: &str, headers: &HeaderMap) -> Response {
    let about = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache")];
    let has = headers.get(header::IF_NONE_MATCH).is_some_and(|given| given == tag);
    if has {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, asset.media_type)], asset.content).into_response()
}

fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let short = digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("\"{short}\"")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_browser_that_has_the_file_is_told_so() {
        let first = asked(None).await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().expect("ASCII").to_owned();
        assert_eq!(asked(Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asked(Some("\"old\"")).await.status(), StatusCode::OK);
    }

    async fn asked(tag: Option<&str>) -> Response {
        let mut request = Request::get(STYLE.path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        assets::<()>(&[]).oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible")
    }
}
