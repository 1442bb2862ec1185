//! Results as tables for people and as JSON for programs, on standard output.

use crate::cli::args::OutputFormat;
use crate::cli::error::CommandError;
use crate::cli::texts;
use serde::Serialize;
use std::io::Write;

/// Writes lines to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn print(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(CommandError::Output)
}

/// Prints a list: `columns` are the fields that the table shows, in order.
///
/// # Errors
/// When it cannot be written.
pub fn list<T: Serialize>(
    format: OutputFormat,
    columns: &[&str],
    rows: &[T],
) -> Result<(), CommandError> {
    let document = serde_json::to_value(rows).map_err(CommandError::Unexpected)?;
    match format {
        OutputFormat::Csv => print(&csv(
            columns,
            document.as_array().map_or(&[], Vec::as_slice),
        )),
        OutputFormat::Json => print(&format!("{document:#}")),
        OutputFormat::Table => print(&table(
            columns,
            document.as_array().map_or(&[], Vec::as_slice),
        )),
    }
}

/// Prints one thing.
///
/// # Errors
/// When it cannot be written.
pub fn one(format: OutputFormat, thing: &impl Serialize) -> Result<(), CommandError> {
    let document = serde_json::to_value(thing).map_err(CommandError::Unexpected)?;
    match format {
        OutputFormat::Csv => {
            let fields = document.as_object().into_iter().flatten();
            let columns: Vec<_> = fields.map(|(name, _)| name.as_str()).collect();
            print(&csv(&columns, std::slice::from_ref(&document)))
        }
        OutputFormat::Json => print(&format!("{document:#}")),
        OutputFormat::Table => {
            let fields = document.as_object().into_iter().flatten();
            let lines = fields.map(|(name, value)| format!("{name:<18} {}", cell(value)));
            print(&lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        serde_json::Value::Array(values) => {
            let cells: Vec<String> = values.iter().map(cell).collect();
            cells.join(", ")
        }
        other => other.to_string(),
    }
}

/// Lines end with CR LF, but for the last, which is printed with its own end.
fn csv(columns: &[&str], rows: &[serde_json::Value]) -> String {
    let field = |text: &str| {
        if text.contains(['"', ',', '\r', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let header = columns.join(",");
    let lines = rows.iter().map(|row| {
        let cells = columns
            .iter()
            .map(|column| field(&row.get(column).map(cell).unwrap_or_default()));
        cells.collect::<Vec<_>>().join(",")
    });
    let lines: Vec<_> = std::iter::once(header).chain(lines).collect();
    lines.join("\r\n")
}

fn table(columns: &[&str], rows: &[serde_json::Value]) -> String {
    if rows.is_empty() {
        return texts::NOTHING.to_owned();
    }
    let header = columns
        .iter()
        .map(|column| column.to_uppercase())
        .collect::<Vec<_>>();
    let cells = rows.iter().map(|row| {
        columns
            .iter()
            .map(|column| row.get(column).map(cell).unwrap_or_default())
            .collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(cells).collect();
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|text| text.chars().count())
            .max()
    };
    let widths = (0..columns.len())
        .map(|column| width(column).unwrap_or(0))
        .collect::<Vec<_>>();
    let format_line = |line: &Vec<String>| {
        let padded = line
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(format_line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_would_break_it() {
        let rows = [
            serde_json::json!({"a": "x, \"y\"\nz", "b": null}),
            serde_json::json!({"a": 18_446_744_073_709_551_615_u64, "b": ["c", "d"]}),
        ];
        assert_eq!(
            csv(&["a", "b"], &rows),
            "a,b\r\n\"x, \"\"y\"\"\nz\",\r\n18446744073709551615,\"c, d\""
        );
        assert_eq!(csv(&["a"], &[]), "a");
    }

    #[test]
    fn table_aligns_cyrillic_by_characters() {
        let rows = [
            serde_json::json!({"a": "\u{427}\u{430}", "b": 1}),
            serde_json::json!({"a": "x", "b": 22}),
        ];
        assert_eq!(
            table(&["a", "b"], &rows),
            "A   B\n\u{427}\u{430}  1\nx   22"
        );
        let lists = [serde_json::json!({"a": ["x", "y"], "b": []})];
        assert_eq!(table(&["a", "b"], &lists), "A     B\nx, y");
        assert_eq!(table(&["a"], &[]), "(none)");
    }
}
