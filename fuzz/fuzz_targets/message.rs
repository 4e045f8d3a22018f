//! Any bytes, read as one message.
#![no_main]

#[path = "../checks/message.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    checks::read_message(payload);
});
