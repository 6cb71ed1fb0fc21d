//! Where the programs under test are.

use std::path::PathBuf;

/// A program of this workspace, built beside the running one.
///
/// # Panics
/// When it is not there: `cargo xtask test` and `cargo xtask demo` build all programs first.
pub fn program(name: &str) -> PathBuf {
    let running = std::env::current_exe().expect("the running program has a path");
    let mut dir = running.parent().expect("a program lies in a directory");
    if dir.ends_with("deps") {
        dir = dir.parent().expect("deps lies in a directory");
    }
    let program = dir.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{name} is not built: run `cargo build --workspace --bins` first");
    program
}
