//! Several worlds beside each other.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` for each variant, with its place among them, so many at a time. The outcomes are in the order of the variants,
/// whatever was done first.
///
/// # Errors
/// The first variant's, in their order, whose work fails.
pub fn abreast<V: Sync, T: Send, E: Send>(
    variants: &[V],
    at_once: NonZeroUsize,
    work: impl Fn(usize, &V) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::default();
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(variant) = variants.get(index) else { return };
            let outcome = work(index, variant);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once.get().min(variants.len()) {
            scope.spawn(worker);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_in_order_and_the_first_failure_is_told() {
        let numbers: Vec<u32> = (0..50).collect();
        let at_once = NonZeroUsize::new(4).unwrap();
        let squares = abreast(&numbers, at_once, |_, number| Ok::<_, String>(number * number)).unwrap();
        assert_eq!(squares[..4], [0, 1, 4, 9]);
        let failed = abreast(&numbers, at_once, |index, _| if index % 7 == 6 { Err(index) } else { Ok(()) });
        assert_eq!(failed, Err(6));
    }
}
