//! In-circuit twin of [`hash`](super::hash).
