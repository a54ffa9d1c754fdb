//! Holds credentials: keys, consent, presentation and history.
