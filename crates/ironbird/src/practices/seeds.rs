//! A rehearsal with many seeds, one world each, on all processors.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::{Context as _, bail};
use clap::Args;
use ironbird_report::{Verdict, parquet, seeds};

use super::meter::Meter;
use crate::output;

/// How many seeds, and how many of them at once.
#[derive(Args)]
pub struct Seeds {
    /// Rehearse with so many seeds, the first one and those after it, and report distributions
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: Option<u64>,
    /// Worlds at once; as many as there are processors unless given. The report does not depend on it
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Also write every measure of every seed to this Parquet file
    #[arg(long, value_name = "FILE", requires = "seeds")]
    parquet: Option<PathBuf>,
}

impl Seeds {
    /// How many seeds, where it is more than the one.
    pub const fn count(&self) -> Option<u64> {
        self.seeds
    }

    /// How many worlds at once, where there is room for `room`.
    pub fn at_once(&self, room: NonZeroUsize) -> NonZeroUsize {
        let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(processors).min(room)
    }

    /// The series that was asked for, from the seed `first` on, where there is room for `room` worlds at once.
    pub fn series(&self, first: u64, room: NonZeroUsize) -> Option<Series<'_>> {
        let (count, at_once) = (self.seeds?, self.at_once(room));
        Some(Series { first, count, at_once, parquet: self.parquet.as_deref() })
    }
}

/// The seeds from `first` on, and how many are rehearsed at once.
pub struct Series<'a> {
    first: u64,
    count: u64,
    at_once: NonZeroUsize,
    parquet: Option<&'a Path>,
}

impl Series<'_> {
    /// Rehearses with each seed and puts the verdicts together, in the order of the seeds. After an error no other seed is begun.
    ///
    /// # Errors
    /// When there are no such seeds, a rehearsal fails (with the seed it failed with), or the file cannot be written.
    pub fn run<E>(
        &self,
        replay: &str,
        rehearse: impl Fn(u64) -> Result<Verdict, E> + Sync,
    ) -> anyhow::Result<Verdict>
    where
        E: Into<anyhow::Error> + Send,
    {
        if self.first.checked_add(self.count - 1).is_none() {
            bail!("there are no {} seeds from {} on: the last seed is {}", self.count, self.first, u64::MAX);
        }
        // Where the measures cannot be written, nobody waits for them.
        if let Some(path) = self.parquet {
            output::writable(path).with_context(|| cannot_write(path))?;
        }
        let meter = Meter::new();
        let (next, has_failed) = (AtomicU64::new(0), AtomicBool::new(false));
        let done: Mutex<Vec<(u64, Result<Verdict, E>)>> = Mutex::new(Vec::new());
        let work = || {
            while !has_failed.load(Ordering::Relaxed) {
                let offset = next.fetch_add(1, Ordering::Relaxed);
                if offset >= self.count {
                    return;
                }
                let seed = self.first + offset;
                let verdict = rehearse(seed).map(Verdict::without_course);
                has_failed.fetch_or(verdict.is_err(), Ordering::Relaxed);
                let mut all = done.lock().unwrap_or_else(PoisonError::into_inner);
                all.push((seed, verdict));
                meter.tell("rehearsing", all.len() as u64, self.count);
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.at_once.get() {
                scope.spawn(work);
            }
        });
        meter.clear();
        let mut runs = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        runs.sort_by_key(|(seed, _)| *seed);
        let verdict = |(seed, run): (u64, Result<Verdict, E>)| {
            run.map_err(Into::into).with_context(|| format!("with seed {seed}"))
        };
        let verdicts = runs.into_iter().map(verdict).collect::<anyhow::Result<Vec<Verdict>>>()?;
        let together = seeds::over(&verdicts, replay)?;
        if let Some(path) = self.parquet {
            fs::write(path, parquet::measures(&verdicts)?).with_context(|| cannot_write(path))?;
        }
        Ok(together)
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write the measures to {}", path.display())
}
