//! The log of the service: that of `sanad-listener`, with the lines of this crate.

pub use sanad_listener::log::{AlreadySet, Exchange, Level, subscriber};

/// Lines of this crate.
pub const TARGET: &str = "sanad_issuer";

/// Sets the log of the process, on standard error.
///
/// # Errors
/// [`AlreadySet`].
pub fn install(level: Level) -> Result<(), AlreadySet> {
    sanad_listener::log::install(level, TARGET)
}
