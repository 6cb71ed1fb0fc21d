//! Contribution periods of one person, put together from records of several issuers.
