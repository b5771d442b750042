//! All state of a world: typed tables over ordered keys, and transactions over all of them.
//!
//! The working set is in memory, as typed records behind shared pointers, so reading is a lookup and forking a
//! world copies pointers. Transactions are serializable: one writes at a time, readers share. A durable store
//! ([`Store::open`]) also hands every commit to a journal, which writes commits in groups; a commit is durable
//! once [`Commit::wait`] returns. What it writes is sealed, with a key in a file beside it.

mod journal;
mod key;
mod memo;
mod seal;
mod suite;
mod transaction;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use journal::Commit;
pub use key::Key;
pub use transaction::{Savepoint, Transaction};

use journal::Journal;
use memo::Memos;

/// A kind of record. Its name and version are part of what is stored.
pub trait Table: 'static {
    /// Name, unique in the world: `ec2.instances`.
    const NAME: &'static str;
    /// Version of the record's form. A store written with another version is refused.
    const VERSION: u8 = 1;
    /// What is kept.
    type Record: Serialize + DeserializeOwned + Send + Sync + 'static;
}

/// What could not be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be opened, read or written.
    #[error("cannot {action} the store: {cause}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        cause: String,
    },
    /// A table of the file is not one that this version knows.
    #[error(
        "the store has a table {table:?} that this version does not know; open it with the version that wrote it"
    )]
    UnknownTable {
        /// Its name.
        table: String,
    },
    /// A record has a form that this version does not read.
    #[error("a record of table {table} has version {found}, this version reads {expected}")]
    Version {
        /// Table of the record.
        table: &'static str,
        /// What the file has.
        found: u8,
        /// What this version reads.
        expected: u8,
    },
    /// A record is damaged.
    #[error("a record of table {table} cannot be read: {cause}")]
    Damaged {
        /// Table of the record.
        table: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// A record was sealed with another key, or was changed since, or is of a version that did not seal.
    #[error(
        "a record of table {table} cannot be opened with the key of the store; put the key file back that was beside it, \
         or begin with an empty directory"
    )]
    Sealed {
        /// Table of the record.
        table: String,
    },
    /// An earlier write failed, so nothing more is accepted.
    #[error("an earlier write to the store failed, nothing more is accepted: {cause}")]
    Failed {
        /// Why it failed.
        cause: String,
    },
}

fn file_error(action: &'static str, cause: impl std::fmt::Display) -> StoreError {
    StoreError::File { action, cause: cause.to_string() }
}

/// A table as the store sees it: how to write and read its records.
#[derive(Clone, Copy)]
pub struct TableDef {
    /// See [`Table::NAME`].
    pub name: &'static str,
    version: u8,
    encode: fn(&dyn Any) -> Result<Vec<u8>, StoreError>,
    decode: fn(&[u8]) -> Result<Record, StoreError>,
}

type Record = Arc<dyn Any + Send + Sync>;

impl TableDef {
    /// The definition of `T`.
    pub fn of<T: Table>() -> Self {
        Self { name: T::NAME, version: T::VERSION, encode: encode::<T>, decode: decode::<T> }
    }
}

fn encode<T: Table>(record: &dyn Any) -> Result<Vec<u8>, StoreError> {
    let record = record.downcast_ref::<T::Record>().expect("a table holds records of its own type");
    let damaged = |cause: serde_json::Error| StoreError::Damaged { table: T::NAME, cause: cause.to_string() };
    let mut bytes = vec![T::VERSION];
    serde_json::to_writer(&mut bytes, record).map_err(damaged)?;
    Ok(bytes)
}

fn decode<T: Table>(bytes: &[u8]) -> Result<Record, StoreError> {
    let damaged = |cause: String| StoreError::Damaged { table: T::NAME, cause };
    let (version, body) = bytes.split_first().ok_or_else(|| damaged("it is empty".to_owned()))?;
    if *version != T::VERSION {
        return Err(StoreError::Version { table: T::NAME, found: *version, expected: T::VERSION });
    }
    let record: T::Record = serde_json::from_slice(body).map_err(|cause| damaged(cause.to_string()))?;
    Ok(Arc::new(record))
}

/// A record as [`Store::dump`] gives it: table, key, bytes.
pub type Dumped = (&'static str, Key, Vec<u8>);

/// Rows of one table, in the order of their keys.
type Rows = BTreeMap<Key, Record>;

/// All tables, by name.
#[derive(Clone, Default)]
struct Tables {
    by_name: FxHashMap<&'static str, Rows>,
    /// How many times something could have been written since the store was opened.
    version: u64,
}

impl Tables {
    fn rows(&self, table: &str) -> Option<&Rows> {
        self.by_name.get(table)
    }

    fn rows_mut(&mut self, table: &'static str) -> &mut Rows {
        self.version += 1;
        self.by_name.entry(table).or_default()
    }

    /// The rows of a table whose key begins with `prefix`, in order, from one of them on.
    fn below<'t>(
        &'t self,
        table: &str,
        prefix: &Key,
        from: Bound<&Key>,
    ) -> impl Iterator<Item = (&'t Key, &'t Record)> + use<'t> {
        let prefix = prefix.clone();
        let rows = self.rows(table).map(|rows| rows.range::<Key, _>((from, Bound::Unbounded)));
        rows.into_iter().flatten().take_while(move |(key, _)| key.starts_with(&prefix))
    }
}

/// The state of a world.
pub struct Store {
    tables: RwLock<Tables>,
    definitions: FxHashMap<&'static str, TableDef>,
    journal: Option<Journal>,
    memos: Memos,
}

impl Store {
    /// A store in memory, empty.
    pub fn memory(definitions: &[TableDef]) -> Self {
        Self {
            tables: RwLock::default(),
            definitions: by_name(definitions),
            journal: None,
            memos: Memos::default(),
        }
    }

    /// A durable store in `directory`, with what was kept there before.
    ///
    /// # Errors
    /// When the directory or its file cannot be used, or holds what this version cannot read.
    pub fn open(directory: &Path, definitions: &[TableDef]) -> Result<Self, StoreError> {
        let definitions = by_name(definitions);
        let (journal, kept) = Journal::open(directory)?;
        let mut tables = Tables::default();
        for (name, key, bytes) in kept {
            let definition =
                definitions.get(name.as_str()).ok_or(StoreError::UnknownTable { table: name })?;
            let record = (definition.decode)(&bytes)?;
            tables.rows_mut(definition.name).insert(key, record);
        }
        Ok(Self { tables: RwLock::new(tables), definitions, journal: Some(journal), memos: Memos::default() })
    }

    /// A copy of the state as it is now, in memory. Records are shared, so it costs a pointer each.
    pub fn fork(&self) -> Self {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        let definitions = self.definitions.clone();
        Self { tables: RwLock::new(tables), definitions, journal: None, memos: Memos::default() }
    }

    /// A transaction that reads. Others may read at the same time; nobody writes until it is dropped.
    pub fn read(&self) -> Transaction<'_> {
        // A poisoned lock is sound here: a transaction undoes its writes before it lets go of the lock.
        Transaction::reading(self, self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A transaction that writes, alone. What it did is undone unless it is committed.
    pub fn write(&self) -> Transaction<'_> {
        Transaction::writing(self, self.tables.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every record as bytes, in the order of tables and keys: two worlds are equal when these are.
    ///
    /// # Errors
    /// When a record cannot be written down.
    pub fn dump(&self) -> Result<Vec<Dumped>, StoreError> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = tables.by_name.keys().copied().collect();
        names.sort_unstable();
        let mut all = Vec::new();
        for name in names {
            for (key, record) in tables.rows(name).into_iter().flatten() {
                all.push((name, key.clone(), self.encode(name, &**record)?));
            }
        }
        Ok(all)
    }

    fn encode(&self, table: &'static str, record: &dyn Any) -> Result<Vec<u8>, StoreError> {
        let definition = self.definitions.get(table).ok_or_else(|| StoreError::Damaged {
            table,
            cause: "no service registered the table".to_owned(),
        })?;
        (definition.encode)(record)
    }
}

fn by_name(definitions: &[TableDef]) -> FxHashMap<&'static str, TableDef> {
    let mut map = FxHashMap::default();
    for definition in definitions {
        let earlier = map.insert(definition.name, *definition);
        assert!(earlier.is_none(), "table {} is registered twice", definition.name);
    }
    map
}

impl std::fmt::Debug for TableDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} v{}", self.name, self.version)
    }
}
