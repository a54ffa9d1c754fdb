//! Staff of a counter or a desk: who they are, how they sign in, and how long that holds.
//!
//! A [`Door`] is what a service asks "who is this?". It knows three answers: nobody yet, a person of the password
//! file, or whoever sits at this machine where the service is on loopback and has no password file.

mod page;
mod password;
mod roster;
mod session;
mod tries;
mod window;

pub use page::SignInPage;
pub use password::{ChangeRefused, PasswordForm, PasswordPage};
pub use roster::{
    BadName, BadPassword, Password, Role, Roster, RosterError, StaffName, UnknownRole, put_member,
    remove_member,
};
pub use window::{WindowId, Windows};

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderValue, header};

use self::roster::set_password;
use self::session::Sessions;
use self::tries::Tries;
use crate::http::{Client, Exposure, Reach, Wait, is_of_this_machine};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clerk {
    /// Whoever sits at this machine: the service has no password file and answers on loopback only.
    Local,
    /// A person of the password file.
    Member {
        /// Who.
        name: StaffName,
        /// May do what.
        role: Role,
    },
}

impl Clerk {
    /// The name as audit lists have it. [`LOCAL`] is nobody's name in a password file.
    pub fn name(&self) -> &str {
        match self {
            Self::Local => LOCAL,
            Self::Member { name, .. } => name.as_str(),
        }
    }
    /// The role. Who sits at the machine may do what one person may do.
    pub fn role(&self) -> Role {
        match self {
            Self::Local => Role::Supervisor,
            Self::Member { role, .. } => *role,
        }
    }
    /// Whether this and another are known to be two people: never, where somebody has no name.
    pub fn is_surely_another_than(&self, name: &str) -> bool {
        matches!(self, Self::Member { .. }) && name != LOCAL && self.name() != name
    }
}

/// How audit lists name who sits at the machine.
pub const LOCAL: &str = "local";

/// Who is let in. All methods take the time as Unix seconds.
pub struct Door(Kind);

enum Kind {
    /// No password file, on loopback.
    Local,
    /// No password file, reachable from elsewhere: nobody.
    Closed,
    Staff(Box<Staff>),
}

/// What a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody who may act.
    Clerk(Clerk),
    /// Nobody yet: signing in helps.
    Unauthenticated,
    /// Nobody, and signing in does not help: there is no password file, or the request is not of this machine.
    Closed,
}

/// Why somebody is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefused {
    /// The name or the password is wrong: which of the two is not told.
    Wrong,
    /// Too many tries under this name or from this address, or too many people at once.
    Wait(Wait),
    /// There is no password file, or it cannot be read now.
    Closed,
}

/// Whether browsers send the cookie over TLS only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP on this machine, or behind nothing.
    Plain,
    /// Every address that staff use is `https`.
    Tls,
}

struct Staff {
    path: PathBuf,
    /// Cookies know no port: two services on one machine need two names.
    cookie: &'static str,
    transport: Transport,
    roster: Mutex<Loaded>,
    sessions: Mutex<Sessions>,
    tries: Tries,
    /// Argon2id takes memory: one at a time.
    hashing: Mutex<()>,
}

struct Loaded {
    roster: Roster,
    seen: Option<SystemTime>,
}

impl Door {
    /// The door of a service without a password file: open where only this machine can reach it, else closed.
    pub fn without_roster(exposure: &Exposure) -> Self {
        Self(match exposure.reach() {
            Reach::ThisMachine => Kind::Local,
            Reach::Others(_) => Kind::Closed,
        })
    }

    /// A door through which nobody comes.
    pub fn closed() -> Self {
        Self(Kind::Closed)
    }

    /// The door of a password file, with the name of its cookie.
    pub fn with_roster(path: &Path, cookie: &'static str, transport: Transport) -> Result<Self, RosterError> {
        let seen = modified(path);
        let roster = Mutex::new(Loaded { roster: Roster::load(path)?, seen });
        let path = path.to_owned();
        let (sessions, hashing) = <_>::default();
        let tries = Tries::new();
        Ok(Self(Kind::Staff(Box::new(Staff { path, cookie, transport, roster, sessions, tries, hashing }))))
    }

    /// Whether people have names here, so that two of them can be told apart.
    pub fn knows_names(&self) -> bool {
        matches!(self.0, Kind::Staff(_))
    }

    /// Whether somebody in the password file has this name. What nobody has may be a password that was typed into the
    /// wrong field, which no list should keep.
    pub fn knows(&self, name: &str) -> bool {
        let Kind::Staff(staff) = &self.0 else { return false };
        let name: Option<StaffName> = name.parse().ok();
        name.is_some_and(|name| staff.loaded().is_some_and(|loaded| loaded.roster.role(&name).is_some()))
    }

    /// Who sends a request.
    pub fn who(&self, headers: &HeaderMap, now: u64) -> Who {
        match &self.0 {
            Kind::Local if is_of_this_machine(headers) => Who::Clerk(Clerk::Local),
            Kind::Local | Kind::Closed => Who::Closed,
            Kind::Staff(staff) => staff.who(headers, now).map_or(Who::Unauthenticated, Who::Clerk),
        }
    }

    /// The same for a page that asks by itself: it lasts as long as the session, and does not keep it from ending.
    pub fn looks(&self, headers: &HeaderMap, now: u64) -> Who {
        match &self.0 {
            Kind::Local | Kind::Closed => self.who(headers, now),
            Kind::Staff(staff) => staff.looks(headers, now).map_or(Who::Unauthenticated, Who::Clerk),
        }
    }

    /// Which window a request comes from; `None` where it has no session. Whether the session lasts, [`Door::who`] says.
    pub fn window(&self, headers: &HeaderMap) -> Option<WindowId> {
        match &self.0 {
            Kind::Local => Some(WindowId([0; 32])),
            Kind::Closed => None,
            Kind::Staff(staff) => Some(WindowId(session::digest(cookie(headers, staff.cookie)?))),
        }
    }

    /// Checks a password; the answer is the cookie to set. It blocks for as long as Argon2id takes. A try that has to wait
    /// is not worth writing down: whoever makes many of them must not fill a list.
    pub fn sign_in(
        &self,
        name: &str,
        password: &Password,
        client: Client,
        now: u64,
    ) -> Result<(Clerk, HeaderValue), SignInRefused> {
        let Kind::Staff(staff) = &self.0 else { return Err(SignInRefused::Closed) };
        staff.sign_in(name, password, client, now)
    }

    /// Gives the person of a session another password, and ends the person's other sessions. It blocks for as long as
    /// Argon2id takes, twice.
    pub fn change_password(
        &self,
        headers: &HeaderMap,
        form: PasswordForm,
        client: Client,
        now: u64,
    ) -> Result<(), ChangeRefused> {
        let Kind::Staff(staff) = &self.0 else { return Err(ChangeRefused::Closed) };
        staff.change_password(headers, form, client, now)
    }

    /// Ends the session of a request; the answer is the cookie to set.
    pub fn sign_out(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let Kind::Staff(staff) = &self.0 else { return None };
        if let Some(token) = cookie(headers, staff.cookie) {
            held(&staff.sessions).end(token);
        }
        Some(staff.cookie_value("", 0))
    }
}

impl Staff {
    /// The file says who still works here: whoever was taken out of it, or has another role now, is so at once.
    fn who(&self, headers: &HeaderMap, now: u64) -> Option<Clerk> {
        let name = held(&self.sessions).name(cookie(headers, self.cookie)?, now)?;
        self.member(name)
    }

    fn looks(&self, headers: &HeaderMap, now: u64) -> Option<Clerk> {
        let name = held(&self.sessions).seen(cookie(headers, self.cookie)?, now)?;
        self.member(name)
    }

    fn member(&self, name: StaffName) -> Option<Clerk> {
        let loaded = self.loaded()?;
        let role = loaded.roster.role(&name)?;
        Some(Clerk::Member { name, role })
    }

    fn sign_in(
        &self,
        name: &str,
        password: &Password,
        client: Client,
        now: u64,
    ) -> Result<(Clerk, HeaderValue), SignInRefused> {
        let name: Option<StaffName> = name.parse().ok();
        let named = name.as_ref().map_or("", StaffName::as_str);
        let _queued = self.tries.begin(named, client, now).map_err(SignInRefused::Wait)?;
        let name = name.ok_or(SignInRefused::Wrong)?;
        let _one_at_a_time = held(&self.hashing);
        let checker = self.loaded().ok_or(SignInRefused::Closed)?.roster.checker(name);
        let (name, role) = checker.check(password).ok_or(SignInRefused::Wrong)?;
        self.tries.passed(name.as_str(), client, now);
        let token = held(&self.sessions).begin(&name, now);
        Ok((Clerk::Member { name, role }, self.cookie_value(&token, session::LONGEST_SECONDS)))
    }

    /// Tries of the old password count as those of signing in do: an open session is not a way to guess it.
    fn change_password(
        &self,
        headers: &HeaderMap,
        form: PasswordForm,
        client: Client,
        now: u64,
    ) -> Result<(), ChangeRefused> {
        let token = cookie(headers, self.cookie).ok_or(ChangeRefused::Closed)?;
        let name = held(&self.sessions).name(token, now).ok_or(ChangeRefused::Closed)?;
        let (old, new) = form.passwords()?;
        let _queued = self.tries.begin(name.as_str(), client, now).map_err(ChangeRefused::Wait)?;
        let _one_at_a_time = held(&self.hashing);
        let checker = self.loaded().ok_or(ChangeRefused::Closed)?.roster.checker(name);
        let (name, _) = checker.check(&old).ok_or(ChangeRefused::Wrong)?;
        self.tries.passed(name.as_str(), client, now);
        let written = set_password(&self.path, &name, &new).map_err(|error| {
            tracing::error!("a password was not changed: {error}");
            ChangeRefused::NotWritten
        })?;
        if !written {
            return Err(ChangeRefused::Closed);
        }
        held(&self.sessions).end_others(&name, token);
        Ok(())
    }

    /// The password file as it is now; `None` where it has become unreadable, so that nobody is let in by an old one.
    fn loaded(&self) -> Option<MutexGuard<'_, Loaded>> {
        let mut loaded = held(&self.roster);
        let seen = modified(&self.path);
        if seen.is_none() || seen != loaded.seen {
            match Roster::load(&self.path) {
                Ok(roster) => *loaded = Loaded { roster, seen },
                Err(error) => {
                    tracing::error!("{error}");
                    return None;
                }
            }
        }
        Some(loaded)
    }

    fn cookie_value(&self, token: &str, seconds: u64) -> HeaderValue {
        let secure = if self.transport == Transport::Tls { "; Secure" } else { "" };
        let (name, rest) = (self.cookie, "Path=/; SameSite=Strict; HttpOnly");
        HeaderValue::from_str(&format!("{name}={token}; Max-Age={seconds}; {rest}{secure}"))
            .expect("a cookie's name and a token are ASCII")
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one call that leaves its value whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let given = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = given.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
