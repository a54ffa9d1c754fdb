//! A receipt by its number, on paper, and many of them as a table.

use openid4vc::vp::ReceiptName;

use super::*;
use crate::store::AuditAction;

/// Has a request answered, and gives the receipt's number.
async fn answered(service: &TestService, policy: &str, cookie: &str) -> String {
    let path = service.ask(policy, cookie).await;
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    service.state.relying_party.view(&path[9..]).unwrap().unwrap().status.receipt.unwrap().id
}

fn searched(typed: &str) -> String {
    let query = Serializer::new(String::new()).append_pair("number", typed).finish();
    format!("/receipts/find?{query}")
}

#[tokio::test]
async fn the_number_that_a_citizen_brings_leads_to_the_receipt_however_it_is_typed() {
    let service = TestService::local();
    let number = answered(&service, "fast-lane/1", "").await;
    let written = ReceiptName::in_groups(&number);
    let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    for typed in [&number, &written, &wide, &format!(" {}\r\n", written.replace(' ', "-"))] {
        let found = service.get(&searched(typed), "").await;
        assert_eq!(found.location(), format!("/receipts/{number}"), "{typed}");
    }
    let seen = service.get(&format!("/receipts/{number}"), "").await;
    for part in
        ["id=\"receipt\"", &written, "核验通过", "符合条件，以及Level", "2025-10-09", "class=\"stripe\""]
    {
        assert!(seen.says(part), "{part}: {}", seen.text);
    }
    assert!(!seen.says(">B<"), "what was handed over is not on it");
    let listed = service.get("/receipts", "").await;
    assert!(listed.says(&format!("href=\"/receipts/{number}\">{written}</a>")), "{}", listed.text);
}

#[tokio::test]
async fn a_number_that_is_none_is_told_what_is_wrong_beside_the_field() {
    let service = TestService::local();
    let number = answered(&service, "score/1", "").await;
    let last = number.chars().next_back().unwrap();
    let mistyped = format!("{}{}", &number[..15], if last == '0' { '1' } else { '0' });
    let absent = openid4vc::vp::ReceiptNumber::random(&mut rand::rngs::OsRng);
    for (typed, status, says) in [
        (mistyped.as_str(), StatusCode::BAD_REQUEST, "校验位不符"),
        ("1234", StatusCode::BAD_REQUEST, "位数不对"),
        ("<回执>", StatusCode::BAD_REQUEST, "有别的字符"),
        (absent.as_str(), StatusCode::NOT_FOUND, "没有这个编号的回执"),
    ] {
        let seen = service.get(&searched(typed), "").await;
        assert!(seen.status == status && seen.says(says), "{typed}: {}", seen.text);
        assert!(seen.says("aria-invalid=\"true\"") && seen.says("id=\"number-fault\""), "{typed}");
        assert!(typed.starts_with('<') || seen.says(&format!("value=\"{typed}\"")), "{typed}: kept");
        assert!(!seen.says("<回执>"), "{typed}");
        assert_eq!(service.get(&format!("/receipts/{mistyped}"), "").await.status, StatusCode::NOT_FOUND);
    }
    let english = service.get(&format!("{}&lang=en", searched(&mistyped)), "").await;
    assert!(english.says("the check digit does not fit"), "{}", english.text);
}

#[tokio::test]
async fn a_clerk_finds_and_exports_the_own_receipts_of_today_and_an_auditor_all() {
    let service = TestService::staffed();
    let (own, other) = (service.sign_in("韦秀英").await, service.sign_in("clerk").await);
    let auditor = service.sign_in("auditor").await;
    let number = answered(&service, "score/1", &own).await;
    let path = format!("/receipts/{number}");
    let status = async |cookie: &str| service.get(&path, cookie).await.status;
    assert_eq!(status(&own).await, StatusCode::OK);
    assert_eq!(status(&other).await, StatusCode::NOT_FOUND);
    assert_eq!(status(&auditor).await, StatusCode::OK);
    assert!(service.get(&searched(&number), &other).await.says("您今天办理的回执中没有这个编号"));
    let written = ReceiptName::in_groups(&number);
    let export = "/receipts/export?day=2025-10-09";
    for (cookie, has) in [(&own, true), (&other, false), (&auditor, true)] {
        assert_eq!(service.get(export, cookie).await.says(&written), has);
    }
    service.later(86_400);
    assert_eq!(status(&own).await, StatusCode::SEE_OTHER, "the session has ended");
    let (own, auditor) = (service.sign_in("韦秀英").await, service.sign_in("auditor").await);
    assert_eq!(status(&own).await, StatusCode::NOT_FOUND);
    assert!(!service.get(export, &own).await.says(&written), "of today");
    assert!(service.get(export, &auditor).await.says(&written));
    let lines = service.state.relying_party.audited(None, "auditor").unwrap();
    let wrote =
        |act, about: &str| lines.iter().any(|line| line.act == act && line.number.as_deref() == Some(about));
    assert!(wrote(AuditAction::ExportedReceipt, "2025-10-09") && wrote(AuditAction::ReadReceipts, &number));
}

#[tokio::test]
async fn the_table_is_in_the_readers_language_and_names_nobody_who_was_asked() {
    let service = TestService::local();
    let number = answered(&service, "fast-lane/1", "").await;
    let chinese = service.get("/receipts/export", "").await;
    assert_eq!(chinese.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = "attachment; filename=\"receipts-2025-10-09.csv\"";
    assert_eq!(chinese.headers[header::CONTENT_DISPOSITION], name);
    assert!(
        chinese.text.starts_with("\u{feff}编号,时间,事项,结果,原因,得知的内容,经办,密钥\n"),
        "{}",
        chinese.text
    );
    let mut rows = csv::Reader::from_reader(chinese.text.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 1);
    // A spreadsheet would take sixteen digits in a row for a number, and keep fifteen.
    assert_eq!(rows[0].get(0), Some(ReceiptName::in_groups(&number).as_str()));
    assert_eq!(rows[0].get(3), Some("核验通过"));
    let english = service.get("/receipts/export?lang=en", "").await;
    assert!(
        english.text.starts_with("\u{feff}Number,Time,Matter,Verdict,Reason,Learnt,"),
        "{}",
        english.text
    );
}
