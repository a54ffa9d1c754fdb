//! The `issuer` command.

fn main() -> std::process::ExitCode {
    issuer::cli::main()
}
