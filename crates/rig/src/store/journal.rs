//! The durable half of a store: a redb file, written by one thread, commits in groups, records sealed.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::seal::Seal;
use super::{Key, StoreError, file_error};

/// One redb table holds all of ours: (table name, key) → record.
const RECORDS: TableDefinition<'static, (&str, &[u8]), &[u8]> = TableDefinition::new("records");

/// At most this many commits are written as one group, which bounds how long the first of them waits.
const GROUP: usize = 512;

/// A record that a transaction changed: its new bytes, or none where it is gone.
pub(super) struct Write {
    pub(super) table: &'static str,
    pub(super) key: Key,
    pub(super) bytes: Option<Vec<u8>>,
}

struct Batch {
    number: u64,
    writes: Vec<Write>,
}

type Callback = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Progress {
    submitted: u64,
    durable: u64,
    failed: Option<String>,
    callbacks: Vec<(u64, Callback)>,
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receipt for a commit.
#[must_use = "a durable commit is only safe once waited for"]
#[derive(Clone)]
pub struct Commit(Option<(Arc<Shared>, u64)>);

impl Commit {
    pub(super) const fn in_memory() -> Self {
        Self(None)
    }

    /// Whether there is nothing to wait for.
    pub fn is_durable(&self) -> bool {
        self.0.as_ref().is_none_or(|(shared, number)| shared.lock().durable >= *number)
    }

    /// Blocks until the commit is on disk.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn wait(&self) -> Result<(), StoreError> {
        let Some((shared, number)) = &self.0 else { return Ok(()) };
        let mut progress = shared.lock();
        loop {
            if progress.durable >= *number {
                return Ok(());
            }
            if let Some(cause) = &progress.failed {
                return Err(StoreError::Failed { cause: cause.clone() });
            }
            progress = shared.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Calls `then` once the commit is on disk or has failed; [`Commit::wait`] then returns at once. Called
    /// right away where there is nothing to wait for, from the journal's thread otherwise.
    pub fn when_settled(&self, then: Callback) {
        let Some((shared, number)) = &self.0 else { return then() };
        let mut progress = shared.lock();
        if progress.durable >= *number || progress.failed.is_some() {
            drop(progress);
            return then();
        }
        progress.callbacks.push((*number, then));
    }
}

/// The file and the thread that writes it.
pub(super) struct Journal {
    shared: Arc<Shared>,
    sender: Option<Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

type Kept = Vec<(String, Key, Vec<u8>)>;

impl Journal {
    pub(super) fn open(directory: &Path) -> Result<(Self, Kept), StoreError> {
        std::fs::create_dir_all(directory).map_err(|cause| file_error("create the directory of", cause))?;
        let path = directory.join("world.redb");
        let seal = Seal::of(directory, !path.exists())?;
        let database = Database::create(path).map_err(|cause| file_error("open", cause))?;
        let kept = read_all(&database, &seal)?;
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || run(&database, &seal, &receiver, &shared)
            })
            .map_err(|cause| file_error("start the writer of", cause))?;
        Ok((Self { shared, sender: Some(sender), thread: Some(thread) }, kept))
    }

    pub(super) fn submit(&self, writes: Vec<Write>) -> Result<Commit, StoreError> {
        let mut progress = self.shared.lock();
        if let Some(cause) = &progress.failed {
            return Err(StoreError::Failed { cause: cause.clone() });
        }
        progress.submitted += 1;
        let number = progress.submitted;
        drop(progress);
        let sender = self.sender.as_ref().expect("the sender is only taken on drop");
        sender
            .send(Batch { number, writes })
            .map_err(|_| StoreError::Failed { cause: "its writer has stopped".to_owned() })?;
        Ok(Commit(Some((Arc::clone(&self.shared), number))))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing the channel lets the thread write what is left and end.
        self.sender = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

fn run(database: &Database, seal: &Seal, receiver: &Receiver<Batch>, shared: &Shared) {
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = receiver.try_recv()
        {
            group.push(next);
        }
        let last = group.last().map_or(0, |batch| batch.number);
        let outcome = write_group(database, seal, group);
        let mut progress = shared.lock();
        match outcome {
            Ok(()) => progress.durable = last,
            Err(cause) => {
                tracing::error!(%cause, "the store can no longer be written");
                progress.failed = Some(cause.to_string());
            }
        }
        let failed = progress.failed.is_some();
        let (settled, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut progress.callbacks).into_iter().partition(|(n, _)| failed || *n <= last);
        progress.callbacks = waiting;
        drop(progress);
        shared.changed.notify_all();
        for (_, callback) in settled {
            callback();
        }
        if failed {
            return;
        }
    }
}

fn write_group(database: &Database, seal: &Seal, group: Vec<Batch>) -> Result<(), StoreError> {
    let failed = |cause: redb::Error| file_error("write", cause);
    let transaction = database.begin_write().map_err(|cause| failed(cause.into()))?;
    {
        let mut records = transaction.open_table(RECORDS).map_err(|cause| failed(cause.into()))?;
        for Write { table, key, bytes } in group.into_iter().flat_map(|batch| batch.writes) {
            let place = (table, key.as_bytes());
            match bytes {
                Some(bytes) => records.insert(place, seal.close(table, &key, bytes)?.as_slice()).map(drop),
                None => records.remove(place).map(drop),
            }
            .map_err(|cause| failed(cause.into()))?;
        }
    }
    transaction.commit().map_err(|cause| failed(cause.into()))
}

fn read_all(database: &Database, seal: &Seal) -> Result<Kept, StoreError> {
    let failed = |cause: redb::Error| file_error("read", cause);
    let transaction = database.begin_read().map_err(|cause| failed(cause.into()))?;
    let records = match transaction.open_table(RECORDS) {
        Ok(records) => records,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(cause) => return Err(failed(cause.into())),
    };
    let mut kept = Vec::new();
    for row in records.iter().map_err(|cause| failed(cause.into()))? {
        let (key, value) = row.map_err(|cause| failed(cause.into()))?;
        let (table, bytes) = key.value();
        let key = Key::from_bytes(bytes);
        let record = seal.open(table, &key, value.value());
        let record = record.ok_or_else(|| StoreError::Sealed { table: table.to_owned() })?;
        kept.push((table.to_owned(), key, record));
    }
    Ok(kept)
}
