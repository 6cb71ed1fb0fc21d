//! What must hold for every document, tried on arbitrary ones (`sanad_tests::generate`).

mod carriers;
mod open_forms;
mod presentations;
mod round_trip;
mod rubbish;
mod seeds;
mod service_config;
mod tampering;
