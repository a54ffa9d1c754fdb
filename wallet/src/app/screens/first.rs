//! From nothing to an open wallet: made anew, or unlocked.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode, response::IntoResponse as _};
use circuits::typed;
use rand::rngs::OsRng;
use rand::seq::index;
use serde::Deserialize;
use service::web::{Language, Preferences, render};
use zeroize::Zeroizing;

use crate::app::background::run_blocking;
use crate::app::error::{FormError, PageError};
use crate::app::form::Typed;
use crate::app::page::{Page, again, see};
use crate::app::session::{ASKED_WORDS, Draft, ScreenId};
use crate::app::state::App;
use crate::contents::{Contents, Pinned, Trust};
use crate::phrase::{Phrase, WordList};
use crate::store::{Passphrase, Store};
use crate::wallet::{PersonFrom, Wallet};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/make", get(ask_passphrase).post(make))
        .route("/make/phrase", get(tell_phrase))
        .route("/make/check", get(ask_words).post(check))
        .route("/unlock", post(unlock))
}

/// What is seen while there is no open wallet.
pub(super) fn front(app: &App, preferences: Preferences, error: Option<PageError>) -> Response {
    let page = Page::locked(preferences);
    let there = Store::exists(&app.config().home);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = if there { render(&Unlock { page, error }) } else { render(&Welcome { page }) };
    (status, shown).into_response()
}

#[derive(Deserialize)]
struct UnlockForm {
    #[serde(default)]
    passphrase: Typed,
}

#[derive(Deserialize)]
pub(super) struct NewPassphrase {
    #[serde(default)]
    pub(super) passphrase: Typed,
    #[serde(default)]
    pub(super) again: Typed,
}

impl NewPassphrase {
    /// A new passphrase: typed twice, and neither a short one nor one that is tried first.
    pub(super) fn chosen(&self) -> Result<Passphrase, FormError> {
        let chosen = self.passphrase.passphrase()?;
        if self.passphrase.text() != self.again.text() {
            return Err(FormError::PassphrasesDiffer);
        }
        if chosen.chars() < SHORTEST {
            return Err(FormError::PassphraseShort);
        }
        chosen.guessed().map_or(Ok(chosen), |why| Err(FormError::PassphraseGuessed(why)))
    }
}

async fn unlock(State(app): State<App>, preferences: Preferences, Form(form): Form<UnlockForm>) -> Response {
    match opened(&app, &form).await {
        Ok(()) => see("/"),
        Err(error) => front(&app, preferences, Some(error)),
    }
}

async fn opened(app: &App, form: &UnlockForm) -> Result<(), PageError> {
    let passphrase = form.passphrase.passphrase()?;
    if app.open().is_some() {
        return Ok(());
    }
    let app = app.clone();
    run_blocking(move || app.unlock(&passphrase)).await
}

async fn ask_passphrase(State(app): State<App>, preferences: Preferences) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    render(&Make { page: Page::locked(preferences), error: None })
}

async fn make(State(app): State<App>, preferences: Preferences, Form(form): Form<NewPassphrase>) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    match drafted(&app, &form).await {
        Ok(()) => see("/make/phrase"),
        Err(error) => again(&Make { page: Page::locked(preferences), error: Some(error) }),
    }
}

async fn drafted(app: &App, form: &NewPassphrase) -> Result<(), PageError> {
    let passphrase = form.chosen()?;
    let trust = trusted(app).await?;
    let phrase = Phrase::generate(&mut OsRng);
    *app.draft() = Some(Draft { id: ScreenId::random(), phrase, passphrase, trust, asked: places() });
    Ok(())
}

/// The genesis that the owner gave, else the ledger's own.
pub(super) async fn trusted(app: &App) -> Result<Trust, PageError> {
    let ledger = app.config().ledger.clone();
    let (genesis, pinned) = if let Some(genesis) = &app.config().genesis {
        (genesis.clone(), Pinned::ByOwner)
    } else {
        let app = app.clone();
        let ledger = ledger.clone();
        (run_blocking(move || app.connector().genesis(&ledger)).await?, Pinned::OnFirstUse)
    };
    let genesis = serde_json::to_value(&genesis).map_err(|_| FormError::BadGenesis)?;
    Ok(Trust { ledger, genesis, pinned })
}

/// Shown until it was written down, and then only for the passphrase.
async fn tell_phrase(State(app): State<App>, preferences: Preferences) -> Response {
    let draft = app.draft();
    let Some(draft) = draft.as_ref() else { return see("/") };
    render(&TellPhrase {
        words: words(&draft.phrase, preferences),
        page: Page::locked(preferences),
        next: Some("/make/check"),
        note: None,
    })
}

async fn ask_words(State(app): State<App>, preferences: Preferences) -> Response {
    let draft = app.draft();
    let Some(draft) = draft.as_ref() else { return see("/") };
    render(&Check::new(draft, preferences, None))
}

#[derive(Deserialize)]
struct WordsForm {
    /// The wallet in the making that the words were asked for.
    #[serde(default)]
    draft: String,
    #[serde(default)]
    word1: Typed,
    #[serde(default)]
    word2: Typed,
    #[serde(default)]
    word3: Typed,
}

async fn check(State(app): State<App>, preferences: Preferences, Form(form): Form<WordsForm>) -> Response {
    let draft = {
        let mut drafts = app.draft();
        let Some(draft) = drafts.as_mut() else { return see("/") };
        if !draft.id.is(&form.draft) {
            return again(&Check::new(draft, preferences, Some(FormError::Changed)));
        }
        if !knows(draft, &form) {
            // Other words next time, so that guessing one by one leads nowhere.
            draft.asked = places();
            return again(&Check::new(draft, preferences, Some(FormError::OtherWords)));
        }
        drafts.take()
    };
    let Some(Draft { phrase, passphrase, trust, .. }) = draft else { return see("/") };
    match create(&app, passphrase, phrase, trust).await {
        Ok(()) => see("/"),
        Err(error) => again(&Make { page: Page::locked(preferences), error: Some(error) }),
    }
}

/// Whether these are the words that were asked for, in either language.
fn knows(draft: &Draft, given: &WordsForm) -> bool {
    let given = [&given.word1, &given.word2, &given.word3];
    [WordList::SimplifiedChinese, WordList::English].into_iter().any(|list| {
        let words = draft.phrase.words(list);
        let words: Vec<&str> = words.split(' ').collect();
        draft.asked.iter().zip(given).all(|(place, given)| {
            words.get(*place).is_some_and(|word| *word == typed::compact(given.text()).to_lowercase())
        })
    })
}

pub(super) async fn create(
    app: &App,
    passphrase: Passphrase,
    phrase: Phrase,
    trust: Trust,
) -> Result<(), PageError> {
    let app = app.clone();
    run_blocking(move || {
        let contents = Contents { wallet: Wallet::new(phrase), trust };
        let config = app.config();
        let store = Store::create(&config.home, &passphrase, config.cost, &contents, &mut OsRng)?;
        app.admit(store, contents)
    })
    .await
}

pub(super) fn is_taken(app: &App) -> bool {
    Store::exists(&app.config().home)
}

/// The words of a phrase in the reader's language.
pub(super) fn words(phrase: &Phrase, preferences: Preferences) -> Vec<Zeroizing<String>> {
    let list = match preferences.language {
        Language::English => WordList::English,
        Language::Chinese | Language::Zhuang => WordList::SimplifiedChinese,
    };
    phrase.words(list).split(' ').map(|word| Zeroizing::new(word.to_owned())).collect()
}

/// Three places among the 24 words.
fn places() -> [usize; ASKED_WORDS] {
    let mut places = [0; ASKED_WORDS];
    let drawn = index::sample(&mut OsRng, WORDS, ASKED_WORDS);
    places.iter_mut().zip(drawn).for_each(|(place, drawn)| *place = drawn);
    places.sort_unstable();
    places
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    page: Page,
}

#[derive(Template)]
#[template(path = "unlock.html")]
struct Unlock {
    page: Page,
    error: Option<PageError>,
}

#[derive(Template)]
#[template(path = "make.html")]
struct Make {
    page: Page,
    error: Option<PageError>,
}

/// The recovery phrase; `next` leads on where it is being made.
#[derive(Template)]
#[template(path = "phrase.html")]
pub(super) struct TellPhrase {
    pub(super) page: Page,
    pub(super) words: Vec<Zeroizing<String>>,
    pub(super) next: Option<&'static str>,
    /// Names the words about a person secret that the phrase does not bring back; `None` where it does.
    pub(super) note: Option<&'static str>,
}

/// Which words those are.
pub(super) fn phrase_note(from: PersonFrom) -> Option<&'static str> {
    match from {
        PersonFrom::Phrase => None,
        PersonFrom::Pairing => Some("phrase-paired"),
        PersonFrom::Trustees => Some("phrase-recovered"),
    }
}

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    page: Page,
    /// Names the wallet in the making; part of the form.
    draft: String,
    asked: [usize; ASKED_WORDS],
    error: Option<PageError>,
}

impl Check {
    fn new(draft: &Draft, preferences: Preferences, error: Option<FormError>) -> Self {
        let page = Page::locked(preferences);
        Self { page, draft: draft.id.as_str().to_owned(), asked: draft.asked, error: error.map(Into::into) }
    }
}

const WORDS: usize = 24;
/// Characters of a passphrase. Short ones are guessed by whoever copies the file.
const SHORTEST: usize = 8;
