//! Whatever is done to a person in whatever order, what the desk keeps and what the ledger has stay as they must.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::world::{PERSON, Wallet, World, id, identity_row, import, person, receive, token_to};
use crate::admin::Enrolment;
use crate::issuer::{Act, ActError, CredentialError, IssuerError};
use crate::store::credentials::{self, CredentialState};
use crate::store::people;

const SCHEMA: &str = "identity/1";

/// A person with five devices, who is reset now and then.
struct Walk {
    world: World,
    rng: StdRng,
    /// Which person secret the person has by now.
    secret: u64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let world = World::new();
        import(&world.gongan, SCHEMA, &identity_row(PERSON));
        Self { world, rng: StdRng::seed_from_u64(seed), secret: 1_000 }
    }

    fn step(&mut self) {
        match self.rng.gen_range(0..12) {
            0..=3 => self.enrol(self.secret, Enrolment::Add),
            4..=5 => self.enrol(self.secret, Enrolment::ReplaceAll),
            6 => self.correct(),
            7 => self.list(),
            8 => self.change(Act::Suspend),
            9 => self.change(Act::Restore),
            10 => self.change(Act::Revoke),
            _ => self.reset(),
        }
        self.check();
    }

    fn enrol(&mut self, secret: u64, enrolment: Enrolment) {
        let device = self.rng.gen_range(0..5);
        let _ = self.ask(secret, device, enrolment);
    }

    /// `None` where not even an offer is made, because the credential is suspended.
    fn ask(&self, secret: u64, device: u64, enrolment: Enrolment) -> Option<Result<(), IssuerError>> {
        let issuer = &self.world.gongan;
        issuer.offer_to(&id(SCHEMA), &person(PERSON), enrolment).ok()?;
        let token = token_to(issuer, SCHEMA, PERSON, enrolment);
        let wallet = Wallet::new(secret).another_device(secret + device);
        let asked = receive(issuer, &token, &wallet.enroll(issuer, SCHEMA, &issuer.nonce()));
        Some(match asked {
            Ok(issued) => {
                let leaf = self.world.ledger.leaf(issued.position);
                assert_eq!(leaf, wallet.open(issuer, &issued).leaf(), "what is handed out is in force");
                Ok(())
            }
            Err(CredentialError::Act(ActError::Refused(refusal))) => Err(refusal),
            Err(other) => panic!("{other}"),
        })
    }

    fn correct(&mut self) {
        let set = [("name".to_owned(), format!("侯{}", self.rng.gen_range(0..9)))].into();
        let _ = self.world.gongan.correct(&id(SCHEMA), &person(PERSON), &set, "data.error");
    }

    fn list(&mut self) {
        let mut row = identity_row(PERSON);
        row.insert("residence_district".to_owned(), self.rng.gen_range(450_101..450_109).to_string());
        self.world.gongan.grant_list(&id(SCHEMA), &[row]).unwrap();
    }

    fn change(&mut self, act: Act) {
        let _ = self.world.gongan.change_status(&id(SCHEMA), &person(PERSON), act, "test");
    }

    fn reset(&mut self) {
        let reset = self.world.gongan.reset(&id(SCHEMA), &person(PERSON), "lost.phrase");
        if reset.is_ok_and(|reset| reset.done) {
            let refused = self.ask(self.secret, 0, Enrolment::Add);
            assert_eq!(refused, Some(Err(IssuerError::PersonEnded)));
            self.secret += 1_000;
        }
    }

    fn check(&self) {
        let of = person(PERSON);
        let (in_force, enrolled) = {
            let store = self.world.gongan.store_for_tests();
            let in_force = credentials::in_force(store.read(), &of, &id(SCHEMA)).unwrap();
            (in_force, people::holders(store.read(), &of, &id(SCHEMA)).unwrap())
        };
        assert!(in_force.len() <= 3 && enrolled.len() <= 3);
        assert!(in_force.iter().all(|held| enrolled.contains(&held.holder)));
        let holders: BTreeSet<_> = in_force.iter().map(|held| held.holder).collect();
        assert_eq!(holders.len(), in_force.len(), "one for each device");
        let schema = self.world.gongan.granted(&id(SCHEMA)).unwrap().1;
        let department = &self.world.gongan.config().department;
        let said = in_force.iter().map(|held| held.credential(department, &schema).unwrap().values);
        let said: BTreeSet<String> =
            said.map(|values| serde_json::to_string(&values.to_json()).unwrap()).collect();
        assert!(said.len() <= 1, "two devices never say different things");
        let states: Vec<CredentialState> = in_force.iter().map(|held| held.state).collect();
        assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "an act reaches all devices");
        let (leaves, removed) = self.world.ledger.leaves();
        let active = states.iter().filter(|state| **state == CredentialState::Active).count();
        assert_eq!(leaves - removed as u64, active as u64, "nothing else is in the tree");
    }
}

#[test]
fn no_walk_leaves_a_device_too_many_or_a_credential_behind() {
    for seed in 0..12 {
        let mut walk = Walk::new(seed);
        for _ in 0..14 {
            walk.step();
        }
    }
}
