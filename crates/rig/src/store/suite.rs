//! One suite for every backend.
#![cfg(test)]

use serde::{Deserialize, Serialize};

use super::{Key, Store, StoreError, Table, TableDef};

struct Words;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    text: String,
    count: u32,
}

impl Table for Words {
    const NAME: &'static str = "test.words";
    type Record = Word;
}

struct WordsV2;

impl Table for WordsV2 {
    const NAME: &'static str = "test.words";
    const VERSION: u8 = 2;
    type Record = Word;
}

fn word(text: &str, count: u32) -> Word {
    Word { text: text.to_owned(), count }
}

fn key(text: &str) -> Key {
    Key::new().text(text)
}

/// A backend: a store, and how to close and open it again where it is durable.
struct Backend {
    directory: Option<tempfile::TempDir>,
    store: Store,
}

impl Backend {
    fn memory() -> Self {
        Self { directory: None, store: Store::memory(&[TableDef::of::<Words>()]) }
    }

    fn durable() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), &[TableDef::of::<Words>()]).unwrap();
        Self { directory: Some(directory), store }
    }

    fn reopened(self) -> Self {
        let Some(directory) = self.directory else { return self };
        drop(self.store);
        let store = Store::open(directory.path(), &[TableDef::of::<Words>()]).unwrap();
        Self { directory: Some(directory), store }
    }
}

fn put(store: &Store, text: &str, count: u32) {
    let mut transaction = store.write();
    transaction.put::<Words>(key(text), word(text, count)).unwrap();
    transaction.commit().unwrap().wait().unwrap();
}

fn texts(store: &Store) -> Vec<String> {
    store.read().scan::<Words>(&Key::new()).map(|(_, word)| word.text.clone()).collect()
}

fn keeps_what_is_committed(backend: Backend) {
    put(&backend.store, "b", 1);
    put(&backend.store, "a", 2);
    put(&backend.store, "b", 3);
    let backend = backend.reopened();
    assert_eq!(texts(&backend.store), ["a", "b"]);
    assert_eq!(*backend.store.read().get::<Words>(&key("b")).unwrap(), word("b", 3));
}

fn forgets_what_is_dropped(backend: Backend) {
    put(&backend.store, "a", 1);
    let mut transaction = backend.store.write();
    transaction.put::<Words>(key("a"), word("a", 9)).unwrap();
    transaction.put::<Words>(key("c"), word("c", 9)).unwrap();
    transaction.delete::<Words>(&key("a")).unwrap();
    drop(transaction);
    let backend = backend.reopened();
    assert_eq!(*backend.store.read().get::<Words>(&key("a")).unwrap(), word("a", 1));
    assert_eq!(texts(&backend.store), ["a"]);
}

fn rolls_back_to_a_savepoint(backend: Backend) {
    let mut transaction = backend.store.write();
    transaction.put::<Words>(key("a"), word("a", 1)).unwrap();
    let savepoint = transaction.savepoint();
    transaction.put::<Words>(key("a"), word("a", 2)).unwrap();
    transaction.put::<Words>(key("b"), word("b", 2)).unwrap();
    transaction.roll_back(savepoint);
    transaction.put::<Words>(key("c"), word("c", 3)).unwrap();
    transaction.commit().unwrap().wait().unwrap();
    let backend = backend.reopened();
    assert_eq!(texts(&backend.store), ["a", "c"]);
    assert_eq!(backend.store.read().peek::<Words>(&key("a")).unwrap().count, 1);
}

fn deletes(backend: Backend) {
    put(&backend.store, "a", 1);
    let mut transaction = backend.store.write();
    assert!(transaction.delete::<Words>(&key("a")).unwrap());
    assert!(!transaction.delete::<Words>(&key("a")).unwrap());
    transaction.commit().unwrap().wait().unwrap();
    assert!(texts(&backend.reopened().store).is_empty());
}

fn scans_by_prefix_and_after_a_key(backend: Backend) {
    let mut transaction = backend.store.write();
    for text in ["a", "b", "c"] {
        transaction.put::<Words>(Key::new().text("x").text(text), word(text, 0)).unwrap();
    }
    transaction.put::<Words>(Key::new().text("y").text("z"), word("z", 0)).unwrap();
    let after = Key::new().text("x").text("a");
    let found: Vec<_> =
        transaction.scan_after::<Words>(&Key::new().text("x"), &after).map(|(_, w)| w.text.clone()).collect();
    assert_eq!(found, ["b", "c"]);
}

fn readers_cannot_write(backend: Backend) {
    let mut transaction = backend.store.read();
    assert!(transaction.put::<Words>(key("a"), word("a", 1)).is_err());
    assert!(transaction.delete::<Words>(&key("a")).is_err());
}

fn a_panic_leaves_no_trace(backend: Backend) {
    put(&backend.store, "a", 1);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut transaction = backend.store.write();
        transaction.put::<Words>(key("a"), word("a", 2)).unwrap();
        panic!("half way");
    }));
    assert!(panicked.is_err());
    put(&backend.store, "b", 1);
    assert_eq!(backend.store.read().peek::<Words>(&key("a")).unwrap().count, 1);
}

fn a_fork_goes_its_own_way(backend: Backend) {
    put(&backend.store, "a", 1);
    let fork = backend.store.fork();
    put(&fork, "b", 1);
    put(&backend.store, "c", 1);
    assert_eq!(texts(&fork), ["a", "b"]);
    assert_eq!(texts(&backend.store), ["a", "c"]);
}

fn dumps_are_equal_when_states_are(backend: Backend) {
    put(&backend.store, "a", 1);
    put(&backend.store, "b", 1);
    let other = Store::memory(&[TableDef::of::<Words>()]);
    put(&other, "b", 1);
    put(&other, "a", 1);
    assert_eq!(backend.store.dump().unwrap(), other.dump().unwrap());
    put(&other, "a", 2);
    assert_ne!(backend.store.dump().unwrap(), other.dump().unwrap());
}

macro_rules! suite {
    ($($case:ident),* $(,)?) => {
        mod memory { $( #[test] fn $case() { super::$case(super::Backend::memory()); } )* }
        mod durable { $( #[test] fn $case() { super::$case(super::Backend::durable()); } )* }
    };
}

suite!(
    keeps_what_is_committed,
    forgets_what_is_dropped,
    rolls_back_to_a_savepoint,
    deletes,
    scans_by_prefix_and_after_a_key,
    readers_cannot_write,
    a_panic_leaves_no_trace,
    a_fork_goes_its_own_way,
    dumps_are_equal_when_states_are,
);

#[test]
fn another_version_is_refused() {
    let backend = Backend::durable();
    put(&backend.store, "a", 1);
    let Backend { directory, store } = backend;
    drop(store);
    let directory = directory.unwrap();
    let refused = Store::open(directory.path(), &[TableDef::of::<WordsV2>()]).err().unwrap();
    assert!(matches!(refused, StoreError::Version { found: 1, expected: 2, .. }), "{refused}");
    let refused = Store::open(directory.path(), &[]).err().unwrap();
    assert!(matches!(refused, StoreError::UnknownTable { .. }), "{refused}");
}

#[test]
fn what_is_on_the_disk_is_sealed() {
    let backend = Backend::durable();
    put(&backend.store, "a secret that is long enough to look for", 1);
    let Backend { directory, store } = backend;
    drop(store);
    let directory = directory.unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == br#"{"text":"a s"#));
    }
    std::fs::write(directory.path().join("key"), [7; 32]).unwrap();
    let refused = Store::open(directory.path(), &[TableDef::of::<Words>()]).err().unwrap();
    assert!(matches!(refused, StoreError::Sealed { .. }), "{refused}");
}
