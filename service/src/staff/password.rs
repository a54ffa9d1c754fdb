//! The page to change one's own password on, the same in every room.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::Password;
use crate::http::Wait;
use crate::web::Layout;

/// What the page's form sends. It holds passwords: no `Debug`.
#[derive(Deserialize)]
pub struct PasswordForm {
    old: String,
    new: String,
    again: String,
}

/// Why a password stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefused {
    /// The old one is wrong.
    Wrong,
    /// Too many tries.
    Wait(Wait),
    /// The new one is too short or too long.
    Unfit,
    /// The new one was typed differently the second time.
    Differ,
    /// The new one is the old one.
    Unchanged,
    /// The password file cannot be written.
    NotWritten,
    /// There is no password file, it cannot be read now, or the person is not in it any more.
    Closed,
}

/// A form that posts `old`, `new` and `again` to `/password`.
#[derive(Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// The room's frame.
    pub page: Layout,
    /// How the change ended; `None` before there was one.
    pub ended: Option<Result<(), ChangeRefused>>,
}

impl PasswordForm {
    /// The old and the new one, if the new one can be one.
    pub(super) fn passwords(self) -> Result<(Password, Password), ChangeRefused> {
        let (old, again) = (Password::given(self.old), Password::given(self.again));
        let new = Password::chosen(self.new).map_err(|_| ChangeRefused::Unfit)?;
        if !new.is(&again) {
            return Err(ChangeRefused::Differ);
        }
        if new.is(&old) { Err(ChangeRefused::Unchanged) } else { Ok((old, new)) }
    }
}

impl PasswordPage {
    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        match self.ended {
            None | Some(Ok(())) => StatusCode::OK,
            Some(Err(refused)) => match refused {
                ChangeRefused::Wrong
                | ChangeRefused::Unfit
                | ChangeRefused::Differ
                | ChangeRefused::Unchanged => StatusCode::BAD_REQUEST,
                ChangeRefused::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
                ChangeRefused::NotWritten => StatusCode::INTERNAL_SERVER_ERROR,
                ChangeRefused::Closed => StatusCode::FORBIDDEN,
            },
        }
    }

    fn changed(&self) -> bool {
        self.ended == Some(Ok(()))
    }

    fn why(&self) -> Option<String> {
        Some(match self.ended?.err()? {
            ChangeRefused::Wrong => self.page.say("staff-change-wrong"),
            ChangeRefused::Wait(wait) => self.page.t().say1("staff-wait", "seconds", wait.seconds()),
            ChangeRefused::Unfit => self.page.say("staff-change-unfit"),
            ChangeRefused::Differ => self.page.say("staff-change-differ"),
            ChangeRefused::Unchanged => self.page.say("staff-change-same"),
            ChangeRefused::NotWritten => self.page.say("staff-change-unwritten"),
            ChangeRefused::Closed => self.page.say("staff-closed"),
        })
    }
}
