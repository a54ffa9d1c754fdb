//! The consent screens as text, in Chinese and English: for a counter's request, and for a desk's offer.

use std::fmt::Write as _;

use circuits::policy::{Catalogue as _, CredentialQuery};
use circuits::schema::Localized;
use ledger::record::KeyUse;
use openid4vc::vci::OtherDevices;
use service::civil_time::minute;
use service::cli::{Language, counted};

use crate::followed::View;
use crate::names;
use crate::present::{
    Counted, FailedScore, Lack, Linkability, Missing, Screen, Selection, Vouched, Way, plain, printable,
};
use crate::receive::Offer;
use crate::uses::Left;

/// The whole screen; the question that follows it is the caller's.
pub(crate) fn render(screen: &Screen<'_>, language: Language) -> String {
    let mut page = ScreenText { out: String::new(), language };
    who(&mut page, screen);
    why(&mut page, screen);
    for query in &screen.policy().credentials {
        what(&mut page, screen, query);
    }
    together(&mut page, screen);
    scores(&mut page, screen);
    let matter = page.text(&screen.policy().title);
    linked(&mut page, &matter, &screen.linkability());
    if let Some(time) = screen.answered_at() {
        let when = minute(time);
        page.warn(
            &format!("您已经在 {when} 答复过，次数已满：再答复会被拒绝。"),
            &format!(
                "YOU ANSWERED THIS AT {when}, AS OFTEN AS IT TAKES AN ANSWER: ANOTHER ONE WILL BE REFUSED."
            ),
        );
    }
    keys(&mut page, screen);
    unable(&mut page, screen);
    page.out
}

/// Who offers what, and what the desk is shown for it; the question that follows it is the caller's.
pub(super) fn offer_text(offer: &Offer, view: &View, language: Language) -> String {
    let mut page = ScreenText { out: String::new(), language };
    let department = page.text(offer.department_title());
    page.line("由谁发给您", "Who offers it", &format!("{department} ({})", offer.department()));
    let schema = view.registry().schema(offer.schema());
    let title = schema.map_or_else(|| offer.schema().to_string(), |schema| page.text(&schema.title));
    page.line("什么凭证", "What it is", &format!("{title} ({})", offer.schema()));
    match offer.other_devices() {
        Some(OtherDevices::End) => page.warn(
            "您在其他设备上的这种凭证随之终止。",
            "WHAT YOU HAVE OF THIS ON OTHER DEVICES ENDS WITH IT.",
        ),
        Some(OtherDevices::Stay) => {
            let stay = page.say("保留", "it stays there");
            page.line("您的其他设备", "Your other devices", &stay);
        }
        None => {}
    }
    let Some(identity) = offer.identity() else { return page.out };
    page.warn(
        "领取之前，您的钱包要向这个部门出示：",
        "BEFORE IT IS GIVEN, YOUR WALLET SHOWS THIS DEPARTMENT:",
    );
    let attribute = page.text(identity.attribute());
    let value = printable(&plain(&identity.value().to_json()));
    let from = page.text(identity.title());
    page.item(&format!("  · {attribute}: {value} ({from})"));
    page.line(
        "为什么",
        "Why",
        &page.say(
            "账本上写明：这种凭证只发给出示身份的本人",
            "the ledger says that this credential is given only to the person who shows it",
        ),
    );
    page.out
}

fn who(page: &mut ScreenText, screen: &Screen<'_>) {
    let relying_party = screen.request().relying_party();
    let name = relying_party
        .name
        .as_ref()
        .map_or_else(|| page.say("（未报名称）", "(no name given)"), |n| page.text(n));
    page.line("谁在询问", "Who asks", &name);
    match &relying_party.vouched {
        Vouched::By { title, address, complaints, .. } => {
            let (by, address) = (page.text(title), page.text(address));
            page.line("登记机关", "Registered by", &by);
            page.line("地址", "Address", &address);
            page.line("投诉渠道", "Complaints", &printable(complaints.as_str()));
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

fn why(page: &mut ScreenText, screen: &Screen<'_>) {
    let policy = screen.policy();
    let published = &screen.request().policy().publisher;
    let publisher = screen.department(published).map_or_else(|| published.to_string(), |t| page.text(t));
    let title = page.text(&policy.title);
    let purpose = page.text(&policy.purpose);
    let basis = printable(policy.legal_basis.text(page.language.tag()));
    page.line("事项", "Matter", &format!("{title} ({}, {publisher})", policy.policy));
    page.line("用途", "Purpose", &purpose);
    page.line("法律依据", "Legal basis", &basis);
    let days = policy.retention_days;
    let kept = page.say(&format!("{days} 天"), &counted(days.into(), "day", "days"));
    page.line("保存时间", "Answer kept", &kept);
    if let Some(matter) = screen.request().matter() {
        let complaint = page.text(&matter.complaint);
        page.line("投诉（对方提供）", "Complaints (as claimed)", &complaint);
    }
}

fn what(page: &mut ScreenText, screen: &Screen<'_>, query: &CredentialQuery) {
    let schema = screen.schema(query).map_or_else(|| query.schema.to_string(), |s| page.text(&s.title));
    page.line("用到的凭证", "Credential used", &schema);
    let conditions = screen.conditions(query, page.language.tag());
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
            Some(value) => names::value(&attribute.name, &value.to_json(), page.language.tag()),
            None => page.say("（无）", "(nothing)"),
        };
        let title = page.text(&attribute.title);
        page.item(&format!("  · {title}: {value}"));
    }
}

/// What is proved across credentials.
fn together(page: &mut ScreenText, screen: &Screen<'_>) {
    let conditions = screen.across(page.language.tag());
    if conditions.is_empty() {
        return;
    }
    let learn = page.say("对方只会知道：", "they will only learn that:");
    page.line("由这些凭证合起来", "From these credentials together", &learn);
    for condition in conditions {
        page.item(&format!("  · {}", printable(&condition)));
    }
}

/// Which published models count, and what is proved of the score.
fn scores(page: &mut ScreenText, screen: &Screen<'_>) {
    for score in screen.scores(page.language.tag()) {
        let title = page.text(&score.model.title);
        let meaning = page.text(&score.model.meaning);
        page.line(
            "按公开模型评分",
            "Score by a published model",
            &format!("{title} ({})", score.model.model),
        );
        page.item(&meaning);
        page.item(
            &page.say("对方只会知道下面这一点，不会知道分数：", "They learn that this holds, not the score:"),
        );
        page.item(&format!("  · {}", printable(&score.condition)));
    }
}

fn linked(page: &mut ScreenText, matter: &str, linkability: &Linkability) {
    let text = match linkability {
        Linkability::None => page.say("无法与您的其他出示关联", "cannot be linked to anything else you show"),
        Linkability::Uses { uses, left, .. } => uses_text(page, matter, *uses, *left),
        Linkability::Within { uses, counted: Counted::HereAlone, .. } => page.say(
            &format!(
                "“{matter}”以及与它合并计次的事项里会认出是同一人（不知道是谁），最多 {uses} 次，只有这个窗口计次"
            ),
            &format!(
                "in “{matter}” and what is counted with it, it is seen that it is the same person (not who), at most {}; this counter alone counts",
                counted((*uses).into(), "time", "times")
            ),
        ),
        Linkability::Within { uses, counted: Counted::ByEach, .. } => page.say(
            &format!(
                "“{matter}”以及与它合并计次的事项里会认出是同一人（不知道是谁），在这个窗口最多 {uses} 次；各窗口分别计数"
            ),
            &format!(
                "in “{matter}” and what is counted with it, it is seen that it is the same person (not who), at most {} at this counter; each counter \
                 counts for itself",
                counted((*uses).into(), "time", "times")
            ),
        ),
    };
    page.line("关联性", "Linkability", &text);
}

/// What is left of a scope whose uses cannot be linked.
fn uses_text(page: &ScreenText, scope: &str, uses: u16, left: Left) -> String {
    match (left.fresh, uses) {
        (0, _) => page.say(
            &format!("“{scope}”的 {uses} 次都出示过；再次出示其中一次，对方会看出与上次是同一次"),
            &format!(
                "every use of “{scope}” was shown before; shown again, it is seen to be the same use as last time"
            ),
        ),
        (_, 1) => page.say(
            &format!("“{scope}”每人只能答复一次；再次答复会被认出（不知道是谁）并拒绝"),
            &format!(
                "“{scope}” takes one answer of a person; a second one is recognised (not whose it is) and refused"
            ),
        ),
        (fresh, _) => page.say(
            &format!("“{scope}”共可用 {uses} 次，您还剩 {fresh} 次（含这一次）；对方看不出各次出自同一人"),
            &format!(
                "“{scope}” can be used {}, of which you have {fresh} left, this one included; they cannot tell that uses \
                 are one person's",
                counted(uses.into(), "time", "times")
            ),
        ),
    }
}

fn keys(page: &mut ScreenText, screen: &Screen<'_>) {
    let digests: Vec<String> = screen.proving_keys().iter().map(|key| key.digest.short()).collect();
    page.line("证明密钥", "Key of the proof", &digests.join(" "));
    if screen.keys() == KeyUse::Development {
        page.warn(
            "演示用开发密钥：这样的证明可能被伪造，不可用于真实业务。",
            "DEVELOPMENT KEYS: such proofs can be forged by whoever made them. Not for real use.",
        );
    }
}

fn unable(page: &mut ScreenText, screen: &Screen<'_>) {
    let Selection::Incomplete(missing) = screen.selection() else { return };
    page.warn(
        "您无法满足此请求。对方只会看到“拒绝”，看不到原因：",
        "You cannot answer this. They will only see a refusal, not why:",
    );
    for line in missing_lines(missing, page.language) {
        page.item(&format!("  {line}"));
    }
}

/// What is missing, for its owner: a line for each part, and below it which conditions do not hold, or which attribute
/// costs how many points.
pub(crate) fn missing_lines(missing: &[Missing], language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    for part in missing {
        let reason = lack(part.lack(), language);
        let (what, details) = match part {
            Missing::Credential { id, .. } => (id.clone(), Vec::new()),
            Missing::Across(failed) => {
                let together = language.pick("由这些凭证合起来", "from these credentials together");
                (together.to_owned(), failed.conditions(language.tag()))
            }
            Missing::Score(failed) => (failed.condition(language.tag()), score_details(failed, language)),
        };
        lines.push(format!("· {}: {reason}", printable(&what)));
        lines.extend(details.iter().map(|detail| format!("    · {}", printable(detail))));
    }
    lines
}

fn score_details(failed: &FailedScore, language: Language) -> Vec<String> {
    let reached =
        failed.reached().map(|points| format!("{}{points}", language.pick("您的得分：", "your score: ")));
    let costs = failed.costs().iter().map(|cost| {
        let attribute = cost.attribute.text(language.tag());
        let points = cost.points;
        match language {
            Language::Chinese => format!("{attribute}：比最好的情况差 {points} 分"),
            Language::English => format!("{attribute}: {points} points from the best"),
        }
    });
    reached.into_iter().chain(costs).collect()
}

/// Why a credential does not answer, for its owner.
fn lack(lack: Lack, language: Language) -> &'static str {
    match lack {
        Lack::NoCredential => language.pick("没有所需的凭证", "you have no such credential"),
        Lack::Withdrawn => {
            language.pick("凭证已被暂停、撤销或更换", "the credential was suspended, revoked or replaced")
        }
        Lack::NotSynced => language
            .pick("尚未在账本上核对（请先同步）", "not yet looked up on the ledger: run `wallet sync`"),
        Lack::NotValid => language.pick("凭证不在有效期内", "the credential is not valid at this time"),
        Lack::Unprovable => {
            language.pick("凭证缺少所需的数值", "the credential lacks a value that is compared")
        }
        Lack::NotSatisfied => language.pick("不满足条件", "the condition is not satisfied"),
        Lack::UsedUp => language.pick("可用次数已经用完", "you have no uses left"),
    }
}

struct ScreenText {
    out: String,
    language: Language,
}

impl ScreenText {
    fn say(&self, chinese: &str, english: &str) -> String {
        self.language.pick(chinese, english).to_owned()
    }
    fn text(&self, localized: &Localized) -> String {
        printable(localized.text(self.language.tag()))
    }
    fn line(&mut self, chinese: &str, english: &str, text: &str) {
        let label = self.language.pick(chinese, english);
        writeln!(self.out, "{label}: {text}").expect("a string takes all text");
    }
    fn item(&mut self, text: &str) {
        writeln!(self.out, "  {text}").expect("a string takes all text");
    }
    fn warn(&mut self, chinese: &str, english: &str) {
        let text = self.language.pick(chinese, english);
        writeln!(self.out, "  !! {text}").expect("a string takes all text");
    }
}
