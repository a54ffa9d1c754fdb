//! What whoever has the log's key tries alone: to state a credential root that no entry derives.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use circuits::Fr;
use ledger::checkpoint::Checkpoint;
use ledger::client::{Client, agent_builder, below};
use ledger::follow::open_checkpoint;
use ledger::key::DepartmentKey;
use ledger::merkle::{CompactRange, TileReader, consistency_proof};
use ledger::note::{MAX_NOTE, Note};
use ledger::record::{Entry, Record, Signer, StateRoot};
use ledger::resource::Resource;
use ledger::source::{FetchError, Source as _};
use ledger::tile::TilePath;
use ledger::witness::{ADD_CHECKPOINT, AddCheckpoint, REPLAY_ENTRIES, ReplayEntries};

use super::context::{Context, now};
use crate::departments::DEPARTMENTS;
use crate::genesis::witness_name;

/// Asks every witness of the city for a cosignature of a forged root, as the node would.
pub(super) fn forged_root(context: &Context<'_>) -> anyhow::Result<String> {
    let Some(quorum) = context.setup.genesis.witnesses() else {
        return Ok("this city was made without witnesses: --fresh makes one with".into());
    };
    let forged = Forged::new(context)?;
    let mut refused = 0;
    for department in DEPARTMENTS.iter().filter(|d| quorum.place(&witness_name(d)).is_some()) {
        let witness = department.witness().context("a witness without an address")?;
        let url = context.data_dir.url(witness);
        let (status, words) = post(&below(&url, REPLAY_ENTRIES), &forged.entries.to_bytes())?;
        ensure!(status == 422 && words.contains("does not derive"), "{}: {status} {words}", department.id);
        let (status, words) = post(&below(&url, ADD_CHECKPOINT), forged.request.to_string().as_bytes())?;
        ensure!(status == 422, "{} cosigned a forged root: {status} {words}", department.id);
        refused += 1;
    }
    ensure!(refused >= quorum.replay_needed(), "only {refused} witnesses were asked");
    Ok(format!("refused by {refused} witnesses that replay; nobody believes it without them"))
}

/// A root that the log's key signed, in a tree that the log's key signed.
struct Forged {
    entries: ReplayEntries,
    request: AddCheckpoint,
}

impl Forged {
    fn new(context: &Context<'_>) -> anyhow::Result<Self> {
        let genesis = &context.setup.genesis;
        let origin = genesis.origin();
        let key = DepartmentKey::load(&context.data_dir.path("ledger/log.key"))?;
        let client = &context.ledger_client;
        let newest = client.get(&Resource::Checkpoint, MAX_NOTE as u64)?;
        let newest = open_checkpoint(&newest, genesis)?;
        let entries = newest.size;
        let root = StateRoot {
            id: format!("state.root/{entries}").parse()?,
            entries,
            leaves: client.status()?.leaves,
            root: Fr::from(12345_u64).into(),
            registry: *context.ledger.view().registry().chain(),
            time: now(),
        };
        let entry = Entry::sign(origin, Record::Root(root), Signer::Log(origin.clone()), &key)?;
        let mut tiles = Tiles { client, new: HashMap::new() };
        let mut range = CompactRange::load(entries, &tiles).context("the log's edge")?;
        let new = range.append(&[entry.leaf_hash()]);
        tiles.new = new.into_iter().map(|tile| (tile.path, tile.bytes)).collect();
        let size = range.size();
        let note: Note = Checkpoint { origin: origin.clone(), size, root: range.root() }.sign(&key)?;
        let proof = consistency_proof(entries, size, &tiles).context("the proof that the log grew")?;
        Ok(Self {
            request: AddCheckpoint { old: entries, proof, note: note.clone() },
            entries: ReplayEntries {
                from: entries,
                proof: Vec::new(),
                entries: vec![entry.bytes().to_vec()],
                note,
            },
        })
    }
}

/// The log's tiles, and those that one more entry makes.
struct Tiles<'c> {
    client: &'c Client,
    new: HashMap<TilePath, Vec<u8>>,
}

impl TileReader for Tiles<'_> {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        let known = self.new.get(&path).cloned();
        known.map_or_else(|| self.client.get(&Resource::Tile(path), TILE_BYTES), Ok)
    }
}

fn post(address: &str, body: &[u8]) -> anyhow::Result<(u16, String)> {
    let mut answer = agent_builder().build().new_agent().post(address).send(body)?;
    Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
}

/// Bytes of a full tile.
const TILE_BYTES: u64 = 8192;
