//! Many seeds put together say of each measure how it is spread, and which seed to look at.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;
use bytes::Bytes;
use ironbird_report::{Bound, Outcome, SeedsError, Value, Verdict, html, json, parquet, seeds, text};

/// The sample as it comes out with some seed: its first measure in the last variant is `value`.
fn run(seed: u64, value: Value) -> Verdict {
    let mut verdict = sample::verdict();
    verdict.seed = seed;
    *verdict.measures[0].values.last_mut().unwrap() = value;
    verdict
}

fn runs() -> Vec<Verdict> {
    let worse = [0.99, 0.9, 1.0, 1.0].map(Value::Single);
    worse.into_iter().chain([Value::Never]).zip(7..).map(|(value, seed)| run(seed, value)).collect()
}

#[test]
fn each_measure_names_its_seeds() {
    let together = seeds::over(&runs(), "ironbird rehearse --seeds 5").unwrap();
    together.validate().unwrap();
    let last = together.variants.last().unwrap().id.clone();
    let measure = sample::verdict().measures[0].name.to_string();
    let known = together.seeds.unwrap();
    assert_eq!((known.first, known.count), (7, 5));
    let pick = known.picks.iter().find(|pick| pick.measure == measure && pick.variant == last).unwrap();
    assert_eq!((pick.median.seed, &pick.median.value), (7, &Value::Single(0.99)));
    assert_eq!((pick.worst.seed, &pick.worst.value), (11, &Value::Never));
    let other = known.picks.iter().find(|pick| pick.measure == measure && pick.variant != last).unwrap();
    assert_eq!(other.worst.seed, 7, "of seeds that are alike the first is named");
}

#[test]
fn the_worst_seed_decides_and_the_share_is_told() {
    let last = sample::verdict().variants.len() - 1;
    let held: Vec<bool> = runs().iter().map(|run| run.outcome(last) == Outcome::Holds).collect();
    assert!(held.contains(&true) && held.contains(&false), "{held:?}");
    let together = seeds::over(&runs(), "").unwrap();
    assert_eq!(together.outcome(last), Outcome::DoesNotHold);
    let share = held.iter().filter(|held| **held).count() as f64 / held.len() as f64;
    assert_eq!(together.measures[0].values[last], Value::Single(share));
    let Value::Distribution(spread) = &together.measures[1].values[last] else { panic!("no distribution") };
    assert_eq!((spread.runs, spread.never, spread.min, spread.max), (4, 1, 0.9, 1.0));
}

#[test]
fn it_is_written_in_every_form_and_read_again() {
    let together = seeds::over(&runs(), "ironbird rehearse --seeds 5").unwrap();
    let written = json::verdict(&together);
    assert_eq!(json::read_verdict(&written).unwrap(), together);
    let shown = text::verdict(&together, text::Style::default());
    assert!(shown.contains("seeds 7 to 11") && shown.contains("SEEDS TO REPLAY"), "{shown}");
    assert!(shown.contains("never (seed 11)"), "{shown}");
    let page = html::verdict(&together);
    assert!(page.contains("Seeds to replay") && page.contains("from the best to the worst"));
}

#[test]
fn what_is_of_different_rehearsals_is_not_put_together() {
    assert_eq!(seeds::over(&[], ""), Err(SeedsError::Empty));
    let mut other = run(9, Value::Never);
    other.measures.pop();
    assert_eq!(seeds::over(&[run(8, Value::Never), other], ""), Err(SeedsError::Differs(9)));
}

#[test]
fn every_measure_of_every_seed_is_in_the_parquet_file() {
    let mut runs = [run(7, Value::Single(0.99)), run(u64::MAX, Value::Never), run(9, Value::NotMeasured)];
    for run in &mut runs {
        run.measures[0].required = Some(Bound::AtLeast(0.95));
        run.measures[1].required = None;
    }
    let file = SerializedFileReader::new(Bytes::from(parquet::measures(&runs).unwrap())).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(Result::unwrap);
    let rows: Vec<Vec<Field>> =
        rows.map(|row| row.get_column_iter().map(|(_, field)| field.clone()).collect()).collect();
    let variants = runs[0].variants.len();
    assert_eq!(rows.len(), runs.len() * runs[0].measures.len() * variants);
    let text = |text: &str| Field::Str(text.to_owned());
    let last = runs[0].variants.last().unwrap().id.as_str();
    let of = |seed: u64| -> Vec<&[Field]> {
        let own = rows.iter().filter(|row| row[0] == Field::ULong(seed));
        own.filter(|row| row[1] == text(last)).map(|row| &row[2..]).collect()
    };
    let measure = runs[0].measures[0].name.as_ref();
    let expected = |value, never, holds| [text(measure), text("share"), value, Field::Bool(never), holds];
    assert_eq!(of(7)[0], expected(Field::Double(0.99), false, Field::Bool(true)));
    assert_eq!(of(u64::MAX)[0], expected(Field::Null, true, Field::Bool(false)));
    assert_eq!(of(9)[0], expected(Field::Null, false, Field::Null));
    assert_eq!(of(7)[1][4], Field::Null, "there is nothing to hold");
    assert!(parquet::measures(&runs).unwrap() == parquet::measures(&runs).unwrap());
}
