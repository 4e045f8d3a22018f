//! The command line, as people and scripts use it: the real binary in a process of its own.
#![cfg(test)]

#[path = "../support/mod.rs"]
pub mod support;

mod evaluate;
mod examples;
mod explain;
mod ledger;
mod operator;
mod pages;
mod postern;
mod quick_start;
mod readme;
mod report;
mod rules;
mod scan;
mod simulate;
