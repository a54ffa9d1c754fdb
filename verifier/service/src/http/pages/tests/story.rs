//! From the matter to the verdict.

use circuits::field::Element;

use super::*;
use crate::store::{AuditAction, COMMAND};

#[tokio::test]
async fn the_first_page_lists_matters_with_their_purpose_and_what_is_learnt() {
    let service = TestService::local();
    let seen = service.get("/", "").await;
    assert_eq!(seen.status, StatusCode::OK);
    for part in
        ["data-policy=\"fast-lane/1\"", "data-policy=\"survey/1\"", "Test", "只会得知：符合或不符合", "Level"]
    {
        assert!(seen.says(part), "{part}: {}", seen.text);
    }
    let digest = service.state.relying_party.key().unwrap().digest().to_string();
    assert!(seen.says(&format!("data-digest=\"{digest}\"")) && seen.says("class=\"stripe\""));
    assert!(seen.says("id=\"root-age\"") && seen.says("1 分钟前") && seen.says("本机人员（未登录）"));
}

#[tokio::test]
async fn a_passing_answer_fills_the_screen_with_what_was_handed_over() {
    let service = TestService::local();
    let path = service.ask("fast-lane/1", "").await;
    let (waiting, asked) = (service.get(&path, "").await, service.asked(&path));
    let link = format!("data-link=\"{}\"", asked.link.replace('&', "&#38;"));
    for part in ["id=\"qr\"", "<svg", &link, &format!("data-code=\"{}\"", asked.match_code), "id=\"cancel\""]
    {
        assert!(waiting.says(part), "{part}: {}", waiting.text);
    }
    let token = service.token(&path, true);
    let events = format!("{path}/events");
    let (events, answered) = tokio::join!(service.get(&events, ""), service.answer(&path, &token));
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(events.headers[header::CONTENT_TYPE], "text/event-stream");
    assert!(events.says("event: verdict\ndata: {\"status\":\"passed\"}"), "{}", events.text);
    let verdict = service.get(&path, "").await;
    for part in ["data-passed=\"true\"", "核验通过", "Credit report · Level", ">B</td>", "class=\"stripe\""]
    {
        assert!(verdict.says(part), "{part}: {}", verdict.text);
    }
    says_what_was_asked(&waiting, &service, "fast-lane/1");
    says_what_was_asked(&verdict, &service, "fast-lane/1");
    assert!(verdict.says("<details id=\"asked\"><summary>询问的内容"), "{}", verdict.text);
    let receipt = service.state.relying_party.view(&path[9..]).unwrap().unwrap().status.receipt.unwrap().id;
    assert!(verdict.says(&receipt));
    let receipts = service.get("/receipts", "").await;
    assert!(receipts.says(&receipt) && receipts.says("符合条件，以及Level") && !receipts.says(">B<"));
}

/// The policy's conditions, credential by credential, its purpose, and what is learnt.
fn says_what_was_asked(seen: &Seen, service: &TestService, policy: &str) {
    let checked = checked(policy);
    for query in &checked.policy().credentials {
        for condition in checked.in_words(&query.id, service.clock.clock().now(), "zh-CN") {
            assert!(seen.says(&format!("<li>{condition}</li>")), "{condition}: {}", seen.text);
        }
    }
    for part in ["id=\"asked-title\"", "<dd>Test</dd>", "<dd id=\"learns\">"] {
        assert!(seen.says(part), "{part}: {}", seen.text);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_prove_it_a_refusal_and_silence_are_told_apart() {
    let service = TestService::local();
    let [false_path, declined, silent] = [
        service.ask("score/1", "").await,
        service.ask("score/1", "").await,
        service.ask("score/1", "").await,
    ];
    let token = service.token(&false_path, false);
    assert_eq!(service.answer(&false_path, &token).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(service.decline(&declined).await.status, StatusCode::OK);
    service.later(301);
    for (path, reason, word) in [
        (false_path, "没有证明符合条件", "refused"),
        (declined, "对方没有出示", "declined"),
        (silent, "没有人出示", "expired"),
    ] {
        let events = service.get(&format!("{path}/events"), "").await;
        assert!(events.says(&format!("\"status\":\"{word}\"")), "{}", events.text);
        let verdict = service.get(&path, "").await;
        assert!(verdict.says("data-passed=\"false\"") && verdict.says(reason), "{}", verdict.text);
        assert!(verdict.says("只得知：没有通过") && verdict.says("id=\"again\""));
        says_what_was_asked(&verdict, &service, "score/1");
    }
}

#[tokio::test]
async fn a_request_that_was_taken_back_cannot_be_answered() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    let (token, object) = (service.token(&path, true), service.object(&path));
    let (events, cancel) = (format!("{path}/events"), format!("{path}/cancel"));
    let (events, cancelled) = tokio::join!(service.get(&events, ""), service.post(&cancel, &[], ""));
    assert_eq!(cancelled.location(), "/?said=cancelled");
    assert!(events.says("\"status\":\"gone\""), "{}", events.text);
    let jwe = encrypted(&object, &json!({ "vp_token": token }));
    let late = service.post("/response", &[("response", &jwe)], "").await;
    assert!(late.status == StatusCode::BAD_REQUEST && late.says("expired"), "{}", late.text);
    assert_eq!(service.get(&path, "").await.status, StatusCode::NOT_FOUND);
    assert!(service.get("/receipts", "").await.says("data-count=\"0\""));
}

#[tokio::test]
async fn an_answered_request_is_not_taken_back() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    assert_eq!(service.post(&format!("{path}/cancel"), &[], "").await.location(), path);
    assert!(service.get(&path, "").await.says("data-passed=\"true\""));
}

#[tokio::test]
async fn a_scanned_code_begins_its_matter() {
    let service = TestService::local();
    let enter = async |code: &str| service.post("/enter", &[("code", code)], "").await.location();
    assert!(enter("EASY/1\r").await.starts_with("/counter/"));
    assert_eq!(enter("6901234567892").await, "/?said=unknown-code");
    assert_eq!(enter("nothing/7").await, "/?said=unknown-code");
    assert!(service.get("/?said=unknown-code", "").await.says("没有识别到事项"));
    assert!(!service.get("/?said=%3Cb%3E", "").await.says("<b>"));
    assert!(service.get("/codes", "").await.says("easy/1"));
}

/// The receipt of a matter with a scope holds a pseudonym, and no page shows it.
#[tokio::test]
async fn no_page_shows_a_pseudonym_or_what_opens_a_result() {
    let service = TestService::staffed();
    let cookie = service.sign_in("supervisor").await;
    let path = service.ask("survey/1", &cookie).await;
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    let nullifier = Element::to_string(&token.0.values().next().unwrap()[0].nullifier);
    let receipt = service.state.relying_party.view(&path[9..]).unwrap().unwrap().status.receipt.unwrap();
    assert_eq!(receipt.nullifier.map(|nullifier| nullifier.to_string()), Some(nullifier.clone()));
    for page in [path.as_str(), "/", "/receipts", "/audit"] {
        let seen = service.get(page, &cookie).await;
        assert!(
            seen.status == StatusCode::OK && !seen.says(&nullifier) && !seen.says("1990-05-06"),
            "{page}"
        );
        assert!(page == path || !seen.says(&path[9..]), "{page}");
    }
    assert!(service.get(&path, &cookie).await.says("假名"));
}

#[tokio::test]
async fn every_act_stands_in_the_audit_list_once() {
    let service = TestService::staffed();
    let clerk = service.sign_in("韦秀英").await;
    let path = service.ask("score/1", &clerk).await;
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    service.get(&path, &clerk).await;
    service.get(&path, &clerk).await;
    let other = service.ask("easy/1", &clerk).await;
    service.post(&format!("{other}/cancel"), &[], &clerk).await;
    service.get("/receipts", &clerk).await;
    service.get("/codes", &clerk).await;
    service.post("/sign-out", &[], &clerk).await;
    let lines = service.state.relying_party.audited(None, "auditor").unwrap();
    let by_clerk = lines.iter().rev().filter(|line| line.who == "韦秀英");
    let acts: Vec<&str> = by_clerk.clone().map(|line| line.act.as_str()).collect();
    let wanted = [
        "signed_in",
        "asked",
        "saw_result",
        "asked",
        "cancelled",
        "read_receipts",
        "opened_codes",
        "signed_out",
    ];
    assert_eq!(acts, wanted);
    let numbers: Vec<bool> = by_clerk.map(|line| line.number.is_some()).collect();
    assert_eq!(numbers, [false, true, true, true, true, false, false, false]);
    let auditor = service.sign_in("auditor").await;
    let seen = service.get("/audit", &auditor).await;
    assert!(seen.says("韦秀英") && seen.says("取消核验") && seen.says("查看结果"), "{}", seen.text);
    let older = service.get("/audit?before=3", &auditor).await;
    assert!(older.says("data-entry=\"2\"") && !older.says("data-entry=\"3\""));
}

#[tokio::test]
async fn who_is_no_person_has_a_name_in_words_in_the_audit_list() {
    let service = TestService::staffed();
    service.state.relying_party.ask(&"score/1".parse().unwrap()).unwrap();
    service.state.relying_party.did(COMMAND, AuditAction::RemovedClerk).unwrap();
    let seen = service.get("/audit", &service.sign_in("auditor").await).await;
    for part in ["<td>程序接口</td><td>发起核验</td>", "<td>命令行</td><td>移除人员</td>"] {
        assert!(seen.says(part), "{part}: {}", seen.text);
    }
}

#[tokio::test]
async fn a_counter_that_cannot_check_says_so_and_asks_nobody() {
    let service = TestService::local();
    service.later(100_000);
    let seen = service.get("/", "").await;
    assert!(seen.says("id=\"unready\"") && seen.says("与账本失去联系太久"), "{}", seen.text);
    let asked = service.post("/ask", &[("policy", "score/1")], "").await;
    assert_eq!(asked.location(), "/?said=not-ready");
}
