//! The strands of a commit: places that change together because they share a function or a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::size::sweeps;
use crate::history::{Commit, FileChange, Hunk, MOST_WORDS, Nature, words};

/// Places of a commit beyond which no strands are looked for: it needs a person.
const MOST: usize = 2000;

/// Words of many languages, which join nothing.
const EVERYWHERE: &str = "abstract assert async await begin break catch class const continue default defer delete double elif \
                          elseif endif ensure except export extends extern false final finally float fn foreach friend from func \
                          function global goto ifdef ifndef implements import include inline instanceof interface lambda local \
                          match module mutable namespace native nonlocal operator override package private protected public \
                          raise register require rescue return sealed short signed sizeof static string String struct super \
                          switch synchronized template throw throws trait typedef typename typeof undef union unless unsafe \
                          unsigned using value virtual void volatile where while yield";

/// Places that change together.
#[derive(Debug)]
pub struct Strand<'a> {
    /// The places, in the order of the commit.
    pub places: Vec<(&'a FileChange, &'a Hunk)>,
}

impl Strand<'_> {
    /// Lines of the program itself that come and go in it.
    pub fn code_lines(&self) -> u32 {
        let code = self.places.iter().filter(|(file, _)| file.nature == Nature::Code);
        code.map(|(_, hunk)| hunk.added + hunk.removed).sum()
    }
}

/// The strands of what people write of the program and its tests, in the order of their first places. Blanks, and
/// replacements made throughout, belong to none. One strand where a place is too large for all its names to be known.
pub fn strands(commit: &Commit) -> Vec<Strand<'_>> {
    let sweeps = sweeps(commit);
    let places: Vec<(&FileChange, &Hunk)> = commit
        .files
        .iter()
        .filter(|file| matches!(file.nature, Nature::Code | Nature::Test) && !file.is_opaque)
        .flat_map(|file| file.hunks.iter().map(move |hunk| (file, hunk)))
        .filter(|(_, hunk)| !hunk.is_blank && hunk.swap.is_none_or(|swap| !sweeps.contains(&swap)))
        .collect();
    if places.len() > MOST || places.iter().any(|(_, hunk)| hunk.words.len() >= MOST_WORDS) {
        return vec![Strand { places }];
    }
    let mut strands: BTreeMap<usize, Strand<'_>> = BTreeMap::new();
    for (place, strand) in places.iter().zip(joined(&places)) {
        strands.entry(strand).or_insert_with(|| Strand { places: Vec::new() }).places.push(*place);
    }
    strands.into_values().collect()
}

/// For each place the index of the first one that it hangs together with, itself at least.
fn joined(places: &[(&FileChange, &Hunk)]) -> Vec<usize> {
    let everywhere: BTreeSet<u64> = words(EVERYWHERE.as_bytes()).collect();
    let mut strand: Vec<usize> = (0..places.len()).collect();
    let mut by_word: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_function: BTreeMap<(&[u8], &str), usize> = BTreeMap::new();
    for (index, (file, hunk)) in places.iter().enumerate() {
        let named = words(hunk.symbol.as_bytes()).chain(hunk.words.iter().copied());
        let shared = named.filter(|word| !everywhere.contains(word));
        let mut others: Vec<usize> = shared.map(|word| *by_word.entry(word).or_insert(index)).collect();
        if !hunk.symbol.is_empty() {
            others.push(*by_function.entry((&file.path, &hunk.symbol)).or_insert(index));
        }
        for other in others {
            join(&mut strand, index, other);
        }
    }
    strand
}

/// Gives all of two strands the name of the one that begins first.
fn join(strand: &mut [usize], one: usize, other: usize) {
    let (from, to) = (strand[one].max(strand[other]), strand[one].min(strand[other]));
    if from != to {
        strand.iter_mut().filter(|name| **name == from).for_each(|name| *name = to);
    }
}
