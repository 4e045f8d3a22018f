//! Postern as it is installed, in front of real receivers: what its ledger holds is what each of them was told.

mod answers;
mod everyone;
mod matrix;
mod partial;
mod receiver;
mod scene;
mod trust;
