//! Behaviour over days: what the memory makes of mail that one look cannot tell.
//!
//! Each test is a small history of one tenant, as records on the wire, through the two machines that the service runs.

#![cfg(test)]

mod campaigns;
mod echo;
mod flood;
mod joins;
mod posture;
mod sources;
mod world;
