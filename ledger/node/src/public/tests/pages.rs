//! What each page says.

use axum::http::StatusCode;
use ledger::samples::{insecure_key, schema, sign};

use super::world::{PATHS, World, disclosure, publish, trustee_and_recovery};
use crate::public::is_page;
use crate::testing::CREDIT;

#[tokio::test]
async fn every_page_is_there_in_every_language_with_nothing_inline() {
    let world = World::full().await;
    for path in PATHS {
        for language in ["zh-CN", "en", "za"] {
            let page = world.get_with(path, &[("accept-language", language)]).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert!(page.html.contains(&format!("<html lang=\"{language}\"")), "{path}");
            for inline in [" style=", "<style", "<script>", " onclick", "javascript:"] {
                assert!(!page.html.contains(inline), "{path} has {inline}");
            }
        }
        assert!(is_page(path.split('?').next().unwrap()), "{path}");
    }
}

#[tokio::test]
async fn under_a_path_every_link_stays_there() {
    let world = World::full().await;
    for path in PATHS {
        for path in [path.to_owned(), format!("/ledger{path}")] {
            let page = world.under("/ledger", &path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            for attribute in ["href", "action", "src"] {
                for link in page.html.split(&format!(" {attribute}=\"")).skip(1) {
                    let link = link.split('"').next().unwrap();
                    let away = link.starts_with("http");
                    assert!(
                        away || link.starts_with("/ledger/") || link.starts_with(['?', '#']),
                        "{path}: {link}"
                    );
                }
            }
        }
    }
    for path in ["/ledger/checkpoint", "/checkpoint", "/ledger/assets/check.js"] {
        assert_eq!(world.under("/ledger", path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn an_empty_ledger_has_pages_too() {
    let world = World::empty();
    for path in [
        "/",
        "/departments",
        "/schemas",
        "/policies",
        "/models",
        "/disclosures",
        "/keys",
        "/numbers",
        "/records/0",
    ] {
        assert_eq!(world.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(world.get("/records/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn news_of_the_log_are_on_the_next_page() {
    let world = World::empty();
    assert_eq!(world.get("/schemas/score/1").await.status, StatusCode::NOT_FOUND);
    world.accept(vec![sign(schema("score/1"), CREDIT)]).await;
    assert_eq!(world.get("/schemas/score/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_department_shows_its_keys_and_when_they_changed() {
    let world = World::full().await;
    let page = world.english("/departments/tax.nanning").await;
    for wanted in [
        insecure_key("tax.nanning").public().to_string(),
        insecure_key("a new key").public().to_string(),
        "One of the founding departments".to_owned(),
        "Key replaced".to_owned(),
        "data-standing=\"active\"".to_owned(),
    ] {
        // A key is base64, whose `+` and `/` need no escape; `=` is written as it is.
        assert!(page.contains(&wanted), "{wanted} in {page}");
    }
    assert!(world.english("/departments/credit.nanning").await.contains("/policies/housing/1"));
}

#[tokio::test]
async fn a_verifier_shows_who_vouches_for_it_and_where_to_complain() {
    let page = World::full().await.english("/verifiers").await;
    for wanted in [
        "Counter 1",
        "data-holds=\"true\"",
        "href=\"/departments/credit.nanning\"",
        "href=\"https://12345.example/\"",
        "1 Minzu Avenue",
        "the one counter that counts uses of matters whose register is “credit.nanning”",
        "Article 7",
        &ledger::samples::client_id(1),
        "href=\"/records/16\"",
    ] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
}

#[tokio::test]
async fn a_withdrawal_by_governance_is_on_the_pages() {
    let world = World::full().await;
    let record = world.english("/records/18").await;
    for wanted in ["Credentials withdrawn by governance", "that credit.nanning issued", "court.nanning"] {
        assert!(record.contains(wanted), "{wanted} in {record}");
    }
    let department = world.english("/departments/credit.nanning").await;
    let said = "The other departments withdrew credentials that it issued (reason code key-stolen)";
    assert!(department.contains(said), "{department}");
}

#[tokio::test]
async fn a_trustee_and_a_recovery_are_on_the_pages() {
    let world = World::full().await;
    world.accept(trustee_and_recovery()).await;
    let trustee = world.english("/records/22").await;
    for wanted in ["Key of a trustee published", "href=\"/departments/credit.nanning\""] {
        assert!(trustee.contains(wanted), "{wanted} in {trustee}");
    }
    let department = world.english("/departments/credit.nanning").await;
    let key = ledger::samples::hpke_key("a key").to_string();
    for wanted in ["https://trustee.example/", key.as_str(), "href=\"/records/22\""] {
        assert!(department.contains(wanted), "{wanted} in {department}");
    }
    let recovery = world.english("/records/23").await;
    for wanted in ["Recovery asked for", "stood at the desk of", "does not say who it is", "credit.nanning"] {
        assert!(recovery.contains(wanted), "{wanted} in {recovery}");
    }
}

#[tokio::test]
async fn a_policy_is_one_sentence_in_both_languages() {
    let world = World::full().await;
    let english = world.english("/policies/housing/1").await;
    for wanted in [
        "a valid “Credit factors” issued by credit.nanning or tax.nanning",
        "Score under “Scorecard” is at least 600 and Since is on or before the day 18 years before asking",
        "The counter is also given: Level.",
        "once at each counter within “housing-2026”",
        "kept for 90 days",
        "Article 7",
    ] {
        assert!(english.contains(wanted), "{wanted} in {english}");
    }
    let chinese = world.get("/policies/housing/1").await.html;
    for wanted in [
        "有效“信用因素”",
        "至少 600，且起始不晚于出示当天的 18 年前",
        "窗口还会得到：等级。",
        "留存 90 天",
        "第七条",
    ] {
        assert!(chinese.contains(wanted), "{wanted} in {chinese}");
    }
}

#[tokio::test]
async fn a_schema_is_said_attribute_by_attribute() {
    let page = World::full().await.english("/schemas/credit-factors/1").await;
    for wanted in [
        "whole number up to 80",
        "decimal with up to 2 places (may be missing)",
        "one of A, B",
        "yes or no",
        "/policies/housing/1",
    ] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
}

#[tokio::test]
async fn the_server_computes_the_score_that_policies_compare() {
    let world = World::full().await;
    let page =
        world.english("/models/card/1?try=1&years=4&bad=true&income=12.50&since=1970-01-11&level=B").await;
    let units = 400_000 + 4 * 6296 - 132_437 + 7 * 1250 + 10 + 2 * 100;
    assert!(page.contains(&format!("data-units=\"{units}\"")), "{page}");
    assert!(page.contains(&format!(">{}</output>", units / 1000)));
    assert!(page.contains("301.707"));
    assert!(page.contains("/policies/housing/1"), "who uses it");
}

/// Absence counts where the model says what.
#[tokio::test]
async fn an_additive_model_has_a_curve_for_each_attribute_and_a_score() {
    let world = World::full().await;
    let page = world.english("/models/curves/1").await;
    assert_eq!(page.matches("<svg").count(), 5);
    for wanted in
        ["from 5 to below 20", "from 20", "below 1000.00", "from 2000-01-01", "missing", ">A<", ">12.5<"]
    {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    let score = async |query: &str| {
        let page = world.english(&format!("/models/curves/1?try=1&{query}")).await;
        page.split("data-units=\"").last().unwrap().split('"').next().unwrap().to_owned()
    };
    let of_four = 400_000 + 12_500 - 90_000 + 40_000;
    let four = "years=5&bad=true&since=2000-01-01&level=A";
    assert_eq!(score(&format!("{four}&income=")).await, (of_four - 7000).to_string());
    assert_eq!(score(&format!("{four}&income=999.99")).await, (of_four - 5000).to_string());
    assert_eq!(score(&format!("{four}&income=1000")).await, (of_four + 20_000).to_string());
    assert_eq!(score("years=&bad=true&since=2000-01-01&level=A&income=").await, "", "years are never absent");
}

#[tokio::test]
async fn a_factor_out_of_its_bounds_is_named() {
    let world = World::full().await;
    for (query, factor) in [
        ("years=81&income=1&since=2000-01-01&level=A", "Years in work"),
        ("years=1&income=1.001&since=2000-01-01&level=A", "Income"),
        ("years=1&since=2000-01-01&level=A", "Income"),
        ("years=1&income=1&since=2000-02-31&level=A", "Since"),
        ("years=1&income=1&since=2000-01-01&level=C", "Level"),
        ("years=1&income=1&since=2000-01-01&level=A&bad=maybe", "Bad records"),
    ] {
        let page = world.english(&format!("/models/card/1?try=1&{query}")).await;
        assert!(page.contains(&format!("<span id=\"score-wrong-factor\">{factor}</span>")), "{query}");
        assert!(page.contains("data-units=\"\""), "{query}");
    }
}

#[tokio::test]
async fn budgets_and_progress_have_a_chart_and_the_same_numbers_in_a_table() {
    let world = World::full().await;
    for (path, number) in [("/disclosures/5", "860,000"), ("/disclosures/6", "<td class=\"number\">80</td>")]
    {
        let page = world.english(path).await;
        assert!(page.contains("<svg") && page.contains("data-chart"), "{path}");
        assert!(page.contains(number), "{path}");
    }
    let elsewhere = world.english("/disclosures/8").await;
    assert!(elsewhere.contains("https://example.org/report.pdf"));
    assert!(!elsewhere.contains("<svg"));
}

#[tokio::test]
async fn small_numbers_are_not_shown() {
    let page = World::full().await.english("/numbers").await;
    let cells: Vec<_> =
        page.split("<td class=\"number\">").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let few = "fewer than 10";
    assert_eq!(cells, ["12", few, few, "1,234", few, few, few]);
}

#[tokio::test]
async fn totals_of_counters_do_not_show_small_numbers_elsewhere_either() {
    let world = World::full().await;
    let disclosure = world.english("/disclosures/7").await;
    assert!(disclosure.contains("<td>fewer than 10</td>") && disclosure.contains("1,234"), "{disclosure}");
    assert!(!disclosure.contains(">9</td>") && !disclosure.contains("<svg"), "{disclosure}");
    let record = world.english("/records/7").await;
    let written = record.split("<pre").nth(1).unwrap();
    assert!(written.contains("fewer than 10") && written.contains("1234"), "{written}");
    assert!(!written.contains(": 9"), "{written}");
    for page in [disclosure, record] {
        assert!(page.contains("id=\"few\""), "the page says so: {page}");
    }
    assert!(!world.english("/disclosures/6").await.contains("id=\"few\""));
}

#[tokio::test]
async fn an_entry_says_what_it_is_and_can_be_checked() {
    let world = World::full().await;
    let page = world.english("/records/10").await;
    for wanted in [
        "12 × “Credit factors” issued",
        "id=\"check\"",
        "data-index=\"10\"",
        "/assets/check.js",
        "credential.commit",
        "href=\"/entry/10\"",
    ] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    assert!(world.english("/records/0").await.contains("the log itself"));
}

#[tokio::test]
async fn records_and_checkpoints_are_listed_page_by_page() {
    let world = World::full().await;
    let newest = world.english("/records").await;
    assert!(newest.contains("href=\"/records/13\"") && newest.contains("href=\"/records/1\""));
    let earlier = world.english("/records?before=4&kind=all").await;
    assert!(earlier.contains("href=\"/records/3\"") && !earlier.contains("href=\"/records/4\""));
    let checkpoints = world.english("/checkpoints").await;
    let size = world.get("/status").await.html;
    let root = serde_json::from_str::<serde_json::Value>(&size).unwrap()["root"].as_str().unwrap().to_owned();
    assert!(checkpoints.contains(&root), "the newest root is computed from the tiles");
    assert!(!world.english("/checkpoints?before=9").await.contains(&root));
}

#[tokio::test]
async fn records_have_a_time_and_are_filtered() {
    let world = World::full().await;
    let all = world.english("/records?kind=all").await;
    let newest = world.english("/records").await;
    assert!(all.contains("State root</a>") && !newest.contains("State root</a>"), "folded away");
    assert!(newest.contains("<td class=\"when\">20"), "{newest}");
    let tax = world.english("/records?department=tax.nanning").await;
    assert!(tax.contains("#13 Department") && !tax.contains("/records/10\""), "{tax}");
    let policies = world.english("/records?kind=policy.publish").await;
    assert!(
        policies.contains("/records/3\"") && policies.matches("class=\"when\"").count() == 1,
        "{policies}"
    );
    let status = world.english("/records/11").await;
    assert!(status.contains("1 credential revoked for ever"), "{status}");
    assert!(status.contains("href=\"/records/10\"") && status.contains("href=\"/records/12\""), "{status}");
    let nothing = world.english("/records?kind=key.retire").await;
    assert!(nothing.contains("There is no such entry"), "{nothing}");
}

#[tokio::test]
async fn records_are_a_feed_and_a_table_too() {
    let world = World::full().await;
    let public = world.under("/ledger", "/records/feed.json?lang=en").await;
    let feed: serde_json::Value = serde_json::from_str(&public.html).unwrap();
    let items = feed["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["title"] == "Policy published: Housing"), "{feed}");
    let first = items[0]["url"].as_str().unwrap();
    assert!(first.starts_with("https://city.example/ledger/records/"), "{first}");
    assert_eq!(public.header("content-type"), "application/feed+json");
    let chinese = world.get("/records/feed.atom?kind=policy.publish").await;
    assert_eq!(chinese.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(chinese.html.contains("<title>公布核验规则：公租房</title>"), "{}", chinese.html);
    assert_eq!(chinese.html.matches("<entry>").count(), 1);
    let earlier = world.get("/records/feed.atom?before=4&kind=all").await;
    assert_eq!(earlier.html.matches("<entry>").count(), 4, "{}", earlier.html);
}

#[tokio::test]
async fn what_a_spreadsheet_would_run_is_text_in_the_table() {
    let world = World::empty();
    let mut record = disclosure("evil", "report", &serde_json::json!({}));
    record["title"] = serde_json::json!({"zh-CN": "=HYPERLINK(\"http://x\")", "en": "@SUM(1)"});
    world.accept(vec![publish(record)]).await;
    for (language, cell) in [("zh-CN", "\"'=HYPERLINK(\"\"http://x\"\")\""), ("en", "'@SUM(1)")] {
        let table = world.get(&format!("/records/records.csv?lang={language}")).await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert!(table.html.starts_with('\u{feff}') && table.html.contains(cell), "{}", table.html);
        assert_eq!(table.html.lines().count(), 2, "{}", table.html);
    }
}

/// The list has a page for each fifty.
#[tokio::test]
async fn a_long_list_goes_on_page_by_page() {
    let world = World::empty();
    for i in 0..60 {
        let record = disclosure(&format!("d{i}"), "report", &serde_json::json!({}));
        world.accept(vec![publish(record)]).await;
    }
    let mut address = Some("/records/feed.json?lang=en".to_owned());
    let mut ids = std::collections::BTreeSet::new();
    let mut pages = 0;
    while let Some(path) = address {
        let feed: serde_json::Value = serde_json::from_str(&world.get(&path).await.html).unwrap();
        ids.extend(
            feed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        address = feed["next_url"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert_eq!((ids.len(), pages), (60, 2));
}

#[tokio::test]
async fn the_search_finds_titles_identifiers_numbers_and_record_ids() {
    let world = World::full().await;
    for (query, href) in [
        ("scoreCARD", "/models/card/1"),
        ("housing", "/policies/housing/1"),
        ("%E4%BF%A1%E7%94%A8", "/schemas/credit-factors/1"),
        ("tax.nan", "/departments/tax.nanning"),
        ("10", "/records/10"),
        ("%2310", "/records/10"),
        ("rotate/1", "/records/13"),
        ("state.root/4", "/records/4"),
        ("budget/1", "/disclosures/5"),
    ] {
        let page = world.get(&format!("/search?q={query}")).await.html;
        assert!(page.contains(&format!("href=\"{href}\"")), "{query}");
    }
    let policy = world.get("/policies/housing/1").await.html;
    let digest = policy
        .split("<dd class=\"mono\">")
        .find(|rest| {
            rest.len() > 64 && rest.is_char_boundary(64) && rest[..64].bytes().all(|b| b.is_ascii_hexdigit())
        })
        .unwrap();
    for (query, href) in [
        (&digest[..64], "/policies/housing/1"),
        ("%E6%92%A4%E9%94%80", "/records?kind=credential.status"),
        ("%EF%BC%A8%EF%BC%AF%EF%BC%B5sing", "/policies/housing/1"),
        ("7", "/records/10"),
    ] {
        let page = world.get(&format!("/search?q={query}")).await.html;
        assert!(page.contains(&format!("href=\"{href}\"")), "{query}");
    }
    assert!(world.english("/search?q=nothing-like-this").await.contains("Nothing was found"));
    assert!(world.english("/search").await.contains("Give words or a number"));
}

#[tokio::test]
async fn an_identity_number_is_not_looked_for_and_not_repeated() {
    let world = World::full().await;
    let number = "45019920010203001X";
    let by_address = world.get(&format!("/search?q={number}")).await;
    let by_form = world.post("/search", &format!("q={number}")).await;
    for page in [by_address, by_form] {
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.html.contains("请勿在这里输入证件号") && !page.html.contains("45019920010203"),
            "{}",
            page.html
        );
    }
    let other = world.post("/search", "q=housing").await;
    assert_eq!((other.status, other.header("location")), (StatusCode::SEE_OTHER, "/search?q=housing"));
    assert_eq!(world.post("/search", &"x".repeat(10_000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_page_that_a_browser_has_is_not_sent_again() {
    let world = World::full().await;
    let first = world.get("/policies").await;
    assert_eq!(first.header("cache-control"), "public, max-age=5");
    assert_eq!(first.header("vary"), "cookie, accept-language");
    let again = world.get_with("/policies", &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((again.status, again.html.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = world
        .get_with("/policies", &[("if-none-match", first.header("etag")), ("accept-language", "en")])
        .await;
    assert_eq!(other.status, StatusCode::OK);
    let chosen = world.get("/policies?lang=en&size=large").await;
    assert_eq!(chosen.header("cache-control"), "no-store");
    assert!(chosen.html.contains("class=\"large\""));
}

#[tokio::test]
async fn the_ledgers_own_paths_are_as_they_were() {
    let world = World::full().await;
    let checkpoint = world.get("/checkpoint").await;
    assert_eq!(checkpoint.header("content-security-policy"), "");
    assert_eq!(checkpoint.header("content-type"), "text/plain; charset=utf-8");
    let missing = world.get("/nothing/here").await;
    let problem = (StatusCode::NOT_FOUND, "application/problem+json");
    assert_eq!((missing.status, missing.header("content-type")), problem);
    for asset in ["/assets/yong.css", "/assets/public.css", "/assets/check.js", "/assets/calculator.js"] {
        assert_eq!(world.get(asset).await.status, StatusCode::OK, "{asset}");
    }
}
