//! What editors and spreadsheets add to a text, and what they make of one.

use std::borrow::Cow;

/// A cell that a spreadsheet shows as the text that it is: one that it would take for a formula gets an apostrophe in
/// front, which a spreadsheet does not show. A spreadsheet also takes the full-width forms for the signs of a formula, and
/// passes over spaces before them.
pub fn inert(cell: &str) -> Cow<'_, str> {
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let formula = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(signs);
    if formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A text file without the byte order mark that some editors put before it.
pub fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// The one line of a file that holds a token: without a byte order mark, spaces and line ends around it.
pub fn one_line(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

#[cfg(test)]
mod tests {
    use super::{inert, one_line, unmarked};

    #[test]
    fn a_mark_and_line_ends_are_no_part_of_a_text() {
        assert_eq!(unmarked("\u{feff}{}".as_bytes()), b"{}");
        assert_eq!(unmarked(b"{}"), b"{}");
        assert_eq!(one_line("\u{feff} abc\r\n"), "abc");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for formula in [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1+1|cmd",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{3000}=1",
            "＝1",
            "＠SUM(1)",
        ] {
            assert_eq!(inert(formula), format!("'{formula}"), "{formula:?}");
        }
        for text in ["", "45019920010203001X", "南宁", "a=b", "0"] {
            assert_eq!(inert(text), text);
        }
    }
}
