//! Witness and proof of `show`, each beside arkworks.

use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSystem, SynthesisMode};
use circuits::samples;
use circuits::show::{Private, Public};
use criterion::{Criterion, criterion_group, criterion_main};
use prover::engine::{Arkworks, Blinding, Engine};
use prover::statement::{Show, Statement};
use prover::{CircuitProver, ShowProver, testing};
use rand::rngs::OsRng;

fn show(c: &mut Criterion) {
    let prover = &testing::prover().show;
    let path = testing::keys_dir().join("show-2.key");
    let reference = CircuitProver::<Show, Arkworks>::open(&path).expect("the same key");
    let (public, private) = samples::show(&mut OsRng);
    let assignment = ShowProver::assign(&public, &private).expect("the sample holds");
    prover.derive_multiples();
    let prepared = prover.prepare(&private, &public.root).expect("the sample holds");
    let mut group = c.benchmark_group("prove");
    group.sample_size(20);
    group.bench_function("witness/arkworks", |b| b.iter(|| synthesised(&public, &private)));
    group.bench_function("witness/ours", |b| b.iter(|| ShowProver::assign(&public, &private).map(drop)));
    group.bench_function("arkworks", |b| {
        b.iter(|| reference.engine().prove(&assignment, &Blinding::random(&mut OsRng)));
    });
    group.bench_function("ours", |b| {
        b.iter(|| prover.engine().prove(&assignment, &Blinding::random(&mut OsRng)));
    });
    group.bench_function("prepared", |b| {
        b.iter(|| prover.prove_prepared(&prepared, &public, &private, &mut OsRng));
    });
    group.bench_function("prepare", |b| b.iter(|| prover.prepare(&private, &public.root).map(drop)));
}

/// The variables as arkworks' constraint system computes them when it builds no matrices.
fn synthesised(public: &Public, private: &Private) -> Vec<Fr> {
    let cs = ConstraintSystem::new_ref();
    cs.set_mode(SynthesisMode::Prove { construct_matrices: false, generate_lc_assignments: false });
    Show::synthesize(Some((public, private)), cs.clone()).expect("the sample holds");
    cs.witness_assignment().expect("it was synthesised").clone()
}

criterion_group!(benches, show);
criterion_main!(benches);
