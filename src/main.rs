//! The command line of Postern.

use std::process::ExitCode;

fn main() -> ExitCode {
    postern::cli::main()
}
