//! The door with a real password file.

use super::*;
use crate::http::TrustedProxies;

const NOW: u64 = 1_790_000_000;
const SECRET: &str = "correct horse battery";

struct House {
    door: Door,
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn house() -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("staff.txt");
    put(&path, "wei", Role::Clerk, SECRET);
    let door = Door::with_roster(&path, "yong_test", Transport::Plain).expect("a password file");
    House { door, _folder: folder, path }
}

fn put(path: &Path, name: &str, role: Role, password: &str) {
    let password = Password::chosen(password.to_owned()).expect("long enough");
    put_member(path, name.parse().expect("a name"), role, &password).expect("written");
}

impl House {
    fn sign_in(&self, name: &str, password: &str) -> Result<HeaderMap, SignInRefused> {
        let (_, cookie) =
            self.door.sign_in(name, &Password::given(password.to_owned()), Client::Local, NOW)?;
        let cookie = cookie.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
        Ok(headers("cookie", &format!("other=1; {cookie}")))
    }
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    [(name.parse().expect("a name"), value.parse().expect("ASCII"))].into_iter().collect()
}

fn wei(role: Role) -> Who {
    Who::Clerk(Clerk::Member { name: "wei".parse().expect("a name"), role })
}

#[test]
fn the_right_password_signs_in_and_nothing_else_does() {
    let house = house();
    assert_eq!(house.door.who(&HeaderMap::new(), NOW), Who::Unauthenticated);
    for (name, password) in [("wei", "wrong"), ("nobody", SECRET), ("", ""), ("wei:clerk", SECRET)] {
        assert_eq!(house.sign_in(name, password).err(), Some(SignInRefused::Wrong), "{name}");
    }
    let cookie = house.sign_in(" wei ", SECRET).expect("signed in");
    assert_eq!(house.door.who(&cookie, NOW), wei(Role::Clerk));
    assert!(house.door.sign_out(&cookie).is_some_and(|gone| gone.to_str().unwrap().contains("Max-Age=0")));
    assert_eq!(house.door.who(&cookie, NOW), Who::Unauthenticated);
}

#[test]
fn who_was_removed_is_known_no_more_and_the_others_stay() {
    let house = house();
    touch_after(&house.path, |path| put(path, "lu", Role::Auditor, SECRET));
    assert!(house.door.knows("wei") && house.door.knows(" lu ") && !house.door.knows(SECRET));
    let wei = "wei".parse().expect("a name");
    touch_after(&house.path, |path| assert!(remove_member(path, &wei).expect("written")));
    assert!(!house.door.knows("wei") && house.door.knows("lu"));
    assert!(!remove_member(&house.path, &wei).expect("read"));
    let roster = Roster::load(&house.path).expect("a password file");
    assert_eq!(
        roster.people().map(|(name, role)| (name.as_str(), role)).collect::<Vec<_>>(),
        [("lu", Role::Auditor)]
    );
}

#[test]
fn tries_under_one_name_are_slowed_down_even_with_the_right_password() {
    let house = house();
    assert!((0..5).all(|_| house.sign_in("wei", "wrong").err() == Some(SignInRefused::Wrong)));
    let Some(SignInRefused::Wait(wait)) = house.sign_in("wei", SECRET).err() else { panic!("has to wait") };
    assert_eq!(wait.seconds(), 4);
    let elsewhere = Client::At([192, 0, 2, 1].into());
    assert!(house.door.sign_in("wei", &Password::given(SECRET.to_owned()), elsewhere, NOW).is_ok());
}

#[test]
fn who_leaves_or_changes_is_so_at_once() {
    let house = house();
    let cookie = house.sign_in("wei", SECRET).expect("signed in");
    touch_after(&house.path, |path| put(path, "wei", Role::Auditor, SECRET));
    assert_eq!(house.door.who(&cookie, NOW), wei(Role::Auditor));
    touch_after(&house.path, |path| std::fs::write(path, "wei:clerk:hash\n").unwrap());
    assert_eq!(house.door.who(&cookie, NOW), Who::Unauthenticated);
    assert_eq!(house.sign_in("wei", SECRET).err(), Some(SignInRefused::Closed));
}

/// Changes the file, and makes sure that its time differs.
fn touch_after(path: &Path, change: impl Fn(&Path)) {
    let before = modified(path).expect("a file");
    change(path);
    let later = before + std::time::Duration::from_secs(1);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(later).unwrap();
}

#[test]
fn without_a_password_file_this_machine_is_local_and_everybody_else_is_nobody() {
    let here = Door::without_roster(&exposure("127.0.0.1:7002", None));
    assert_eq!(here.who(&headers("host", "127.0.0.1:7002"), NOW), Who::Clerk(Clerk::Local));
    assert_eq!(here.who(&headers("host", "evil.example:7002"), NOW), Who::Closed);
    for name in ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-proto"] {
        let mut passed_on = headers("host", "127.0.0.1:7002");
        passed_on.extend(headers(name, "203.0.113.9"));
        assert_eq!(here.who(&passed_on, NOW), Who::Closed, "{name}");
    }
    let public = Some("https://desk.example");
    for elsewhere in [exposure("0.0.0.0:7002", None), exposure("127.0.0.1:7002", public)] {
        let elsewhere = Door::without_roster(&elsewhere);
        assert_eq!(elsewhere.who(&headers("host", "127.0.0.1:7002"), NOW), Who::Closed);
        let tried = elsewhere.sign_in("wei", &Password::given(SECRET.to_owned()), Client::Local, NOW);
        assert_eq!(tried.err(), Some(SignInRefused::Closed));
    }
}

fn exposure(listener: &str, public_url: Option<&str>) -> Exposure {
    Exposure::new(listener.parse().unwrap(), public_url, TrustedProxies::default()).unwrap()
}

#[test]
fn a_second_pair_of_eyes_has_a_name_of_its_own() {
    let Who::Clerk(wei) = wei(Role::Clerk) else { panic!("a clerk") };
    assert!(wei.is_surely_another_than("lu"));
    assert!(!wei.is_surely_another_than("wei"));
    assert!(!wei.is_surely_another_than(LOCAL));
    assert!(!Clerk::Local.is_surely_another_than("wei"));
    assert!("local".parse::<StaffName>().is_err());
}

#[test]
fn a_password_file_is_refused_by_its_line_and_its_content_is_not_repeated() {
    let house = house();
    let good = std::fs::read_to_string(&house.path).unwrap();
    let line = good.lines().last().unwrap().to_owned();
    for bad in [
        "secret",
        "wei:king:secret",
        "wei:clerk:$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAA",
        &line,
    ] {
        std::fs::write(&house.path, format!("{good}{bad}\n")).unwrap();
        let error = Roster::load(&house.path).err().expect(bad).to_string();
        assert!(error.contains("line 3") && !error.contains("secret"), "{error}");
    }
    std::fs::write(&house.path, "# nobody\n").unwrap();
    assert!(matches!(Roster::load(&house.path), Err(RosterError::Empty(_))));
}

#[test]
fn short_passwords_are_refused() {
    assert!(Password::chosen("123456789".to_owned()).is_err());
    assert!(Password::chosen("一二三四五六七八九十".to_owned()).is_ok());
}

#[cfg(unix)]
#[test]
fn the_password_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = house();
    assert_eq!(std::fs::metadata(&house.path).unwrap().permissions().mode() & 0o777, 0o600);
}

fn change(house: &House, cookie: &HeaderMap, typed: [&str; 3]) -> Result<(), ChangeRefused> {
    let [old, new, again] = typed;
    let form = serde_json::json!({"old": old, "new": new, "again": again});
    let form = serde_json::from_value(form).expect("a form");
    house.door.change_password(cookie, form, Client::Local, NOW)
}

#[test]
fn people_change_their_own_passwords_and_their_other_sessions_end() {
    let house = house();
    put(&house.path, "lu", Role::Auditor, SECRET);
    let (here, elsewhere) = (house.sign_in("wei", SECRET).unwrap(), house.sign_in("wei", SECRET).unwrap());
    let other = house.sign_in("lu", SECRET).unwrap();
    let new = "staple battery horse";
    for (typed, refused) in [
        (["wrong", new, new], ChangeRefused::Wrong),
        ([SECRET, "too short", "too short"], ChangeRefused::Unfit),
        ([SECRET, new, "another one of it"], ChangeRefused::Differ),
        ([SECRET, SECRET, SECRET], ChangeRefused::Unchanged),
    ] {
        assert_eq!(change(&house, &here, typed), Err(refused));
    }
    assert_eq!(change(&house, &HeaderMap::new(), [SECRET, new, new]), Err(ChangeRefused::Closed));
    assert_eq!(house.door.who(&elsewhere, NOW), wei(Role::Clerk), "nothing was changed");
    assert_eq!(change(&house, &here, [SECRET, new, new]), Ok(()));
    assert_eq!(house.door.who(&here, NOW), wei(Role::Clerk));
    assert_eq!(house.door.who(&elsewhere, NOW), Who::Unauthenticated);
    assert!(matches!(house.door.who(&other, NOW), Who::Clerk(_)), "somebody else's");
    assert_eq!(house.sign_in("wei", SECRET).err(), Some(SignInRefused::Wrong));
    assert!(house.sign_in("wei", new).is_ok() && house.sign_in("lu", SECRET).is_ok());
}
