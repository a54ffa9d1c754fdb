use super::*;

/// What becomes of the step that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    /// It was not done.
    Lost,
    /// It was done, and then reported as failed.
    Landed,
}

/// A disk with one step that fails.
struct Faulty {
    step: Step,
    failing: Failing,
}

impl Faulty {
    fn pass<T>(&self, step: Step, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if step != self.step {
            return act();
        }
        if self.failing == Failing::Landed {
            act()?;
        }
        Err(io::Error::other("no power"))
    }
}

impl Disk for Faulty {
    fn create(&self, folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
        self.pass(Step::Create, || System.create(folder, readers))
    }
    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        self.pass(Step::Write, || System.write(file, bytes))
    }
    fn sync_file(&self, file: &NamedTempFile) -> io::Result<()> {
        self.pass(Step::SyncFile, || System.sync_file(file))
    }
    fn rename(&self, file: NamedTempFile, path: &Path, existing: Existing) -> io::Result<()> {
        self.pass(Step::Rename, || System.rename(file, path, existing))
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.pass(Step::SyncFolder, || System.sync_folder(folder))
    }
}

fn faults() -> impl Iterator<Item = Faulty> {
    let steps = [Step::Create, Step::Write, Step::SyncFile, Step::Rename, Step::SyncFolder];
    steps
        .into_iter()
        .flat_map(|step| [Failing::Lost, Failing::Landed].map(|failing| Faulty { step, failing }))
}

/// Whether the new bytes have their name although the write was reported as failed.
fn landed(fault: &Faulty) -> bool {
    fault.step == Step::SyncFolder || fault.step == Step::Rename && fault.failing == Failing::Landed
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_failed_replacement_leaves_the_old_file_or_the_new_one_and_can_be_tried_again() {
    for fault in faults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        replace(&path, b"old", Readers::Owner).unwrap();
        let failed = write(&path, b"new", Existing::Replace, Readers::Owner, &fault).unwrap_err();
        let case = format!("{:?} {:?}", fault.step, fault.failing);
        assert_eq!((failed.step(), failed.path()), (fault.step, path.as_path()), "{case}");
        let wanted: &[u8] = if landed(&fault) { b"new" } else { b"old" };
        assert_eq!(fs::read(&path).unwrap(), wanted, "{case}");
        assert_eq!(names(folder.path()), ["x"], "{case}");
        replace(&path, b"new", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "{case}");
    }
}

#[test]
fn a_failed_creation_leaves_nothing_or_the_whole_file() {
    for fault in faults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let failed = write(&path, b"new", Existing::Keep, Readers::Owner, &fault).unwrap_err();
        let case = format!("{:?} {:?}", fault.step, fault.failing);
        assert!(!failed.is_taken(), "{case}");
        let again = create_secret(&path, b"new");
        assert_eq!(again.is_err_and(|error| error.is_taken()), landed(&fault), "{case}");
        assert_eq!(fs::read(&path).unwrap(), b"new", "{case}");
        assert_eq!(names(folder.path()), ["x"], "{case}");
    }
}

#[test]
fn a_file_that_is_there_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    create(&path, b"old", Readers::Everybody).unwrap();
    let refused = create_secret(&path, b"new").unwrap_err();
    assert!(refused.is_taken());
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::AlreadyExists);
    assert_eq!((fs::read(&path).unwrap(), names(folder.path()).len()), (b"old".to_vec(), 1));
}

#[test]
fn what_a_stopped_machine_left_is_swept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    replace(&path, b"old", Readers::Owner).unwrap();
    // The machine stops after the new bytes are on the disk and before they have the name.
    System.create(folder.path(), Readers::Owner).unwrap().keep().unwrap();
    fs::write(folder.path().join("y.tmp"), b"somebody's").unwrap();
    assert_eq!(names(folder.path()).len(), 3);
    sweep(folder.path()).unwrap();
    let mut left = names(folder.path());
    left.sort();
    assert_eq!(left, ["x", "y.tmp"]);
}

#[test]
fn an_error_names_the_file_and_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/x");
    let error = replace(&path, b"", Readers::Owner).unwrap_err();
    let said = error.to_string();
    let begins = format!("cannot write {}: making a new file beside it failed: ", path.display());
    assert!(said.starts_with(&begins), "{said}");
    assert_eq!((error.step(), error.kind()), (Step::Create, io::ErrorKind::NotFound));
    assert!(sync_folder(&folder.path().join("missing")).is_err());
}

#[cfg(unix)]
#[test]
fn a_secret_is_for_its_owner_alone_and_a_replacement_has_the_mode_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = folder.path().join("x");
    create_secret(&path, b"secret").unwrap();
    assert_eq!(mode(&path), 0o600);
    replace(&path, b"public", Readers::Everybody).unwrap();
    let plain = folder.path().join("y");
    fs::write(&plain, b"").unwrap();
    assert_eq!(mode(&path), mode(&plain));
    replace(&path, b"secret", Readers::Owner).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_path_without_a_folder_is_in_the_current_one() {
    assert_eq!(folder(Path::new("x")), Path::new("."));
    assert_eq!(folder(Path::new("a/x")), Path::new("a"));
}

#[test]
fn a_folder_is_writable_as_long_as_it_takes_bytes_and_nothing_is_left_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(WriteProbe::new(folder.path()).is_writable());
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let gone = WriteProbe::new(&folder.path().join("gone"));
    assert!(!gone.is_writable());
    fs::create_dir(folder.path().join("gone")).unwrap();
    assert!(!gone.is_writable(), "what was found a moment ago is repeated");
    assert!(!WriteProbe::new(folder.path()).is_writable_with(|| false), "the folder alone is not enough");
    assert!(WriteProbe::new(folder.path()).is_writable_with(|| true));
}
