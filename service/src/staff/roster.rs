//! The password file: one person a line, `name:role:hash`, where the hash is an Argon2id PHC string.
//!
//! A thief of the file can try passwords at his leisure; he cannot sign in with what stands in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use zeroize::Zeroizing;

/// What somebody may do. A room says what each role may do in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Serves people.
    Clerk,
    /// Serves people, and answers for the others.
    Supervisor,
    /// Reads what was done, and changes nothing.
    Auditor,
}

/// The word is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

/// A name to sign in with: 1 to 32 letters of any script, digits, `.`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaffName(String);

/// The text is no name. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

/// A password as somebody typed it; zeroized when dropped.
pub struct Password(Zeroizing<String>);

/// The text cannot be a new password: it has fewer than 10 characters, or more than 1,024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPassword;

/// Why the password file cannot be used.
#[derive(Debug)]
pub enum RosterError {
    /// It cannot be read or written.
    Io(PathBuf, std::io::Error),
    /// A line is not `name:role:hash`, or names somebody again. The line's content is not repeated.
    Line(PathBuf, usize),
    /// Nobody stands in it.
    Empty(PathBuf),
    /// Argon2id failed: there is no memory, or no entropy.
    Hash,
}

/// Who works here.
pub struct Roster(BTreeMap<StaffName, Member>);

#[derive(Clone)]
struct Member {
    role: Role,
    hash: PasswordHash,
}

/// What a password is checked against, taken out of the roster so that nobody waits for Argon2id.
pub(super) struct Checker(Option<(StaffName, Member)>);

impl Roster {
    /// Reads a password file.
    pub fn load(path: &Path) -> Result<Self, RosterError> {
        let roster = Self::read(path)?;
        if roster.0.is_empty() { Err(RosterError::Empty(path.to_owned())) } else { Ok(roster) }
    }

    /// The role of somebody who works here.
    pub fn role(&self, name: &StaffName) -> Option<Role> {
        self.0.get(name).map(|member| member.role)
    }

    /// Everybody, by name.
    pub fn people(&self) -> impl Iterator<Item = (&StaffName, Role)> {
        self.0.iter().map(|(name, member)| (name, member.role))
    }

    pub(super) fn checker(&self, name: StaffName) -> Checker {
        Checker(self.0.get(&name).cloned().map(|member| (name, member)))
    }

    fn read(path: &Path) -> Result<Self, RosterError> {
        let text = std::fs::read_to_string(path).map_err(|e| RosterError::Io(path.to_owned(), e))?;
        let mut people = BTreeMap::new();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = || RosterError::Line(path.to_owned(), number);
            let (name, member) = member(line).ok_or_else(bad)?;
            if people.insert(name, member).is_some() {
                return Err(bad());
            }
        }
        Ok(Self(people))
    }

    fn to_text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (name, member) in &self.0 {
            writeln!(text, "{}:{}:{}", name.as_str(), member.role.word(), member.hash)
                .expect("writing to a string succeeds");
        }
        text
    }
}

/// Puts somebody into a password file, or gives somebody in it another password and role. The file is made if there is
/// none; it is whole at every moment, and its owner's only.
pub fn put_member(path: &Path, name: StaffName, role: Role, password: &Password) -> Result<(), RosterError> {
    let mut roster = if path.exists() { Roster::read(path)? } else { Roster(BTreeMap::new()) };
    let hash = argon2id().hash_password(password.0.as_bytes()).map_err(|_| RosterError::Hash)?;
    roster.0.insert(name, Member { role, hash });
    replace(path, &roster.to_text()).map_err(|e| RosterError::Io(path.to_owned(), e))
}

/// Gives somebody in a password file another password; `false` if nobody of that name is in it (any more).
pub(super) fn set_password(path: &Path, name: &StaffName, password: &Password) -> Result<bool, RosterError> {
    // Before the file is read, so that as little as possible happens between reading and writing it.
    let hash = argon2id().hash_password(password.0.as_bytes()).map_err(|_| RosterError::Hash)?;
    let mut roster = Roster::read(path)?;
    let Some(member) = roster.0.get_mut(name) else { return Ok(false) };
    member.hash = hash;
    replace(path, &roster.to_text()).map_err(|e| RosterError::Io(path.to_owned(), e))?;
    Ok(true)
}

/// Takes somebody out of a password file; `false` if nobody of that name is in it.
pub fn remove_member(path: &Path, name: &StaffName) -> Result<bool, RosterError> {
    let mut roster = Roster::read(path)?;
    if roster.0.remove(name).is_none() {
        return Ok(false);
    }
    replace(path, &roster.to_text()).map_err(|e| RosterError::Io(path.to_owned(), e))?;
    Ok(true)
}

impl Checker {
    /// Who it is. A name that nobody has takes as long as one that somebody has.
    pub(super) fn check(self, password: &Password) -> Option<(StaffName, Role)> {
        let Some((name, member)) = self.0 else {
            let mut key = Zeroizing::new([0; 32]);
            argon2id().hash_password_into(password.0.as_bytes(), b"nobody's salt", key.as_mut()).ok();
            return None;
        };
        argon2id().verify_password(password.0.as_bytes(), &member.hash).ok().map(|()| (name, member.role))
    }
}

fn member(line: &str) -> Option<(StaffName, Member)> {
    let (name, rest) = line.split_once(':')?;
    let (role, hash) = rest.split_once(':')?;
    let hash = PasswordHash::new(hash).ok().filter(|hash| hash.algorithm.as_str() == "argon2id")?;
    Some((name.parse().ok()?, Member { role: role.parse().ok()?, hash }))
}

/// 19 MiB, two passes: what OWASP's password storage page asks for at least.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("constants within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A crash before the rename leaves the old file; after it, the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = create_private(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clerk, Self::Supervisor, Self::Auditor];

    /// The word in files and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or(UnknownRole)
    }
}

impl StaffName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for StaffName {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let text = text.trim();
        let plain = text.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
        let short = (1..=32).contains(&text.chars().count());
        if plain && short && text != super::LOCAL { Ok(Self(text.to_owned())) } else { Err(BadName) }
    }
}

impl Password {
    /// A password that somebody tries.
    pub fn given(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
    /// A password that somebody chooses.
    pub fn chosen(text: String) -> Result<Self, BadPassword> {
        let password = Self::given(text);
        let fits = password.0.chars().count() >= 10 && password.0.len() <= 1024;
        if fits { Ok(password) } else { Err(BadPassword) }
    }
    /// Whether the same was typed twice. Both are the typist's own, so how long it takes tells nobody anything.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a role: write `clerk`, `supervisor` or `auditor`")
    }
}

impl std::fmt::Display for BadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a name: 1 to 32 letters, digits, `.`, `-` or `_`, and not `local`")
    }
}

impl std::fmt::Display for BadPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a password has at least 10 characters, and at most 1,024 bytes")
    }
}

impl std::fmt::Display for RosterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, e) => write!(f, "the password file `{}`: {e}", path.display()),
            Self::Line(path, line) => {
                write!(f, "the password file `{}`: line {line} is not `name:role:hash`", path.display())?;
                f.write_str(" of somebody new")
            }
            Self::Empty(path) => write!(f, "the password file `{}` names nobody", path.display()),
            Self::Hash => f.write_str("a password could not be hashed: is there memory?"),
        }
    }
}

impl std::error::Error for UnknownRole {}
impl std::error::Error for BadName {}
impl std::error::Error for BadPassword {}
impl std::error::Error for RosterError {}

const HEADER: &str =
    "# Staff: name:role:hash. Written by the `clerk add` command; restart nothing after a change.\n";
