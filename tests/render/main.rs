//! What receivers are told, held against what they can read: parsers written from the formats' specifications, the schema
//! of OCSF, the native format's own, and the pages that describe them all.
//!
//! `UPDATE_GOLDEN=1 cargo test --test render` rewrites what is expected; read the difference before committing it.
#![cfg(test)]

mod cases;
mod cef;
mod columns;
mod golden;
mod hostile;
mod leef;
mod native;
mod ocsf;
mod pages;
mod properties;
mod schema;
