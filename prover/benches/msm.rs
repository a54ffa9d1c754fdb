//! Sums over fixed points of a key's size, each beside arkworks.

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::UniformRand;
use criterion::{Criterion, criterion_group, criterion_main};
use prover::msm::{FixedBases, Sets};
use rand::SeedableRng;
use rand::rngs::StdRng;

fn g1(c: &mut Criterion) {
    let rng = &mut StdRng::seed_from_u64(1);
    let points: Vec<_> = (0..8192).map(|_| G1Projective::rand(rng)).collect();
    let points = G1Projective::normalize_batch(&points);
    let scalars: Vec<Fr> = points.iter().map(|_| Fr::rand(rng)).collect();
    let all = 0..scalars.len();
    let mut group = c.benchmark_group("msm/g1/8192");
    group.sample_size(20);
    group.bench_function("arkworks", |b| b.iter(|| G1Projective::msm(&points, &scalars)));
    let bases = FixedBases::new(&points);
    group.bench_function("ours", |b| b.iter(|| bases.msm(&scalars, std::slice::from_ref(&all))));
    bases.derive_multiples(Sets::One);
    group.bench_function("ours/multiples", |b| b.iter(|| bases.msm(&scalars, std::slice::from_ref(&all))));
}

fn g2(c: &mut Criterion) {
    let rng = &mut StdRng::seed_from_u64(2);
    let points: Vec<_> = (0..4096).map(|_| G2Projective::rand(rng)).collect();
    let points = G2Projective::normalize_batch(&points);
    let scalars: Vec<Fr> = points.iter().map(|_| Fr::rand(rng)).collect();
    let all = 0..scalars.len();
    let mut group = c.benchmark_group("msm/g2/4096");
    group.sample_size(20);
    group.bench_function("arkworks", |b| b.iter(|| G2Projective::msm(&points, &scalars)));
    let bases = FixedBases::new(&points);
    group.bench_function("ours", |b| b.iter(|| bases.msm(&scalars, std::slice::from_ref(&all))));
    bases.derive_multiples(Sets::Two);
    group.bench_function("ours/multiples", |b| b.iter(|| bases.msm(&scalars, std::slice::from_ref(&all))));
}

criterion_group!(benches, g1, g2);
criterion_main!(benches);
