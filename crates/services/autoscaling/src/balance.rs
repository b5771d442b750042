//! Even spread over zones.

/// Shares of `units` for places that have `counts`, so that they end as even as can be. Of equal places the earlier
/// one gets more; what cannot be shared goes to those that were emptier.
pub(crate) fn spread(counts: &[u64], units: u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&place| (counts[place], place));
    let mut shares = vec![0; counts.len()];
    let mut left = units;
    for filled in 1..=order.len() {
        let level = counts[order[filled - 1]];
        let room = filled as u64;
        let step =
            order.get(filled).map_or(left, |&next| (counts[next] - level).saturating_mul(room).min(left));
        let (each, rest) = (step / room, step % room);
        for (rank, &place) in order[..filled].iter().enumerate() {
            shares[place] += each + u64::from((rank as u64) < rest);
        }
        left -= step;
        if left == 0 {
            break;
        }
    }
    shares
}

/// How much must move for places that have `counts` to be even: what each place lacks.
pub(crate) fn lacks(counts: &[u64]) -> Vec<u64> {
    let total: u64 = counts.iter().sum();
    let Some(places) = u64::try_from(counts.len()).ok().filter(|places| *places > 0) else {
        return Vec::new();
    };
    let level = total / places;
    let rest = total % places;
    // The fullest places keep the units that cannot be shared evenly.
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&place| (std::cmp::Reverse(counts[place]), place));
    let mut lacking = vec![0; counts.len()];
    for (rank, &place) in order.iter().enumerate() {
        let goal = level + u64::from((rank as u64) < rest);
        lacking[place] = goal.saturating_sub(counts[place]);
    }
    lacking
}

#[cfg(test)]
mod tests {
    use super::{lacks, spread};

    #[test]
    fn units_fill_the_emptiest_places_first() {
        assert_eq!(spread(&[0, 0, 0], 10), [4, 3, 3]);
        assert_eq!(spread(&[5, 0, 2], 4), [0, 3, 1]);
        assert_eq!(spread(&[5, 0, 2], 100), [30, 36, 34]);
        assert_eq!(spread(&[3], 2), [2]);
        assert_eq!(spread(&[], 2), [] as [u64; 0]);
        assert_eq!(spread(&[1, 1], 0), [0, 0]);
    }

    #[test]
    fn shares_always_add_up_and_are_even() {
        for seed in 0..200_u64 {
            let counts = [seed % 7, (seed / 7) % 5, (seed / 35) % 3, seed % 11];
            let units = seed % 29;
            let shares = spread(&counts, units);
            assert_eq!(shares.iter().sum::<u64>(), units);
            let sums: Vec<u64> = counts.iter().zip(&shares).map(|(count, share)| count + share).collect();
            let given = sums.iter().zip(&shares).filter(|(_, share)| **share > 0).map(|(sum, _)| *sum);
            let least = sums.iter().min().copied().unwrap_or(0);
            assert!(given.max().unwrap_or(0) <= least + 1, "{counts:?} {shares:?}");
        }
    }

    #[test]
    fn what_is_even_lacks_nothing() {
        assert_eq!(lacks(&[4, 3, 3]), [0, 0, 0]);
        assert_eq!(lacks(&[3, 3, 4]), [0, 0, 0]);
        assert_eq!(lacks(&[6, 0, 3]), [0, 3, 0]);
        assert_eq!(lacks(&[5, 5, 0]), [0, 0, 3]);
        assert_eq!(lacks(&[]), [] as [u64; 0]);
    }
}
