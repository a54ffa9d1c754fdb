//! How the address that works once reaches the browser that this program opens.
//!
//! What a program is started with can be read by every user of the machine. So the browser is started with the path of
//! a page that only its owner can read, and that page leads on to the address.

use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// A page that leads to the address, for its owner alone. It is gone when this is dropped.
pub(super) struct Handoff(NamedTempFile);

impl Handoff {
    /// Writes it into the folder of temporary files.
    pub(super) fn new(address: &str) -> io::Result<Self> {
        Self::within(&std::env::temp_dir(), address)
    }

    fn within(folder: &Path, address: &str) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("yong-wallet-").suffix(".html");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(page(address).as_bytes())?;
        file.flush()?;
        Ok(Self(file))
    }

    /// What the browser is started with. Tells nothing.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// The address is letters, digits and the marks of a URL: nothing in it ends an attribute.
fn page(address: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta http-equiv=\"refresh\" content=\"0; url={address}\"><title>钱包 Wallet</title></head>\
         <body><p><a href=\"{address}\">打开钱包 Open the wallet</a></p></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "http://localhost:7007/enter?token=AbC-_9";

    #[test]
    fn the_browser_is_started_with_a_path_that_does_not_hold_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let handoff = Handoff::within(folder.path(), ADDRESS).unwrap();
        let path = handoff.path().to_str().unwrap().to_owned();
        assert!(
            !path.contains("AbC-_9") && handoff.path().extension().is_some_and(|kind| kind == "html"),
            "{path}"
        );
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(&format!("content=\"0; url={ADDRESS}\"")), "{page}");
        drop(handoff);
        assert!(!Path::new(&path).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_page() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let handoff = Handoff::within(folder.path(), ADDRESS).unwrap();
        let mode = std::fs::metadata(handoff.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
