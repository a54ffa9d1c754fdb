//! Files of records that people wrote.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ledger_words::pasted::{self, MAX_FILE};
use serde_json::Value;
use service::cli::{CommandError, Explain, OrFail as _};
use service::web::Language;

/// Reads the records of a file, one or an array; `-` is standard input.
pub(super) fn bodies(path: &Path) -> Result<Vec<Value>, CommandError> {
    let bytes = bytes(path).or_fail(
        "unreadable",
        format_args!("`{}`", path.display()),
        "Give a file that you may read, or - for stdin.",
    )?;
    pasted::bodies(&bytes).map_err(|why| NotJson { file: path.display().to_string(), why }.into())
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE as u64 + 1;
    if path == Path::new("-") {
        io::stdin().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// A file that is no JSON.
#[derive(Debug, thiserror::Error)]
#[error("`{file}`: {why}")]
struct NotJson {
    file: String,
    why: pasted::NotJson,
}

impl Explain for NotJson {
    fn code(&self) -> Cow<'static, str> {
        "bad_json".into()
    }
    fn remedy(&self) -> Cow<'static, str> {
        self.why.remedy(Language::English).into()
    }
    fn in_chinese(&self) -> Option<(String, String)> {
        let language = Language::Chinese;
        let what = format!("`{}`：{}", self.file, self.why.meaning(language));
        Some((what, self.why.remedy(language).to_owned()))
    }
}
