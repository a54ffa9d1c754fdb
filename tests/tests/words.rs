//! One Chinese word for one thing, on every page, in every message and in the documents: those of docs/glossary.md.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// A word that the glossary does not have, and the one that it has for the same thing.
const REJECTED: [(&str, &str); 4] =
    [("吊销", "撤销"), ("政策", "核验规则"), ("办事规则", "核验规则"), ("凭证样式", "凭证模板")];

#[test]
fn things_have_the_names_of_the_glossary() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let mut texts = vec![root().join("README.zh-CN.md")];
    for folder in FOLDERS {
        files(&root().join(folder), &mut texts).unwrap();
    }
    assert!(texts.len() > 40, "{} texts for people", texts.len());
    let mut found = Vec::new();
    for path in texts {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (rejected, name) in REJECTED.iter().filter(|(rejected, _)| line.contains(rejected)) {
                found.push(format!("{}:{}: {rejected}, not {name}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (_, name) in REJECTED {
        assert!(glossary.contains(name), "the glossary does not have {name}");
    }
}

/// Words of pages, documents, and what the city publishes.
const FOLDERS: [&str; 10] = [
    "city/story",
    "city/words",
    "deploy",
    "docs",
    "issuer",
    "ledger",
    "service",
    "trustee",
    "verifier",
    "wallet",
];

/// Adds the texts for people below a folder.
fn files(folder: &Path, texts: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, texts)?;
        } else if path
            .extension()
            .is_some_and(|kind| ["ftl", "html", "json", "md"].iter().any(|known| kind == *known))
        {
            texts.push(path);
        }
    }
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
