//! Proofs to check.

use std::path::Path;

use ark_bn254::Fr;
use rand::RngCore;
use serde_json::Value;

use crate::{PROOF_BYTES, Proof, VerifyingKey, public_from_json};

/// A key with true claims, in the files that snarkjs uses.
pub struct Sample {
    key: VerifyingKey,
    /// Never empty: public inputs and proof.
    claims: Vec<(Vec<Fr>, Proof)>,
}

/// A further proof over the rows of the first.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Another {
    /// Its public inputs before the rows.
    pub before_rows: Value,
    /// The proof.
    pub proof: Proof,
}

/// The files of a folder of `samples/`, which ends with a slash where it has a name.
macro_rules! built_in {
    ($folder:literal) => {
        Sample::parse([
            include_bytes!(concat!("../samples/", $folder, "verification_key.json")),
            include_bytes!(concat!("../samples/", $folder, "proof.json")),
            include_bytes!(concat!("../samples/", $folder, "public.json")),
            include_bytes!(concat!("../samples/", $folder, "more.json")),
        ])
        .expect("a test checks the samples")
    };
}

impl Sample {
    /// Those of `show` in `samples/`, made with development keys over test credentials by `tests/samples.rs`.
    pub fn built_in() -> Self {
        built_in!("")
    }

    /// Those of the further statements of an answer, `join` and `score`, likewise.
    pub fn built_in_linked() -> [Self; 2] {
        [built_in!("join/"), built_in!("score/")]
    }

    /// Reads `verification_key.json`, `proof.json`, `public.json` and, if it exists, `more.json`: an array of proofs
    /// over the same rows.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let read = |name: &str| std::fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
        let (key, proof, public) =
            (read("verification_key.json")?, read("proof.json")?, read("public.json")?);
        let more = if dir.join("more.json").exists() { read("more.json")? } else { b"[]".to_vec() };
        Self::parse([&key, &proof, &public, &more])
    }

    /// The public inputs and the proofs.
    pub fn claims(&self) -> &[(Vec<Fr>, Proof)] {
        &self.claims
    }

    /// The key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// `count` true claims with proofs in bytes, no two of which share a point. Where there are fewer samples they
    /// are used again with proofs made different: with random z and t, (z·A, B/z + t·δ, C + z·t·A) is a proof like (A, B, C).
    pub fn distinct(&self, count: usize, rng: &mut impl RngCore) -> Vec<(Vec<Fr>, [u8; PROOF_BYTES])> {
        let all = self.claims.iter().cycle().take(count).enumerate();
        all.map(|(i, (inputs, proof))| {
            let mut number = || Fr::from(u128::from(rng.next_u64()) << 64 | 1);
            let fresh = (i >= self.claims.len()).then(|| proof.rerandomised(&self.key, &number(), &number()));
            (inputs.clone(), fresh.flatten().unwrap_or_else(|| proof.clone()).to_bytes())
        })
        .collect()
    }

    fn parse([key, proof, public, more]: [&[u8]; 4]) -> Result<Self, String> {
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string());
        let key = VerifyingKey::from_json(&json(key)?).map_err(|error| error.to_string())?;
        let inputs = public_from_json(&json(public)?).map_err(|error| error.to_string())?;
        let proof = Proof::from_json(&json(proof)?).map_err(|error| error.to_string())?;
        let more: Vec<Another> = serde_json::from_slice(more).map_err(|error| error.to_string())?;
        let mut claims = vec![(inputs.clone(), proof)];
        for another in more {
            let own = public_from_json(&another.before_rows).map_err(|error| error.to_string())?;
            claims.push((own.iter().chain(inputs.iter().skip(own.len())).copied().collect(), another.proof));
        }
        Ok(Self { key, claims })
    }
}
