//! Entries of the log that a reader asks for: of one department, of one kind, before one place.
//!
//! The log has no index by department, so it is read backwards, a bounded part of it at a time; whoever wants more goes on from
//! where the reading ended.

use circuits::credential::DepartmentId;
use ledger::record::{Entry, Part, Record, RecordKind};
use ledger::resource::Resource;
use ledger::tile::{Numbered, TILE_WIDTH, TileWidth};
use url::form_urlencoded;

use super::page::PageRequest;
use super::render::View;
use crate::http::read::read;
use crate::tiles;

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// A department that signed or is concerned.
    pub(super) department: Option<DepartmentId>,
    pub(super) kinds: Kinds,
    /// Only entries before this index.
    pub(super) before: Option<u64>,
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kinds {
    /// What departments did; the log's own state roots say nothing to people.
    #[default]
    OfDepartments,
    All,
    One(RecordKind),
}

/// Entries that were found, the newest first.
pub(super) struct Found {
    pub(super) entries: Vec<(u64, Entry)>,
    /// The index to go on before, if there may be more.
    pub(super) earlier: Option<u64>,
}

impl Filter {
    /// From the query of an address. What no filter can be is passed over.
    pub(super) fn of(request: &PageRequest) -> Self {
        let department = request.value("department").and_then(|id| id.parse().ok());
        let kinds = match request.value("kind") {
            None => Kinds::default(),
            Some(ALL) => Kinds::All,
            Some(name) => RecordKind::from_name(name).map_or_else(Kinds::default, Kinds::One),
        };
        let before = request.value("before").and_then(PageRequest::number);
        Self { department, kinds, before }
    }

    /// At most `most` of the entries that are asked for.
    pub(super) fn find(&self, view: &View<'_>, most: usize) -> Found {
        let size = view.snapshot.status.size;
        let to = self.before.unwrap_or(size).min(size);
        let mut bundles = Bundles::new(view);
        let mut entries = Vec::new();
        for index in self.candidates(view, to) {
            if entries.len() == most || bundles.is_enough(index) {
                return Found { entries, earlier: Some(index + 1) };
            }
            let entry = bundles.entry(index);
            entries.extend(entry.filter(|entry| self.takes(entry)).map(|entry| (index, entry)));
        }
        Found { entries, earlier: None }
    }

    /// The query of an address with the same filter that goes on before another place.
    pub(super) fn query(&self, before: Option<u64>, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.department.iter().map(|department| ("department", department.to_string())));
        query.extend_pairs(self.kind_name().map(|kind| ("kind", kind)));
        query.extend_pairs(before.map(|before| ("before", before.to_string())));
        query.extend_pairs(more);
        query.finish()
    }

    /// The word for the kinds in an address; none where it is left out.
    pub(super) fn kind_name(&self) -> Option<&'static str> {
        match self.kinds {
            Kinds::OfDepartments => None,
            Kinds::All => Some(ALL),
            Kinds::One(kind) => Some(kind.as_str()),
        }
    }

    /// Where such entries can be, the newest first.
    fn candidates<'a>(&self, view: &View<'a>, to: u64) -> Box<dyn Iterator<Item = u64> + 'a> {
        match self.kinds {
            Kinds::One(kind) if kind.part() == Part::Registry => {
                let registry = &view.snapshot.index.registry;
                Box::new(registry.iter().rev().copied().skip_while(move |index| *index >= to))
            }
            Kinds::OfDepartments | Kinds::All | Kinds::One(_) => Box::new((0..to).rev()),
        }
    }

    fn takes(&self, entry: &Entry) -> bool {
        let record = entry.record();
        let kind = match self.kinds {
            Kinds::OfDepartments => record.part() != Part::Root,
            Kinds::All => true,
            Kinds::One(kind) => record.record_kind() == kind,
        };
        kind && self.department.as_ref().is_none_or(|department| {
            entry.signer().to_string() == department.as_str() || concerned(record) == Some(department)
        })
    }
}

/// When the batch of an entry ended, from the entries after it, for one before the state roots that the node lists.
pub(super) fn time_after(view: &View<'_>, index: u64) -> Option<u64> {
    let mut bundles = Bundles::new(view);
    for index in index..view.snapshot.status.size {
        if bundles.is_enough(index) {
            break;
        }
        if let Some(root) = bundles.entry(index)?.record().state_root() {
            return Some(root.time);
        }
    }
    None
}

/// The department that a record is about, besides who signed it.
fn concerned(record: &Record) -> Option<&DepartmentId> {
    match record {
        Record::Admit(r) => Some(&r.department.id),
        Record::Rotate(r) => Some(&r.department),
        Record::Suspend(r) => Some(&r.department),
        Record::Reinstate(r) => Some(&r.department),
        Record::Withdraw(r) => Some(&r.department),
        Record::Recovery(r) => Some(&r.desk),
        Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Commit(_)
        | Record::Status(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Disclosure(_)
        | Record::Root(_) => None,
    }
}

/// Bundles of entries, of which the last one is held.
struct Bundles<'a, 'b> {
    view: &'b View<'a>,
    held: Option<(u64, Vec<Vec<u8>>)>,
    read: usize,
    bytes: usize,
}

impl<'a, 'b> Bundles<'a, 'b> {
    fn new(view: &'b View<'a>) -> Self {
        Self { view, held: None, read: 0, bytes: 0 }
    }

    /// Whether so much was read that no further bundle is, not even that of this entry.
    fn is_enough(&self, index: u64) -> bool {
        let held = self.held.as_ref().is_some_and(|(bundle, _)| *bundle == index / TILE_WIDTH);
        !held && (self.read >= MOST_BUNDLES || self.bytes >= MOST_BYTES)
    }

    /// `None` where it cannot be read, which is logged.
    fn entry(&mut self, index: u64) -> Option<Entry> {
        let bundle = index / TILE_WIDTH;
        if self.held.as_ref().is_none_or(|(held, _)| *held != bundle) {
            let entries = self.read(bundle);
            self.read += 1;
            self.bytes += entries.iter().map(Vec::len).sum::<usize>();
            self.held = Some((bundle, entries));
        }
        let (_, entries) = self.held.as_ref()?;
        Entry::parse(entries.get(usize::try_from(index % TILE_WIDTH).ok()?)?).ok()
    }

    fn read(&self, index: u64) -> Vec<Vec<u8>> {
        let Some(width) = TileWidth::at(index, self.view.snapshot.status.size) else { return Vec::new() };
        let bytes = read(self.view.node, &Resource::Entries(Numbered { index, width }));
        let bytes = bytes.inspect_err(|error| tracing::error!(%error, "entries cannot be read"));
        let bytes = bytes.ok().flatten().unwrap_or_default();
        tiles::split_bundle(&bytes).unwrap_or_default().into_iter().map(<[u8]>::to_vec).collect()
    }
}

/// What stands for every kind in an address.
pub(super) const ALL: &str = "all";
/// Bundles of 256 entries that are read for one answer.
const MOST_BUNDLES: usize = 64;
/// Bytes of entries after which no further bundle is read for one answer.
const MOST_BYTES: usize = 8 << 20;
