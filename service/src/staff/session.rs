//! Who is signed in: in memory, so that a restart signs everybody out.

use std::collections::HashMap;
use std::fmt::Write as _;

use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::StaffName;

/// How long a session lasts at most: a long shift.
pub(super) const LONGEST_SECONDS: u64 = 12 * 3_600;
/// How long a session lasts without a request.
const IDLE_SECONDS: u64 = 30 * 60;
/// Sessions of one person at most; the oldest gives way.
const MAX_EACH: usize = 8;

/// Sessions by the digest of their token: what is in memory signs nobody in.
#[derive(Default)]
pub(super) struct Sessions(HashMap<[u8; 32], Session>);

struct Session {
    name: StaffName,
    began: u64,
    used: u64,
}

impl Sessions {
    /// A new session; the answer is its token, 256 random bits in hex.
    pub(super) fn begin(&mut self, name: &StaffName, now: u64) -> String {
        self.0.retain(|_, session| session.lasts(now));
        self.make_room(name);
        let token = random();
        self.0.insert(digest(&token), Session { name: name.clone(), began: now, used: now });
        token
    }

    /// Whose session it is, if it lasts.
    pub(super) fn name(&mut self, token: &str, now: u64) -> Option<StaffName> {
        let session = self.0.get_mut(&digest(token)).filter(|session| session.lasts(now))?;
        session.used = now;
        Some(session.name.clone())
    }

    /// The same without using it: what asks by itself does not keep a session from ending.
    pub(super) fn seen(&self, token: &str, now: u64) -> Option<StaffName> {
        let session = self.0.get(&digest(token)).filter(|session| session.lasts(now))?;
        Some(session.name.clone())
    }

    /// Ends a session.
    pub(super) fn end(&mut self, token: &str) {
        self.0.remove(&digest(token));
    }

    /// Ends a person's sessions but the one with this token.
    pub(super) fn end_others(&mut self, name: &StaffName, token: &str) {
        let kept = digest(token);
        self.0.retain(|digest, session| session.name != *name || *digest == kept);
    }

    fn make_room(&mut self, name: &StaffName) {
        let of_name = |session: &Session| session.name == *name;
        if self.0.values().filter(|session| of_name(session)).count() < MAX_EACH {
            return;
        }
        let oldest = self.0.iter().filter(|(_, s)| of_name(s)).min_by_key(|(_, s)| s.began).map(|(d, _)| *d);
        oldest.map(|digest| self.0.remove(&digest));
    }
}

impl Session {
    fn lasts(&self, now: u64) -> bool {
        now.saturating_sub(self.began) < LONGEST_SECONDS && now.saturating_sub(self.used) < IDLE_SECONDS
    }
}

fn random() -> String {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string succeeds");
        text
    })
}

/// A lookup by digest: how long it takes tells nothing of the token.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000;

    #[test]
    fn a_session_ends_when_it_is_idle_long_or_told_to() {
        let (mut sessions, name) = (Sessions::default(), "wei".parse().expect("a name"));
        let token = sessions.begin(&name, NOW);
        assert_eq!(sessions.name(&token, NOW + IDLE_SECONDS - 1), Some(name.clone()));
        assert_eq!(sessions.name(&token, NOW + 2 * IDLE_SECONDS - 2), Some(name.clone()));
        assert_eq!(sessions.name(&token, NOW + 3 * IDLE_SECONDS), None);
        let token = sessions.begin(&name, NOW);
        let often = (1..).map(|n| NOW + n * 60).take_while(|t| *t < NOW + LONGEST_SECONDS);
        assert!(often.into_iter().all(|t| sessions.name(&token, t).is_some()));
        assert_eq!(sessions.name(&token, NOW + LONGEST_SECONDS), None);
        let token = sessions.begin(&name, NOW);
        assert_eq!(sessions.seen(&token, NOW + IDLE_SECONDS - 1), Some(name.clone()));
        assert_eq!(sessions.seen(&token, NOW + IDLE_SECONDS), None);
        assert_eq!(sessions.name(&token, NOW + IDLE_SECONDS), None, "looking is no use");
        let token = sessions.begin(&name, NOW);
        sessions.end(&token);
        assert_eq!(sessions.name(&token, NOW), None);
    }

    #[test]
    fn one_person_has_a_few_sessions_and_the_oldest_gives_way() {
        let (mut sessions, name) = (Sessions::default(), "wei".parse().expect("a name"));
        let tokens: Vec<_> = (0..=MAX_EACH as u64).map(|n| sessions.begin(&name, NOW + n)).collect();
        assert_eq!(sessions.name(&tokens[0], NOW + 60), None);
        assert!(tokens[1..].iter().all(|token| sessions.name(token, NOW + 60).is_some()));
    }
}
