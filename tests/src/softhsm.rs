//! A token of `SoftHSM` (Debian's softhsm2 and opensc): PKCS#11 through the real library, without a device.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A new token in a folder of its own.
pub struct Token {
    folder: PathBuf,
}

impl Token {
    /// Makes one labelled [`LABEL`]; `None`, and a word to whoever reads the test's output, where the programs are missing.
    /// In CI they must not be.
    pub fn new(folder: &Path) -> Option<Self> {
        if !Path::new(MODULE).exists() || !Path::new("/usr/bin/pkcs11-tool").exists() {
            assert!(
                env::var_os("CI").is_none(),
                "needs softhsm2 and opensc; `apt-get install softhsm2 opensc`"
            );
            eprintln!("skipped: needs softhsm2 and opensc; `apt-get install softhsm2 opensc`");
            return None;
        }
        fs::create_dir_all(folder.join("tokens")).expect("a folder for the token");
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\n",
            folder.join("tokens").display()
        );
        fs::write(folder.join("softhsm2.conf"), conf).expect("its configuration");
        let token = Self { folder: folder.to_path_buf() };
        token.write_pin(PIN);
        token.run(
            "softhsm2-util",
            &["--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "87654321"],
        );
        Some(token)
    }

    /// What the library reads the token's folder from: `SOFTHSM2_CONF`.
    pub fn conf(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    /// Makes an Ed25519 key under this label and identifier (hex).
    pub fn make_key(&self, label: &str, id: &str) {
        let made = ["--keypairgen", "--key-type", "EC:edwards25519", "--label", label, "--id", id];
        self.tool(&made);
    }

    /// Makes a key of another kind, which signs nothing here.
    pub fn make_other_key(&self, label: &str, id: &str) {
        self.tool(&["--keypairgen", "--key-type", "EC:prime256v1", "--label", label, "--id", id]);
    }

    /// Logs in once with the right PIN, as an operator does by the device's own program.
    pub fn log_in(&self) {
        self.tool(&["--list-objects"]);
    }

    /// Shows it a wrong PIN.
    pub fn try_wrong_pin(&self) {
        let args =
            ["--module", MODULE, "--token-label", LABEL, "--login", "--pin", "000000", "--list-objects"];
        let tried = self.command("pkcs11-tool", &args).output().expect("the program starts");
        assert!(!tried.status.success(), "the PIN is wrong");
    }

    /// Takes the token out.
    pub fn take_out(&self) {
        fs::rename(self.folder.join("tokens"), self.folder.join("taken")).expect("it is in");
        fs::create_dir(self.folder.join("tokens")).expect("an empty reader");
    }

    /// Puts it back.
    pub fn put_back(&self) {
        fs::remove_dir(self.folder.join("tokens")).expect("an empty reader");
        fs::rename(self.folder.join("taken"), self.folder.join("tokens")).expect("it is out");
    }

    /// Removes the two halves of a key.
    pub fn remove_key(&self, id: &str) {
        for half in ["privkey", "pubkey"] {
            self.tool(&["--delete-object", "--type", half, "--id", id]);
        }
    }

    /// Writes the file that the URIs name.
    pub fn write_pin(&self, pin: &str) {
        let path = self.folder.join("pin");
        fs::write(&path, format!("{pin}\n")).expect("a PIN file");
        restrict(&path);
    }

    /// The URI of a key by its label.
    pub fn uri(&self, label: &str) -> String {
        let pin = self.folder.join("pin");
        format!("pkcs11:token={LABEL};object={label}?module-path={MODULE}&pin-source=file:{}", pin.display())
    }

    /// Runs one test of this test program again, alone, with the token in its environment: the library reads it once in a
    /// process.
    pub fn run_inside(&self, test: &str) {
        let program = env::current_exe().expect("a test is a program");
        let output = Command::new(program)
            .args(["--exact", test, "--nocapture", "--include-ignored"])
            .env("SOFTHSM2_CONF", self.conf())
            .env(INSIDE, &self.folder)
            .output()
            .expect("it runs");
        show(&output);
        assert!(output.status.success(), "{test} fails with the token");
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{test} was run");
    }

    /// The token that this process was started with by [`Self::run_inside`].
    pub fn inside() -> Option<Self> {
        env::var_os(INSIDE).map(|folder| Self { folder: folder.into() })
    }

    fn tool(&self, args: &[&str]) {
        let common = ["--module", MODULE, "--token-label", LABEL, "--login", "--pin", PIN];
        self.run("pkcs11-tool", &[&common, args].concat());
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env("SOFTHSM2_CONF", self.conf());
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        let output = self.command(program, args).output().expect("the program starts");
        if !output.status.success() {
            show(&output);
        }
        assert!(output.status.success(), "{program} {args:?}");
    }
}

fn show(output: &Output) {
    eprintln!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

/// Makes a secret its owner's alone, as programs ask for.
#[cfg(unix)]
pub fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its owner's alone");
}

/// There is nothing to do.
#[cfg(not(unix))]
pub fn restrict(_path: &Path) {}

/// The token's label.
pub const LABEL: &str = "yong-test";
/// The token's PIN.
pub const PIN: &str = "123456";
/// Where Debian puts the library.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Set in processes that [`Token::run_inside`] starts.
const INSIDE: &str = "YONG_TEST_TOKEN";
