//! A real nginx before services.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The file that operators copy, which tests run with other names, ports and files.
pub const EXAMPLE: &str = include_str!("../../docs/nginx.conf");

/// Ended when dropped.
pub struct Nginx(Child);

impl Nginx {
    /// Whether there is one on this machine. Where everything must be tried, its absence is a failure.
    pub fn is_here() -> bool {
        let found = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok();
        if !found {
            assert!(std::env::var_os("CI").is_none(), "nginx is missing: install it");
            eprintln!("skipped: needs nginx");
        }
        found
    }

    /// Runs it with what a file of `/etc/nginx/conf.d` says; its own files are in the folder.
    pub fn start(folder: &Path, server: &str) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n\
             {temporary}{server}\n}}\n",
            path("nginx.pid"),
            path("error.log"),
        );
        let config = folder.join("nginx.conf");
        fs::write(&config, whole).expect("the folder can be written");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&config).arg("-e").arg(path("error.log"));
        Self(command.stdin(Stdio::null()).spawn().expect("nginx starts"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A configuration with each of these texts replaced, which it must have.
pub fn replaced(config: &str, pairs: &[(&str, String)]) -> String {
    pairs.iter().fold(config.to_owned(), |config, (ours, here)| {
        assert!(config.contains(ours), "{ours}");
        config.replace(ours, here)
    })
}
