//! Where there is no vector kernel.

use ark_ec::short_weierstrass::SWCurveConfig;

use super::pairs::{AddPairs, Point};

/// Cannot exist.
pub enum Never {}

impl<P: SWCurveConfig> AddPairs<P> for Never {
    fn detect() -> Option<Self> {
        None
    }
    fn scale() -> P::BaseField {
        unreachable!("asked only where `detect` gave something")
    }
    fn add(&mut self, _: &[(Point<P>, Point<P>)], _: impl FnMut(usize, Point<P>)) {
        match *self {}
    }
}
