//! What was made of records once and can be given again while those records stand.
//!
//! [`Transaction::memo`] notes every record that the making reads. Records never change in place, so what was made
//! is good as long as each of them is still the same one behind the same pointer; as long as nobody wrote at all,
//! not even that has to be looked at.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::transaction::Transaction;
use super::{Key, Record, Tables};

/// Most that is kept of a kind. An instance as DescribeInstances shows it is about 10 kB, so this is about 20 MB.
const MOST: usize = 2048;

/// Everything that was made: for each kind of thing, by the key of what it was made for.
#[derive(Default)]
pub(super) struct Memos(RwLock<HashMap<&'static str, HashMap<Key, Arc<Memo>>>>);

struct Memo {
    value: Box<dyn Any + Send + Sync>,
    reads: Vec<Read>,
    /// Version of the tables at which `reads` were last seen to stand.
    checked: AtomicU64,
}

/// Something that was read, and what was there.
enum Read {
    One { table: &'static str, key: Key, found: Option<Record> },
    Many { table: &'static str, prefix: Key, from: Bound<Key>, found: Vec<Record> },
}

/// What a transaction reads while something is made.
#[derive(Default)]
pub(super) struct Reads {
    list: Vec<Read>,
    /// Whether something was asked that no record answers, such as the time.
    passing: bool,
}

impl Reads {
    pub(super) fn one(&mut self, table: &'static str, key: &Key, found: Option<&Record>) {
        self.list.push(Read::One { table, key: key.clone(), found: found.cloned() });
    }

    pub(super) fn many(&mut self, tables: &Tables, table: &'static str, prefix: &Key, from: Bound<&Key>) {
        let found = tables.below(table, prefix, from).map(|(_, record)| Arc::clone(record)).collect();
        self.list.push(Read::Many { table, prefix: prefix.clone(), from: from.cloned(), found });
    }

    pub(super) const fn passing(&mut self) {
        self.passing = true;
    }
}

impl Read {
    fn stands(&self, tables: &Tables) -> bool {
        match self {
            Self::One { table, key, found } => {
                let now = tables.rows(table).and_then(|rows| rows.get(key));
                match (now, found) {
                    (Some(now), Some(found)) => Arc::ptr_eq(now, found),
                    (None, None) => true,
                    _ => false,
                }
            }
            Self::Many { table, prefix, from, found } => {
                let mut now = tables.below(table, prefix, from.as_ref());
                let same =
                    found.iter().all(|found| now.next().is_some_and(|(_, now)| Arc::ptr_eq(now, found)));
                same && now.next().is_none()
            }
        }
    }
}

impl Memo {
    fn stands(&self, tables: &Tables) -> bool {
        if self.checked.load(Ordering::Relaxed) == tables.version {
            return true;
        }
        let stands = self.reads.iter().all(|read| read.stands(tables));
        if stands {
            self.checked.store(tables.version, Ordering::Relaxed);
        }
        stands
    }
}

impl Memos {
    fn get(&self, what: &'static str, key: &Key) -> Option<Arc<Memo>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(what)?.get(key).cloned()
    }

    fn keep(&self, what: &'static str, key: &Key, memo: Memo) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let memos = all.entry(what).or_default();
        if memos.len() >= MOST {
            memos.clear();
        }
        memos.insert(key.clone(), Arc::new(memo));
    }
}

impl Transaction<'_> {
    /// What `make` makes, or made before while every record it read is still the same. `what` and `key` name it;
    /// a name is used for one type. A transaction that has written makes it anew.
    pub fn memo<V>(&self, what: &'static str, key: &Key, make: impl FnOnce() -> V) -> V
    where
        V: Clone + Send + Sync + 'static,
    {
        // One inside another would hide its reads from the outer one.
        if self.has_written() || self.is_noting() {
            return make();
        }
        if let Some(memo) = self.memos().get(what, key)
            && memo.stands(self.tables())
            && let Some(value) = memo.value.downcast_ref::<V>()
        {
            return value.clone();
        }
        let (value, Reads { list, passing }) = self.noting(make);
        if !passing {
            let checked = AtomicU64::new(self.tables().version);
            self.memos().keep(what, key, Memo { value: Box::new(value.clone()), reads: list, checked });
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::{Store, Table, TableDef};
    use super::{Key, MOST};

    struct Names;

    impl Table for Names {
        const NAME: &'static str = "test.names";
        type Record = String;
    }

    fn store() -> Store {
        Store::memory(&[TableDef::of::<Names>()])
    }

    fn put(store: &Store, key: &str, name: &str) {
        let mut transaction = store.write();
        transaction.put::<Names>(Key::new().text(key), name.to_owned()).unwrap();
        transaction.commit().unwrap().wait().unwrap();
    }

    /// The names `a` and all below `tags`, joined; and how often that was made.
    fn joined(store: &Store, made: &Cell<u32>) -> String {
        let transaction = store.read();
        transaction.memo("joined", &Key::new(), || {
            made.set(made.get() + 1);
            let first = transaction.peek::<Names>(&Key::new().text("a")).cloned().unwrap_or_default();
            let rest = transaction.scan::<Names>(&Key::new().text("tags"));
            rest.fold(first, |all, (_, name)| format!("{all},{name}"))
        })
    }

    #[test]
    fn it_is_made_again_only_when_something_it_read_has_changed() {
        let (store, made) = (store(), Cell::new(0));
        let tag = |name: &str| {
            let mut transaction = store.write();
            transaction.put::<Names>(Key::new().text("tags").text(name), name.to_owned()).unwrap();
            transaction.commit().unwrap().wait().unwrap();
        };
        assert_eq!(joined(&store, &made), "");
        put(&store, "a", "one");
        assert_eq!(joined(&store, &made), "one");
        tag("x");
        assert_eq!(joined(&store, &made), "one,x");
        assert_eq!((joined(&store, &made), made.get()), ("one,x".to_owned(), 3));
        put(&store, "b", "another");
        assert_eq!((joined(&store, &made), made.get()), ("one,x".to_owned(), 3));
        let mut transaction = store.write();
        transaction.delete::<Names>(&Key::new().text("tags").text("x")).unwrap();
        transaction.commit().unwrap().wait().unwrap();
        assert_eq!((joined(&store, &made), made.get()), ("one".to_owned(), 4));
    }

    #[test]
    fn what_was_undone_leaves_it_good_and_a_write_sees_its_own() {
        let (store, made) = (store(), Cell::new(0));
        put(&store, "a", "one");
        assert_eq!(joined(&store, &made), "one");
        let mut transaction = store.write();
        transaction.put::<Names>(Key::new().text("a"), "two".to_owned()).unwrap();
        let name = || transaction.peek::<Names>(&Key::new().text("a")).cloned().unwrap_or_default();
        assert_eq!(transaction.memo("joined", &Key::new(), name), "two");
        drop(transaction);
        assert_eq!((joined(&store, &made), made.get()), ("one".to_owned(), 1));
    }

    #[test]
    fn a_transaction_that_has_not_written_yet_shares_what_was_made() {
        let (store, made) = (store(), Cell::new(0));
        put(&store, "a", "one");
        let mut transaction = store.write();
        let make = || {
            made.set(made.get() + 1);
            transaction.peek::<Names>(&Key::new().text("a")).cloned().unwrap_or_default()
        };
        assert_eq!(transaction.memo("joined", &Key::new(), make), "one");
        assert_eq!(transaction.memo("joined", &Key::new(), make), "one");
        assert_eq!(made.get(), 1);
        transaction.put::<Names>(Key::new().text("a"), "two".to_owned()).unwrap();
        assert_eq!(transaction.memo("joined", &Key::new(), || "made anew".to_owned()), "made anew");
        transaction.commit().unwrap().wait().unwrap();
        let transaction = store.read();
        let name = || transaction.peek::<Names>(&Key::new().text("a")).cloned().unwrap_or_default();
        assert_eq!(transaction.memo("joined", &Key::new(), name), "two");
    }

    #[test]
    fn what_depends_on_the_moment_is_never_kept() {
        let store = store();
        let made = Cell::new(0);
        for _ in 0..2 {
            let transaction = store.read();
            transaction.memo("moment", &Key::new(), || {
                transaction.note_passing();
                made.set(made.get() + 1);
            });
        }
        assert_eq!(made.get(), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let store = store();
        let transaction = store.read();
        for number in 0..(MOST as u64 + 10) {
            transaction.memo("number", &Key::new().number(number), || number);
        }
        assert!(store.memos.0.read().unwrap()["number"].len() <= MOST);
    }
}
