//! Any bytes, as a report in UTF-8 or UTF-16.
#![no_main]

#[path = "../checks/csv.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    checks::csv_everything(payload);
});
