//! Shows the statement: a witness in, a 128-byte proof out; keys and their files.

pub mod msm;
pub mod ntt;
pub mod reduction;
