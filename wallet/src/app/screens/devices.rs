//! Pairing with another device of the owner: the four messages as codes, and the number that both screens show.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, qr_svg, render};

use super::shares::SharesView;
use crate::app::error::{FormError, PageError};
use crate::app::form::{self, Handed};
use crate::app::page::{Page, again, see};
use crate::app::session::{DevicePairing, OpenWallet, PairingStep, lock};
use crate::app::state::{App, Unlocked};
use crate::history::{Act, Event, PairSide};
use crate::pair::{Accepting, Answer, Answered, Offer, Offering, PairNumber, Reveal, Revealed, SealedSecret};
use crate::wallet::{NotEmpty, PersonFrom};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/devices", get(show))
        .route("/devices/offer", post(offer))
        .route("/devices/number", post(number))
        .route("/devices/stop", post(stop))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/devices/message", post(message))
}

async fn show(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    render(&DevicesPage::new(&app, &open, preferences, None))
}

/// Begins as the wallet that gives. What is under way stays.
async fn offer(Unlocked(open): Unlocked) -> Response {
    let mut pairing = lock(&open.device);
    if pairing.is_none() {
        *pairing = Some(DevicePairing::new(PairingStep::Offering(Offering::new(&mut OsRng))));
    }
    see("/devices")
}

/// What the other wallet shows: its offer, if nothing is under way, or whatever comes next.
async fn message(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Multipart,
) -> Response {
    let done = match form::handed(form).await {
        Ok(handed) => take_message(&open, &handed, app.now()),
        Err(error) => Err(error),
    };
    answer(&app, &open, preferences, done)
}

#[derive(Deserialize)]
struct NumberForm {
    /// The pairing that was shown.
    #[serde(default)]
    pairing: String,
    /// On the other screen.
    #[serde(default)]
    number: String,
}

async fn number(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<NumberForm>,
) -> Response {
    let done = step(&open, &form.pairing, |step| match step {
        PairingStep::Answered(answered) => give(&open, answered, &form.number, app.now()),
        other @ (PairingStep::Offering(_)
        | PairingStep::Given { .. }
        | PairingStep::Accepting(_)
        | PairingStep::Revealed(_)) => (Some(other), Err(FormError::Changed.into())),
    });
    answer(&app, &open, preferences, done)
}

#[derive(Deserialize)]
struct StopForm {
    /// The pairing that was shown.
    #[serde(default)]
    pairing: String,
}

async fn stop(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<StopForm>,
) -> Response {
    let done = step(&open, &form.pairing, |_| (None, Ok(())));
    answer(&app, &open, preferences, done)
}

fn answer(app: &App, open: &OpenWallet, preferences: Preferences, done: Result<(), PageError>) -> Response {
    match done {
        Ok(()) => see("/devices"),
        Err(error) => again(&DevicesPage::new(app, open, preferences, Some(error))),
    }
}

/// What a step leads to (nothing where the pairing is over), and what is told about it.
type Next = (Option<PairingStep>, Result<(), PageError>);

/// Does the next step of the pairing that a form was made from. Each state is taken once; what a mistyped message leaves
/// as it was goes on under the same name.
fn step(open: &OpenWallet, id: &str, next: impl FnOnce(PairingStep) -> Next) -> Result<(), PageError> {
    let mut pairing = lock(&open.device);
    let Some(taken) = pairing.take_if(|pairing| pairing.id.is(id)) else {
        return Err(FormError::Changed.into());
    };
    let (step, done) = next(taken.step);
    *pairing = match done {
        Ok(()) => step.map(DevicePairing::new),
        Err(_) => step.map(|step| DevicePairing { id: taken.id, step }),
    };
    done
}

fn take_message(open: &OpenWallet, handed: &Handed, now: u64) -> Result<(), PageError> {
    if handed.pairing.is_empty() {
        return accept(open, handed);
    }
    step(open, &handed.pairing, |step| match step {
        PairingStep::Offering(offering) => match handed.text.parse::<Answer>() {
            Ok(answer) => (Some(PairingStep::Answered(offering.answered(answer))), Ok(())),
            Err(error) => (Some(PairingStep::Offering(offering)), Err(PageError::from(error))),
        },
        PairingStep::Accepting(accepting) => match handed.text.parse::<Reveal>() {
            Ok(reveal) => match accepting.revealed(reveal) {
                Ok(revealed) => (Some(PairingStep::Revealed(revealed)), Ok(())),
                Err(error) => (None, Err(error.into())),
            },
            Err(error) => (Some(PairingStep::Accepting(accepting)), Err(PageError::from(error))),
        },
        PairingStep::Revealed(revealed) => take(open, revealed, handed, now),
        other @ (PairingStep::Answered(_) | PairingStep::Given { .. }) => {
            (Some(other), Err(FormError::Changed.into()))
        }
    })
}

/// Begins as the new wallet, if this one can take a secret.
fn accept(open: &OpenWallet, handed: &Handed) -> Result<(), PageError> {
    let offer: Offer = handed.text.parse()?;
    let mut pairing = lock(&open.device);
    if pairing.is_some() {
        return Err(FormError::Changed.into());
    }
    open.read().wallet.may_pair()?;
    *pairing = Some(DevicePairing::new(PairingStep::Accepting(Accepting::new(offer, &mut OsRng))));
    Ok(())
}

/// Seals the person secret, if the number on the other screen is this one's. A wrong one ends the pairing; what is no
/// number is no try. The history has it before the secret is shown.
fn give(open: &OpenWallet, answered: Answered, typed: &str, now: u64) -> Next {
    let Ok(shown) = typed.parse::<PairNumber>() else {
        return (Some(PairingStep::Answered(answered)), Err(FormError::NoNumber.into()));
    };
    let number = answered.number();
    let sealed = answered.seal(shown, &open.read().wallet.secrets().person, &mut OsRng);
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(error) => return (None, Err(error.into())),
    };
    let event = Event { time: now, act: Act::Paired { side: PairSide::Gave } };
    match open.change(|contents| contents.wallet.record(event)) {
        Ok(()) => (Some(PairingStep::Given { sealed, number }), Ok(())),
        Err(error) => (None, Err(PageError::from(error))),
    }
}

/// Keeps the person secret, if the number on the other screen is this one's.
fn take(open: &OpenWallet, revealed: Revealed, handed: &Handed, now: u64) -> Next {
    let Ok(shown) = handed.number.parse::<PairNumber>() else {
        return (Some(PairingStep::Revealed(revealed)), Err(FormError::NoNumber.into()));
    };
    let sealed = match handed.text.parse::<SealedSecret>() {
        Ok(sealed) => sealed,
        Err(error) => return (Some(PairingStep::Revealed(revealed)), Err(PageError::from(error))),
    };
    let person = match revealed.open(shown, &sealed) {
        Ok(person) => person,
        Err(error) => return (None, Err(error.into())),
    };
    let changed = open.change(|contents| {
        contents.wallet.pair(person)?;
        contents.wallet.record(Event { time: now, act: Act::Paired { side: PairSide::Took } });
        Ok::<_, NotEmpty>(())
    });
    let kept = match changed {
        Ok(Ok(())) => Ok(()),
        Ok(Err(not_empty)) => Err(PageError::from(not_empty)),
        Err(error) => Err(PageError::unwritten(&error)),
    };
    (None, kept)
}

#[derive(Template)]
#[template(path = "devices.html")]
pub(super) struct DevicesPage {
    page: Page,
    error: Option<PageError>,
    /// Names the pairing that is shown; part of its forms. Empty where none is under way.
    id: String,
    /// `begin`, or the state of the pairing.
    step: &'static str,
    /// What the other wallet has to be shown.
    message: Option<Message>,
    /// What both screens show.
    number: Option<String>,
    /// Whether this wallet was given its person secret.
    paired: bool,
    /// Whether it could be.
    may_accept: bool,
    /// Who keeps shares of its person secret; `None` where there is nothing to say of them.
    shares: Option<SharesView>,
}

struct Message {
    text: String,
    qr: String,
}

impl DevicesPage {
    pub(super) fn new(
        app: &App,
        open: &OpenWallet,
        preferences: Preferences,
        error: Option<PageError>,
    ) -> Self {
        let page = Page::open(app, open, preferences, "settings");
        let (id, step, message, number) = match &*lock(&open.device) {
            None => (String::new(), "begin", None, None),
            Some(DevicePairing { id, step }) => {
                let (word, text, number) = step.shown();
                (id.as_str().to_owned(), word, text, number)
            }
        };
        let contents = open.read();
        let shares = SharesView::new(&contents.wallet, &open.ledger().view(), &page);
        Self {
            page,
            error,
            id,
            step,
            message: message.and_then(Message::new),
            number: number.map(|number| number.to_string()),
            paired: contents.wallet.person_from() == PersonFrom::Pairing,
            may_accept: contents.wallet.may_pair().is_ok(),
            shares,
        }
    }
}

impl Message {
    fn new(text: String) -> Option<Self> {
        Some(Self { qr: qr_svg(&text).ok()?, text })
    }
}

impl PairingStep {
    /// A word for it, what the other wallet has to be shown, and the number that stands on this screen.
    fn shown(&self) -> (&'static str, Option<String>, Option<PairNumber>) {
        match self {
            Self::Offering(offering) => ("offering", Some(offering.offer().to_string()), None),
            // The number of this wallet is not shown before that of the other was typed: it has to be read there.
            Self::Answered(answered) => ("answered", Some(answered.reveal().to_string()), None),
            Self::Given { sealed, number } => ("given", Some(sealed.to_string()), Some(*number)),
            Self::Accepting(accepting) => ("accepting", Some(accepting.answer().to_string()), None),
            Self::Revealed(revealed) => ("revealed", None, Some(revealed.number())),
        }
    }
}
