//! Rules of the sources that neither rustc nor clippy knows (docs/ARCHITECTURE.md, "Layers" and
//! "Style").
//!
//! Owns: file length, the comment every file opens with, import direction, fences around external
//! crates, functions that wait for a guard, globs, words that do not ship, secret types, line
//! length, ASCII, invariant ids, and paths of the machine that the code was written on. Not here:
//! function length and arguments (clippy.toml).
//!
//! Only the standard library, and plain text: a rule that needs a parser is too clever for this
//! file. Every finding names file, line and what to do. An exception is a line in a table here,
//! with its reason.

#[path = "tidy/scan.rs"]
mod scan;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tables.rs"]
mod tables;

use scan::{
    attributes_before, defined_invariant, defined_type, derived, imports, longest_literal, words,
};
use source::{Source, folders_of_this_machine, has_extension, kept_files, sources};
use std::collections::BTreeMap;
use tables::{
    BANNED, CODE_LINES_MAX, COLUMNS_MAX, DERIVES_OF_SECRETS, FENCES, FILE_LINES_MAX, LITERAL_MIN,
    LONG_FILES, NEVER, NON_ASCII_FILES, RANKS, SECRET_FIELDS, SECRET_TYPES, SIDEWAYS, UNCALLED,
    WORD_FILES,
};

fn has_exception(table: &[(&str, &str)], path: &str) -> bool {
    table.iter().any(|(name, _)| *name == path)
}

fn assert_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} findings\n{}",
        findings.len(),
        findings.join("\n")
    );
}

/// Applies a rule to every source and fails with what it found.
fn check(rule: impl Fn(&Source) -> Vec<String>) {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    assert_none(&sources.iter().flat_map(rule).collect::<Vec<_>>());
}

fn rank(module: &str) -> Option<u8> {
    RANKS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, rank)| *rank)
}

/// Why `importer` may not import `imported`, or `None`.
fn import_fault(importer: &str, imported: &str) -> Option<String> {
    if importer == imported || SIDEWAYS.contains(&(importer, imported)) {
        return None;
    }
    let (Some(own), Some(other)) = (rank(importer), rank(imported)) else {
        let unknown = if rank(importer).is_none() {
            importer
        } else {
            imported
        };
        return Some(format!(
            "module `{unknown}` has no rank; add it to the table"
        ));
    };
    if other >= own {
        return Some(format!(
            "{importer} (rank {own}) imports {imported} (rank {other})"
        ));
    }
    let is_never = NEVER
        .iter()
        .any(|(name, banned)| *name == importer && banned.contains(&imported));
    is_never.then(|| format!("{importer} never imports {imported}"))
}

/// Secret types that derive too much, or implement `Clone`; types with a secret field that derive
/// `Debug`.
fn secret_findings(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    let mut last_type = String::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = defined_type(line) {
            last_type = attributes_before(&lines, index);
            if SECRET_TYPES.contains(&name) {
                for derive in derived(&last_type, DERIVES_OF_SECRETS) {
                    found.push(
                        source.finding(index + 1, &format!("secret {name} derives {derive}")),
                    );
                }
            }
        }
        let field = line.trim_start().trim_start_matches("pub ");
        let is_secret = SECRET_FIELDS
            .iter()
            .any(|name| field.starts_with(&format!("{name}: ")));
        let is_text = field.contains("String") || field.contains("Vec<u8>");
        if is_secret
            && is_text
            && field.ends_with(',')
            && !derived(&last_type, &["Debug"]).is_empty()
        {
            found.push(source.finding(index + 1, "a type with a secret field derives Debug"));
        }
        let names_secret = |name: &&str| line.contains(&format!(" Clone for {name}"));
        if line.starts_with("impl") && SECRET_TYPES.iter().any(names_secret) {
            found.push(source.finding(index + 1, "a secret implements Clone"));
        }
    }
    found
}

#[test]
fn files_are_short() {
    check(|source| {
        let (code, all) = (source.code_len(), source.text.lines().count());
        let is_long = all > FILE_LINES_MAX || (!source.is_test() && code > CODE_LINES_MAX);
        match (is_long, has_exception(LONG_FILES, &source.path)) {
            (true, false) => vec![source.finding(
                code,
                &format!("{code} lines before tests, {all} in all; split it by nouns"),
            )],
            (false, true) => vec![source.finding(1, "no longer long; remove the exception")],
            _ => Vec::new(),
        }
    });
}

#[test]
fn files_open_with_their_purpose() {
    check(|source| {
        let first = source.text.lines().next().unwrap_or_default();
        let is_described = first.starts_with("//! ") && first.len() > "//! ".len();
        if is_described {
            Vec::new()
        } else {
            vec![source.finding(1, "says what it is for: `//! ..`")]
        }
    });
}

#[test]
fn imports_point_to_lower_ranks() {
    check(|source| {
        let Some(module) = source.module() else {
            return Vec::new();
        };
        let code = source.without_comments();
        let mut found = imports(&code, "crate");
        if module == "main" {
            found.extend(imports(&code, "riznica"));
        }
        let faults = found.into_iter().filter_map(|(line, imported)| {
            import_fault(module, imported).map(|fault| source.finding(line, &fault))
        });
        faults.collect()
    });
}

#[test]
fn external_crates_stay_behind_their_fences() {
    check(|source| {
        let mut found = Vec::new();
        if !source.path.starts_with("src/") {
            return found;
        }
        let code = source.without_comments();
        for (name, folders) in FENCES {
            if folders.iter().any(|folder| source.path.starts_with(folder)) {
                continue;
            }
            for (line, after) in words(&code, name) {
                let is_use = code
                    .lines()
                    .nth(line - 1)
                    .is_some_and(|text| text.contains("use "));
                if after.starts_with("::") || (is_use && after.starts_with([';', ' '])) {
                    found
                        .push(source.finding(line, &format!("{name} is used outside {folders:?}")));
                }
            }
        }
        found
    });
}

#[test]
fn functions_that_wait_for_a_guard_are_not_called() {
    let sources = sources();
    for (name, places, _) in UNCALLED {
        let known = sources.iter().any(|source| {
            let is_home = places.iter().any(|place| source.path.starts_with(place));
            is_home && source.text.contains(&format!("fn {name}("))
        });
        assert!(
            known,
            "`{name}` is gone: does the rule look for the right name?"
        );
    }
    check(uncalled_findings);
}

/// Uses of functions of [`UNCALLED`] outside the places where they are.
fn uncalled_findings(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    if !source.path.starts_with("src/") {
        return found;
    }
    let code = source.without_comments();
    for (name, places, reason) in UNCALLED {
        if places.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for (line, _) in words(&code, name) {
            found.push(source.finding(line, &format!("uses `{name}`: {reason}")));
        }
    }
    found
}

#[test]
fn call_of_a_function_that_waits_for_its_guard_is_found() {
    let text = "//! Doc.\nasync fn shred() {\n    keys.destroy_tenant_key(tenant).await;\n}\n";
    let of = |path: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(uncalled_findings(&of("src/control/keys.rs")).len(), 1);
    assert_eq!(uncalled_findings(&of("src/kms/local.rs")).len(), 0);
}

#[test]
fn globs_are_imported_by_tests_only() {
    check(|source| {
        if source.is_test() {
            return Vec::new();
        }
        let is_import = |line: &str| line.starts_with("use ") || line.starts_with("pub use ");
        let lines = source
            .code()
            .filter(|(_, line)| is_import(line.trim_start()));
        let globs = lines.filter(|(_, line)| line.contains("::*"));
        globs
            .map(|(number, _)| source.finding(number, "imports by glob; name them"))
            .collect()
    });
}

#[test]
fn banned_words_do_not_occur() {
    check(|source| {
        if has_exception(WORD_FILES, &source.path) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (number, line) in source.lines() {
            for (word, advice) in BANNED.iter().filter(|(word, _)| line.contains(word)) {
                found.push(source.finding(number, &format!("`{word}`: {advice}")));
            }
            if source.path.starts_with("src/") && line.contains("SeededEntropy") {
                found.push(source.finding(number, "seeded randomness lives in tests/support"));
            }
        }
        found
    });
}

#[test]
fn secrets_are_not_copied_or_printed() {
    let known = ["struct Secret<", "struct SecretBytes ", "struct DataKey"];
    let all: String = sources().into_iter().map(|source| source.text).collect();
    for name in known {
        assert!(
            all.contains(name),
            "`{name}` is gone: does the rule look for the right names?"
        );
    }
    check(secret_findings);
}

#[test]
fn lines_fit_in_a_hundred_columns() {
    let mut files = kept_files();
    files.retain(|source| has_extension(&source.path, &["rs", "py", "sh"]));
    let mut findings = Vec::new();
    for source in &files {
        for (number, line) in source.lines() {
            let columns = line.chars().count();
            // A message stays in one piece, so that it can be searched for.
            if columns > COLUMNS_MAX && longest_literal(line) < LITERAL_MIN {
                findings.push(source.finding(number, &format!("{columns} columns")));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn sources_are_ascii() {
    check(|source| {
        let line = source
            .lines()
            .find(|(_, line)| !line.is_ascii())
            .map(|(number, _)| number);
        match (line, has_exception(NON_ASCII_FILES, &source.path)) {
            (Some(line), false) => vec![source.finding(line, "not ASCII; write \\u{..}")],
            (None, true) => vec![source.finding(1, "is ASCII; remove the exception")],
            _ => Vec::new(),
        }
    });
}

#[test]
fn invariants_are_defined_once() {
    let sources = sources();
    let mut defined: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
    {
        for (number, line) in source.lines() {
            if let Some(id) = defined_invariant(line) {
                defined
                    .entry(id)
                    .or_default()
                    .push(source.finding(number, id));
            }
        }
    }
    assert!(!defined.is_empty(), "no invariant was found");
    let twice: Vec<String> = defined
        .into_values()
        .filter(|places| places.len() > 1)
        .flatten()
        .collect();
    assert_none(&twice);
}

#[test]
fn no_file_names_a_folder_of_this_machine() {
    let folders = folders_of_this_machine();
    let mut findings = Vec::new();
    for source in kept_files() {
        for (number, line) in source.lines() {
            for folder in folders
                .iter()
                .filter(|folder| line.contains(folder.as_str()))
            {
                findings.push(source.finding(number, &format!("names {folder}")));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn import_faults_follow_the_table() {
    assert_eq!(import_fault("config", "model"), None);
    assert_eq!(import_fault("s3", "gateway"), None);
    assert!(import_fault("s3", "storage").is_some());
    assert!(import_fault("storage", "crypto").is_some());
    assert!(import_fault("base", "model").is_some());
    assert!(import_fault("s3", "unheard_of").is_some());
}

#[test]
fn secret_that_derives_clone_is_found() {
    let text = "/// Doc.\n#[derive(\n    Clone, Debug,\n)]\npub struct DataKey {\n    a: u8,\n}\n";
    let source = Source {
        path: "src/x.rs".to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(secret_findings(&source).len(), 2);
    let text =
        "#[derive(Clone, std::fmt::Debug)]\nstruct Dto {\n    pub password: Option<String>,\n}\n";
    let source = Source {
        path: "src/x.rs".to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(secret_findings(&source).len(), 1);
}

/// The cells of the rows of the table under a heading of a document.
fn table_rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document
        .split("\n## ")
        .find(|part| part.starts_with(heading));
    let lines = section.unwrap_or_default().lines();
    let rows = lines.filter(|line| line.starts_with('|')).skip(2);
    rows.map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// `docs/S3_COMPATIBILITY.md` lists the operations of `src/s3/operation.rs`, no more and no less.
#[test]
fn compatibility_table_lists_the_operations_of_the_code() {
    let files = kept_files();
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.text.clone()).unwrap_or_default()
    };
    let code = text("src/s3/operation.rs");
    let table = code.split("operations! {").nth(1).unwrap_or_default();
    let defined: Vec<&str> = table
        .lines()
        .filter_map(|line| Some(line.trim().split_once(" => ")?.0))
        .collect();
    let document = text("docs/S3_COMPATIBILITY.md");
    let rows = table_rows(&document, "Supported operations");
    let listed: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert!(defined.len() > 20, "the operations were not found");
    assert_eq!(listed, defined);
}

/// Every test that `docs/S3_COMPATIBILITY.md` names is there.
#[test]
fn compatibility_table_names_tests_that_exist() {
    let files = kept_files();
    let document = files
        .iter()
        .find(|file| file.path == "docs/S3_COMPATIBILITY.md")
        .map(|file| file.text.clone())
        .unwrap_or_default();
    let mut named = 0;
    let mut findings = Vec::new();
    for heading in ["Supported operations", "Parameters and headers"] {
        for row in table_rows(&document, heading) {
            let last = row.last().map(String::as_str).unwrap_or_default();
            let tests: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            if tests.is_empty() {
                findings.push(format!("{}: name the test that holds it", row[0]));
            }
            for test in tests {
                named += 1;
                if !names_a_test(&files, test) {
                    findings.push(format!("{}: there is no test {test}", row[0]));
                }
            }
        }
    }
    assert!(named > 20, "the tables were not found");
    assert_none(&findings);
}

/// Whether `a::b` is a module below `tests/s3/` with a test in it, or a function of one; or whether
/// it is the path of a file.
fn names_a_test(files: &[Source], name: &str) -> bool {
    if files.iter().any(|file| file.path == name) {
        return true;
    }
    let path = name.replace("::", "/");
    let module = format!("tests/s3/{path}.rs");
    let is_module = |file: &&Source| file.path == module && file.text.contains("test]");
    if files.iter().any(|file| is_module(&file)) {
        return true;
    }
    let (module, function) = path.rsplit_once('/').unwrap_or(("", &path));
    let module = format!("tests/s3/{module}.rs");
    let function = format!("fn {function}(");
    let has_function = |file: &Source| file.path == module && file.text.contains(&function);
    files.iter().any(has_function)
}
