//! The measures of many seeds as a Parquet file, for those who look on with Spark, DuckDB or pandas.

use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::measure::Value;
use crate::verdict::Verdict;

const SCHEMA: &str = "message measures {
    REQUIRED INT64 seed (INTEGER(64, false));
    REQUIRED BYTE_ARRAY variant (STRING);
    REQUIRED BYTE_ARRAY measure (STRING);
    REQUIRED BYTE_ARRAY unit (STRING);
    OPTIONAL DOUBLE value;
    REQUIRED BOOLEAN never;
    OPTIONAL BOOLEAN holds;
}";

/// One row: what a measure came to, in a variant, with a seed.
struct Row<'a> {
    seed: u64,
    variant: &'a str,
    measure: &'a str,
    unit: &'a str,
    /// The number; none where it was not measured or never came.
    value: Option<f64>,
    /// Whether what was waited for never came.
    never: bool,
    /// Whether the measure's bound holds; none where it has none, or was not measured.
    holds: Option<bool>,
}

/// The measures of the runs, in their order, as the bytes of a Parquet file. A row is a seed, a variant and a measure, with the
/// columns `seed`, `variant`, `measure`, `unit`, `value` (null where there is no number), `never` and `holds` (null where the measure
/// has no bound).
///
/// # Errors
/// When the library cannot write, which is a bug.
pub fn measures(runs: &[Verdict]) -> Result<Vec<u8>, ParquetError> {
    let rows = rows(runs);
    let seeds: Vec<i64> = rows.iter().map(|row| row.seed.cast_signed()).collect();
    let never: Vec<bool> = rows.iter().map(|row| row.never).collect();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default())?;
    let mut group = writer.next_row_group()?;
    // In the order of the schema.
    required::<Int64Type>(&mut group, &seeds)?;
    texts(&mut group, rows.iter().map(|row| row.variant))?;
    texts(&mut group, rows.iter().map(|row| row.measure))?;
    texts(&mut group, rows.iter().map(|row| row.unit))?;
    optional::<DoubleType>(&mut group, rows.iter().map(|row| row.value))?;
    required::<BoolType>(&mut group, &never)?;
    optional::<BoolType>(&mut group, rows.iter().map(|row| row.holds))?;
    group.close()?;
    writer.into_inner()
}

fn rows(runs: &[Verdict]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for run in runs {
        for measure in &run.measures {
            for (variant, value) in run.variants.iter().zip(&measure.values) {
                rows.push(Row {
                    seed: run.seed,
                    variant: &variant.id,
                    measure: &measure.name,
                    unit: measure.unit.name(),
                    value: value.typical(),
                    never: *value == Value::Never,
                    holds: measure.required.and_then(|bound| bound.holds(value)),
                });
            }
        }
    }
    rows
}

fn required<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    column::<T>(group, values, None)
}

fn texts<'a>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: impl Iterator<Item = &'a str>,
) -> Result<(), ParquetError> {
    required::<ByteArrayType>(group, &values.map(ByteArray::from).collect::<Vec<_>>())
}

/// A column in which nothing may stand.
fn optional<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>> + Clone,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.clone().map(|value| value.is_some().into()).collect();
    let present: Vec<T::T> = values.flatten().collect();
    column::<T>(group, &present, Some(&levels))
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
