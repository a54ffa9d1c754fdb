//! From nothing to an open wallet: made anew, brought back, or unlocked.

use askama::Template;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode, response::IntoResponse as _};
use rand::rngs::OsRng;
use rand::seq::index;
use serde::Deserialize;
use service::web::{Language as PageLanguage, Preferences, render};
use zeroize::Zeroizing;

use super::{Sheet, again, see};
use crate::app::form::{self, Trouble, Typed};
use crate::app::state::App;
use crate::app::tasks::apart;
use crate::contents::{Contents, Pinned, Trust};
use crate::phrase::{Language, Phrase};
use crate::store::{Passphrase, Store, StoreError};
use crate::wallet::Wallet;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/make", get(ask_passphrase).post(make))
        .route("/make/phrase", get(tell_phrase))
        .route("/make/check", get(ask_words).post(check))
        .route("/restore", get(ask_restore))
        .route("/restore/phrase", post(restore_phrase))
        .route("/unlock", post(unlock))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/restore/file", post(restore_file))
}

/// A wallet that is on no disk yet: it is made when its owner has written the phrase down. No `Debug`.
pub(in crate::app) struct Draft {
    phrase: Phrase,
    passphrase: Passphrase,
    trust: Trust,
    /// Which words are asked for, counted from 0, in ascending order.
    asked: [usize; ASKED],
}

/// What is seen while there is no open wallet.
pub(super) fn front(app: &App, look: Preferences, trouble: Option<Trouble>) -> Response {
    let page = Sheet::locked(look);
    let there = Store::exists(&app.place().home);
    let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = if there { render(&Unlock { page, trouble }) } else { render(&Welcome { page }) };
    (status, shown).into_response()
}

#[derive(Deserialize)]
struct Once {
    #[serde(default)]
    passphrase: Typed,
}

#[derive(Deserialize)]
struct Twice {
    #[serde(default)]
    passphrase: Typed,
    #[serde(default)]
    again: Typed,
}

impl Twice {
    /// A new passphrase: typed twice, and not a short one.
    fn chosen(&self) -> Result<Passphrase, Trouble> {
        let chosen = self.passphrase.passphrase()?;
        if self.passphrase.text() != self.again.text() {
            return Err(Trouble::new("passphrases_differ"));
        }
        if chosen.chars() < SHORTEST { Err(Trouble::new("passphrase_short")) } else { Ok(chosen) }
    }
}

async fn unlock(State(app): State<App>, look: Preferences, Form(form): Form<Once>) -> Response {
    match opened(&app, &form).await {
        Ok(()) => see("/"),
        Err(trouble) => front(&app, look, Some(trouble)),
    }
}

async fn opened(app: &App, form: &Once) -> Result<(), Trouble> {
    let passphrase = form.passphrase.passphrase()?;
    if app.open().is_some() {
        return Ok(());
    }
    let app = app.clone();
    Ok(apart(move || app.unlock(&passphrase)).await??)
}

async fn ask_passphrase(State(app): State<App>, look: Preferences) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    render(&Make { page: Sheet::locked(look), trouble: None })
}

async fn make(State(app): State<App>, look: Preferences, Form(form): Form<Twice>) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    match drafted(&app, &form).await {
        Ok(()) => see("/make/phrase"),
        Err(trouble) => again(&Make { page: Sheet::locked(look), trouble: Some(trouble) }),
    }
}

async fn drafted(app: &App, form: &Twice) -> Result<(), Trouble> {
    let passphrase = form.chosen()?;
    let trust = trusted(app).await?;
    let phrase = Phrase::generate(&mut OsRng);
    *app.draft() = Some(Draft { phrase, passphrase, trust, asked: places() });
    Ok(())
}

/// The genesis that the owner gave, else the ledger's own.
async fn trusted(app: &App) -> Result<Trust, Trouble> {
    let ledger = app.place().ledger.clone();
    let (genesis, pinned) = if let Some(genesis) = &app.place().genesis {
        (genesis.clone(), Pinned::ByOwner)
    } else {
        let (app, ledger) = (app.clone(), ledger.clone());
        (apart(move || app.around().genesis(&ledger)).await??, Pinned::OnFirstUse)
    };
    let genesis = serde_json::to_value(&genesis).map_err(|_| Trouble::new("bad_genesis"))?;
    Ok(Trust { ledger, genesis, pinned })
}

/// Shown until it was written down, and then only for the passphrase.
async fn tell_phrase(State(app): State<App>, look: Preferences) -> Response {
    let draft = app.draft();
    let Some(draft) = draft.as_ref() else { return see("/") };
    render(&TellPhrase {
        words: words(&draft.phrase, look),
        page: Sheet::locked(look),
        next: Some("/make/check"),
    })
}

async fn ask_words(State(app): State<App>, look: Preferences) -> Response {
    let draft = app.draft();
    let Some(draft) = draft.as_ref() else { return see("/") };
    render(&Check { page: Sheet::locked(look), asked: draft.asked, trouble: None })
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    word1: Typed,
    #[serde(default)]
    word2: Typed,
    #[serde(default)]
    word3: Typed,
}

async fn check(State(app): State<App>, look: Preferences, Form(form): Form<Words>) -> Response {
    let draft = {
        let mut drafts = app.draft();
        let Some(draft) = drafts.as_mut() else { return see("/") };
        if !draft.knows(&form) {
            // Other words next time, so that guessing one by one leads nowhere.
            draft.asked = places();
            let (asked, trouble) = (draft.asked, Some(Trouble::new("other_words")));
            return again(&Check { page: Sheet::locked(look), asked, trouble });
        }
        drafts.take()
    };
    let Some(Draft { phrase, passphrase, trust, .. }) = draft else { return see("/") };
    match founded(&app, passphrase, phrase, trust).await {
        Ok(()) => see("/"),
        Err(trouble) => again(&Make { page: Sheet::locked(look), trouble: Some(trouble) }),
    }
}

impl Draft {
    /// Whether these are the words that were asked for, in either language.
    fn knows(&self, given: &Words) -> bool {
        let given = [&given.word1, &given.word2, &given.word3];
        [Language::SimplifiedChinese, Language::English].into_iter().any(|language| {
            let words = self.phrase.words(language);
            let words: Vec<&str> = words.split(' ').collect();
            self.asked.iter().zip(given).all(|(place, given)| {
                words.get(*place).is_some_and(|word| *word == given.text().trim().to_lowercase())
            })
        })
    }
}

async fn founded(app: &App, passphrase: Passphrase, phrase: Phrase, trust: Trust) -> Result<(), Trouble> {
    let app = app.clone();
    let founded = apart(move || {
        let contents = Contents { wallet: Wallet::new(phrase), trust };
        let place = app.place();
        let store = Store::create(&place.home, &passphrase, place.cost, &contents, &mut OsRng)?;
        app.admit(store, contents)
    });
    Ok(founded.await??)
}

async fn ask_restore(State(app): State<App>, look: Preferences) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    render(&Restore { page: Sheet::locked(look), trouble: None })
}

#[derive(Deserialize)]
struct PhraseForm {
    #[serde(default)]
    phrase: Typed,
    #[serde(default)]
    passphrase: Typed,
    #[serde(default)]
    again: Typed,
}

async fn restore_phrase(State(app): State<App>, look: Preferences, Form(form): Form<PhraseForm>) -> Response {
    match from_phrase(&app, form).await {
        Ok(()) => see("/"),
        Err(trouble) => again(&Restore { page: Sheet::locked(look), trouble: Some(trouble) }),
    }
}

async fn from_phrase(app: &App, form: PhraseForm) -> Result<(), Trouble> {
    refuse_taken(app)?;
    let phrase = Phrase::parse(form.phrase.text())?;
    let passphrase = Twice { passphrase: form.passphrase, again: form.again }.chosen()?;
    let trust = trusted(app).await?;
    founded(app, passphrase, phrase, trust).await
}

async fn restore_file(State(app): State<App>, look: Preferences, form: Multipart) -> Response {
    match from_file(&app, form).await {
        Ok(()) => see("/"),
        Err(trouble) => again(&Restore { page: Sheet::locked(look), trouble: Some(trouble) }),
    }
}

async fn from_file(app: &App, form: Multipart) -> Result<(), Trouble> {
    refuse_taken(app)?;
    let (sealed, passphrase) = form::backup(form).await?;
    let passphrase = passphrase.passphrase()?;
    let app = app.clone();
    let restored = apart(move || {
        let (store, contents) = Store::restore_bytes(&app.place().home, &sealed, &passphrase)?;
        app.admit(store, contents)
    });
    Ok(restored.await??)
}

fn is_taken(app: &App) -> bool {
    Store::exists(&app.place().home)
}

fn refuse_taken(app: &App) -> Result<(), Trouble> {
    let taken = || StoreError::AlreadyThere(app.place().home.clone()).into();
    if is_taken(app) { Err(taken()) } else { Ok(()) }
}

/// The words of a phrase in the reader's language.
pub(super) fn words(phrase: &Phrase, look: Preferences) -> Vec<Zeroizing<String>> {
    let language = match look.language {
        PageLanguage::English => Language::English,
        PageLanguage::Chinese | PageLanguage::Zhuang => Language::SimplifiedChinese,
    };
    phrase.words(language).split(' ').map(|word| Zeroizing::new(word.to_owned())).collect()
}

/// Three places among the 24 words.
fn places() -> [usize; ASKED] {
    let mut places = [0; ASKED];
    let drawn = index::sample(&mut OsRng, WORDS, ASKED);
    places.iter_mut().zip(drawn).for_each(|(place, drawn)| *place = drawn);
    places.sort_unstable();
    places
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    page: Sheet,
}

#[derive(Template)]
#[template(path = "unlock.html")]
struct Unlock {
    page: Sheet,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "make.html")]
struct Make {
    page: Sheet,
    trouble: Option<Trouble>,
}

/// The recovery phrase; `next` leads on where it is being made.
#[derive(Template)]
#[template(path = "phrase.html")]
pub(super) struct TellPhrase {
    pub(super) page: Sheet,
    pub(super) words: Vec<Zeroizing<String>>,
    pub(super) next: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    page: Sheet,
    asked: [usize; ASKED],
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "restore.html")]
struct Restore {
    page: Sheet,
    trouble: Option<Trouble>,
}

const WORDS: usize = 24;
const ASKED: usize = 3;
/// Characters of a passphrase. Short ones are guessed by whoever copies the file.
const SHORTEST: usize = 8;
