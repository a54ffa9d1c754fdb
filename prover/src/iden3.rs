//! The file formats that snarkjs and the tools around it exchange, for BN254.
//!
//! All are one container: four letters, a version, and numbered sections of stated length. Reading goes from the outside
//! in: sections lie inside the file, counts agree with the sizes of sections, and only then are points decoded, each
//! canonical, on its curve and, where it matters, in its subgroup. The layouts are those that snarkjs 0.7.6 writes.

pub mod circom;
pub mod container;
pub(crate) mod points;
pub mod ptau;
pub mod solidity;
pub mod zkey;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The first four letters are others.
    #[error("this is no {0} file")]
    Kind(&'static str),
    /// A version of the format, or a proof system, that is not known here.
    #[error("the file is of an unknown version")]
    Version,
    /// Larger than any file that is meant to be read here.
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// The file ends too early, or goes on after its end.
    #[error("the file does not end where it says that it does")]
    Length,
    /// A section is there twice.
    #[error("section {0} is there twice")]
    Duplicate(u32),
    /// A section that is needed is not there.
    #[error("section {0} is missing")]
    Missing(u32),
    /// A section has another size than the counts in the file imply.
    #[error("section {0} has another size than the file's header says")]
    Size(u32),
    /// A count in the header is out of bounds.
    #[error("the header states an impossible count of {0}")]
    Count(&'static str),
    /// The file is for another field or curve.
    #[error("the file is not for the curve BN254")]
    Curve,
    /// A point is not canonical, not on its curve or not in its subgroup.
    #[error("a point in section {0} is not one of its group")]
    Point(u32),
    /// What is said about a contribution is malformed.
    #[error("contribution {0} is malformed")]
    Contribution(usize),
    /// It is another file than the one that whoever checks has named by its digest.
    #[error("the file's BLAKE2b-512 is another than the one that was given")]
    OtherFile,
}
