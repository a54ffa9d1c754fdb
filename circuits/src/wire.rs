//! The words that both sides of a session exchange: proofs, contexts, requests, presentations, issuing.

pub mod address;
pub mod context;
pub mod issuing;
pub mod jwe;
pub mod offline;
pub mod paper;
pub mod presenting;
pub mod proof;
pub mod strict;
