//! The `prover` command.

fn main() -> std::process::ExitCode {
    prover::cli::main()
}
