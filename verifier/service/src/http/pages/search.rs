//! Which matters a clerk means who types a part of a title, its pinyin, or an identifier without its version.

use circuits::typed;
use pinyin::ToPinyinMulti as _;

use super::matter::Matter;
use super::visit::Visit;

/// The matters that words stand for. An identifier without its version is its newest version alone.
pub(super) fn matters(visit: &Visit, words: &str) -> Vec<Matter> {
    let wanted = plain(words);
    if wanted.is_empty() || wanted.len() > MAX_WORDS {
        return Vec::new();
    }
    let mut matters = Matter::all(visit);
    let named = |matter: &Matter| matter.name() == wanted;
    if let Some(newest) = matters.iter().filter(|m| named(m)).map(Matter::version).max() {
        matters.retain(|matter| named(matter) && matter.version() == newest);
    } else {
        matters.retain(|matter| is_meant(&matter.title, &wanted));
    }
    matters
}

/// Whether a title has the words in it, as they are written or as they are spelt: each character by its whole pinyin, by
/// its first letter, and the last one by any beginning.
fn is_meant(title: &str, wanted: &str) -> bool {
    let title = plain(title);
    title.contains(wanted) || {
        let sounds: Vec<Vec<String>> = title.chars().map(sounds).collect();
        (0..sounds.len()).any(|start| sounds.get(start..).is_some_and(|sounds| is_spelt(sounds, wanted)))
    }
}

/// Whether the wanted letters are the beginning of these sounds.
fn is_spelt(sounds: &[Vec<String>], wanted: &str) -> bool {
    // How many bytes of what is wanted are spelt so far, in every way.
    let mut spelt = vec![0];
    for readings in sounds {
        let mut further = Vec::new();
        for rest in spelt.iter().filter_map(|done| wanted.get(*done..)) {
            let done = wanted.len() - rest.len();
            for reading in readings {
                if reading.starts_with(rest) {
                    return true;
                }
                let first = reading.chars().next().map_or(0, char::len_utf8);
                let pieces = [reading.as_str(), reading.get(..first).unwrap_or_default()];
                further.extend(pieces.iter().filter(|p| rest.starts_with(**p)).map(|p| done + p.len()));
            }
        }
        further.sort_unstable();
        further.dedup();
        if further.is_empty() {
            return false;
        }
        spelt = further;
    }
    false
}

/// A character's readings, without tones; another character is its own.
fn sounds(character: char) -> Vec<String> {
    match character.to_pinyin_multi() {
        Some(readings) => {
            readings.into_iter().map(|reading| reading.plain().replace('\u{fc}', "v")).collect()
        }
        None => vec![character.to_string()],
    }
}

/// Without case, width and spaces.
fn plain(text: &str) -> String {
    typed::compact(text).to_lowercase()
}

/// Bytes that are searched for at most.
const MAX_WORDS: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_meant_by_a_part_of_it_and_by_its_pinyin() {
        let title = "公租房资格（银行）";
        for words in [
            "公租房",
            "资格",
            "gongzufang",
            "gzf",
            "gzfzg",
            "zufang",
            "zige",
            "zig",
            "gongzf",
            "yinhang",
            "yh",
        ] {
            assert!(is_meant(title, &plain(words)), "{words}");
        }
        assert!(is_meant("公租房资格", &plain("ＧＺＦ")) && is_meant("Fast lane", "fastlane"));
        for words in ["成年", "gzx", "gongzufangx", "xyz", "6901234567892"] {
            assert!(!is_meant(title, &plain(words)), "{words}");
        }
    }
}
