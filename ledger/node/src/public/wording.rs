//! The page's words, and numbers and times as people write them.

use std::sync::LazyLock;

use circuits::policy::civil_date;
use service::web::Words;

/// The words of the public page.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let files = (
        include_str!("../../words/zh-CN.ftl"),
        include_str!("../../words/en.ftl"),
        include_str!("../../words/za.ftl"),
    );
    Words::new(files.0, files.1, files.2).expect("the files are compiled in, and a test reads them")
});

/// Unix seconds as date and time in UTC+8, which is Nanning's all year.
pub(super) fn moment(unix: u64) -> String {
    let Some(date) = civil_date(unix) else { return unix.to_string() };
    let minutes = unix.saturating_add(8 * 3600) / 60;
    format!("{date} {:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// `1,234,567`.
pub(super) fn grouped(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_are_those_of_nanning() {
        assert_eq!(["0", "999", "1,000", "−12,345,678"], [0, 999, 1000, -12_345_678_i64].map(grouped));
        assert_eq!(moment(1_700_000_000), "2023-11-15 06:13");
        assert_eq!(moment(u64::MAX), u64::MAX.to_string());
    }
}
