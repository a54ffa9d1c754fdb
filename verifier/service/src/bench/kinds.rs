//! Batches in which answers hold proofs of several statements.

use groth16::PreparedVerifier;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use verifier::Circuit;

use super::{BATCHES, Sample, median, verify_from_bytes_together};

/// Proofs a second, from their 128 bytes to the verdict, in batches of `size` proofs: half are of `show`, a quarter of `join`
/// and a quarter of `score`. Those of one key are checked together, as [`verifier::verify_batch`] does it. An error if one is
/// held false, or if a false one is not.
pub fn batch_of_kinds(show: &Sample, [join, score]: &[Sample; 2], size: usize) -> Result<f64, String> {
    let rng = &mut StdRng::seed_from_u64(size as u64);
    let kinds = [(Circuit::Show, show, 2), (Circuit::Join, join, 4), (Circuit::Score, score, 4)];
    let mut kinds = kinds.map(|(circuit, sample, share)| {
        let engine = PreparedVerifier::new(sample.key().clone(), &circuit.varying_inputs());
        let (inputs, proofs): (Vec<_>, Vec<_>) = sample.distinct(size / share, rng).into_iter().unzip();
        (engine, inputs, proofs)
    });
    let ms = median(BATCHES, || {
        kinds.iter().all(|(engine, inputs, proofs)| {
            verify_from_bytes_together(engine, inputs, proofs).is_some_and(|found| found.is_empty())
        })
    })?;
    for (engine, inputs, proofs) in &mut kinds {
        let last = inputs.last_mut().ok_or("no samples")?;
        let context = last.first_mut().ok_or("no inputs")?;
        *context += circuits::Fr::from(1u64);
        if verify_from_bytes_together(engine, inputs, proofs) != Some(vec![proofs.len() - 1]) {
            return Err("a false claim is not named".to_owned());
        }
    }
    Ok(1000.0 * size as f64 / ms)
}
