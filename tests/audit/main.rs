//! Audit records from outside: golden cases, every rule in every shape, and what must stay silent.
//!
//! `UPDATE_GOLDEN=1 cargo test --test audit` rewrites what is expected; read the difference before committing it.
#![cfg(test)]

mod golden;
mod ordinary;
mod pages;
mod properties;
mod rules;
mod shapes;
