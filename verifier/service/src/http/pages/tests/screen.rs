//! The citizen's screen, and a clerk who has a scanner and nothing else.

use super::*;

/// The word that the screen's script compares.
async fn state(service: &TestService, cookie: &str) -> String {
    service.get("/screen/state", cookie).await.text
}

#[tokio::test]
async fn the_screen_shows_the_newest_request_of_its_window_and_is_neutral_after_the_end() {
    let service = TestService::staffed();
    let (own, other) = (service.sign_in("韦秀英").await, service.sign_in("clerk").await);
    let neutral = service.get("/screen", &own).await;
    assert!(neutral.says("请向工作人员说明") && !neutral.says("<svg"), "{}", neutral.text);
    let before = state(&service, &own).await;
    let path = service.ask("score/1", &own).await;
    let shown = service.get("/screen", &own).await;
    let code = format!("data-code=\"{}\"", service.asked(&path).match_code);
    assert!(
        shown.says("<svg") && shown.says(&code) && shown.says("http-equiv=\"refresh\""),
        "{}",
        shown.text
    );
    assert!(!shown.says(&path[9..]) && !shown.says("韦秀英") && !shown.says("/receipts"), "{}", shown.text);
    assert_ne!(state(&service, &own).await, before, "the script looks again");
    for elsewhere in [&other, &service.sign_in("韦秀英").await] {
        assert!(!service.get("/screen", elsewhere).await.says("<svg"), "another window's request");
    }
    let newer = service.ask("easy/1", &own).await;
    let code = format!("data-code=\"{}\"", service.asked(&newer).match_code);
    assert!(service.get("/screen", &own).await.says(&code));
    assert_eq!(service.decline(&newer).await.status, StatusCode::OK);
    let ended = service.get("/screen", &own).await;
    assert!(!ended.says("<svg") && !ended.says("核验未通过"), "{}", ended.text);
    assert_eq!(state(&service, &own).await, before);
    let audit = service.get("/audit", &service.sign_in("auditor").await).await;
    assert!(!audit.says("查看结果"), "the screen shows nobody a result: {}", audit.text);
}

#[tokio::test]
async fn the_screen_is_a_clerks_and_keeps_no_session_from_ending() {
    let service = TestService::staffed();
    for path in ["/screen", "/screen/state"] {
        assert_eq!(service.get(path, "").await.status, StatusCode::SEE_OTHER, "{path}");
        let auditor = service.sign_in("auditor").await;
        assert_eq!(service.get(path, &auditor).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let clerk = service.sign_in("韦秀英").await;
    for _ in 0..29 {
        service.later(60);
        assert_eq!(service.get("/screen", &clerk).await.status, StatusCode::OK);
    }
    service.later(60);
    assert!(service.get("/screen", &clerk).await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_scan_while_waiting_begins_the_next_and_takes_the_other_back() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    let waiting = service.get(&path, "").await;
    let id = &path[9..];
    assert!(waiting.says(&format!("name=\"waiting\" value=\"{id}\"")) && waiting.says("autofocus"));
    let scan = async |code: &str, waiting: &str| {
        service.post("/enter", &[("code", code), ("waiting", waiting)], "").await.location()
    };
    for (code, word) in
        [("6901234567892", "unknown-code"), ("none/1", "unknown-code"), ("YONG:P2:ABC", "paper-first")]
    {
        let said = scan(code, id).await;
        assert_eq!(said, format!("{path}?said={word}"), "{code}");
        let still = service.get(&said, "").await;
        assert!(still.says("id=\"waiting\"") && still.says("id=\"notice\""), "{code}: {}", still.text);
    }
    let next = scan("EASY/1", id).await;
    assert!(next.starts_with("/counter/") && next != path, "{next}");
    assert_eq!(service.get(&path, "").await.status, StatusCode::NOT_FOUND);
    assert!(service.get(&next, "").await.says("id=\"waiting\""));
    assert_eq!(scan("YONG:CANCEL", &next[9..]).await, "/?said=cancelled");
    assert_eq!(service.get(&next, "").await.status, StatusCode::NOT_FOUND);
    assert!(service.get("/codes", "").await.says("等待时扫此码即取消"));
}

#[tokio::test]
async fn an_answer_that_came_just_before_the_next_scan_is_seen_first() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    service.decline(&path).await;
    let form = [("code", "easy/1"), ("waiting", &path[9..])];
    assert_eq!(service.post("/enter", &form, "").await.location(), path);
    assert!(service.get(&path, "").await.says("data-passed=\"false\""));
}

#[tokio::test]
async fn nobody_takes_back_what_somebody_else_asked() {
    let service = TestService::staffed();
    let (own, other) = (service.sign_in("韦秀英").await, service.sign_in("clerk").await);
    let path = service.ask("score/1", &own).await;
    let form = [("code", "easy/1"), ("waiting", &path[9..])];
    assert_eq!(service.post("/enter", &form, &other).await.status, StatusCode::NOT_FOUND);
    assert!(service.get(&path, &own).await.says("id=\"waiting\""));
}

#[tokio::test]
async fn a_matter_is_found_without_its_version_and_several_are_chosen_from() {
    let service = TestService::local();
    let found = service.post("/enter", &[("code", " Easy ")], "").await;
    assert!(found.location().starts_with("/counter/"), "{}", found.text);
    let choice = service.post("/enter", &[("code", "s"), ("waiting", &found.location()[9..])], "").await;
    assert_eq!(choice.status, StatusCode::OK);
    assert!(choice.says("data-policy=\"survey/1\"") && choice.says("name=\"waiting\""), "{}", choice.text);
    let next = [("policy", "survey/1"), ("waiting", &found.location()[9..])];
    assert!(service.post("/ask", &next, "").await.location().starts_with("/counter/"));
    assert_eq!(service.get(&found.location(), "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(service.get("/enter?lang=en", "").await.location(), "/");
}
