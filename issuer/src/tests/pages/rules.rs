//! What holds for every page: headers, nothing inline, the reader's language.

use axum::http::{StatusCode, header};

use super::browser::{Browser, Desk, Page, Which};
use crate::config::StaffRules;
use crate::tests::world::{InjectedFault, PERSON, Wallet, credit_row, enrol, id, identity_row, import};

const SCHEMA: &str = "credit-report/1";
const LIST: [(&str, &str); 4] = [("schema", SCHEMA), ("act", "issue"), ("reason", "moved"), ("other", "")];

/// An issuer with one credential, so that every form of its pages is there.
fn granted(staffed: bool) -> Desk {
    let desk = if staffed {
        Desk::staffed(Which::Credit, &StaffRules::default())
    } else {
        Desk::unnamed(Which::Credit, [127, 0, 0, 1])
    };
    let holder = Wallet::new(1).holder(&desk.issuer, SCHEMA);
    enrol(&desk.issuer, SCHEMA, PERSON, &holder);
    desk.issuer.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    desk
}

pub(super) fn assert_strict(name: &str, page: &Page) {
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{name}");
    assert_eq!(page.headers[header::REFERRER_POLICY], "same-origin", "{name}");
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{name}");
    assert!(page.has("<main"), "{name}: {}", page.html);
    let inline: Vec<&str> = tags(&page.html).filter(|tag| is_inline(tag)).collect();
    assert!(inline.is_empty(), "{name}: {inline:?}");
}

/// What stands between `<` and `>`.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next())
}

fn is_inline(tag: &str) -> bool {
    let mut words = tag.split_ascii_whitespace();
    let element = words.next().unwrap_or_default();
    let without_source = element == "script" && !tag.contains(" src=\"/");
    let mut attributes = words.filter_map(|word| word.split_once('='));
    let acts = |(name, value): (&str, &str)| {
        name == "style" || name.starts_with("on") || value.contains("javascript:")
    };
    element == "style" || without_source || attributes.any(acts)
}

#[test]
fn what_is_inline_is_found() {
    for tag in ["script", "style", "p style=\"a\"", "a href=\"x\" onclick=\"y()\"", "a href=\"javascript:x\""]
    {
        assert!(is_inline(tag), "{tag}");
    }
    assert!(!is_inline("script src=\"/assets/desk.js\" defer"));
}

#[test]
fn every_page_has_the_strict_policy_and_nothing_inline() {
    let desk = granted(false);
    let clerk = desk.stranger();
    let person = clerk.find(PERSON);
    let status = [("schema", SCHEMA), ("act", "revoke"), ("reason", "fraud"), ("sure", "yes")];
    let proposal = clerk.post(&format!("{person}/status"), &status).location;
    let list = clerk.upload(&LIST, &format!("id_number,score\n{PERSON},much\n")).location;
    let pages = ["/", &person, "/lists", &list, "/proposals", &proposal, "/audit", "/people/999"];
    for path in pages {
        assert_strict(path, &clerk.get(path));
    }
    assert_strict("nobody", &clerk.post("/find", &[("person", "nobody")]));
    assert_strict("refused", &clerk.post(&format!("{person}/paper"), &[("schema", "other/1")]));
    let offer = clerk.post(&format!("{person}/offer"), &[("schema", SCHEMA)]);
    assert_strict("offer", &offer);
    let offered = offer.attribute("data-poll").trim_end_matches("/state");
    assert_strict("offered", &clerk.get(offered));
    let paper = clerk.post(&format!("{person}/paper"), &[("schema", SCHEMA)]);
    assert!(paper.has("id=\"paper-code\""), "{}", paper.html);
    assert_strict("paper", &paper);
    for asset in ["/assets/desk.js", "/assets/desk.css", "/assets/yong.css"] {
        assert_eq!(clerk.get(asset).status, StatusCode::OK, "{asset}");
    }
}

#[test]
fn pages_before_signing_in_are_as_strict() {
    let desk = granted(true);
    assert_strict("sign-in", &desk.stranger().get("/sign-in"));
    assert_strict("wrong", &desk.stranger().post("/sign-in", &[("name", "wei"), ("password", "wrong")]));
    let closed = Desk::unnamed(Which::Credit, [127, 0, 0, 1]);
    assert_strict("closed", &closed.stranger().get_through_a_proxy("/"));
}

/// The words that a page says, without what is folded away for technicians.
fn said(page: &Page) -> String {
    let main = page.html.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let mut parts = main.split("<details id=\"technical\"");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.filter_map(|part| part.split_once("</details>")).map(|(_, after)| after);
    let shown = rest.fold(first, |shown, after| shown + after);
    let texts = shown.split('<').filter_map(|part| part.split_once('>'));
    texts.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

/// Two words of Latin letters in a row; names of columns, codes and formats stand alone.
fn has_english(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    text.lines().any(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        words.windows(2).any(|pair| pair.iter().all(is_word))
    })
}

fn chinese(desk: &Desk) -> Browser<'_> {
    desk.stranger().speaking("zh-CN")
}

#[test]
fn a_chinese_page_says_in_chinese_why_a_value_does_not_fit() {
    let desk = granted(false);
    let clerk = chinese(&desk);
    let form = [("schema", SCHEMA), ("reason", "data.error"), ("set-score", "much")];
    let page = clerk.post(&format!("{}/correct", clerk.find(PERSON)), &form);
    assert_eq!(page.refusal(), "bad_value");
    let fault = page.html.split_once("class=\"fault\"").unwrap().1.split_once("</p>").unwrap().0;
    let words = fault.split_once('>').unwrap().1;
    assert!(words.contains("一栏不是整数。") && !has_english(words), "{words}");
    assert!(page.has("value=\"much\""), "what was typed is kept: {}", page.html);
}

#[test]
fn a_chinese_page_says_in_chinese_why_ledger_and_list_are_refused() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let clerk = chinese(&desk);
    desk.world.ledger.fail_next(InjectedFault::Refused);
    let ledger = clerk.post(&format!("{}/paper", clerk.find(PERSON)), &[("schema", "identity/1")]);
    let unread = clerk.upload(&[("act", "issue"), ("schema", "identity/1")], "id_number,name\np1\n");
    for (page, code, words) in [(&ledger, "ledger", "test_rule"), (&unread, "bad_list", "第 2 行")] {
        assert_eq!(page.refusal(), code);
        assert!(said(page).contains(words) && !has_english(&said(page)), "{}", said(page));
    }
}

#[test]
fn a_report_gives_its_reasons_in_the_readers_language() {
    let desk = granted(false);
    let chinese = chinese(&desk);
    let english = desk.stranger();
    let csv = format!("id_number,score\n{PERSON},much\nno/one,1\n");
    let at = chinese.upload(&LIST, &csv).location;
    let report = |clerk: &Browser<'_>| clerk.get(&format!("{at}/report.csv")).html;
    assert!(report(&chinese).contains("refused,bad_value,“score”一栏不是整数。"), "{}", report(&chinese));
    assert!(report(&chinese).contains("refused,bad_person,身份号码格式不对。"));
    assert!(report(&english).contains("refused,bad_value,“score” is not a whole number."));
    assert!(chinese.get(&at).has("“score”一栏不是整数。"));
}
