//! Witness and proof of `show`, each beside arkworks.
#![allow(missing_docs)]

use circuits::samples;
use criterion::{Criterion, criterion_group, criterion_main};
use prover::engine::{Arkworks, Blinding, Engine};
use prover::statement::Show;
use prover::{CircuitProver, ShowProver, testing};
use rand::rngs::OsRng;

fn show(c: &mut Criterion) {
    let prover = &testing::prover().show;
    let path = testing::keys_dir().join("show-1.key");
    let reference = CircuitProver::<Show, Arkworks>::open(&path).expect("the same key");
    let (public, private) = samples::show(&mut OsRng);
    let assignment = ShowProver::assign(&public, &private).expect("the sample holds");
    prover.derive_multiples();
    let prepared = prover.prepare(&private, &public.root).expect("the sample holds");
    let mut group = c.benchmark_group("prove");
    group.sample_size(20);
    group.bench_function("witness", |b| b.iter(|| ShowProver::assign(&public, &private).map(drop)));
    group.bench_function("arkworks", |b| {
        b.iter(|| reference.engine().prove(&assignment, &Blinding::random(&mut OsRng)));
    });
    group.bench_function("ours", |b| {
        b.iter(|| prover.engine().prove(&assignment, &Blinding::random(&mut OsRng)));
    });
    group.bench_function("prepared", |b| {
        b.iter(|| prover.prove_prepared(&prepared, prepared.leaf(), &public, &mut OsRng));
    });
    group.bench_function("prepare", |b| b.iter(|| prover.prepare(&private, &public.root).map(drop)));
}

criterion_group!(benches, show);
criterion_main!(benches);
