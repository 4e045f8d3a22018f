//! Any bytes, through everything that `postern::decode` offers.
#![no_main]

#[path = "../checks/decode.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    checks::decode_everything(payload);
});
