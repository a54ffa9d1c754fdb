//! One proof and batches, each beside arkworks.

use ark_groth16::{Groth16, prepare_verifying_key};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use groth16::Bn254;
use groth16::Proof;
use groth16::{Claim, PreparedVerifier};
use rand::rngs::OsRng;
use rayon::prelude::*;
use verifier_service::bench::Sample;

fn one(c: &mut Criterion) {
    let sample = Sample::built_in();
    let engine = PreparedVerifier::new(sample.key().clone(), &verifier::Circuit::Show.varying_inputs());
    let reference = prepare_verifying_key(sample.key().as_ark());
    let (inputs, proof) = &sample.claims()[0];
    let bytes = proof.to_bytes();
    let mut group = c.benchmark_group("one");
    group.bench_function("ours", |b| b.iter(|| engine.verify(inputs, proof)));
    group.bench_function("arkworks", |b| {
        b.iter(|| Groth16::<Bn254>::verify_proof(&reference, proof.as_ark(), inputs));
    });
    group.bench_function("decode", |b| b.iter(|| Proof::from_bytes(&bytes)));
}

fn many(c: &mut Criterion) {
    let sample = Sample::built_in();
    let engine = PreparedVerifier::new(sample.key().clone(), &verifier::Circuit::Show.varying_inputs());
    let reference = prepare_verifying_key(sample.key().as_ark());
    let mut group = c.benchmark_group("batch");
    group.sample_size(10);
    for size in [64, 1024] {
        let all = sample.distinct(size, &mut OsRng);
        let bytes: Vec<_> = all.iter().map(|(_, bytes)| *bytes).collect();
        let proofs: Vec<Proof> = all.iter().filter_map(|(_, bytes)| Proof::from_bytes(bytes).ok()).collect();
        let claims = || all.iter().zip(&proofs).map(|((x, _), proof)| Claim { inputs: x.clone(), proof });
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(format!("ours/{size}"), |b| {
            let claims = || claims().collect::<Vec<_>>();
            b.iter_batched(claims, |x| engine.verify_batch(&x, &mut OsRng), BatchSize::LargeInput);
        });
        group.bench_function(format!("decode/{size}"), |b| {
            b.iter(|| {
                bytes.par_chunks(32).flat_map_iter(Proof::from_bytes_batch).filter(Result::is_ok).count()
            });
        });
        group.bench_function(format!("arkworks/{size}"), |b| {
            b.iter(|| {
                let each = all.par_iter().zip(&proofs);
                each.filter(|((inputs, _), proof)| {
                    !Groth16::<Bn254>::verify_proof(&reference, proof.as_ark(), inputs).unwrap_or(false)
                })
                .count()
            });
        });
    }
}

criterion_group!(benches, one, many);
criterion_main!(benches);
