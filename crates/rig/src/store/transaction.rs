//! Reading and writing all tables at once.

use std::cell::RefCell;
use std::ops::Bound;
use std::sync::{Arc, RwLockReadGuard, RwLockWriteGuard};

use super::journal::{Commit, Write};
use super::memo::{Memos, Reads};
use super::{Key, Record, Store, StoreError, Table, Tables};
use crate::error::InternalError;

enum Guard<'s> {
    Read(RwLockReadGuard<'s, Tables>),
    Write(RwLockWriteGuard<'s, Tables>),
}

struct Undo {
    table: &'static str,
    key: Key,
    before: Option<Record>,
}

/// Writes that most transactions have room for without asking for more memory.
const FEW: usize = 8;

/// Work on the store that happens whole or not at all. Dropped without [`Transaction::commit`], it leaves no
/// trace, also when a handler panics.
pub struct Transaction<'s> {
    store: &'s Store,
    guard: Guard<'s>,
    undo: Vec<Undo>,
    /// Everything read, while it is noted.
    noted: RefCell<Option<Reads>>,
}

/// A point inside a transaction to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Savepoint(usize);

impl<'s> Transaction<'s> {
    pub(super) const fn reading(store: &'s Store, guard: RwLockReadGuard<'s, Tables>) -> Self {
        Self { store, guard: Guard::Read(guard), undo: Vec::new(), noted: RefCell::new(None) }
    }

    pub(super) fn writing(store: &'s Store, guard: RwLockWriteGuard<'s, Tables>) -> Self {
        Self { store, guard: Guard::Write(guard), undo: Vec::with_capacity(FEW), noted: RefCell::new(None) }
    }

    pub(super) fn tables(&self) -> &Tables {
        match &self.guard {
            Guard::Read(tables) => tables,
            Guard::Write(tables) => tables,
        }
    }

    pub(super) const fn memos(&self) -> &'s Memos {
        &self.store.memos
    }

    pub(super) fn is_noting(&self) -> bool {
        self.noted.borrow().is_some()
    }

    /// Does `work`, and gives what it read.
    pub(super) fn noting<R>(&self, work: impl FnOnce() -> R) -> (R, Reads) {
        self.noted.replace(Some(Reads::default()));
        let result = work();
        (result, self.noted.take().unwrap_or_default())
    }

    fn note(&self, read: impl FnOnce(&mut Reads)) {
        if let Some(reads) = self.noted.borrow_mut().as_mut() {
            read(reads);
        }
    }

    /// Says that something was asked which is another at another moment, so that what is made of it is not kept.
    pub fn note_passing(&self) {
        self.note(Reads::passing);
    }

    fn row<T: Table>(&self, key: &Key) -> Option<&Record> {
        let found = self.tables().rows(T::NAME).and_then(|rows| rows.get(key));
        self.note(|reads| reads.one(T::NAME, key, found));
        found
    }

    /// The record at `key`.
    pub fn get<T: Table>(&self, key: &Key) -> Option<Arc<T::Record>> {
        self.row::<T>(key).map(typed::<T>)
    }

    /// The record at `key`, to look at it without keeping it.
    pub fn peek<T: Table>(&self, key: &Key) -> Option<&T::Record> {
        self.row::<T>(key).map(borrowed::<T>)
    }

    /// All records whose key begins with `prefix`, in order.
    pub fn scan<'t, T: Table>(
        &'t self,
        prefix: &Key,
    ) -> impl Iterator<Item = (&'t Key, &'t T::Record)> + use<'t, 's, T> {
        self.scan_between::<T>(prefix, Bound::Included(prefix))
    }

    /// The same from the first key after `after`.
    pub fn scan_after<'t, T: Table>(
        &'t self,
        prefix: &Key,
        after: &Key,
    ) -> impl Iterator<Item = (&'t Key, &'t T::Record)> + use<'t, 's, T> {
        self.scan_between::<T>(prefix, Bound::Excluded(after))
    }

    fn scan_between<'t, T: Table>(
        &'t self,
        prefix: &Key,
        from: Bound<&Key>,
    ) -> impl Iterator<Item = (&'t Key, &'t T::Record)> + use<'t, 's, T> {
        self.note(|reads| reads.many(self.tables(), T::NAME, prefix, from));
        self.tables().below(T::NAME, prefix, from).map(|(key, record)| (key, borrowed::<T>(record)))
    }

    /// The first record of the table, shared.
    pub fn first<T: Table>(&self) -> Option<(&Key, Arc<T::Record>)> {
        self.note_passing();
        let (key, record) = self.tables().rows(T::NAME)?.first_key_value()?;
        Some((key, typed::<T>(record)))
    }

    /// How many records the table has, over all accounts.
    pub fn count<T: Table>(&self) -> usize {
        self.note_passing();
        self.tables().rows(T::NAME).map_or(0, super::Rows::len)
    }

    /// Keeps `record` at `key`, in place of what was there.
    ///
    /// # Errors
    /// When the transaction only reads, which is a bug of the caller.
    pub fn put<T: Table>(
        &mut self,
        key: Key,
        record: impl Into<Arc<T::Record>>,
    ) -> Result<(), InternalError> {
        let record: Record = record.into();
        let rows = self.rows_mut(T::NAME)?;
        let before = rows.insert(key.clone(), record);
        self.undo.push(Undo { table: T::NAME, key, before });
        Ok(())
    }

    /// Removes the record at `key`; whether there was one.
    ///
    /// # Errors
    /// When the transaction only reads, which is a bug of the caller.
    pub fn delete<T: Table>(&mut self, key: &Key) -> Result<bool, InternalError> {
        let rows = self.rows_mut(T::NAME)?;
        let Some(before) = rows.remove(key) else { return Ok(false) };
        self.undo.push(Undo { table: T::NAME, key: key.clone(), before: Some(before) });
        Ok(true)
    }

    /// Removes every record of every table.
    ///
    /// # Errors
    /// When the transaction only reads, which is a bug of the caller.
    pub fn clear(&mut self) -> Result<(), InternalError> {
        let Guard::Write(tables) = &mut self.guard else {
            return Err(InternalError::WriteInRead { table: "(all)" });
        };
        tables.version += 1;
        for (table, rows) in &mut tables.by_name {
            let emptied = std::mem::take(rows).into_iter();
            self.undo.extend(emptied.map(|(key, record)| Undo { table, key, before: Some(record) }));
        }
        Ok(())
    }

    fn rows_mut(&mut self, table: &'static str) -> Result<&mut super::Rows, InternalError> {
        match &mut self.guard {
            Guard::Read(_) => Err(InternalError::WriteInRead { table }),
            Guard::Write(tables) => Ok(tables.rows_mut(table)),
        }
    }

    /// Whether records differ from what others see.
    pub(super) const fn has_written(&self) -> bool {
        !self.undo.is_empty()
    }

    /// A point to go back to.
    pub const fn savepoint(&self) -> Savepoint {
        Savepoint(self.undo.len())
    }

    /// Undoes everything since `savepoint`.
    pub fn roll_back(&mut self, savepoint: Savepoint) {
        let Guard::Write(tables) = &mut self.guard else { return };
        while self.undo.len() > savepoint.0 {
            let Some(Undo { table, key, before }) = self.undo.pop() else { return };
            let rows = tables.rows_mut(table);
            match before {
                Some(record) => rows.insert(key, record),
                None => rows.remove(&key),
            };
        }
    }

    /// Makes the work visible to others. For a durable store it is safe once [`Commit::wait`] returns.
    ///
    /// # Errors
    /// When a record cannot be written down, or the store failed earlier; nothing is then kept.
    pub fn commit(mut self) -> Result<Commit, StoreError> {
        let Some(journal) = &self.store.journal else {
            self.undo.clear();
            return Ok(Commit::in_memory());
        };
        if self.undo.is_empty() {
            return Ok(Commit::in_memory());
        }
        let writes = self.writes()?;
        // Handed over while the lock is held, so that the journal sees commits in their order.
        let commit = journal.submit(writes)?;
        self.undo.clear();
        Ok(commit)
    }

    /// The last state of every record touched, each once.
    fn writes(&self) -> Result<Vec<Write>, StoreError> {
        let mut touched: Vec<(&'static str, &Key)> =
            self.undo.iter().map(|undo| (undo.table, &undo.key)).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut writes = Vec::with_capacity(touched.len());
        for (table, key) in touched {
            let record = self.tables().rows(table).and_then(|rows| rows.get(key));
            let bytes = record.map(|record| self.store.encode(table, &**record)).transpose()?;
            writes.push(Write { table, key: key.clone(), bytes });
        }
        Ok(writes)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        self.roll_back(Savepoint(0));
    }
}

fn typed<T: Table>(record: &Record) -> Arc<T::Record> {
    Arc::clone(record).downcast().expect("a table holds records of its own type")
}

fn borrowed<T: Table>(record: &Record) -> &T::Record {
    record.downcast_ref().expect("a table holds records of its own type")
}
