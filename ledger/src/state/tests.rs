//! Batches drafted, sealed and replayed.
