//! The page to sign in on, the same in every room.

use askama::Template;

use super::SignInRefused;
use crate::web::Layout;

/// A form that posts `name`, `password` and `then` to `/sign-in`.
#[derive(Template)]
#[template(path = "sign-in.html")]
pub struct SignInPage {
    /// The room's frame.
    pub page: Layout,
    /// Why the last try did not succeed.
    pub refused: Option<SignInRefused>,
    /// The path to go to afterwards, from [`SignInPage::local_path`].
    pub then: String,
}

impl SignInPage {
    /// A path of this service, or `/`: a link to the sign-in page never leads to another site.
    pub fn local_path(then: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~%?=&".contains(c);
        let local = then.starts_with('/') && !then.starts_with("//") && then.chars().all(plain);
        if local { then.to_owned() } else { "/".to_owned() }
    }

    fn why(&self) -> Option<String> {
        Some(match self.refused? {
            SignInRefused::Wrong => self.page.say("staff-wrong"),
            SignInRefused::Wait(wait) => self.page.t().say1("staff-wait", "seconds", wait.seconds()),
            SignInRefused::Closed => self.page.say("staff-closed"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_service_are_gone_to() {
        assert_eq!(SignInPage::local_path("/audit?page=2"), "/audit?page=2");
        for elsewhere in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\r\nx"] {
            assert_eq!(SignInPage::local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
