//! Answers that were made without a network, at the page.

use super::*;
use crate::offline::tests::answer;
use yong_tests::small_city::NOW;

impl TestService {
    /// What the citizen's wallet shows, made `earlier` seconds ago.
    fn shown(&self, policy: &str, earlier: u64) -> String {
        let now = self.clock.clock().now() - earlier;
        let own = self.state.relying_party.own_id();
        answer(policy, &own, &self.good, &self.tree, now).to_text().unwrap()
    }
    async fn scan(&self, text: &str, cookie: &str) -> Seen {
        self.post("/enter", &[("code", text)], cookie).await
    }
}

#[tokio::test]
async fn a_scanned_answer_passes_once_with_its_receipt_and_what_was_handed_over() {
    let service = TestService::local();
    let text = service.shown("fast-lane/1", 0);
    let seen = service.scan(&format!("{text}\r\n"), "").await;
    for part in ["data-passed=\"true\"", "核验通过", "Credit report · Level", ">B</td>", "class=\"stripe\""]
    {
        assert!(seen.says(part), "{part}: {}", seen.text);
    }
    assert!(seen.says("id=\"asked\"") && seen.says("<dd>Test</dd>"), "{}", seen.text);
    let receipts = service.get("/receipts", "").await;
    let receipt = seen.text.split("data-receipt=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(receipts.says(receipt) && receipts.says("符合条件，以及Level") && !receipts.says(">B<"));
    // Loading the page again, and another person with a photograph of the code.
    let again = service.scan(&text, "").await;
    assert!(again.says("data-passed=\"false\"") && again.says("已经用过"), "{}", again.text);
    let written = seen.text.split("id=\"receipt\">").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(written.replace(' ', ""), receipt);
    assert!(again.says(written) && !again.says(">B<"), "{}", again.text);
}

#[tokio::test]
async fn what_does_not_prove_it_here_and_now_is_told_apart() {
    let service = TestService::local();
    let window = service.state.relying_party.counter_id(Some("window-3")).unwrap();
    let elsewhere = answer("score/1", &window, &service.good, &service.tree, NOW).to_text().unwrap();
    for (text, words) in [
        (service.shown("score/1", 300), "已超过两分钟"),
        (elsewhere, "没有证明在本窗口应证明的内容"),
        ("yong:1:AAAA".to_owned(), "格式不正确"),
    ] {
        let seen = service.scan(&text, "").await;
        assert!(seen.says("data-passed=\"false\"") && seen.says(words), "{words}: {}", seen.text);
        assert!(seen.says("data-receipt=\"\"") && !seen.says("id=\"again\""));
        assert!(!seen.says("id=\"asked\""), "what was not understood names no matter");
    }
    assert!(service.get("/receipts", "").await.says("data-count=\"0\""));
}

/// As a counter with the bundle of the morning would.
#[tokio::test]
async fn a_counter_that_lost_its_ledger_scans_for_a_working_day() {
    let service = TestService::local();
    service.later(3600);
    assert!(service.get("/", "").await.says("id=\"unready\""));
    assert!(service.scan(&service.shown("score/1", 0), "").await.says("data-passed=\"true\""));
    service.later(12 * 3600);
    assert_eq!(service.scan(&service.shown("score/1", 0), "").await.location(), "/?said=not-ready");
}

#[tokio::test]
async fn a_scan_stands_in_the_lists_under_the_name_of_whoever_scanned() {
    let service = TestService::staffed();
    let [clerk, other, auditor] =
        [service.sign_in("clerk").await, service.sign_in("韦秀英").await, service.sign_in("auditor").await];
    assert!(service.scan(&service.shown("survey/1", 0), &clerk).await.says("data-passed=\"true\""));
    assert_eq!(service.scan("yong:1:AAAA", &auditor).await.status, StatusCode::FORBIDDEN);
    assert!(service.get("/receipts", &clerk).await.says("data-count=\"1\""));
    assert!(service.get("/receipts", &other).await.says("data-count=\"0\""));
    let all = service.get("/receipts", &auditor).await;
    assert!(all.says("data-count=\"1\"") && all.says("clerk") && all.says("假名"), "{}", all.text);
    let lines = service.state.relying_party.audited(None, "auditor").unwrap();
    let acts: Vec<_> = lines.iter().rev().filter(|line| line.who == "clerk").collect();
    let words: Vec<_> = acts.iter().map(|line| (line.act.as_str(), line.number.is_some())).collect();
    assert_eq!(
        words,
        [("signed_in", false), ("scanned", false), ("saw_result", true), ("read_receipts", false)]
    );
}

#[tokio::test]
async fn the_counters_own_code_is_printed_for_wallets() {
    let service = TestService::local();
    let own = service.state.relying_party.own_id();
    let seen = service.get("/codes", "").await;
    assert!(seen.says(&format!("data-counter=\"{}\"", own.printed())), "{}", seen.text);
    assert_eq!(own.printed().parse(), Ok(own));
}
