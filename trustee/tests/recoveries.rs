//! A thousand recoveries while as many trustees are down as may be.

use circuits::Fr;
use circuits::credential::{DepartmentId, PersonSecret};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use trustee::{Candidate, HpkePrivateKey, Recovery, deal};

/// Which trustees a wallet chooses, and how many of them it needs, differ from person to person.
#[test]
fn a_thousand_of_a_thousand_recoveries_succeed() {
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let departments: Vec<(DepartmentId, HpkePrivateKey)> = (0..7)
        .map(|i| (format!("department-{i}").parse().unwrap(), HpkePrivateKey::generate(&mut rng)))
        .collect();
    let person = |secret: &PersonSecret| secret.person(&"gongan.nanning".parse().unwrap());
    for number in 1..=1000u64 {
        let shares = rng.gen_range(2..=departments.len());
        let needed = rng.gen_range(2..=shares);
        let chosen: Vec<_> = departments.choose_multiple(&mut rng, shares).collect();
        let candidates: Vec<_> = chosen
            .iter()
            .map(|(department, key)| Candidate { department: department.clone(), key: key.public() })
            .collect();
        let secret = PersonSecret::from_element(Fr::from(number)).unwrap();
        let dealt = deal(&secret, needed, &candidates, &mut rng).unwrap();
        let wallet = HpkePrivateKey::generate(&mut rng);
        let mut recovery = Recovery::new(&dealt.bundle, &wallet);
        let mut up: Vec<_> = dealt.bundle.seats().zip(&dealt.deposits).zip(&chosen).collect();
        up.shuffle(&mut rng);
        for ((seat, deposit), (department, key)) in up.into_iter().take(needed) {
            let answer = seat.answer(deposit, key, &wallet.public(), &mut rng).unwrap();
            recovery.take(department, &answer).unwrap();
        }
        let rebuilt = recovery.rebuild().ok().unwrap();
        assert_eq!(person(&rebuilt), person(&secret), "recovery {number}: {needed} of {shares}");
    }
}
