//! The elbow binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    elbow::cli::main()
}
