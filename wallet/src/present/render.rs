//! The consent screen as text, in Chinese and English.

use std::fmt::Write as _;

use circuits::policy::CredentialQuery;
use circuits::schema::Localized;
use ledger::record::KeyUse;

use super::choose::Lack;
use super::consent::{Able, Linkability, Screen};
use super::counter::Vouched;
use super::question::Way;

/// The language of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// 简体中文
    Chinese,
    /// English
    English,
}

impl Tongue {
    /// Its BCP 47 tag in localized texts.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// The whole screen; the question that follows it is the caller's.
pub fn render(screen: &Screen<'_>, tongue: Tongue) -> String {
    let mut page = Page { out: String::new(), tongue };
    who(&mut page, screen);
    why(&mut page, screen);
    for query in &screen.policy().credentials {
        what(&mut page, screen, query);
    }
    linked(&mut page, &screen.linkability());
    keys(&mut page, screen);
    unable(&mut page, screen);
    page.out
}

fn who(page: &mut Page, screen: &Screen<'_>) {
    let counter = screen.request().counter();
    let name =
        counter.name.as_ref().map_or_else(|| page.say("（未报名称）", "(no name given)"), |n| page.text(n));
    page.line("谁在询问", "Who asks", &name);
    match &counter.vouched {
        Vouched::By { title, .. } => {
            let by = page.text(title);
            page.line("登记机关", "Registered by", &by);
        }
        Vouched::OnlyClaimed => page.warn(
            "没有任何部门为这个名称作保：它只是对方自称。",
            "NO DEPARTMENT VOUCHES FOR THIS NAME: it is only what the asker calls itself.",
        ),
    }
    match screen.request().way() {
        Way::Online => page.line("核对码", "Match code", &screen.request().match_code()),
        Way::Offline => page.line(
            "方式",
            "How",
            &page.say(
                "不联网，向窗口出示一个二维码",
                "without a network, as a QR code that you show to the counter",
            ),
        ),
    }
}

fn why(page: &mut Page, screen: &Screen<'_>) {
    let policy = screen.policy();
    let published = &screen.request().policy().publisher;
    let publisher = screen.department(published).map_or_else(|| published.to_string(), |t| page.text(t));
    let (title, purpose) = (page.text(&policy.title), page.text(&policy.purpose));
    let basis = printable(policy.legal_basis.text(page.tongue.tag()));
    page.line("事项", "Matter", &format!("{title} ({}, {publisher})", policy.policy));
    page.line("用途", "Purpose", &purpose);
    page.line("法律依据", "Legal basis", &basis);
    let days = policy.retention_days;
    let kept = page.say(&format!("{days} 天"), &format!("{days} days"));
    page.line("保存时间", "Answer kept", &kept);
    if let Some(matter) = screen.request().matter() {
        let complaint = page.text(&matter.complaint);
        page.line("投诉（对方提供）", "Complaints (as claimed)", &complaint);
    }
}

fn what(page: &mut Page, screen: &Screen<'_>, query: &CredentialQuery) {
    let schema = screen.schema(query).map_or_else(|| query.schema.to_string(), |s| page.text(&s.title));
    page.line("用到的凭证", "Credential used", &schema);
    let conditions = screen.conditions(query, page.tongue.tag());
    page.item(&page.say("对方只会知道：", "They will only learn that:"));
    if conditions.is_empty() {
        page.item(&page.say("  · 您持有一份有效的凭证", "  · you hold a valid one"));
    }
    for condition in conditions {
        page.item(&format!("  · {}", printable(&condition)));
    }
    let revealed = screen.revealed(query);
    if !revealed.is_empty() {
        page.item(&page.say("并且会得到：", "AND THEY WILL BE GIVEN:"));
    }
    for attribute in revealed {
        let value = match attribute.value {
            Some(value) => printable(&plain(&value.to_json())),
            None => page.say("（无）", "(nothing)"),
        };
        let title = page.text(&attribute.title);
        page.item(&format!("  · {title}: {value}"));
    }
}

fn linked(page: &mut Page, linkability: &Linkability) {
    let text = match linkability {
        Linkability::None => page.say("无法与您的其他出示关联", "cannot be linked to anything else you show"),
        Linkability::Within { scope, uses } => page.say(
            &format!("“{}”范围内会认出是同一人（不知道是谁），最多 {uses} 次", printable(scope)),
            &format!(
                "within “{}” it is seen that it is the same person (not who), at most {uses} time(s)",
                printable(scope)
            ),
        ),
    };
    page.line("关联性", "Linkability", &text);
}

fn keys(page: &mut Page, screen: &Screen<'_>) {
    page.line("证明密钥", "Key of the proof", &screen.key().digest.short());
    if screen.keys() == KeyUse::Development {
        page.warn(
            "演示用开发密钥：这样的证明可能被伪造，不可用于真实业务。",
            "DEVELOPMENT KEYS: such proofs can be forged by whoever made them. Not for real use.",
        );
    }
}

fn unable(page: &mut Page, screen: &Screen<'_>) {
    let Able::No(missing) = screen.able() else { return };
    page.warn(
        "您无法满足此请求。对方只会看到“拒绝”，看不到原因：",
        "You cannot answer this. They will only see a refusal, not why:",
    );
    for one in *missing {
        let reason = lack(one.lack, page.tongue);
        page.item(&format!("  · {}: {reason}", printable(&one.id)));
    }
}

/// Why a credential does not answer, for its owner.
pub fn lack(lack: Lack, tongue: Tongue) -> &'static str {
    match lack {
        Lack::NoCredential => tongue.pick("没有所需的凭证", "you have no such credential"),
        Lack::Withdrawn => {
            tongue.pick("凭证已被暂停、撤销或更换", "the credential was suspended, revoked or replaced")
        }
        Lack::NotSynced => {
            tongue.pick("尚未在账本上核对（请先同步）", "not yet looked up on the ledger: run `wallet sync`")
        }
        Lack::NotValid => tongue.pick("凭证不在有效期内", "the credential is not valid at this time"),
        Lack::Unprovable => {
            tongue.pick("凭证缺少所需的数值", "the credential lacks a value that is compared")
        }
        Lack::NotSatisfied => tongue.pick("不满足条件", "the condition is not satisfied"),
    }
}

/// A text from outside on a terminal: no control characters, no change of direction, not endless.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut shown: String =
        text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Page {
    out: String,
    tongue: Tongue,
}

impl Page {
    fn say(&self, chinese: &str, english: &str) -> String {
        self.tongue.pick(chinese, english).to_owned()
    }
    fn text(&self, localized: &Localized) -> String {
        printable(localized.text(self.tongue.tag()))
    }
    fn line(&mut self, chinese: &str, english: &str, text: &str) {
        let label = self.tongue.pick(chinese, english);
        writeln!(self.out, "{label}: {text}").expect("a string takes all text");
    }
    fn item(&mut self, text: &str) {
        writeln!(self.out, "  {text}").expect("a string takes all text");
    }
    fn warn(&mut self, chinese: &str, english: &str) {
        let text = self.tongue.pick(chinese, english);
        writeln!(self.out, "  !! {text}").expect("a string takes all text");
    }
}

const LONGEST: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_cannot_rewrite_the_screen() {
        let shown = printable("ok\u{1b}[2J\u{202e}\n\r\u{200b}x");
        assert!(shown.starts_with("ok\u{fffd}[2J") && shown.ends_with('x'));
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'));
    }

    #[test]
    fn a_text_from_outside_ends() {
        assert_eq!(printable(&"邕".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
