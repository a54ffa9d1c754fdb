use std::collections::BTreeMap;

use axum::http::StatusCode;

use super::browser::Browser;
use crate::history::{Act, Event};
use crate::present::tests::shown::VerifierServer;
use crate::testing::{CREDIT, World, citizen};

/// Presented once, with a value handed over, and refused once.
async fn with_history(world: &World) -> Browser {
    let (wallet, ledger) = citizen(world);
    let browser = Browser::with(world, wallet).await;
    for (policy, decision) in [("level/1", "agree"), ("survey/1", "refuse")] {
        let verifier = VerifierServer::asking(&ledger, policy, 200, "{}");
        browser.follows(&verifier.link()).await.leads_to();
        let consent = browser.get("/present/consent").await;
        let id = consent.attribute("name=\"request\" value").unwrap();
        browser.post(&format!("/present/{decision}"), &[("request", &id)]).await.leads_to();
        browser.app.tasks().done().await;
    }
    browser
}

#[tokio::test]
async fn the_history_and_its_exports_have_names_and_no_values() {
    let browser = with_history(&World::new()).await;
    for path in ["/history", "/history/export?format=json", "/history/export?format=csv"] {
        let text = browser.get(path).await.text();
        for name in ["level/1", "survey/1", "presented", "declined"] {
            assert!(text.contains(name), "{path} lacks {name}: {text}");
        }
        for value in ["450199", "1990-01-01"] {
            assert!(!text.contains(value), "{path} has {value}: {text}");
        }
    }
    let json = browser.get("/history/export?format=json").await;
    let events: serde_json::Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(events.as_array().unwrap().len(), 2);
    for value in ["\"A\"", "700,", ":700"] {
        assert!(!json.text().contains(value), "not even what was handed over is remembered");
    }
    let csv = browser.get("/history/export?format=csv").await;
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"history.csv\"");
    assert_eq!(csv.text().lines().count(), 3);
}

/// Of a line of today and of one that an earlier version wrote, without any name.
#[tokio::test]
async fn what_is_read_are_names_and_never_identifiers() {
    let browser = with_history(&World::new()).await;
    let open = browser.app.open().unwrap();
    open.change(|contents| {
        let mut events = contents.wallet.history().to_vec();
        for event in &mut events {
            let Act::Asked(request) = &mut event.act else { panic!("nothing was received") };
            (request.title, request.registrar) = (None, None);
            request
                .credentials
                .iter_mut()
                .for_each(|asked| (asked.title, asked.titles) = (None, BTreeMap::new()));
        }
        events.push(Event {
            time: 7,
            act: Act::Received {
                issuer: CREDIT.parse().unwrap(),
                schema: "credit-report/1".parse().unwrap(),
                title: None,
            },
        });
        for event in events {
            contents.wallet.record(event);
        }
    })
    .unwrap();
    let text = browser.get("/history").await.text();
    let read = read_by_people(&text);
    // Credentials and departments of this world are called by their identifiers.
    for id in ["level/1", "survey/1", "birth_date"] {
        assert!(!read.contains(id), "{id}: {read}");
    }
    assert_eq!(text.matches("data-outcome=").count(), 5);
}

/// A page without what stands in its tags.
fn read_by_people(html: &str) -> String {
    html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect()
}

/// What the counter says at the end is what somebody reads out when they complain.
#[tokio::test]
async fn the_receipts_number_is_shown_and_kept() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, r#"{"receipt": "7941236598745123"}"#);
    let number = "7941 2365 9874 5123";
    let consent = browser.follows(&verifier.link()).await;
    assert_eq!(consent.leads_to(), "/present/consent");
    let consent = browser.get("/present/consent").await;
    let done = browser.decided("present", &consent, "agree").await.text();
    assert!(done.contains("data-receipt=\"7941236598745123\"") && done.contains(number), "{done}");
    assert!(browser.get("/history").await.text().contains(number));
    assert!(browser.get("/history/export?format=csv").await.text().contains(number));
    let json = browser.get("/history/export?format=json").await.text();
    assert!(json.contains("\"receipt\": \"7941236598745123\""), "{json}");
}

#[tokio::test]
async fn the_history_is_filtered() {
    let browser = with_history(&World::new()).await;
    let shown = async |query: &str| {
        let text = browser.get(&format!("/history?{query}")).await.text();
        ["level/1", "survey/1"].map(|policy| text.contains(&format!("data-what=\"{policy}\"")))
    };
    assert_eq!(shown("").await, [true, true]);
    assert_eq!(shown("matter=level%2F1").await, [true, false]);
    assert_eq!(shown("outcome=declined").await, [false, true]);
    assert_eq!(shown("counter=Counter+3&outcome=presented").await, [true, false]);
    assert_eq!(shown("counter=Counter+4").await, [false, false]);
}

#[tokio::test]
async fn the_history_is_deleted_only_by_who_is_sure() {
    let browser = with_history(&World::new()).await;
    assert_eq!(browser.post("/history/delete", &[]).await.error_code(), "not_sure");
    assert_eq!(browser.get("/history/delete").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(browser.app.open().unwrap().read().wallet.history().len(), 2);
    // A window that shows less than there is by now does not delete what it does not show.
    let seen = browser.get("/history").await.attribute("name=\"seen\" value").unwrap();
    let late = browser.post("/history/delete", &[("sure", "yes"), ("seen", "1-7")]).await;
    assert_eq!(late.error_code(), "changed");
    assert_eq!(browser.app.open().unwrap().read().wallet.history().len(), 2);
    let deleted = browser.post("/history/delete", &[("sure", "yes"), ("seen", &seen)]).await;
    assert_eq!(deleted.leads_to(), "/history");
    let open = browser.app.open().unwrap();
    assert!(open.read().wallet.history().is_empty());
    assert_eq!(open.read().wallet.credentials().len(), 2, "credentials stay");
}

#[tokio::test]
async fn cards_show_their_status_and_no_values_until_asked() {
    let world = World::new();
    let (wallet, _) = citizen(&world);
    let position = wallet.credentials()[1].position.get();
    let browser = Browser::with(&world, wallet).await;
    let home = browser.get("/").await.text();
    assert!(home.contains("data-schema=\"credit-report/1\" data-standing=\"in_tree\" data-timely=\"valid\""));
    for value in ["450199", "1990-01-01", "700"] {
        assert!(!home.contains(value), "{value}");
    }
    assert!(browser.get(&format!("/cards/{position}")).await.text().contains("<dd>700</dd>"));
    assert_eq!(browser.get("/cards/99999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/cards/x").await.status, StatusCode::NOT_FOUND);
    let withdrawn = ledger::samples::status("suspend", position, "suspend");
    world.publish(CREDIT, withdrawn);
    browser.post("/sync", &[]).await.leads_to();
    let home = browser.get("/").await.text();
    assert!(home.contains("data-schema=\"credit-report/1\" data-standing=\"withdrawn\""));
    assert!(home.contains("No longer valid: suspended") && home.contains("you can also go to"), "{home}");
    assert!(!read_by_people(&home).contains("tree"), "{home}");
    assert_eq!(browser.app.open().unwrap().preparations().count(), 1, "it is not prepared any more");
    for _ in 0..2 {
        browser.sleep(501);
        browser.get("/").await;
    }
    let home = browser.get("/").await.text();
    assert!(home.contains("data-schema=\"identity/1\" data-standing=\"in_tree\" data-timely=\"expired\""));
}
