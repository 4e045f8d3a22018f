//! Postern: a streaming detector for the unauthenticated entrance of Microsoft 365 tenants.

pub mod event;
pub mod simulate;
