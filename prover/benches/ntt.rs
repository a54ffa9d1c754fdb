//! From values on the domain to values on the odd coset, beside the two arkworks transforms that do it.

use ark_bn254::Fr;
use ark_ff::{FftField, UniformRand};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use criterion::{Criterion, criterion_group, criterion_main};
use prover::ntt::Domain;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn to_odd_coset(c: &mut Criterion) {
    let rng = &mut StdRng::seed_from_u64(1);
    let values: Vec<Fr> = (0..8192).map(|_| Fr::rand(rng)).collect();
    let ours = Domain::new(13).expect("the field has this domain");
    let theirs = Radix2EvaluationDomain::<Fr>::new(8192).expect("the field has this domain");
    let shift = Fr::get_root_of_unity(16_384).expect("the field has this root");
    let coset = theirs.get_coset(shift).expect("a root of unity is not zero");
    let mut group = c.benchmark_group("ntt/8192");
    group.bench_function("arkworks", |b| b.iter(|| coset.fft(&theirs.ifft(&values))));
    group.bench_function("ours", |b| {
        b.iter(|| {
            let mut values = values.clone();
            ours.to_odd_coset(&mut values);
            values
        });
    });
}

criterion_group!(benches, to_odd_coset);
criterion_main!(benches);
